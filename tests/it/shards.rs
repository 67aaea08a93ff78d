//! `--shard`: several machines, of which each does a part, have done the whole together.

use std::{collections::BTreeSet, fs};

use crate::{
    run::World,
    server::{Config, Order, StartAfter},
};

const NAMES: usize = 60;

fn name(n: usize) -> String {
    format!("{}/{n:02}", n % 4)
}

fn in_store(world: &World, directory: &str) {
    for n in 0..NAMES {
        let key = format!("{directory}/{}", name(n));
        world.server.store().put("bucket", &key, name(n));
    }
}

fn in_directory(world: &World, directory: &str) {
    for n in 0..NAMES {
        world.file(&format!("{directory}/{}", name(n)), name(n));
    }
}

/// What each of so many machines says that it did.
fn parts(world: &World, line: &str, count: usize) -> Vec<BTreeSet<String>> {
    let part = |index| {
        let run = world.run(&format!("{line} --shard {index}/{count}"));
        run.succeeds().stdout.lines().map(str::to_owned).collect()
    };
    (0..count).map(part).collect()
}

fn are_apart(parts: &[BTreeSet<String>], line: &str) {
    let sum: usize = parts.iter().map(BTreeSet::len).sum();
    let all: BTreeSet<_> = parts.iter().flatten().collect();
    assert_eq!((sum, all.len()), (NAMES, NAMES), "{line}");
    assert!(parts.iter().all(|part| part.len() < NAMES), "{line}");
}

#[test]
fn the_parts_are_the_whole_and_have_nothing_in_common() {
    for (line, target) in [
        ("put -r s s3://bucket/t/", "t/s/"),
        ("dsync s s3://bucket/t", "t/"),
        ("sync s s3://bucket/t/", "t/s/"),
        ("cp -r s3://bucket/o s3://bucket/t/", "t/o/"),
        ("dsync s3://bucket/o s3://bucket/t", "t/"),
    ] {
        let world = World::new();
        in_directory(&world, "s");
        in_store(&world, "o");
        are_apart(&parts(&world, line, 3), line);
        for n in 0..NAMES {
            let key = format!("{target}{}", name(n));
            let content = world.server.store().body("bucket", &key);
            assert_eq!(content, name(n), "{line}: {key}");
        }
    }
    for line in ["get -r s3://bucket/o/* t", "dsync s3://bucket/o t"] {
        let world = World::new();
        in_store(&world, "o");
        fs::create_dir(world.path("t")).unwrap();
        are_apart(&parts(&world, line, 3), line);
        for n in 0..NAMES {
            let content = world.read(&format!("t/{}", name(n)));
            assert_eq!(content, Some(name(n).into_bytes()), "{line}");
        }
    }
    let world = World::new();
    in_store(&world, "o");
    for line in ["ls -r s3://bucket/o", "del -r s3://bucket/o"] {
        are_apart(&parts(&world, line, 3), line);
    }
    assert!(world.server.store().keys("bucket").is_empty());
}

#[test]
fn deletions_are_those_of_the_part() {
    let world = World::new();
    in_store(&world, "t");
    world.file("s/one", "x");
    let parts = parts(&world, "dsync -D s s3://bucket/t", 3);
    let deleted = |part: &BTreeSet<String>| part.iter().filter(|l| l.starts_with("Delete")).count();
    let counts: Vec<_> = parts.iter().map(deleted).collect();
    assert_eq!(counts.iter().sum::<usize>(), NAMES);
    // Two of them have nothing in the source, and know that others have.
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    assert_eq!(world.server.store().keys("bucket"), ["t/one"]);
}

#[test]
fn no_part_of_an_empty_source_deletes() {
    for source in ["s", "s3://bucket/s"] {
        let world = World::new();
        in_store(&world, "t");
        // The marker of the directory itself is nothing that is in it.
        fs::create_dir(world.path("s")).unwrap();
        world.server.store().put("bucket", "s/", "");
        for index in 0..3 {
            let line = format!("dsync -D {source} s3://bucket/t --shard {index}/3");
            world.run(&line).fails();
        }
        let mut left = world.server.store().keys("bucket");
        left.retain(|key| key.starts_with("t/") && !key.ends_with('/'));
        assert_eq!(left.len(), NAMES, "{source}");
    }
}

