//! `--emit-batch-manifest`: what would be copied, written down for S3 Batch Operations.

use crate::{run::World, server::Action, server::Fault};

const OPTION: &str = "--emit-batch-manifest list.csv";

#[test]
fn what_would_be_copied_is_listed_and_not_copied() {
    let world = World::new();
    let store = world.server.store();
    store.create_bucket("copy");
    for key in ["d/a,b", "d/\"q\"\n", "d/\u{e9} +%", "d/same"] {
        store.put("bucket", key, "xyz");
    }
    store.put("copy", "d/same", "xyz");
    store.put_zeros("bucket", "d/huge", 5_000_000_001);
    let line = format!("dsync s3://bucket/d s3://copy/d {OPTION} --json");
    let run = world.run(&line).succeeds();
    assert_eq!(store.keys("copy"), ["d/same"]);
    let list = String::from_utf8(world.read("list.csv").unwrap()).unwrap();
    let mut lines: Vec<_> = list.lines().collect();
    lines.sort_unstable();
    let expected = [
        "bucket,d/%22q%22%0A",
        "bucket,d/%C3%A9%20%2B%25",
        "bucket,d/a%2Cb",
    ];
    assert_eq!(lines, expected);
    let large = world.read("list.csv.over-5gb").unwrap();
    assert_eq!(large, b"bucket,d/huge\n");
    let told: Vec<serde_json::Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["type"] == "manifest")
        .collect();
    let [list, large] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(list["file"], "list.csv");
    assert_eq!((&list["objects"], &list["size"]), (&3.into(), &9.into()));
    assert_eq!(list["target"], "s3://copy/");
    assert_eq!(large["target"], serde_json::Value::Null);
    // What the store will call it.
    world.run("put list.csv s3://bucket/list.csv").succeeds();
    let etag = store.get("bucket", "list.csv").unwrap().etag;
    assert_eq!(etag.trim_matches('"'), list["etag"]);
}

#[test]
fn a_list_that_would_not_be_all_is_not_written() {
    let world = World::new();
    let store = world.server.store();
    store.put("bucket", "d/a", "x");
    world.file("s/f", "x");
    world.file("list.csv", "old");
    for (line, text) in [
        (
            "put s/f s3://bucket/f",
            "is for cp and dsync within one store",
        ),
        (
            "dsync s s3://bucket/f",
            "is for cp and dsync within one store",
        ),
        ("mv s3://bucket/d/a s3://bucket/b", "is for cp and dsync"),
        ("dsync -D s3://bucket/d s3://bucket/e", "does not delete"),
        // The service would make it e/d/a.
        (
            "dsync s3://bucket/d s3://bucket/e",
            "whole keys behind one prefix",
        ),
        ("cp s3://bucket/d/a s3://missing/d/a", "NoSuchBucket"),
    ] {
        let run = world.run(&format!("{line} {OPTION}")).fails();
        run.says(text);
        assert_eq!(world.read("list.csv").unwrap(), b"old", "{line}");
    }
    let broken = Action::Status {
        status: 403,
        code: "AccessDenied",
    };
    world
        .server
        .faults()
        .push(Fault::once("HeadObject", broken));
    let line = format!("cp -r s3://bucket/d s3://bucket/e/d/ {OPTION}");
    world.run(&line).fails().says("no list was written");
    let files = std::fs::read_dir(world.path("")).unwrap().count();
    assert_eq!(files, 2, "left something");
}
