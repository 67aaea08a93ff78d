//! `dsync` and `sync` between two places in S3.

use crate::world::World;

#[test]
fn contents_go_to_contents_once() {
    let world = World::new();
    world.seed(&["p/a", "p/a-b", "p/a/b", "p/é", "pp/no"]);
    let (from, to) = (world.url("p"), world.url("q/"));
    let lines = |suffix: &str| -> Vec<String> {
        let line = |name: &&str| format!("{from}/{name} => {to}{name}{suffix}");
        ["a", "a-b", "a/b", "é"].iter().map(line).collect()
    };
    let sync = |options: &[&str]| world.s4cmd(&[&["dsync", &*from, &*to], options].concat());
    sync(&["-n"]).prints(&lines(""));
    assert_eq!(world.keys().len(), 5);
    // One at a time: SeaweedFS loses one of `a` and `a/b` if both are written at the same moment.
    sync(&["-c1"]).prints(&lines(""));
    assert_eq!(world.body("q/a/b"), b"p/a/b");
    let again = sync(&["--debug"]);
    again.has_lines(&lines(" (synced)"));
    assert_eq!(
        again.requests("CopyObject") + again.requests("HeadObject"),
        0
    );
    world.store("p/a", "P/a", &[]).unwrap();
    world.seed(&["q/extra"]);
    let changed = sync(&[]);
    assert!(
        changed.succeeds().contains(&format!("{from}/a => {to}a")),
        "{changed:?}"
    );
    assert_eq!(world.body("q/a"), b"P/a");
    assert!(world.keys().contains(&"q/extra".to_owned()));
}

/// A tool that rewrites an object and keeps its metadata leaves a sum that is not its own.
#[test]
fn a_stale_sum_in_the_metadata_does_not_hide_a_change() {
    let world = World::new();
    let stale = [("md5", "0cc175b9c0f1b6a831c399e269772661")];
    world.store("p/k", "AAAA", &stale).unwrap();
    world.store("q/k", "BBBB", &stale).unwrap();
    world.write("d/k", "CCCC");
    let (from, to) = (world.url("p/k"), world.url("q/k"));
    let refused = world.s4cmd(&["mv", "-s", &from, &to]);
    refused.fails_with(&format!("[Runtime Failure] File already exists: {to}"));
    assert_eq!(world.body("p/k"), b"AAAA");
    let sync = |from: &str, to: &str, line: &str| world.s4cmd(&["dsync", from, to]).prints(&[line]);
    let (p, q) = (world.url("p"), world.url("q"));
    sync(&p, &q, &format!("{from} => {to}"));
    assert_eq!(world.body("q/k"), b"AAAA");
    sync(&p, "d", &format!("{from} => d/k"));
    assert_eq!(world.read("d/k"), b"AAAA");
    world.write("d/k", "a");
    world.store("q/k", "b", &stale).unwrap();
    sync("d", &q, &format!("d/k => {to}"));
    assert_eq!(world.body("q/k"), b"a");
}

#[test]
fn what_was_sent_in_parts_is_recognised_by_its_metadata() {
    let world = World::new();
    let content = crate::world::noise(6 << 20);
    world.write("f", &content);
    let one_part = [
        "--max-singlepart-upload-size",
        "1",
        "--multipart-split-size",
        "8000000",
    ];
    world
        .s4cmd(&[&["put", "f", &*world.url("p/f")], &one_part[..]].concat())
        .succeeds();
    let sync = ["dsync", &*world.url("p"), &*world.url("q")];
    world.s4cmd(&sync).succeeds();
    let again = format!("{} => {} (synced)", world.url("p/f"), world.url("q/f"));
    world.s4cmd(&sync).prints(&[again]);
}

#[test]
fn places_that_overlap_are_refused() {
    let world = World::new();
    world.seed(&["p/a", "p/q/b"]);
    for (from, to) in [
        ("p", "p"),
        ("p", "p/q"),
        ("p/q", "p/"),
        ("", "p"),
        ("p", ""),
    ] {
        let run = world.s4cmd(&["dsync", "-D", &world.url(from), &world.url(to)]);
        assert!(run.fails().contains("overlap"), "{from} {to}: {run:?}");
    }
    assert_eq!(world.keys(), ["p/a", "p/q/b"]);
    // Names that only begin alike do not.
    world
        .s4cmd(&["dsync", &world.url("p"), &world.url("pp")])
        .succeeds();
}

#[test]
fn an_empty_source_is_no_directory() {
    let world = World::new();
    world.seed(&["file"]);
    let text = "[Runtime Failure] Sync command need to sync directory to directory.";
    for from in ["no", "file"] {
        world
            .s4cmd(&["dsync", &world.url(from), &world.url("q")])
            .fails_with(text);
    }
}

#[test]
fn the_obsolete_form_has_the_rules_of_cp() {
    let world = World::new();
    world.seed(&["p/a", "p/b"]);
    let run = world.s4cmd(&["sync", &world.url("p"), &world.url("q/")]);
    run.succeeds();
    assert_eq!(world.keys(), ["p/a", "p/b", "q/p/a", "q/p/b"]);
    let again = world.s4cmd(&["sync", &world.url("p"), &world.url("q/")]);
    assert!(
        again
            .succeeds()
            .iter()
            .all(|line| line.ends_with(" (synced)")),
        "{again:?}"
    );
}
