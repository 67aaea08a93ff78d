//! `put` against servers and networks that fail.

use std::{fs, io::Write as _, time::Duration};

use crate::{
    matrix::{Scenario, all_give_up, last_word, lasting, passing, spoiled_documents, status},
    run::{Run, World, content},
    server::{Action, Config, Fault, Match},
};

const SINGLE: Scenario = Scenario {
    line: "put -f file s3://bucket/key",
    spoiled: ("PutObject", 1),
    names: "file: ",
    config: Config::default,
    prepare: prepare_single,
    done: is_new,
    intact: is_old_or_new,
};

fn multipart(operation: &'static str, nth: u32) -> Scenario {
    Scenario {
        line: "put -f -c 2 file s3://bucket/key --max-singlepart-upload-size 1 \
               --multipart-split-size 5242880",
        spoiled: (operation, nth),
        prepare: prepare_multipart,
        ..SINGLE
    }
}

fn prepare_single(world: &World) {
    world.file("file", content(700_000, 1));
    world.server.store().put("bucket", "key", "old");
}

fn prepare_multipart(world: &World) {
    world.file("file", content(11 << 20, 1));
    world.server.store().put("bucket", "key", "old");
}

fn is_new(world: &World, run: &Run) {
    assert!(world.server.store().body("bucket", "key") == world.read("file").unwrap());
    assert_eq!(run.stdout, "file => s3://bucket/key\n");
    let object = world.server.store().get("bucket", "key").unwrap();
    assert!(object.header("x-amz-meta-md5").is_some());
}

fn is_old_or_new(world: &World) {
    let body = world.server.store().body("bucket", "key");
    assert!(
        body == "old" || body == world.read("file").unwrap(),
        "neither old nor new"
    );
}

#[test]
fn a_single_put_survives_every_passing_fault() {
    let mut actions = passing();
    actions.extend([
        Action::NoETag,
        Action::WrongETag,
        Action::ErrorIn200 {
            code: "InternalError",
        },
    ]);
    SINGLE.survives(actions);
}

#[test]
fn a_single_put_gives_up_in_the_end() {
    SINGLE.gives_up(lasting());
}

#[test]
fn a_single_put_that_is_refused_is_not_repeated() {
    SINGLE.stops_at_once(last_word());
}

#[test]
fn a_small_put_survives_too() {
    let small = Scenario {
        prepare: |world| {
            world.file("file", "a few bytes");
            world.server.store().put("bucket", "key", "old");
        },
        ..SINGLE
    };
    small.survives(passing());
}

#[test]
fn creating_a_multipart_upload_survives_every_passing_fault() {
    let mut actions = passing();
    actions.extend(spoiled_documents());
    // These are carried out, and what they made is found by nobody: the next test.
    actions.retain(|action| {
        !matches!(
            action,
            Action::LostReply
                | Action::TruncatedXml
                | Action::ShortBody { .. }
                | Action::ResetMidBody { .. }
        )
    });
    multipart("CreateMultipartUpload", 1).survives(actions);
}

#[test]
fn an_upload_that_may_have_been_opened_unseen_is_reported() {
    crate::run::each(vec![Action::LostReply, Action::TruncatedXml], |action| {
        let scenario = multipart("CreateMultipartUpload", 1);
        let world = World::new();
        prepare_multipart(&world);
        world
            .server
            .faults()
            .push(Fault::once("CreateMultipartUpload", action));
        let run = world.run(scenario.line).succeeds();
        is_new(&world, &run);
        let run = run.in_one_line();
        assert!(
            run.stderr.contains("s3://bucket/key") && run.stderr.contains("left open"),
            "{run:#?}"
        );
        assert_eq!(world.server.store().uploads("bucket").len(), 1);
    });
}

#[test]
fn uploads_that_may_have_been_opened_unseen_are_reported_after_a_failure_too() {
    let world = World::new();
    prepare_multipart(&world);
    world
        .server
        .faults()
        .push(Fault::always("CreateMultipartUpload", Action::LostReply));
    let scenario = multipart("CreateMultipartUpload", 1);
    let run = world
        .run(&format!("{} -t 1 --retry-delay 1", scenario.line))
        .fails();
    assert!(run.stderr.contains("s3://bucket/key"), "{run:#?}");
    assert!(run.stderr.contains("left open"), "{run:#?}");
    is_old_or_new(&world);
}

#[test]
fn a_part_survives_every_passing_fault() {
    let mut actions = passing();
    actions.extend([
        Action::NoETag,
        Action::EmptyOk,
        Action::ErrorIn200 {
            code: "InternalError",
        },
    ]);
    multipart("UploadPart", 2).survives(actions);
}

#[test]
fn completing_survives_every_passing_fault() {
    let mut actions = passing();
    actions.extend(spoiled_documents());
    actions.extend([
        Action::NoETag,
        Action::WrongETag,
        Action::LeadingSpaces {
            count: 20,
            every: Duration::from_millis(50),
        },
    ]);
    multipart("CompleteMultipartUpload", 1).survives(actions);
}

#[test]
fn a_multipart_upload_gives_up_in_the_end_and_leaves_nothing_open() {
    let with = |more: &[Action]| [lasting(), more.to_vec()].concat();
    all_give_up(vec![
        (multipart("CreateMultipartUpload", 1), lasting()),
        (
            multipart("UploadPart", 3),
            with(&[Action::EmptyOk, Action::NoETag]),
        ),
        (
            multipart("CompleteMultipartUpload", 1),
            with(&[Action::EmptyOk]),
        ),
    ]);
}

