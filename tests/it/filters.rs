//! What rules exclude is not looked at: neither walked nor listed.

use std::{os::unix::fs::symlink, process::Command};

use crate::run::World;

/// Many below `a/` and in `c/x/`, a few elsewhere.
fn crowded() -> World {
    let world = World::new();
    let store = world.server.store();
    for n in 0..5000 {
        store.put("bucket", &format!("d/a/{n:04}"), "x");
        store.put("bucket", &format!("d/c/x/{n:04}"), "x");
    }
    for key in ["d/a-1", "d/b", "d/c/1", "d/z/1"] {
        store.put("bucket", key, "x");
    }
    world
}

#[test]
fn an_excluded_prefix_is_not_listed_further() {
    for (line, found) in [
        ("ls -r s3://bucket/d", 4),
        ("get -r s3://bucket/d new", 4),
        ("dsync s3://bucket/d new", 4),
        ("cp -r s3://bucket/d s3://bucket/e", 4),
        ("dsync s3://bucket/d s3://bucket/e", 4),
        ("mv -n -r s3://bucket/d s3://bucket/e", 8),
        ("del -r -n s3://bucket/d", 4),
        ("du -r s3://bucket/d", 1),
    ] {
        let world = crowded();
        let rules = "--exclude a/* --exclude */x/*";
        let run = world.run(&format!("{line} {rules}")).succeeds();
        assert_eq!(run.stdout.lines().count(), found, "{run:#?}");
        if line.starts_with("du") {
            assert!(run.stdout.starts_with("4\t"), "{run:#?}");
        }
        let lists = world.server.requests_of("ListObjectsV2").len();
        assert!(lists <= 7, "{lists} requests: {line}");
    }
}

#[test]
fn a_target_is_not_listed_where_rules_exclude_it() {
    let world = crowded();
    world.file("s/b", "x");
    let run = world.run("dsync -D s s3://bucket/d --exclude a/* --exclude c/*");
    let run = run.succeeds();
    let deleted = ["d/a-1", "d/z/1"].map(|key| format!("Delete s3://bucket/{key}\n"));
    assert_eq!(
        run.stdout,
        format!("s/b => s3://bucket/d/b (synced)\n{}", deleted.concat())
    );
    assert_eq!(world.server.store().keys("bucket").len(), 10_002);
    let lists = world.server.requests_of("ListObjectsV2").len();
    assert!(lists <= 6, "{lists} requests");
}

/// The inclusion behind it may have something in it.
#[test]
fn what_may_be_included_again_is_listed() {
    let world = crowded();
    let run = world.run("ls -r s3://bucket/d --exclude a/* --include a/4999");
    let run = run.succeeds();
    assert_eq!(run.stdout.lines().count(), 5005, "{run:#?}");
}

#[test]
fn an_excluded_directory_is_not_walked() {
    for line in [
        "dsync -D d s3://bucket/t",
        "put -r d s3://bucket/t",
        "sync d s3://bucket/t",
    ] {
        let world = World::new();
        world.file("d/1", "x");
        world.file("d/out/sub/2", "x");
        symlink("nowhere", world.path("d/out/broken")).unwrap();
        symlink("out", world.path("d/out/sub/loop")).unwrap();
        symlink("nowhere", world.path("d/broken.tmp")).unwrap();
        let fifo = world.path("d/out/fifo");
        assert!(Command::new("mkfifo").arg(fifo).status().unwrap().success());
        let rules = "--exclude out/* --exclude *.tmp";
        let run = world.run(&format!("{line} {rules}")).succeeds();
        assert_eq!(run.stderr, "", "{line}");
        assert_eq!(world.server.store().keys("bucket").len(), 1, "{run:#?}");
        world.run(line).fails().says("d/out/broken");
    }
}

/// Dots, stars and brackets of the root are no pattern, and names may be hostile.
#[test]
fn rules_are_about_names_below_the_root_only() {
    let world = World::new();
    for name in ["a[b]*/x.o", "a[b]*/x.c", "a[b]*/d\n/y.o", "a[b]*/é/*"] {
        world.file(name, "x");
    }
    let run = world
        .run("dsync a[b]* s3://bucket/t --exclude *.o --exclude a*")
        .succeeds();
    assert_eq!(run.stdout.lines().count(), 2, "{run:#?}");
    let run = world
        .run("dsync a[b]* s3://bucket/u --exclude * --include */[*]")
        .succeeds();
    assert_eq!(run.stdout, "a[b]*/é/* => s3://bucket/u/é/*\n");
}

/// `a` and `keep/x` on both sides; of the latter each has its own.
fn with_kept() -> World {
    let world = World::new();
    for place in ["src", "dst"] {
        world.file(&format!("{place}/a"), "a");
        world.file(&format!("{place}/keep/x"), "here");
    }
    let store = world.server.store();
    for (name, content) in [("a", "a"), ("keep/x", "there"), ("keep/y", "there")] {
        for place in ["p", "p/src"] {
            store.put("bucket", &format!("{place}/{name}"), content);
        }
    }
    world
}

/// The local path is in the pattern, and what it means is left out of the bucket as well.
#[test]
fn patterns_with_a_slash_in_front_mean_the_same_names_on_both_sides() {
    for (line, root) in [
        (
            "dsync -D src s3://bucket/p --exclude ROOT/keep/* --exclude src/*",
            "src",
        ),
        (
            "dsync -D src s3://bucket/p/src --exclude ROOT/keep/*",
            "src",
        ),
        ("dsync src s3://bucket/p --exclude ROOT/keep/*", "src"),
        ("sync -D src s3://bucket/p/ --exclude ROOT/keep/*", "src"),
        (
            "dsync s3://bucket/p dst --exclude ROOT/keep/* --exclude src/*",
            "dst",
        ),
        (
            "dsync -D s3://bucket/p dst --exclude ROOT/keep/* --exclude src/*",
            "dst",
        ),
        (
            "dsync -D --exclude * --include ROOT/a s3://bucket/p dst",
            "dst",
        ),
    ] {
        let world = with_kept();
        let keys = world.server.store().keys("bucket");
        let line = line.replace("ROOT", world.path(root).to_str().unwrap());
        let run = world.run(&line).succeeds();
        assert!(!run.stdout.contains("Delete "), "{run:#?}");
        assert_eq!(world.server.store().keys("bucket"), keys, "{run:#?}");
        for key in ["p/keep/x", "p/src/keep/x"] {
            assert_eq!(world.server.store().body("bucket", key), "there", "{line}");
        }
        assert_eq!(world.read("dst/keep/x").unwrap(), b"here", "{line}");
        assert!(world.read("dst/keep/y").is_none(), "{line}");
    }
}

#[test]
fn patterns_with_a_slash_in_front_leave_the_same_names_unverified() {
    for (line, root) in [
        ("verify src s3://bucket/p/src", "src"),
        ("verify s3://bucket/p/src dst", "dst"),
        ("dsync src s3://bucket/p/src --verify", "src"),
        ("dsync s3://bucket/p/src dst --verify", "dst"),
    ] {
        let world = with_kept();
        let root = world.path(root);
        let run = world.run(&format!("{line} --exclude {}/keep/*", root.display()));
        let run = run.succeeds();
        let summary = "1 verified, 0 size-only, 0 missing, 0 extra, 0 differ";
        assert_eq!(run.stdout.lines().last(), Some(summary), "{run:#?}");
    }
}
