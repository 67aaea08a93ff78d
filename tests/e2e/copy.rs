//! `cp` and `mv`: the rules for targets, what a copy takes along, and what a move leaves.

use crate::{
    differences::Difference,
    world::{World, noise},
};

/// Every object of the tests; the content of each is its key.
const KEYS: [&str; 6] = ["a", "d/1", "d/e/2", "dd/1", "x", "x/y"];

fn lines(world: &World, pairs: &[(&str, &str)]) -> Vec<String> {
    let line = |(from, to): &(&str, &str)| format!("{} => {}", world.url(from), world.url(to));
    pairs.iter().map(line).collect()
}

/// Copies, and again as a move, each in a world of its own.
#[track_caller]
fn copies(options: &[&str], from: &str, to: &str, pairs: &[(&str, &str)]) {
    for command in ["cp", "mv"] {
        let world = World::new();
        world.seed(&KEYS);
        let target = match to {
            "" => format!("s3://{}", world.bucket()),
            to => world.url(to),
        };
        let (source, mut wanted) = (world.url(from), lines(&world, pairs));
        if command == "mv" {
            let deletions = pairs
                .iter()
                .map(|(from, _)| format!("Delete {}", world.url(from)));
            wanted.extend(deletions);
        }
        let arguments = [&[command, &*source, &*target], options].concat();
        world
            .s4cmd(&[&*arguments, &["-n"]].concat())
            .prints(&wanted);
        assert_eq!(world.keys(), KEYS, "a dry run of {command}");
        world.s4cmd(&arguments).prints(&wanted);
        for (from, to) in pairs {
            assert_eq!(world.body(to), from.as_bytes(), "{command} {from} {to}");
            assert_eq!(
                world.keys().contains(&(*from).to_owned()),
                command == "cp",
                "{from}"
            );
        }
        let more = if command == "cp" { pairs.len() } else { 0 };
        assert_eq!(world.keys().len(), KEYS.len() + more, "{command}");
    }
}

#[test]
fn the_slash_of_the_target_decides() {
    copies(&[], "a", "n", &[("a", "n")]);
    copies(&[], "a", "n/", &[("a", "n/a")]);
    copies(&[], "d/1", "", &[("d/1", "1")]);
    copies(&["-r"], "d", "n", &[("d/1", "n/1"), ("d/e/2", "n/e/2")]);
    copies(
        &["-r"],
        "d",
        "n/",
        &[("d/1", "n/d/1"), ("d/e/2", "n/d/e/2")],
    );
    copies(
        &["-r"],
        "d/",
        "n/m",
        &[("d/1", "n/m/1"), ("d/e/2", "n/m/e/2")],
    );
    copies(&["-r"], "d", "", &[("d/1", "1"), ("d/e/2", "e/2")]);
    // One at a time: SeaweedFS, where `n/x` is a file and a folder then, loses one of two such
    // objects if both are written at the same moment.
    copies(&["-rc1"], "x", "n/", &[("x", "n/x"), ("x/y", "n/x/y")]);
}

#[test]
fn wildcards_mean_several_sources() {
    copies(
        &["-r"],
        "d*",
        "n/",
        &[("d/1", "n/d/1"), ("d/e/2", "n/d/e/2"), ("dd/1", "n/dd/1")],
    );
    copies(&[], "?/1", "n/", &[("d/1", "n/1")]);
}

#[test]
fn directories_are_omitted_without_r_and_several_sources_need_a_directory() {
    let world = World::new();
    world.seed(&KEYS);
    let url = |key| world.url(key);
    let omitted = format!("omitting directory \"{}\".", url("d/"));
    world
        .s4cmd(&["cp", &url("d"), &url("n/")])
        .prints(&[&omitted]);
    let missing = "[Runtime Failure] Source doesn't exist.";
    world
        .s4cmd(&["mv", &url("no"), &url("n/")])
        .fails_with(missing);
    world
        .s4cmd(&["mv", &url("no"), &url("n/"), "--ignore-empty-source"])
        .prints::<&str>(&[]);
    let text = format!(
        "[Runtime Failure] Target \"{}\" is not a directory (with a trailing slash).",
        url("n")
    );
    world
        .s4cmd(&["cp", "-r", &url("*"), &url("n")])
        .fails_with(&text);
    assert_eq!(world.keys(), KEYS);
}