#[test]
fn a_multipart_upload_that_is_refused_is_given_up_at_once() {
    multipart("CreateMultipartUpload", 1).stops_at_once(last_word());
    multipart("UploadPart", 2).stops_at_once(last_word());
    multipart("CompleteMultipartUpload", 1).stops_at_once(last_word());
}

#[test]
fn an_upload_that_cannot_be_given_up_is_named() {
    let world = World::new();
    prepare_multipart(&world);
    let faults = world.server.faults();
    faults.push(Fault::always("UploadPart", status(403, "AccessDenied")));
    faults.push(Fault::always(
        "AbortMultipartUpload",
        status(403, "AccessDenied"),
    ));
    let run = world
        .run(multipart("UploadPart", 1).line)
        .fails()
        .in_one_line();
    let uploads = world.server.store().uploads("bucket");
    assert_eq!(uploads.len(), 1);
    assert!(run.stderr.contains(&uploads[0].id), "{run:#?}");
}

#[test]
fn giving_up_survives_a_passing_fault() {
    let world = World::new();
    prepare_multipart(&world);
    let faults = world.server.faults();
    faults.push(Fault::always("UploadPart", status(403, "AccessDenied")));
    faults.push(Fault::once(
        "AbortMultipartUpload",
        status(500, "InternalError"),
    ));
    faults.push(Fault::once("AbortMultipartUpload", Action::LostReply));
    world
        .run(multipart("UploadPart", 1).line)
        .fails()
        .in_one_line();
    world.assert_clean();
}

#[test]
fn damage_on_the_way_up_is_repeated_once() {
    let damage = || status(400, "BadDigest");
    SINGLE.survives(vec![damage(), status(400, "XAmzContentSHA256Mismatch")]);
    multipart("UploadPart", 2).survives(vec![damage()]);
    let world = World::new();
    prepare_single(&world);
    world
        .server
        .faults()
        .push(Fault::always("PutObject", damage()));
    world
        .run(SINGLE.line)
        .fails()
        .in_one_line()
        .says("BadDigest");
    assert_eq!(world.server.requests_of("PutObject").len(), 2);
}

#[test]
fn an_answer_that_stored_nothing_is_not_success() {
    // Another object is there, of the same size: of this program, or of another one.
    let md5 = ("x-amz-meta-md5", "ffffffffffffffffffffffffffffffff");
    for headers in [&[md5][..], &[]] {
        let world = World::new();
        world.file("file", content(1000, 1));
        let old = content(1000, 2);
        world.server.store().put_with("bucket", "key", old, headers);
        world
            .server
            .faults()
            .push(Fault::always("PutObject", Action::EmptyOk));
        world.run(SINGLE.line).fails().in_one_line().says("file");
    }
}

/// What somebody does to the file while it is sent.
type Change = fn(&World);

const CHANGES: [(&str, Change); 3] = [
    ("grows", |world| {
        let mut file = fs::OpenOptions::new()
            .append(true)
            .open(world.path("file"))
            .unwrap();
        file.write_all(b"more").unwrap();
    }),
    ("shrinks", |world| {
        let file = fs::OpenOptions::new()
            .write(true)
            .open(world.path("file"))
            .unwrap();
        file.set_len(1 << 20).unwrap();
    }),
    ("is written to", |world| {
        use std::os::unix::fs::FileExt as _;
        let file = fs::OpenOptions::new()
            .write(true)
            .open(world.path("file"))
            .unwrap();
        file.write_all_at(b"other", (11 << 20) - 5).unwrap();
    }),
];

/// The first attempt of a request fails, and before the second the file changes.
fn changes_while_sent(line: &str, operation: &'static str, (what, change): (&str, Change)) {
    let world = World::new();
    prepare_multipart(&world);
    let again = Action::RetryAfter {
        status: 503,
        code: "SlowDown",
        header_value: "1".to_owned(),
    };
    world.server.faults().push(Fault::once(operation, again));
    let running = world.start(line);
    world.wait_for(operation, 1);
    std::thread::sleep(Duration::from_millis(300));
    change(&world);
    let run = running.wait();
    let run = run.fails().in_one_line().says("file").within(20);
    assert!(run.stderr.contains("changed"), "{what}: {run:#?}");
    assert_eq!(world.server.store().body("bucket", "key"), "old", "{what}");
    world.assert_clean();
}

#[test]
fn a_file_that_changes_during_a_single_put_is_not_stored() {
    for change in CHANGES {
        changes_while_sent(SINGLE.line, "PutObject", change);
    }
}

#[test]
fn a_file_that_changes_during_a_multipart_upload_is_not_stored() {
    for change in CHANGES {
        let line = multipart("UploadPart", 1).line.replace("-c 2", "-c 1");
        changes_while_sent(&line, "UploadPart", change);
    }
}

#[test]
fn a_file_that_is_replaced_under_its_name_gives_one_version() {
    let world = World::new();
    prepare_multipart(&world);
    let old = world.read("file").unwrap();
    let stall = Action::StallHeaders(Duration::from_millis(800));
    world.server.faults().push(Fault {
        when: Match::op("UploadPart").nth(1),
        times: 1,
        action: stall,
    });
    let running = world.start(&multipart("UploadPart", 1).line.replace("-c 2", "-c 1"));
    world.wait_for("UploadPart", 1);
    world.file("other", content(11 << 20, 7));
    fs::rename(world.path("other"), world.path("file")).unwrap();
    let run = running.wait();
    let stored = world.server.store().body("bucket", "key");
    match run.status.code() {
        Some(0) => assert!(stored == old, "a mixture"),
        _ => assert_eq!(stored, "old", "{run:#?}"),
    }
    world.assert_clean();
}
