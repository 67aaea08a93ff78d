//! What requests a synchronisation sends, and what its options make of them.

use std::fs;

use crate::{
    run::World,
    server::{Config, Fault, Match},
};

#[test]
fn an_acl_and_a_storage_class_arrive_as_headers() {
    let parts = "--max-singlepart-upload-size 1 --multipart-split-size 5242880";
    for (line, operation) in [
        ("dsync d s3://bucket/t", "PutObject"),
        ("put d/1 s3://bucket/t", "PutObject"),
        (
            &format!("put -r d s3://bucket/t {parts}"),
            "CreateMultipartUpload",
        ),
        ("cp s3://bucket/s s3://bucket/t", "CopyObject"),
        ("dsync s3://bucket/x s3://bucket/t", "CopyObject"),
    ] {
        let world = World::new();
        world.file("d/1", "1");
        for key in ["s", "x/1"] {
            world.server.store().put("bucket", key, key.to_owned());
        }
        let line = format!("{line} --acl public-read --storage-class STANDARD_IA");
        world.run(&line).succeeds();
        let seen = world.server.requests_of(operation);
        assert_eq!(seen.len(), 1, "{line}");
        assert_eq!(seen[0].header("x-amz-acl"), "public-read", "{line}");
        assert_eq!(
            seen[0].header("x-amz-storage-class"),
            "STANDARD_IA",
            "{line}"
        );
    }
}

#[test]
fn a_bucket_in_another_region_is_found_there_and_remembered() {
    let mut world = World::new();
    world.set("AWS_REGION", "eu-west-1");
    for key in 0..20 {
        let store = world.server.store();
        store.put("bucket", &format!("d/{key}"), "x");
    }
    for line in [
        "get -r s3://bucket/d . -c 1",
        "put -f d/1 s3://bucket/d/1 -t 0",
    ] {
        let before = world.server.requests().len();
        world.run(line).succeeds();
        let requests = &world.server.requests()[before..];
        let wrong = requests
            .iter()
            .filter(|seen| region(seen.header("authorization")) == "eu-west-1");
        assert_eq!(wrong.count(), 1, "{line}");
    }
}

/// The region for which a request was signed.
fn region(authorization: &str) -> &str {
    let scope = authorization.split("Credential=").nth(1).unwrap();
    scope.split('/').nth(2).unwrap()
}

#[test]
fn the_source_is_asked_in_its_own_region() {
    // The server takes one region only, and says which. What was tried first is in its log.
    for (line, source, target) in [
        ("dsync s3://other/s s3://bucket/t", "other", "bucket"),
        ("cp -r s3://other/s s3://bucket/t", "other", "bucket"),
    ] {
        let world = World::new();
        world.server.store().put("other", "s/1", "1");
        world
            .run(&format!("{line} --source-region eu-west-1"))
            .succeeds();
        let requests = world.server.requests();
        let first = |bucket: &str| {
            let mut requests = requests.iter();
            let seen = requests.find(|seen| seen.bucket.as_deref() == Some(bucket));
            region(seen.unwrap().header("authorization")).to_owned()
        };
        assert_eq!(first(source), "eu-west-1", "{line}");
        assert_eq!(first(target), "us-east-1", "{line}");
        assert_eq!(world.server.store().keys("bucket").len(), 1);
    }
    let world = World::new();
    world.file("d/1", "1");
    // It is about copies.
    world
        .run("dsync d s3://bucket/t --source-region eu-west-1")
        .succeeds();
    world
        .run("dsync s3://bucket/t e --source-region eu-west-1")
        .succeeds();
    let regions = world.server.requests();
    assert!(
        regions
            .iter()
            .all(|seen| region(seen.header("authorization")) == "us-east-1")
    );
}

/// As radosgw: listings have milliseconds, headers cannot have them.
fn precise() -> World {
    let world = World::with(Config {
        listed_millis: 789,
        ..Config::default()
    });
    world.server.store().put("bucket", "s/1", "1");
    world
}

#[test]
fn what_came_down_is_not_older_than_a_listing_with_milliseconds() {
    let world = precise();
    for command in ["dsync s3://bucket/s d", "get -r s3://bucket/s e"] {
        world.run(command).succeeds();
    }
    for line in [
        "dsync s3://bucket/s d --mtime",
        "dsync d s3://bucket/s --mtime",
        "dsync d s3://bucket/s --exact-timestamps",
        "dsync e s3://bucket/s --mtime",
        "dsync s3://bucket/s e --mtime",
    ] {
        let run = world.run(line).succeeds();
        assert!(run.stdout.ends_with(" (synced)\n"), "{run:#?}");
    }
}

