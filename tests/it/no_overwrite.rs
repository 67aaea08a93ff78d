//! `--no-overwrite`: what appears between the look and the write stays as well.

use std::{fs, time::Duration};

use crate::{
    matrix::status,
    run::{World, content},
    server::{Action, Fault, Store},
};

const PARTS: &str = "--max-singlepart-upload-size 1 --multipart-split-size 5242880";
const COPY_PARTS: &str = "--max-singlepart-copy-size 1 --multipart-split-size 5242880";

/// Somebody else was faster.
fn taken(store: &Store, bucket: &str, key: &str) {
    store.put(bucket, key, "theirs");
}

fn world() -> World {
    let world = World::new();
    world.file("d/1", content(6 << 20, 1));
    let copied = content(6 << 20, 2);
    world.server.store().put("bucket", "s/1", copied);
    world
}

#[test]
fn an_object_that_appears_before_the_write_is_left_alone() {
    for (line, operation, skipped) in [
        ("put d/1 s3://bucket/t/1", "PutObject", "d/1"),
        ("put -r d s3://bucket/t", "PutObject", "d/1"),
        ("dsync d s3://bucket/t", "PutObject", "d/1"),
        (
            &format!("put -f d/1 s3://bucket/t/1 {PARTS}"),
            "CompleteMultipartUpload",
            "d/1",
        ),
        (
            &format!("dsync d s3://bucket/t {PARTS}"),
            "CompleteMultipartUpload",
            "d/1",
        ),
        (
            "cp s3://bucket/s/1 s3://bucket/t/1",
            "CopyObject",
            "s3://bucket/s/1",
        ),
        (
            "mv s3://bucket/s/1 s3://bucket/t/1",
            "CopyObject",
            "s3://bucket/s/1",
        ),
        (
            "dsync s3://bucket/s s3://bucket/t",
            "CopyObject",
            "s3://bucket/s/1",
        ),
        (
            &format!("cp -r s3://bucket/s s3://bucket/t {COPY_PARTS}"),
            "CompleteMultipartUpload",
            "s3://bucket/s/1",
        ),
        (
            &format!("mv s3://bucket/s/1 s3://bucket/t/1 {COPY_PARTS}"),
            "CompleteMultipartUpload",
            "s3://bucket/s/1",
        ),
    ] {
        let world = world();
        let fault = Fault::once(operation, Action::After(taken));
        world.server.faults().push(fault);
        let run = world
            .run(&format!("{line} --no-overwrite --stats"))
            .succeeds();
        let target = "s3://bucket/t/1";
        assert_eq!(
            run.stdout,
            format!("{skipped} => {target} (skipped)\n"),
            "{line}"
        );
        let run = run.says("1 listed = 0 transferred + 0 equal + 1 skipped + 0 deleted + 0 failed");
        assert_eq!(world.server.faults().pending(), 0, "{run:#?}");
        let store = world.server.store();
        assert_eq!(store.body("bucket", "t/1"), "theirs", "{line}");
        assert_eq!(store.keys("bucket"), ["s/1", "t/1"], "{line}");
        for seen in world.server.requests_of(operation) {
            assert_eq!(seen.header("if-none-match"), "*", "{line}");
        }
        world.assert_clean();
    }
}

#[test]
fn without_the_option_nothing_is_conditional() {
    let world = world();
    for line in [
        "put -f d/1 s3://bucket/t/1",
        &format!("put -f d/1 s3://bucket/t/1 {PARTS}"),
        "cp -f s3://bucket/s/1 s3://bucket/t/1",
        "dsync d s3://bucket/t",
    ] {
        world.run(line).succeeds();
    }
    let conditional = world.server.requests();
    let conditional = conditional
        .iter()
        .filter(|seen| !seen.header("if-none-match").is_empty());
    assert_eq!(conditional.count(), 0);
}

#[test]
fn a_file_that_appears_meanwhile_is_left_alone() {
    for line in [
        "get s3://bucket/s/1 d/new",
        "get s3://bucket/s/1 d/new --max-singlepart-download-size 1 --multipart-split-size 1048576",
        "dsync s3://bucket/s d",
    ] {
        let world = world();
        fs::remove_file(world.path("d/1")).unwrap();
        let name = if line.starts_with("dsync") {
            "d/1"
        } else {
            "d/new"
        };
        let stall = Action::StallHeaders(Duration::from_millis(700));
        world.server.faults().push(Fault::once("GetObject", stall));
        let running = world.start(&format!("{line} --no-overwrite --stats"));
        world.wait_for("GetObject", 1);
        world.file(name, "theirs");
        let run = running.wait().succeeds();
        assert_eq!(run.stdout, format!("s3://bucket/s/1 => {name} (skipped)\n"));
        let run = run.says("1 listed = 0 transferred + 0 equal + 1 skipped + 0 deleted + 0 failed");
        assert_eq!(world.read(name).unwrap(), b"theirs", "{run:#?}");
        world.assert_clean();
    }
}

