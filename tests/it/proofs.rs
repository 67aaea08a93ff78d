//! What a store says of a write is no proof that it stored what was sent.

use crate::{
    run::{Run, World, content},
    server::{Action, Fault},
};

const PARTS: &str = "--max-singlepart-upload-size 1 --multipart-split-size 5242880";
const COPY_PARTS: &str = "--max-singlepart-copy-size 1 --multipart-split-size 5242880";

/// One name on either side, with a fault that makes a write store something else.
fn run(size: usize, fault: Fault, line: &str) -> (World, Run) {
    let world = World::new();
    world.file("d/f", content(size, 1));
    world.server.store().put("bucket", "s/f", content(size, 1));
    world.server.faults().push(fault);
    let run = world.run(&format!("{line} --verify"));
    (world, run)
}

fn other(operation: &'static str) -> Fault {
    Fault::always(operation, Action::StoreOther)
}

#[track_caller]
fn differs(run: Run) {
    let summary = "0 verified, 0 size-only, 0 missing, 0 extra, 1 differ";
    assert_eq!(run.stdout.lines().last(), Some(summary), "{run:#?}");
    run.fails().says("s3://bucket/t/f: differs from ");
}

/// Nobody else could have told it from a store whose tags are no sums.
#[test]
fn an_upload_under_another_tag_is_not_verified_by_it() {
    for size in [1000, 300_000] {
        let (_, run) = run(size, other("PutObject"), "dsync d s3://bucket/t");
        assert!(run.stdout.starts_with("d/f => s3://bucket/t/f\n"));
        differs(run);
    }
}

#[test]
fn parts_under_another_tag_are_not_verified_by_it() {
    let line = format!("dsync d s3://bucket/t {PARTS}");
    let (world, run) = run(6 << 20, other("CompleteMultipartUpload"), &line);
    assert!(run.stdout.starts_with("d/f => s3://bucket/t/f\n"));
    differs(run);
    world.assert_clean();
}

/// It is tried once more, as whatever was damaged on the way.
#[test]
fn a_copy_under_another_tag_is_not_verified_by_it() {
    let line = "dsync s3://bucket/s s3://bucket/t";
    let (_, run) = run(1000, other("CopyObject"), line);
    differs(run.says("the copy has another MD5 than its source"));
    let (world, run) = self::run(1000, Fault::once("CopyObject", Action::StoreOther), line);
    let run = run.succeeds();
    assert!(
        run.stdout
            .ends_with("\n1 verified, 0 size-only, 0 missing, 0 extra, 0 differ\n")
    );
    assert_eq!(world.server.requests_of("CopyObject").len(), 2);
    assert!(world.server.store().body("bucket", "t/f") == content(1000, 1));
}

#[test]
fn a_copy_in_parts_under_another_tag_is_not_verified_by_it() {
    let line = format!("dsync s3://bucket/s s3://bucket/t {COPY_PARTS}");
    let (world, run) = run(6 << 20, other("CompleteMultipartUpload"), &line);
    // The tags are of different kinds: the sizes are all that can be compared.
    let summary = "0 verified, 1 size-only, 0 missing, 0 extra, 0 differ";
    assert_eq!(run.stdout.lines().last(), Some(summary), "{run:#?}");
    world.assert_clean();
}

/// The copy has another kind of tag than a source in parts, and another content.
#[test]
fn a_copy_of_what_was_sent_in_parts_is_not_verified_by_its_tag() {
    let world = World::new();
    world.server.store().put("bucket", "s/f", content(1000, 1));
    let mut object = world.server.store().get("bucket", "s/f").unwrap();
    object.etag = "\"00112233445566778899aabbccddeeff-2\"".to_owned();
    object.parts = vec![600, 400];
    world.server.store().insert("bucket", "s/f", object);
    world.server.faults().push(other("CopyObject"));
    let run = world.run("dsync s3://bucket/s s3://bucket/t --verify");
    assert!(run.stdout.contains("0 verified, "), "{run:#?}");
}

/// It was deleted: the copy's tag was of another kind than the source's, so the sizes decided.
#[test]
fn a_source_is_not_deleted_after_a_copy_in_parts_under_another_tag() {
    let world = World::new();
    world.server.store().put("bucket", "s", content(1000, 1));
    world.server.faults().push(other("CompleteMultipartUpload"));
    world
        .run(&format!("mv s3://bucket/s s3://bucket/t {COPY_PARTS}"))
        .fails()
        .in_one_line()
        .says("s3://bucket/s: copied, but the source was not deleted");
    assert!(world.server.store().body("bucket", "s") == content(1000, 1));
}
