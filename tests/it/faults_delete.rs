//! `del` and `mb` against servers and networks that fail.

use crate::{
    matrix::{Scenario, all_give_up, last_word, lasting, passing, spoiled_documents, status},
    run::{Run, World},
    server::{Action, Config, Fault},
};

const ONE: Scenario = Scenario {
    line: "del s3://bucket/d/1",
    spoiled: ("DeleteObject", 1),
    names: "s3://bucket/d/1: ",
    config: Config::default,
    prepare,
    done: |world, run| {
        assert_eq!(world.server.store().keys("bucket"), ["d/2", "d/3", "e"]);
        assert_eq!(run.stdout, "Delete s3://bucket/d/1\n");
    },
    intact: all_there,
};

const BATCH: Scenario = Scenario {
    line: "del -r s3://bucket/d",
    spoiled: ("DeleteObjects", 1),
    done: all_gone,
    ..ONE
};

const BUCKET: Scenario = Scenario {
    line: "mb s3://bucket-new",
    spoiled: ("CreateBucket", 1),
    names: "bucket-new",
    done: |world, run| {
        assert_eq!(world.server.store().buckets(), ["bucket", "bucket-new"]);
        assert_eq!(run.stdout, "Creating s3://bucket-new\nDone.\n");
    },
    intact: |world| assert_eq!(world.server.store().buckets(), ["bucket"]),
    ..ONE
};

fn prepare(world: &World) {
    for key in ["d/1", "d/2", "d/3", "e"] {
        world.server.store().put("bucket", key, key);
    }
}

fn all_gone(world: &World, run: &Run) {
    assert_eq!(world.server.store().keys("bucket"), ["e"]);
    let mut lines: Vec<_> = run.stdout.lines().collect();
    lines.sort_unstable();
    let expected = ["d/1", "d/2", "d/3"].map(|key| format!("Delete s3://bucket/{key}"));
    assert_eq!(lines, expected);
}

fn all_there(world: &World) {
    assert_eq!(
        world.server.store().keys("bucket"),
        ["d/1", "d/2", "d/3", "e"]
    );
}

fn with_code() -> Action {
    Action::ErrorIn200 {
        code: "InternalError",
    }
}

#[test]
fn a_delete_survives_every_passing_fault() {
    let mut actions = passing();
    actions.push(with_code());
    ONE.survives(actions);
}

#[test]
fn a_batch_survives_every_passing_fault() {
    let mut actions = passing();
    actions.extend(spoiled_documents());
    BATCH.survives(actions);
}

#[test]
fn a_bucket_is_made_through_every_passing_fault() {
    let mut actions = passing();
    actions.push(with_code());
    BUCKET.survives(actions);
}

#[test]
fn deletes_and_buckets_give_up_in_the_end() {
    all_give_up(vec![(ONE, lasting()), (BUCKET, lasting())]);
    ONE.stops_at_once(last_word());
    BUCKET.stops_at_once(last_word());
}

#[test]
fn a_batch_that_fails_names_every_key() {
    let mut actions = lasting();
    actions.extend([Action::EmptyOk, status(403, "AccessDenied")]);
    crate::run::each(actions, |action| {
        let world = World::new();
        prepare(&world);
        world
            .server
            .faults()
            .push(Fault::always("DeleteObjects", action));
        let run = world
            .run("del -r s3://bucket/d -t 1 --retry-delay 1")
            .fails();
        for key in ["d/1", "d/2", "d/3"] {
            assert!(
                run.stderr.contains(&format!("s3://bucket/{key}: ")),
                "{run:#?}"
            );
        }
        assert_eq!(run.stdout, "");
        all_there(&world);
        run.within(60);
    });
}

fn errors_for(key: &str, code: &'static str) -> Action {
    let key_contains = key.to_owned();
    Action::DeleteErrors { key_contains, code }
}

fn omits(key: &str) -> Action {
    let key_contains = key.to_owned();
    Action::DeleteOmits { key_contains }
}

#[test]
fn keys_that_the_server_keeps_are_named() {
    for action in [
        errors_for("d/2", "AccessDenied"),
        omits("d/2"),
        errors_for("d/2", "SlowDown"),
    ] {
        let world = World::new();
        prepare(&world);
        // With one key left, the batch is a single delete.
        for operation in ["DeleteObjects", "DeleteObject"] {
            world
                .server
                .faults()
                .push(Fault::always(operation, action.clone()));
        }
        let run = world
            .run(BATCH.line)
            .fails()
            .in_one_line()
            .says("s3://bucket/d/2: ");
        assert!(!run.stdout.contains("d/2"), "{run:#?}");
        assert_eq!(world.server.store().keys("bucket"), ["d/2", "e"]);
        assert!(
            world.server.requests().len() <= 6,
            "{:?}",
            world.operations()
        );
    }
}

