//! Listings that leave out what rules exclude, also of stores that do not begin where they are told.

use std::{collections::BTreeSet, fs};

use crate::{
    run::{Run, World},
    server::{Config, Order, StartAfter},
};

/// Of the names below `c/x/`, which are in the way.
const EXCLUDED: usize = 40;
const RULES: &str = "--exclude c/x/*";

/// What is in S3 below a prefix, in pages of ten.
fn add(world: &World, prefix: &str, others: &[&str]) {
    let store = world.server.store();
    for n in 0..EXCLUDED {
        store.put("bucket", &format!("{prefix}/c/x/{n:02}"), "x");
    }
    for name in others {
        store.put("bucket", &format!("{prefix}/{name}"), "x");
    }
}

fn world(config: &Config, others: &[&str]) -> World {
    let world = World::with(Config {
        max_keys: 10,
        ..config.clone()
    });
    add(&world, "d", others);
    world
}

const LINES: [&str; 5] = [
    "ls -r s3://bucket/d",
    "get -r s3://bucket/d new",
    "dsync s3://bucket/d new",
    "cp -r s3://bucket/d s3://bucket/e",
    "dsync s3://bucket/d s3://bucket/e",
];

/// The lines of a run are about these names, each once.
#[track_caller]
fn has_names(run: &Run, expected: &[&str]) {
    let lines = run.stdout.lines();
    let names = lines.filter_map(|line| line.split_once("s3://bucket/d/")?.1.split(' ').next());
    let names: Vec<&str> = names.collect();
    let set: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(set, expected.iter().copied().collect(), "{run:#?}");
    assert_eq!(names.len(), expected.len(), "a name comes twice: {run:#?}");
}

/// How many pages of what begins with a prefix were asked for, and how many of them behind
/// everything of a directory.
fn pages(world: &World, prefix: &str) -> (usize, usize) {
    world.pages(prefix, char::MAX)
}

#[test]
fn a_store_without_the_order_of_keys_is_read_on_where_it_is() {
    let config = Config {
        order: Order::Directories,
        ..Config::default()
    };
    for line in LINES {
        // Of the first two the order is the other way around.
        let names = ["a/1", "a-1", "c/x-1", "z"];
        let world = world(&config, &names);
        let run = world.run(&format!("{line} {RULES}")).succeeds();
        has_names(&run, &names);
        assert_eq!(pages(&world, "d").1, 0, "{line}");
    }
}

#[test]
fn a_store_that_does_not_begin_where_it_is_told_is_read_on_where_it_is() {
    for config in [
        // The order is seen to be another one only behind what is left out.
        Config {
            order: Order::Directories,
            ..Config::default()
        },
        Config {
            order: Order::Directories,
            list_v2: false,
            ..Config::default()
        },
        Config {
            start_after: StartAfter::Ignored,
            ..Config::default()
        },
        Config {
            start_after: StartAfter::Refused,
            ..Config::default()
        },
    ] {
        for line in LINES {
            let names = ["a", "c/x-1", "z"];
            let world = world(&config, &names);
            let run = world.run(&format!("{line} {RULES}")).succeeds();
            has_names(&run, &names);
            assert_eq!(run.stderr, "", "{line}");
            assert!(pages(&world, "d").1 > 0, "{line}");
        }
    }
}

#[test]
fn the_first_version_of_listings_is_told_where_to_begin_as_well() {
    let config = Config {
        list_v2: false,
        ..Config::default()
    };
    for line in LINES {
        let names = ["a", "c/x-1", "z"];
        let world = world(&config, &names);
        let run = world.run(&format!("{line} {RULES}")).succeeds();
        has_names(&run, &names);
        let v1 = world.server.requests_of("ListObjects");
        let below = v1
            .iter()
            .filter(|seen| seen.query("prefix").unwrap().starts_with('d'));
        assert!(below.count() <= 4, "{line}");
    }
}

/// What a store would hide behind a jump must not be taken for removed.
#[test]
fn a_source_is_listed_whole_where_deletions_depend_on_it() {
    let names = ["a", "c/x-1", "z"];
    let all = (EXCLUDED + names.len()).div_ceil(10);
    for target in ["s3://bucket/t", "new"] {
        let world = world(&Config::default(), &names);
        add(&world, "t", &["a", "extra"]);
        for name in ["c/x/00", "extra"] {
            world.file(&format!("new/{name}"), "x");
        }
        let run = world
            .run(&format!("dsync -D s3://bucket/d {target} {RULES}"))
            .succeeds();
        let deleted = run.stdout.lines().filter(|line| line.starts_with("Delete"));
        assert_eq!(
            deleted.collect::<Vec<_>>(),
            [format!("Delete {target}/extra")]
        );
        assert_eq!(pages(&world, "d"), (all, 0), "{target}");
        if target == "new" {
            assert!(fs::exists(world.path("new/c/x/00")).unwrap());
            continue;
        }
        let (targets, jumps) = pages(&world, "t");
        assert!(targets <= 2 && jumps == 1, "{targets} {jumps}");
        assert_eq!(
            world.server.store().keys("bucket").len(),
            2 * (EXCLUDED + names.len())
        );
    }
}