#[test]
fn f_and_s_count_for_copies_too() {
    let world = World::new();
    world.seed(&["a", "b"]);
    world.store("same", "a", &[]).unwrap();
    let (a, b, same) = (world.url("a"), world.url("b"), world.url("same"));
    for command in ["cp", "mv"] {
        let exists = format!("[Runtime Failure] File already exists: {b}");
        world.s4cmd(&[command, &a, &b]).fails_with(&exists);
        world.s4cmd(&[command, &a, &b, "-n"]).fails_with(&exists);
    }
    world
        .s4cmd(&["cp", "-s", &a, &same])
        .prints(&[format!("{a} => {same} (synced)")]);
    world
        .s4cmd(&["cp", "-f", &a, &b])
        .prints(&[format!("{a} => {b}")]);
    assert_eq!(world.body("b"), b"a");
    // What is there already was moved as well.
    let moved = [format!("{a} => {b} (synced)"), format!("Delete {a}")];
    world.s4cmd(&["mv", "-s", &a, &b]).prints(&moved);
    assert_eq!(world.keys(), ["b", "same"]);
}

#[test]
fn large_objects_go_in_parts_and_keep_what_they_have() {
    let world = World::new();
    let content = noise(11 << 20);
    world.write("f", &content);
    world.set_mode("f", 0o640);
    let source = world.url("a b");
    world
        .s4cmd(&[
            "put",
            "f",
            &source,
            "--API-ContentType",
            "text/x",
            "--API-CacheControl",
            "no-store",
        ])
        .succeeds();
    let target = world.url("t");
    let arguments = [
        "mv",
        &source,
        &target,
        "--max-singlepart-copy-size",
        "6000000",
        "--multipart-split-size",
        "5242880",
        "--debug",
    ];
    let run = world.s4cmd(&arguments);
    let wanted = [format!("{source} => {target}"), format!("Delete {source}")];
    run.has_lines(&wanted);
    assert_eq!((run.status(), run.requests("UploadPartCopy")), (0, 3));
    assert_eq!(world.keys(), ["t"]);
    world.assert_uploaded("t", &content, "640");
    let head = world.head("t");
    assert_eq!(head.headers["content-type"], "text/x");
    assert_eq!(head.headers["cache-control"], "no-store");
}

#[test]
fn an_empty_object_is_copied_whatever_the_limit() {
    let world = World::new();
    world.store("empty", "", &[]).unwrap();
    let (from, to) = (world.url("empty"), world.url("copy"));
    world
        .s4cmd(&["cp", &from, &to, "--max-singlepart-copy-size", "0"])
        .prints(&[format!("{from} => {to}")]);
    assert_eq!(world.body("copy"), b"");
}

#[test]
fn a_named_property_changes_and_the_others_stay() {
    let world = World::new();
    world
        .store(
            "a",
            "a",
            &[("md5", "0cc175b9c0f1b6a831c399e269772661"), ("k", "v")],
        )
        .unwrap();
    let (from, to) = (world.url("a"), world.url("b"));
    world
        .s4cmd(&[
            "cp",
            &from,
            &to,
            "--API-ContentType",
            "text/x",
            "--API-Metadata",
            "{\"k\": \"w\"}",
        ])
        .succeeds();
    let head = world.head("b");
    assert_eq!(head.headers["content-type"], "text/x");
    assert_eq!(head.metadata("k"), Some("w"));
    assert_eq!(
        head.metadata("md5"),
        Some("0cc175b9c0f1b6a831c399e269772661")
    );
}

#[test]
fn nothing_goes_onto_or_into_itself() {
    let world = World::new();
    world.seed(&KEYS);
    let url = |key| world.url(key);
    for command in ["cp", "mv"] {
        for options in [&["-f"][..], &["-f", "--max-singlepart-copy-size", "1"]] {
            let run = world.s4cmd(&[&[command, &url("a"), &url("a")], options].concat());
            assert!(run.fails().contains("the same object"), "{run:?}");
        }
        for (from, to) in [("d/", "d/e"), ("d", "d/n/"), ("d", "d/")] {
            let run = world.s4cmd(&[command, "-r", "-f", &url(from), &url(to)]);
            assert!(
                run.fails().contains("into itself"),
                "{command} {from} {to}: {run:?}"
            );
        }
        let run = world.s4cmd(&[command, "-r", "-f", &url("d"), &url("d")]);
        assert!(run.status() == 1 && run.errors().len() == 2, "{run:?}");
        assert_eq!(world.keys(), KEYS);
    }
    // To replace the metadata is what such a copy is good for.
    let replace = [
        "--API-MetadataDirective",
        "REPLACE",
        "--API-ContentType",
        "text/x",
    ];
    world
        .s4cmd(&[&["cp", "-f", &url("a"), &url("a")], &replace[..]].concat())
        .succeeds();
    assert_eq!(world.head("a").headers["content-type"], "text/x");
    let moved = world.s4cmd(&[&["mv", "-f", &url("a"), &url("a")], &replace[..]].concat());
    moved.fails();
    assert_eq!(world.body("a"), b"a");
}

