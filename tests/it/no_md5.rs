//! `--no-md5`: the SHA-256 alone.

use crate::{
    run::{World, content},
    server::{Action, Fault},
};

const MIB: usize = 1 << 20;

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn without_an_md5_the_sha256_is_signed() {
    for (size, operation) in [
        (1000, "PutObject"),
        (MIB, "PutObject"),
        (5 * MIB, "UploadPart"),
    ] {
        let world = World::new();
        let bytes = content(size, 1);
        world.file("file", &bytes);
        let line = "put --no-md5 file s3://bucket/file --max-singlepart-upload-size 5000000";
        world.run(line).succeeds();
        let store = world.server.store();
        assert!(store.body("bucket", "file") == bytes);
        let object = store.get("bucket", "file").unwrap();
        assert!(!object.headers.contains_key("x-amz-meta-md5"));
        assert!(object.headers.contains_key("x-amz-meta-privilege"));
        let sent = world.server.requests_of(operation);
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].header("content-md5"), "");
        let signed = sent[0].header("x-amz-content-sha256");
        assert_eq!(signed, sha256(&bytes));
    }
}

#[test]
fn an_answer_without_a_tag_is_not_believed() {
    let world = World::new();
    world.file("file", "content");
    let empty = Action::EmptyOk;
    world
        .server
        .faults()
        .push(Fault::always("PutObject", empty));
    let run = world.run("put --no-md5 file s3://bucket/file --retry 0");
    run.fails().within(30);
    assert!(world.server.store().get("bucket", "file").is_none());
}

#[test]
fn parts_are_known_again_by_their_md5() {
    let world = World::new();
    let run = world.run("put --no-md5 --resume file s3://bucket/file");
    assert_eq!(run.status.code(), Some(2), "{run:#?}");
}
