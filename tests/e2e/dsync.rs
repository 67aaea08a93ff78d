//! `dsync`: contents to contents, in both directions.

use std::{fs, os::unix::fs::symlink};

use crate::world::World;

/// Names whose order differs between a walk of directories and the bytes of keys, sorted as keys.
const NAMES: [&str; 11] = [
    ".hidden", "a", "a!", "a-b", "a.b", "a0", "b/c/d", "b/c-d", "b/c.d", "b-c/1", "z/é",
];
/// The directory beside files whose names begin with its own.
const TRICKY: [&str; 7] = ["t-1", "t.d/1", "t.txt", "t/a", "t/a-b", "t/a/b", "t0"];

fn with_suffix(lines: &[String], suffix: &str) -> Vec<String> {
    lines.iter().map(|line| format!("{line}{suffix}")).collect()
}

fn up_lines(world: &World, root: &str, prefix: &str, names: &[&str]) -> Vec<String> {
    let line = |name: &&str| format!("{root}/{name} => {}", world.url(&format!("{prefix}{name}")));
    names.iter().map(line).collect()
}

fn down_lines(world: &World, prefix: &str, root: &str, names: &[&str]) -> Vec<String> {
    let line = |name: &&str| format!("{} => {root}/{name}", world.url(&format!("{prefix}{name}")));
    names.iter().map(line).collect()
}

#[test]
fn a_directory_goes_up_once_and_then_only_what_changed() {
    let world = World::new();
    for name in NAMES {
        world.write(format!("d/{name}"), name);
    }
    let up = || world.s4cmd(&["dsync", "d", &world.url("p")]);
    let all = up_lines(&world, "d", "p/", &NAMES);
    up().prints(&all);
    let mut keys = NAMES.map(|name| format!("p/{name}"));
    keys.sort();
    assert_eq!(world.keys(), keys);
    up().prints(&with_suffix(&all, " (synced)"));
    // One byte, the same size.
    world.write("d/b/c-d", "B/c-d");
    world.write("d/new", "new");
    let changed = up_lines(&world, "d", "p/", &["b/c-d", "new"]);
    let unchanged: Vec<String> = with_suffix(&all, " (synced)")
        .into_iter()
        .filter(|line| !line.contains("/b/c-d"))
        .collect();
    up().prints(&[changed, unchanged].concat());
    assert_eq!(world.body("p/b/c-d"), b"B/c-d");
    // What is gone here stays there.
    fs::remove_file(world.path("d/new")).unwrap();
    assert_eq!(up().succeeds().len(), NAMES.len());
    assert_eq!(world.body("p/new"), b"new");
}

#[test]
fn a_directory_comes_down_once_and_then_only_what_changed() {
    let world = World::new();
    for name in NAMES {
        world.store(&format!("p/{name}"), name, &[]).unwrap();
    }
    world.seed(&["p-1", "p.txt", "p0/1", "q"]);
    let down = || world.s4cmd(&["dsync", &world.url("p"), "d"]);
    let all = down_lines(&world, "p/", "d", &NAMES);
    down().prints(&all);
    let mut names = NAMES.to_vec();
    names.sort_unstable();
    assert_eq!(world.names("d"), names);
    down().prints(&with_suffix(&all, " (synced)"));
    world.write("d/b/c-d", "B/c-d");
    world.store("p/new", "new", &[]).unwrap();
    let changed = down_lines(&world, "p/", "d", &["b/c-d", "new"]);
    let unchanged: Vec<String> = with_suffix(&all, " (synced)")
        .into_iter()
        .filter(|line| !line.contains("/b/c-d"))
        .collect();
    down().prints(&[changed, unchanged].concat());
    assert_eq!(world.read("d/b/c-d"), b"b/c-d");
    world.s4cmd(&["del", &world.url("p/new")]).succeeds();
    assert_eq!(down().succeeds().len(), NAMES.len());
    assert_eq!(world.read("d/new"), b"new");
}