/// A write under way in parallel: S3 answers 409 instead of waiting for its end.
#[test]
fn a_conflict_is_not_taken_for_a_success() {
    for operation in ["PutObject", "CopyObject", "CompleteMultipartUpload"] {
        let world = world();
        let conflict = status(409, "ConditionalRequestConflict");
        world.server.faults().push(Fault::once(operation, conflict));
        let line = match operation {
            "PutObject" => "put d/1 s3://bucket/t/1".to_owned(),
            "CopyObject" => "cp s3://bucket/s/1 s3://bucket/t/1".to_owned(),
            _ => format!("put d/1 s3://bucket/t/1 {PARTS}"),
        };
        let run = world.run(&format!("{line} --no-overwrite"));
        let is_there = world.server.store().get("bucket", "t/1").is_some();
        assert!(is_there || run.status.code() == Some(1), "{run:#?}");
        world.assert_clean();
    }
}

/// The end of the upload was asked for again and again, although the conflict had closed it.
#[test]
fn an_upload_that_a_conflict_ended_is_sent_anew() {
    for line in [
        format!("put d/1 s3://bucket/t/1 {PARTS}"),
        format!("cp s3://bucket/s/1 s3://bucket/t/1 {COPY_PARTS}"),
    ] {
        let world = world();
        let source = match line.starts_with("put") {
            true => world.read("d/1").unwrap().into(),
            false => world.server.store().body("bucket", "s/1"),
        };
        let conflict = status(409, "ConditionalRequestConflict");
        let fault = Fault::once("CompleteMultipartUpload", conflict);
        world.server.faults().push(fault);
        world.run(&format!("{line} --no-overwrite")).succeeds();
        let operations = ["CreateMultipartUpload", "CompleteMultipartUpload"];
        let requests = operations.map(|operation| world.server.requests_of(operation).len());
        assert_eq!(requests, [2, 2], "{line}");
        assert!(world.server.store().body("bucket", "t/1") == source);
        world.assert_clean();
    }
}

/// The answer to the write was lost, and the second attempt finds what the first one stored.
#[test]
fn what_was_stored_itself_is_not_called_skipped() {
    for (operation, line) in [
        ("PutObject", "put d/1 s3://bucket/t/1"),
        ("PutObject", "dsync d s3://bucket/t"),
    ] {
        let world = world();
        world
            .server
            .faults()
            .push(Fault::once(operation, Action::LostReply));
        let run = world.run(&format!("{line} --no-overwrite")).succeeds();
        assert_eq!(run.stdout, "d/1 => s3://bucket/t/1\n");
        assert!(world.server.store().body("bucket", "t/1") == content(6 << 20, 1));
    }
}

/// The condition on the source is another one than that on the target.
#[test]
fn a_source_that_was_replaced_is_no_reason_to_skip() {
    let world = world();
    fn replaced(store: &Store, _: &str, _: &str) {
        store.put("bucket", "s/1", "newer");
    }
    let fault = Fault::once("CopyObject", Action::After(replaced));
    world.server.faults().push(fault);
    let run = world.run("cp s3://bucket/s/1 s3://bucket/t/1 --no-overwrite");
    let run = run.succeeds();
    assert_eq!(run.stdout, "s3://bucket/s/1 => s3://bucket/t/1\n");
    assert_eq!(world.server.store().body("bucket", "t/1"), "newer");
}

/// The store has conditions for something else: nothing is there that was left alone.
#[test]
fn a_refused_condition_without_an_object_is_a_failure() {
    for (line, operation) in [
        ("put d/1 s3://bucket/t/1", "PutObject"),
        ("dsync d s3://bucket/t", "PutObject"),
        (
            &format!("put d/1 s3://bucket/t/1 {PARTS}"),
            "CompleteMultipartUpload",
        ),
        (
            &format!("dsync d s3://bucket/t {PARTS}"),
            "CompleteMultipartUpload",
        ),
        ("cp s3://bucket/s/1 s3://bucket/t/1", "CopyObject"),
        ("mv s3://bucket/s/1 s3://bucket/t/1", "CopyObject"),
        (
            &format!("cp s3://bucket/s/1 s3://bucket/t/1 {COPY_PARTS}"),
            "CompleteMultipartUpload",
        ),
        (
            &format!("mv s3://bucket/s/1 s3://bucket/t/1 {COPY_PARTS}"),
            "CompleteMultipartUpload",
        ),
    ] {
        let world = world();
        let refused = status(412, "PreconditionFailed");
        world
            .server
            .faults()
            .push(Fault::always(operation, refused));
        let run = world.run(&format!("{line} --no-overwrite --stats")).fails();
        assert_eq!(run.stdout, "", "{run:#?}");
        assert_eq!(run.failures().len(), 1, "{run:#?}");
        let run = run.says("(PreconditionFailed)");
        run.says("1 listed = 0 transferred + 0 equal + 0 skipped + 0 deleted + 1 failed");
        assert_eq!(world.server.store().keys("bucket"), ["s/1"], "{line}");
        world.assert_clean();
    }
}

/// What cannot be looked at may be there: it was not to be replaced.
#[test]
fn a_look_that_is_refused_does_not_show_that_nothing_is_there() {
    for line in ["put d/1 s3://bucket/t/1", "put -s d/1 s3://bucket/t/1"] {
        let world = world();
        taken(world.server.store(), "bucket", "t/1");
        let refused = Fault::always("HeadObject", status(403, "AccessDenied"));
        world.server.faults().push(refused);
        world.run(line).fails().in_one_line();
        assert_eq!(world.server.store().body("bucket", "t/1"), "theirs");
    }
}