#[test]
fn a_key_that_may_not_be_deleted_is_not_tried_again() {
    let world = World::new();
    prepare(&world);
    let denied = errors_for("d/2", "AccessDenied");
    let faults = world.server.faults();
    faults.push(Fault::always("DeleteObjects", denied));
    world.run(BATCH.line).fails().in_one_line();
    assert_eq!(world.server.store().keys("bucket"), ["d/2", "e"]);
    let sent = ["DeleteObjects", "DeleteObject"].map(|name| world.server.requests_of(name).len());
    assert_eq!(sent, [1, 0]);
}

#[test]
fn keys_that_fail_for_a_passing_reason_are_tried_again() {
    for action in [
        omits("d/2"),
        errors_for("d/2", "SlowDown"),
        errors_for("d/", "InternalError"),
    ] {
        let world = World::new();
        prepare(&world);
        world
            .server
            .faults()
            .push(Fault::once("DeleteObjects", action));
        let run = world.run(BATCH.line).succeeds();
        all_gone(&world, &run);
    }
}

#[test]
fn conditions_that_no_batch_can_carry_go_with_each_key() {
    for condition in [
        "--API-IfMatchSize 0",
        "--API-IfMatch other",
        "--API-IfMatchLastModifiedTime 2001-01-01",
        "--API-VersionId null",
    ] {
        let world = World::new();
        prepare(&world);
        world.run(&format!("del -r s3://bucket/d {condition}"));
        assert!(
            world.server.requests_of("DeleteObjects").is_empty(),
            "{condition}"
        );
        assert_eq!(
            world.server.requests_of("DeleteObject").len(),
            3,
            "{condition}"
        );
    }
}

#[test]
fn keys_that_no_document_can_carry_go_one_by_one() {
    let keys = [
        "d/\u{1}",
        "d/\u{8}x",
        "d/a\u{1f}b",
        "d/\u{ffff}",
        "d/return\r",
    ];
    let world = World::new();
    for key in keys {
        world.server.store().put("bucket", key, key);
    }
    for key in [
        "d/plain",
        "d/plain too",
        "d/line\nbreak",
        "d/tab\t",
        "d/<&>\"'",
    ] {
        world.server.store().put("bucket", key, key);
    }
    world.run(BATCH.line).succeeds();
    assert!(world.server.store().keys("bucket").is_empty());
    assert_eq!(world.server.requests_of("DeleteObject").len(), keys.len());
    assert_eq!(world.server.requests_of("DeleteObjects").len(), 1);
}

#[test]
fn many_keys_go_in_batches() {
    for (option, requests) in [("", 10), ("--batch-delete-size 1000", 3)] {
        let world = World::new();
        for n in 0..2500 {
            world.server.store().put("bucket", &format!("d/{n:04}"), "");
        }
        let line = format!("{} {option}", BATCH.line);
        let run = world.run(&line).succeeds();
        assert_eq!(run.stdout.lines().count(), 2500);
        assert_eq!(
            world.server.requests_of("DeleteObjects").len(),
            requests,
            "{option}"
        );
        assert!(world.server.store().keys("bucket").is_empty());
    }
}

/// A path means one directory only if there is nothing else that it means.
#[test]
fn a_time_that_leaves_an_object_out_does_not_leave_its_directory() {
    let world = World::new();
    let store = world.server.store();
    for (key, time) in [
        ("x", "2020-01-01"),
        ("x/in", "2001-01-01"),
        ("y/in", "2001-01-01"),
    ] {
        store.put("bucket", key, key);
        let mut object = store.get("bucket", key).unwrap();
        object.last_modified = format!("{time}T00:00:00Z").parse().unwrap();
        store.insert("bucket", key, object);
    }
    let old = "--last-modified-before 2010-01-01";
    for path in ["x", "x*", "?"] {
        let run = world
            .run(&format!("del s3://bucket/{path} {old}"))
            .succeeds();
        assert_eq!(run.stdout, "", "{path}");
        let run = world
            .run(&format!("ls s3://bucket/{path} {old}"))
            .succeeds();
        assert_eq!(run.stdout, "", "{path}");
    }
    let run = world.run(&format!("del s3://bucket/y {old}")).succeeds();
    assert_eq!(run.stdout, "Delete s3://bucket/y/in\n");
    assert_eq!(store.keys("bucket"), ["x", "x/in"]);
}

#[test]
fn levels_of_many_pages_are_walked_in_the_order_of_the_keys() {
    let world = World::with(Config {
        max_keys: 2,
        ..Config::default()
    });
    let store = world.server.store();
    let mut expected = String::new();
    for directory in ["a-", "a", "b", "c", "d", "e"] {
        for sub in 0..5 {
            for name in ["f1", "f2", "f3", "other"] {
                store.put("bucket", &format!("{directory}/{sub}/{name}"), "");
            }
        }
    }
    for key in store.keys("bucket").iter().filter(|key| key.contains("/f")) {
        expected.push_str(&format!("Delete s3://bucket/{key}\n"));
    }
    for threads in [1, 3, 16] {
        let line = format!("del -n -c {threads} s3://bucket/*/*/f?");
        assert_eq!(world.run(&line).succeeds().stdout, expected, "{threads}");
    }
}