#[test]
fn names_in_another_order_than_the_keys_are_still_found_on_the_other_side() {
    let world = World::new();
    let files = ["t-1", "t.d/1", "t.txt", "t/a-b", "t/b/c", "t/b.c", "t0"];
    for name in files {
        world.write(format!("d/{name}"), name);
    }
    let lines = up_lines(&world, "d", "", &files);
    let bucket = format!("s3://{}", world.bucket());
    world.s4cmd(&["dsync", "d", &bucket]).prints(&lines);
    world
        .s4cmd(&["dsync", "d", &bucket])
        .prints(&with_suffix(&lines, " (synced)"));
    // Objects that have no file stand between those that have one.
    world.seed(&[
        "s", "t!", "t,/1", "t-0", "t.", "t/", "t/b/", "t/b.a", "t/b0", "t/z", "u",
    ]);
    world
        .s4cmd(&["dsync", "d", &bucket])
        .prints(&with_suffix(&lines, " (synced)"));
    // An object may have the name of a directory; the walk here cannot.
    world.seed(&TRICKY);
    let again = world.s4cmd(&["dsync", "d", &bucket]);
    again.prints(&with_suffix(&lines, " (synced)"));
    assert_eq!(world.s4cmd(&["dsync", &bucket, "back"]).status(), 1);
    for name in files.iter().filter(|name| !name.starts_with("t/a")) {
        assert_eq!(world.read(format!("back/{name}")), name.as_bytes());
    }
}

#[test]
fn slashes_make_no_difference() {
    let world = World::new();
    world.write_all(&["d/1", "d/e/2"]);
    let (one, two) = ("1", "e/2");
    let mut first = true;
    for source in ["d", "d/", "./d"] {
        for target in ["p", "p/"] {
            let run = world.s4cmd(&["dsync", source, &world.url(target)]);
            let source = source.trim_end_matches('/');
            let lines = up_lines(&world, source, "p/", &[one, two]);
            let lines = if first {
                lines
            } else {
                with_suffix(&lines, " (synced)")
            };
            run.prints(&lines);
            first = false;
        }
    }
    assert_eq!(world.keys(), ["p/1", "p/e/2"]);
    let mut first = true;
    world.make_directory("out");
    for source in ["p", "p/"] {
        for target in ["out", "out/"] {
            let run = world.s4cmd(&["dsync", &world.url(source), target]);
            let lines = down_lines(&world, "p/", "out", &[one, two]);
            let lines = if first {
                lines
            } else {
                with_suffix(&lines, " (synced)")
            };
            run.prints(&lines);
            first = false;
        }
    }
    assert_eq!(world.names("out"), ["1", "e/2"]);
}

#[test]
fn existing_files_are_replaced_without_force() {
    let world = World::new();
    world.write_all(&["d/1"]);
    world.store("p/1", "old", &[]).unwrap();
    world
        .s4cmd(&["dsync", "d", &world.url("p")])
        .prints(&world.uploads(&[("d/1", "p/1")]));
    assert_eq!(world.body("p/1"), b"d/1");
    world.write("d/1", "other");
    world
        .s4cmd(&["dsync", &world.url("p"), "d"])
        .prints(&world.downloads(&[("p/1", "d/1")]));
    assert_eq!(world.tree("d"), [("1".to_owned(), b"d/1".to_vec())].into());
}

#[test]
fn only_directories_are_synchronised() {
    let world = World::new();
    world.write_all(&["file", "d/1"]);
    world.make_directory("empty/inner");
    world.seed(&["object", "t/1"]);
    let error = "[Runtime Failure] Sync command need to sync directory to directory.";
    // Whatever is missing or empty may be ignored; what is no directory stays wrong.
    let fails = |source: &str, target: &str, is_missing: bool| {
        world.s4cmd(&["dsync", source, target]).fails_with(error);
        for command in [&["dsync"][..], &["dsync", "-D"]] {
            let ignore = ["--ignore-empty-source", source, target];
            let run = world.s4cmd(&[command, &ignore].concat());
            match is_missing {
                true => run.prints::<&str>(&[]),
                false => run.fails_with(error),
            }
        }
    };
    fails("file", &world.url("p"), false);
    fails("missing", &world.url("p"), true);
    fails("empty", &world.url("p"), true);
    fails(&world.url("object"), "out", false);
    fails(&world.url("nothing"), "out", true);
    fails(&world.url("t/1"), "out", false);
    for options in [&[][..], &["-D"]] {
        let missing = ["sync", "--ignore-empty-source", "missing", &*world.url("p")];
        world
            .s4cmd(&[&missing[..], options].concat())
            .prints::<&str>(&[]);
    }
    assert_eq!(world.keys(), ["object", "t/1"]);
    assert!(!world.exists("out"));
    let error = "[Invalid Argument] Cannot sync two local directories.";
    world.s4cmd(&["dsync", "d", "e"]).fails_with(error);
    assert!(!world.exists("e"));
}

