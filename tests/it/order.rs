//! Stores that list in another order than that of the keys.

use std::collections::BTreeSet;

use crate::{
    run::{Run, World, all_files},
    server::{Config, Order},
};

/// In the order of bytes, `-` and `.` stand before the slash.
const SHARED: [&str; 8] = [
    "a-b", "a.b", "a/b", "a/b-c/d", "a/b.c", "a/b/c!", "b", "z-/1",
];

fn world(order: Order) -> World {
    World::with(Config {
        order,
        max_keys: 3,
        ..Config::default()
    })
}

/// What a run did, by the ends of its lines.
fn done(run: &Run, beginning: &str) -> BTreeSet<String> {
    let lines = run
        .stdout
        .lines()
        .filter(|line| !line.ends_with(" (synced)"));
    let done = lines.filter_map(|line| Some(line.split_once(beginning)?.1.to_owned()));
    let names: Vec<String> = done.collect();
    let set: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!(set.len(), names.len(), "a line comes twice: {run:#?}");
    set
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A directory cannot stand beside a file of its name.
fn is_possible(name: &&&str) -> bool {
    **name != "a/b"
}

#[test]
fn nothing_is_confused_in_the_order_of_directories() {
    for options in ["-n", ""] {
        for (source, target) in [
            ("source", "s3://bucket/target"),
            ("s3://bucket/source", "target"),
            ("s3://bucket/source", "s3://bucket/target"),
        ] {
            let world = world(Order::Directories);
            let put =
                |place: &str, name: &str, content: &str| match place.strip_prefix("s3://bucket/") {
                    Some(prefix) => {
                        let key = format!("{prefix}/{name}");
                        world.server.store().put("bucket", &key, content.to_owned());
                    }
                    None => world.file(&format!("{place}/{name}"), content),
                };
            for name in SHARED.iter().filter(is_possible) {
                put(source, name, "same");
                put(target, name, "same");
            }
            for name in ["a/changed", "z/changed"] {
                put(source, name, "new");
                put(target, name, "old");
            }
            for name in ["a-new", "a/new", "b-new/x"] {
                put(source, name, "new");
            }
            let extras = ["a!", "a-extra", "a.c/1", "a/b.d", "a0", "zz"];
            for name in extras {
                put(target, name, "extra");
            }
            let run = world
                .run(&format!("dsync -D {options} {source} {target}"))
                .succeeds();
            let transferred = ["a/changed", "z/changed", "a-new", "a/new", "b-new/x"];
            assert_eq!(
                done(&run, &format!(" => {target}/")),
                set(&transferred),
                "{run:#?}"
            );
            assert_eq!(
                done(&run, &format!("Delete {target}/")),
                set(&extras),
                "{run:#?}"
            );
            if options == "-n" {
                continue;
            }
            let again = world.run(&format!("dsync -n -D --stats {source} {target}"));
            again
                .succeeds()
                .says("12 listed = 0 transferred + 12 equal + 0 skipped + 0 deleted");
            world.run(&format!("verify {source} {target}")).succeeds();
        }
    }
}

#[test]
fn an_object_beside_a_directory_of_its_name_is_no_confusion_across() {
    let world = world(Order::Directories);
    for name in SHARED {
        for place in ["s", "t"] {
            world
                .server
                .store()
                .put("bucket", &format!("{place}/{name}"), name);
        }
    }
    world.server.store().put("bucket", "t/a/b/extra", "x");
    let run = world.run("dsync -D s3://bucket/s s3://bucket/t").succeeds();
    assert_eq!(done(&run, "Delete "), set(&["s3://bucket/t/a/b/extra"]));
    assert_eq!(done(&run, " => "), set(&[]));
}

/// The disorder comes after the pages that are read before the order is trusted.
fn late(places: &[&str]) -> World {
    let world = World::with(Config {
        order: Order::LastAfter(12_000),
        ..Config::default()
    });
    for place in places {
        for n in 0..13_000 {
            world
                .server
                .store()
                .put("bucket", &format!("{place}/{n:05}"), "");
        }
        world
            .server
            .store()
            .put("bucket", &format!("{place}/z"), "late");
    }
    world
}

/// Some are missing in the middle, and one is new.
fn late_target() -> (World, Run) {
    let world = late(&["t"]);
    for n in (0..13_000).filter(|n| n % 1000 != 0) {
        world.file(&format!("s/{n:05}"), "");
    }
    world.file("s/z", "late");
    world.file("s/zz", "new");
    let run = world.run("dsync -D s s3://bucket/t").succeeds();
    (world, run)
}

#[test]
fn a_late_disorder_of_the_target_deletes_nothing_that_the_source_has() {
    let (world, run) = late_target();
    let deleted = (0..13).map(|n| format!("{n:02}000"));
    assert!(done(&run, "Delete s3://bucket/t/") == deleted.collect());
    assert!(done(&run, " => ").contains("s3://bucket/t/zz"));
    assert_eq!(world.server.store().keys("bucket").len(), 13_000 - 13 + 2);
    let warning = "does not list in the order of keys";
    assert!(run.stderr.contains(warning), "{}", run.stderr);
}

#[test]
fn a_late_disorder_of_the_target_sends_nothing_that_it_has() {
    let (_, run) = late_target();
    assert!(done(&run, " => ") == set(&["s3://bucket/t/zz"]));
}

#[test]
fn a_late_disorder_of_the_source_deletes_nothing_that_it_has() {
    let world = late(&["s"]);
    let store = world.server.store();
    for n in 0..13_000 {
        store.put("bucket", &format!("t/{n:05}"), "");
    }
    store.put("bucket", "t/extra", "");
    store.put("bucket", "t/z", "late");
    for options in ["-n", ""] {
        let run = world.run(&format!("dsync -D {options} s3://bucket/s s3://bucket/t"));
        let run = run.succeeds();
        assert_eq!(done(&run, "Delete "), set(&["s3://bucket/t/extra"]));
        assert_eq!(done(&run, " => "), set(&[]));
    }
}

#[test]
fn a_late_disorder_comes_down_whole() {
    let world = late(&["s"]);
    for n in 0..13_000 {
        world.file(&format!("t/{n:05}"), "");
    }
    world.file("t/extra", "");
    let dry = world.run("dsync -n -D s3://bucket/s t").succeeds();
    let real = world.run("dsync -D --stats s3://bucket/s t").succeeds();
    for run in [&dry, &real] {
        assert_eq!(done(run, "Delete "), set(&["t/extra"]));
        assert_eq!(done(run, " => "), set(&["t/z"]));
    }
    assert_eq!(all_files(&world.path("t")).len(), 13_001);
}

#[test]
fn a_late_disorder_counts_every_name_once() {
    let world = late(&["t"]);
    world.file("s/z", "late");
    let run = world.run("dsync --stats s s3://bucket/t").succeeds();
    run.says("13001 listed = 0 transferred + 1 equal + 13000 skipped + 0 deleted + 0 failed");
}