#[test]
fn a_source_that_is_missing_is_missed_by_every_part() {
    let world = World::new();
    for line in [
        "dsync s3://bucket/typo t",
        "dsync typo s3://bucket/t",
        "get -r s3://bucket/typo t",
        "verify s3://bucket/typo s3://bucket/t",
    ] {
        for index in 0..2 {
            world.run(&format!("{line} --shard {index}/2")).fails();
        }
    }
}

/// What is in the directory may be for others, and the marker stays.
#[test]
fn the_marker_of_a_directory_of_others_is_not_deleted() {
    let world = World::new();
    let store = world.server.store();
    for n in 0..20 {
        store.put("bucket", &format!("s/{n}/only"), "x");
        store.put("bucket", &format!("t/{n}/"), "");
        store.put("bucket", &format!("t/gone-{n}/"), "");
    }
    for index in 0..4 {
        let line = format!("dsync -D s3://bucket/s s3://bucket/t --shard {index}/4");
        world.run(&line).succeeds();
    }
    let keys = store.keys("bucket");
    let markers = keys.iter().filter(|key| key.ends_with('/'));
    assert_eq!(markers.count(), 20, "{keys:?}");
    let run = world.run("verify s3://bucket/s s3://bucket/t --shard 0/4");
    run.succeeds();
}

#[test]
fn a_part_of_which_there_is_nothing_is_verified() {
    let world = World::new();
    let store = world.server.store();
    for directory in ["s", "t"] {
        store.put("bucket", &format!("{directory}/one"), "x");
    }
    for index in 0..3 {
        let line = format!("verify s3://bucket/s s3://bucket/t --shard {index}/3");
        world.run(&line).succeeds();
    }
}

#[test]
fn the_scheduler_says_which_part_it_is() {
    let mut world = World::new();
    in_store(&world, "o");
    let said = world.run("ls -r s3://bucket/o --shard 3/4").succeeds();
    world.set("JOB_COMPLETION_INDEX", "3");
    let found = world.run("ls -r s3://bucket/o --shard auto/4").succeeds();
    assert_eq!(said.stdout, found.stdout);
    // A job that is cut in another way is not cut once more.
    let whole = world.run("ls -r s3://bucket/o").succeeds();
    assert_eq!(whole.stdout.lines().count(), NAMES);
    let run = world.run("ls -r s3://bucket/o --shard auto");
    assert_eq!(run.status.code(), Some(2));
    run.says("give auto/N");
}

/// Writes the cuts for so many parts into a file.
fn cut(world: &World, count: usize, directory: &str) {
    let run = world.run(&format!("cuts {count} {directory}")).succeeds();
    assert_eq!(run.stdout.lines().count(), count - 1);
    world.file("cuts", run.stdout);
}

/// Servers that list in another order, and such that do not begin where they are told.
#[test]
fn parts_that_are_ranges_are_the_whole_whatever_the_server_does() {
    for order in [Order::Keys, Order::Directories] {
        for start_after in [
            StartAfter::Taken,
            StartAfter::Late,
            StartAfter::ByBytes,
            StartAfter::Ignored,
            StartAfter::Refused,
        ] {
            let world = World::with(Config {
                order,
                start_after,
                max_keys: 7,
                ..Config::default()
            });
            let store = world.server.store();
            // `1`, `1-` and `1/` are what orders differ about.
            let forms = ["", "-a", "/b-", "/b/c"];
            let fill = || {
                for name in (0..6).flat_map(|n| forms.map(|form| format!("{n}{form}"))) {
                    store.put("bucket", &format!("s/{name}"), "x");
                    store.remove("bucket", &format!("t/{name}"));
                    store.put("bucket", &format!("t/{name}-gone"), "x");
                }
            };
            for form in forms {
                fill();
                world.file("cuts", format!("\"2{form}\"\n\"3{form}\"\n"));
                let sync = "dsync -D s3://bucket/s s3://bucket/t --cuts cuts";
                let mut lines = 0;
                for index in 0..3 {
                    let run = world.run(&format!("{sync} --shard {index}/3"));
                    lines += run.succeeds().stdout.lines().count();
                }
                let about = format!("{order:?} {start_after:?} {form}");
                assert_eq!(lines, 48, "{about}");
                let keys = |prefix: &str| -> Vec<String> {
                    let keys = store.keys("bucket").into_iter();
                    let names = keys.filter_map(|key| key.strip_prefix(prefix).map(str::to_owned));
                    names.collect()
                };
                assert_eq!(keys("t/"), keys("s/"), "{about}");
            }
        }
    }
}