#[test]
fn what_came_down_has_exactly_the_time_of_a_listing_with_milliseconds() {
    let world = precise();
    let line = "dsync s3://bucket/s d --exact-timestamps";
    world.run(line).succeeds();
    let run = world.run(line).succeeds();
    assert!(run.stdout.ends_with(" (synced)\n"), "{run:#?}");
}

#[test]
fn a_comparison_by_size_or_time_asks_for_no_object() {
    for line in [
        "dsync s3://bucket/s d",
        "dsync -D s3://bucket/s d",
        "dsync d s3://bucket/s",
        "dsync s3://bucket/s s3://bucket/t",
    ] {
        for method in ["--size-only", "--mtime", "--exact-timestamps"] {
            let world = World::new();
            for key in ["s/1", "s/2/3", "t/1", "t/2/3"] {
                world.server.store().put("bucket", key, "x");
            }
            world.run("dsync s3://bucket/s d").succeeds();
            world.server.clear_requests();
            let run = world.run(&format!("{line} {method}")).succeeds();
            assert_eq!(run.stdout.matches(" (synced)\n").count(), 2, "{run:#?}");
            let operations = world.operations();
            let others = operations
                .iter()
                .filter(|operation| **operation != "ListObjectsV2");
            assert_eq!(others.count(), 0, "{line} {method}: {operations:?}");
        }
    }
}

#[test]
fn warnings_are_not_failures_for_the_log_either() {
    let world = World::new();
    for key in ["s/a", "s/A"] {
        world.server.store().put("bucket", key, "x");
    }
    let run = world.run("dsync s3://bucket/s d --quiet --case-conflict warn --log-file log");
    let run = run.succeeds();
    assert_eq!((&*run.stdout, &*run.stderr), ("", ""));
    let log = fs::read_to_string(world.path("log")).unwrap();
    assert!(log.contains("Z warning: s3://bucket/s/a"), "{log}");
    assert_eq!(log.lines().count(), 3, "{log}");
}

/// Whatever a name is, it is one line of the log.
#[test]
fn names_cannot_forge_lines_of_the_log() {
    let world = World::new();
    world.file("d/a\n2026-01-01T00:00:00Z Delete all", "x");
    let run = world.run("dsync d s3://bucket/t --quiet --log-file log --stats");
    run.succeeds();
    let log = fs::read_to_string(world.path("log")).unwrap();
    // The file, and what `--stats` tells.
    assert_eq!(log.lines().count(), 1 + 3, "{log}");
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_anything_is_done() {
    let world = World::new();
    world.file("d/1", "1");
    let run = world
        .run("dsync d s3://bucket/t --report no/such/report")
        .fails();
    let run = run.says("no/such/report");
    assert!(world.server.store().keys("bucket").is_empty(), "{run:#?}");
}

#[test]
fn a_report_that_cannot_be_written_is_a_failure() {
    let world = World::new();
    world.file("d/1", "1");
    for line in ["dsync d s3://bucket/t", "verify d s3://bucket/t"] {
        let run = world
            .run(&format!("{line} --report no/such/report"))
            .fails();
        run.says("no/such/report");
    }
}

#[test]
fn a_log_that_is_full_is_told_once() {
    let world = World::new();
    for name in ["1", "2", "3"] {
        world.file(&format!("d/{name}"), name);
    }
    let run = world
        .run("dsync d s3://bucket/t --log-file /dev/full")
        .fails();
    run.says("/dev/full").in_one_line();
    assert_eq!(world.server.store().keys("bucket").len(), 3);
}

/// The interruption of a run in which names are under way is no loss of names.
#[test]
fn an_interrupted_run_does_not_complain_of_its_sums() {
    let world = World::new();
    for n in 0..50 {
        world.file(&format!("d/{n}"), "x");
    }
    world.server.faults().push(Fault {
        when: Match::op("PutObject"),
        times: u32::MAX,
        action: crate::server::Action::StallHeaders(std::time::Duration::from_millis(400)),
    });
    let running = world.start("dsync -D d s3://bucket/t --stats -c 2");
    world.wait_for("PutObject", 2);
    running.signal("INT");
    let run = running.wait();
    assert_eq!(run.status.code(), Some(130), "{run:#?}");
    assert!(!run.stderr.contains("not every name"), "{run:#?}");
}