#[test]
fn a_target_above_its_source_replaces_no_other_source() {
    for command in ["cp", "mv"] {
        let world = World::new();
        world.seed(&["a/1", "a/2", "a/a/1"]);
        let run = world.s4cmd(&[
            command,
            "-rf",
            &world.url("a"),
            &format!("s3://{}", world.bucket()),
        ]);
        assert!(run.fails().contains("a/a/1: the target"), "{run:?}");
        assert_eq!(
            (world.body("1"), world.body("2")),
            (b"a/1".to_vec(), b"a/2".to_vec())
        );
        assert_eq!(world.body("a/a/1"), b"a/a/1");
    }
}

#[test]
fn the_target_may_be_among_the_sources_of_a_wildcard() {
    for command in ["cp", "mv"] {
        let world = World::new();
        world.seed(&["a/1", "x/1", "y/z/2"]);
        let run = world.s4cmd(&[command, "-r", &world.url("*"), &world.url("a/")]);
        assert!(run.fails().contains("into itself"), "{run:?}");
        assert_eq!(world.body("a/x/1"), b"x/1");
        assert_eq!(world.body("a/y/z/2"), b"y/z/2");
        assert_eq!(world.body("a/1"), b"a/1");
    }
}

#[test]
fn a_copy_onto_itself_may_change_something() {
    let world = World::new();
    world.seed(&["a"]);
    let a = world.url("a");
    world
        .s4cmd(&["cp", "-f", &a, &a, "--API-ContentType", "text/x"])
        .succeeds();
    assert_eq!(world.head("a").headers["content-type"], "text/x");
    assert_eq!(world.body("a"), b"a");
}

#[test]
fn percent_signs_and_other_names_are_names() {
    let names = ["100%", "%s", "a b", "a+b", "é", "a&b", "'\""];
    for name in names {
        let world = World::new();
        world.seed(&[name]);
        let (from, to) = (world.url(name), world.url("n/"));
        let line = format!("{from} => {to}{name}");
        world
            .s4cmd(&["mv", &from, &to])
            .prints(&[line, format!("Delete {from}")]);
        assert_eq!(world.keys(), [format!("n/{name}")]);
        let line = format!("{}\t{}", name.len(), world.url(&format!("n/{name}")));
        world.s4cmd(&["du", &world.url("n/*")]).prints(&[line]);
    }
}

/// What was there under the name was lost, and then its own move refused.
#[test]
fn a_source_is_not_replaced_by_another_source_of_the_wildcard() {
    let world = World::new();
    world.seed(&["a/f", "x/f"]);
    let (from, to) = (world.url("*/f"), world.url("x/"));
    for command in [&["mv", "-f"][..], &["cp", "-f"], &["sync"]] {
        let run = world.s4cmd(&[command, &[&from, &to]].concat());
        let errors = run.errors();
        assert_eq!((run.status(), errors.len()), (1, 2), "{run:?}");
        let told = format!(
            "[Runtime Failure] {}: the target {} is itself copied or moved",
            world.url("a/f"),
            world.url("x/f")
        );
        assert!(errors.contains(&told), "{run:?}");
        assert_eq!(world.keys(), ["a/f", "x/f"]);
        assert_eq!(world.body("x/f"), b"x/f");
    }
}

#[test]
fn markers_of_directories_move_along() {
    let world = World::new();
    world.store("d/", "", &[]).unwrap();
    world.seed(&["d/1"]);
    // With -f, as a folder may be there as soon as something is in it.
    let moved = world.s4cmd(&["mv", "-rf", &world.url("d"), &world.url("n")]);
    if world.differs(Difference::FoldersAreNotCopied) {
        assert!(moved.fails().contains("NoSuchKey"), "{moved:?}");
        assert_eq!(world.body("n/1"), b"d/1");
        return;
    }
    moved.succeeds();
    assert_eq!(world.keys(), ["n/", "n/1"]);
}