#[test]
fn a_range_is_listed_alone() {
    let world = World::with(Config {
        max_keys: 10,
        ..Config::default()
    });
    for n in 0..400 {
        world
            .server
            .store()
            .put("bucket", &format!("s/{n:03}"), "x");
    }
    world.run("dsync -n s3://bucket/s t").succeeds();
    let serial = world.server.requests_of("ListObjectsV2").len();
    cut(&world, 4, "s3://bucket/s");
    world.server.clear_requests();
    let parts = parts(&world, "dsync s3://bucket/s t --cuts cuts", 4);
    let sum: usize = parts.iter().map(BTreeSet::len).sum();
    assert_eq!(sum, 400);
    assert!(parts.iter().all(|part| part.len() == 100), "{parts:?}");
    let divided = world.server.requests_of("ListObjectsV2").len();
    assert!(divided <= serial + 2 * 4, "{serial} {divided}");
}

/// The object with the name of a directory, and what only begins like it.
#[test]
fn what_is_beside_a_directory_is_in_a_part_as_well() {
    let world = World::new();
    in_store(&world, "s");
    for key in ["s", "s-", "s/s"] {
        world.server.store().put("bucket", key, "x");
    }
    for cut in ["0/00", "a", "s", "z"] {
        world.file("cuts", format!("\"{cut}\"\n"));
        for (path, count) in [("s", NAMES + 2), ("s*", NAMES + 3), ("", NAMES + 3)] {
            let line = format!("ls -r s3://bucket/{path} --cuts cuts");
            let parts = parts(&world, &line, 2);
            let all: BTreeSet<_> = parts.iter().flatten().collect();
            let sum: usize = parts.iter().map(BTreeSet::len).sum();
            assert_eq!((sum, all.len()), (count, count), "{path} {cut}");
        }
    }
}

#[test]
fn a_local_directory_is_cut_as_a_bucket_is() {
    let world = World::new();
    in_directory(&world, "s");
    in_store(&world, "s");
    cut(&world, 4, "s");
    let here = world.read("cuts");
    cut(&world, 4, "s3://bucket/s");
    assert_eq!(world.read("cuts"), here);
    are_apart(
        &parts(&world, "dsync s s3://bucket/t --cuts cuts", 4),
        "dsync",
    );
    let verified = world.run("verify s s3://bucket/t").succeeds();
    assert!(verified.stdout.contains("60 verified"), "{verified:?}");
}

#[test]
fn cuts_that_are_none_are_refused() {
    let world = World::new();
    world.file("s/f", "x");
    for (cuts, text) in [
        ("\"a\"\n", "it makes 2 parts, and not 3"),
        ("\"b\"\n\"a\"\n", "not in the order"),
        ("a\nb\n", "a name in quotes"),
    ] {
        world.file("cuts", cuts);
        let run = world.run("dsync s s3://bucket/t --shard 0/3 --cuts cuts");
        assert_eq!(run.status.code(), Some(2));
        run.says(text);
    }
    let run = world.run("dsync s s3://bucket/t --cuts cuts");
    assert_eq!(run.status.code(), Some(2));
    for line in [
        "cuts 0 s",
        "cuts x s",
        "cuts 3 missing",
        "cuts 3 s3://bucket/missing",
        "cuts 3",
    ] {
        world.run(line).fails();
    }
    assert!(world.server.store().keys("bucket").is_empty());
}
