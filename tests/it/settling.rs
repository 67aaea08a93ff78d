//! An answer was lost: what was done is found out, not guessed.

use crate::{
    matrix::status,
    run::{World, content, each},
    server::{Action, Config, Fault},
};

const MULTIPART: &str = "put -f file s3://bucket/key --max-singlepart-upload-size 1 \
                         --multipart-split-size 5242880 -t 1 --retry-delay 1";

fn lost() -> Vec<Action> {
    vec![
        Action::LostReply,
        Action::TruncatedXml,
        Action::ShortBody { bytes: 20 },
        Action::ResetMidBody { after_bytes: 20 },
        Action::NoETag,
    ]
}

#[test]
fn completing_is_settled_by_the_object_that_is_there() {
    let cases = lost()
        .into_iter()
        .flat_map(|action| [1, u32::MAX].map(|times| (action.clone(), times)));
    each(cases.collect(), |(action, times)| {
        let world = World::new();
        world.file("file", content(6 << 20, 1));
        world
            .server
            .faults()
            .push(Fault::times(times, "CompleteMultipartUpload", action));
        let run = world.run(MULTIPART).succeeds();
        assert_eq!(run.stderr, "");
        assert!(world.server.store().body("bucket", "key") == world.read("file").unwrap());
        world.assert_clean();
        // At the latest after two rounds somebody looked.
        assert!(!world.server.requests_of("HeadObject").is_empty());
    });
}

/// The object was taken for the one that was sent, as it is, and the upload was left open.
#[test]
fn an_upload_that_was_not_completed_is_given_up_if_the_object_was_the_same_before() {
    let world = World::new();
    world.file("file", content(6 << 20, 1));
    world.run(MULTIPART).succeeds();
    let faults = world.server.faults();
    faults.push(Fault::always(
        "CompleteMultipartUpload",
        Action::CloseBefore,
    ));
    world.run(MULTIPART).succeeds();
    world.assert_clean();
}

#[test]
fn somebody_elses_object_does_not_settle_it() {
    each(
        vec![Action::CloseBefore, Action::ResetBefore, Action::EmptyOk],
        |action| {
            let world = World::new();
            world.file("file", content(6 << 20, 1));
            let others = content(6 << 20, 2);
            world.server.store().put("bucket", "key", others.clone());
            world
                .server
                .faults()
                .push(Fault::always("CompleteMultipartUpload", action));
            world.run(MULTIPART).fails().in_one_line().says("file");
            assert!(world.server.store().body("bucket", "key") == others);
            world.assert_clean();
        },
    );
}

/// A plain no leaves nothing to settle, whatever is there.
#[test]
fn a_refusal_is_not_settled_by_an_equal_object() {
    let world = World::new();
    world.file("file", content(6 << 20, 1));
    world.run(MULTIPART).succeeds();
    world.server.faults().push(Fault::always(
        "CompleteMultipartUpload",
        status(403, "AccessDenied"),
    ));
    world.run(MULTIPART).fails().in_one_line().says("file");
    world.assert_clean();
}

#[test]
fn a_condition_that_our_own_lost_attempt_broke_is_no_failure() {
    for size in [10, 700_000] {
        let world = World::new();
        world.file("file", content(size, 1));
        world
            .server
            .faults()
            .push(Fault::once("PutObject", Action::LostReply));
        let run = world
            .run("put file s3://bucket/key --API-IfNoneMatch *")
            .succeeds();
        assert_eq!(run.stdout, "file => s3://bucket/key\n");
        assert!(world.server.store().body("bucket", "key") == content(size, 1));
    }
}

#[test]
fn a_condition_that_somebody_else_broke_is_a_failure() {
    for fault in [Action::CloseBefore, Action::LostReply] {
        let world = World::new();
        world.file("file", content(10, 1));
        world.server.store().put("bucket", "key", content(10, 2));
        world.server.faults().push(Fault::once("PutObject", fault));
        let line = "put -f file s3://bucket/key --API-IfNoneMatch *";
        world
            .run(line)
            .fails()
            .in_one_line()
            .says("PreconditionFailed");
        assert!(world.server.store().body("bucket", "key") == content(10, 2));
    }
}

#[test]
fn a_condition_on_a_multipart_upload_is_settled_too() {
    let world = World::new();
    world.file("file", content(6 << 20, 1));
    world
        .server
        .faults()
        .push(Fault::once("CompleteMultipartUpload", Action::LostReply));
    world
        .run(&format!("{MULTIPART} --API-IfNoneMatch *"))
        .succeeds();
    assert!(world.server.store().body("bucket", "key") == world.read("file").unwrap());
    world.assert_clean();
}

#[test]
fn a_bucket_whose_answer_was_lost_is_made() {
    for region in ["us-east-1", "eu-central-1"] {
        let world = World::with(Config {
            region: region.to_owned(),
            ..Config::default()
        });
        world
            .server
            .faults()
            .push(Fault::once("CreateBucket", Action::LostReply));
        let run = world.run("mb s3://bucket-new").succeeds();
        assert_eq!(run.stdout, "Creating s3://bucket-new\nDone.\n");
        assert_eq!(world.server.store().buckets(), ["bucket", "bucket-new"]);
    }
}

#[test]
fn a_bucket_that_was_there_before_is_a_failure() {
    let world = World::new();
    world
        .run("mb s3://bucket")
        .fails()
        .in_one_line()
        .says("BucketAlreadyOwnedByYou");
}

#[test]
fn a_delete_whose_answer_was_lost_is_done() {
    for (line, operation) in [
        ("del s3://bucket/d/1", "DeleteObject"),
        ("del -r s3://bucket/d", "DeleteObjects"),
    ] {
        let world = World::new();
        world.server.store().put("bucket", "d/1", "");
        world.server.store().put("bucket", "d/2", "");
        world
            .server
            .faults()
            .push(Fault::once(operation, Action::LostReply));
        let run = world.run(line).succeeds();
        assert!(run.stdout.contains("Delete s3://bucket/d/1\n"));
        assert!(
            !world
                .server
                .store()
                .keys("bucket")
                .contains(&"d/1".to_owned())
        );
    }
}

/// The error that ended the run was that of another request, and said nothing of this one.
#[test]
fn a_lost_upload_is_told_also_if_another_request_ended_the_run() {
    let world = World::new();
    world.file("d/big", content(6 << 20, 1));
    world.file("d/small", "x");
    let wait = |seconds: &str| Action::RetryAfter {
        status: 503,
        code: "SlowDown",
        header_value: seconds.to_owned(),
    };
    let faults = world.server.faults();
    faults.push(Fault::once("CreateMultipartUpload", Action::LostReply));
    faults.push(Fault::once("CreateMultipartUpload", wait("4")));
    faults.push(Fault::once("PutObject", wait("2")));
    faults.push(Fault::always("PutObject", status(400, "ExpiredToken")));
    let line = "put -r d s3://bucket/ --max-singlepart-upload-size 1000";
    let run = world.run(line).fails().within(10);
    assert_eq!(world.server.store().uploads("bucket").len(), 1);
    run.says("may have been left open");
}