#[test]
fn a_dry_run_prints_the_same_lines_and_changes_nothing() {
    let world = World::new();
    world.write_all(&["d/1", "d/2", "d/e/3"]);
    world.store("p/1", "d/1", &[]).unwrap();
    world.store("p/2", "old", &[]).unwrap();
    let lines = up_lines(&world, "d", "p/", &["2", "e/3"]);
    let synced = with_suffix(&up_lines(&world, "d", "p/", &["1"]), " (synced)");
    let expected = [lines, synced].concat();
    world
        .s4cmd(&["dsync", "-n", "d", &world.url("p")])
        .prints(&expected);
    assert_eq!(world.keys(), ["p/1", "p/2"]);
    assert_eq!(world.body("p/2"), b"old");
    world
        .s4cmd(&["dsync", "d", &world.url("p")])
        .prints(&expected);
    // And the other way round.
    world.write("d/2", "old");
    fs::remove_dir_all(world.path("d/e")).unwrap();
    let before = world.tree("d");
    let lines = down_lines(&world, "p/", "d", &["2", "e/3"]);
    let synced = with_suffix(&down_lines(&world, "p/", "d", &["1"]), " (synced)");
    let expected = [lines, synced].concat();
    world
        .s4cmd(&["dsync", "-n", &world.url("p"), "d"])
        .prints(&expected);
    assert_eq!(world.tree("d"), before);
    world
        .s4cmd(&["dsync", &world.url("p"), "d"])
        .prints(&expected);
    assert_eq!(world.names("d"), ["1", "2", "e/3"]);
}

#[test]
fn markers_of_folders_do_not_disturb() {
    let world = World::new();
    for marker in ["p/", "p/e/", "p/only/"] {
        world.store(marker, "", &[]).unwrap();
    }
    world.seed(&["p/1", "p/e/2"]);
    let lines = down_lines(&world, "p/", "d", &["1", "e/2"]);
    world.s4cmd(&["dsync", &world.url("p"), "d"]).prints(&lines);
    assert_eq!(world.names("d"), ["1", "e/2", "only/"]);
    let lines = up_lines(&world, "d", "p/", &["1", "e/2"]);
    let run = world.s4cmd(&["dsync", "d", &world.url("p")]);
    run.prints(&with_suffix(&lines, " (synced)"));
    assert_eq!(world.keys().len(), 5);
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_goes_on() {
    let world = World::new();
    world.write_all(&["d/1", "d/3"]);
    symlink("nowhere", world.path("d/2")).unwrap();
    let run = world.s4cmd(&["dsync", "d", &world.url("p")]);
    assert_eq!(run.fails(), "[Runtime Failure] d/2: the link leads nowhere");
    run.has_lines(&up_lines(&world, "d", "p/", &["1", "3"]));
    assert_eq!(world.keys(), ["p/1", "p/3"]);
}

#[test]
fn three_hundred_files_go_there_and_back() {
    let world = World::new();
    for number in 0..300 {
        let name = format!("d/{}/{number}", number % 7);
        world.write(name, number.to_string().repeat(number));
    }
    let up = world.s4cmd(&["dsync", "-c", "16", "d", &world.url("p")]);
    assert_eq!(up.succeeds().len(), 300);
    let down = world.s4cmd(&["dsync", "-c", "16", &world.url("p"), "back"]);
    assert_eq!(down.succeeds().len(), 300);
    assert!(world.tree("d") == world.tree("back"));
    // Nothing is asked for objects whose tags say enough.
    let again = world.s4cmd(&["dsync", "--debug", "d", &world.url("p")]);
    assert_eq!(again.lines().len(), 300);
    assert!(again.lines().iter().all(|line| line.ends_with(" (synced)")));
    assert_eq!(
        (again.requests("HeadObject"), again.requests("PutObject")),
        (0, 0)
    );
}
