//! Tags and metadata that say less than they seem to.

use crate::{
    run::{World, content},
    server::Store,
};

/// An object whose tag is empty, as some stores have them.
fn without_tag(store: &Store, key: &str, body: &'static str) {
    store.put("bucket", key, body);
    let mut object = store.get("bucket", key).unwrap();
    object.etag = "\"\"".to_owned();
    store.insert("bucket", key, object);
}

/// The same size, another content.
fn without_tags() -> World {
    let world = World::new();
    without_tag(world.server.store(), "s/f", "new");
    without_tag(world.server.store(), "t/f", "old");
    world.file("d/f", "new");
    world.file("e/f", "old");
    world
}

#[test]
fn empty_tags_are_not_the_same_tag() {
    for (line, target) in [
        ("dsync s3://bucket/s s3://bucket/t", "t"),
        ("dsync -D s3://bucket/s s3://bucket/t", "t"),
        ("cp -r -f -s s3://bucket/s/f s3://bucket/t/f", "t"),
        ("dsync d s3://bucket/t", "t"),
        ("dsync s3://bucket/s e", "e"),
    ] {
        let world = without_tags();
        let run = world.run(line).succeeds();
        assert!(!run.stdout.contains("(synced)"), "{run:#?}");
        match target {
            "t" => assert_eq!(world.server.store().body("bucket", "t/f"), "new", "{line}"),
            _ => assert_eq!(world.read("e/f").unwrap(), b"new", "{line}"),
        }
    }
}

#[test]
fn empty_tags_verify_nothing() {
    for (source, target) in [
        ("s3://bucket/s", "s3://bucket/t"),
        ("d", "s3://bucket/t"),
        ("s3://bucket/s", "e"),
    ] {
        let world = without_tags();
        let run = world.run(&format!("verify {source} {target}"));
        let run = run.succeeds();
        assert_eq!(
            run.stdout,
            "0 verified, 1 size-only, 0 missing, 0 extra, 0 differ\n"
        );
    }
}

#[test]
fn an_object_with_an_empty_tag_is_copied_but_not_moved() {
    let world = without_tags();
    let run = world.run("mv s3://bucket/s/f s3://bucket/u").fails();
    run.in_one_line()
        .says("s3://bucket/s/f: copied, but the source was not deleted: without a tag");
    let store = world.server.store();
    assert_eq!(store.body("bucket", "s/f"), "new");
    assert_eq!(store.body("bucket", "u"), "new");
}

const MIB: usize = 1 << 20;

/// In parts, and with the metadata of what was there before.
fn stale(store: &Store, bytes: &[u8], part: usize, before: &[u8]) {
    let note = [("x-amz-meta-md5", &*hex(&md5(before)))];
    store.put_with("bucket", "d/f", bytes.to_vec(), &note);
    let mut object = store.get("bucket", "d/f").unwrap();
    let sums: Vec<[u8; 16]> = bytes.chunks(part).map(md5).collect();
    object.etag = format!("\"{}-{}\"", hex(&md5(&sums.concat())), sums.len());
    object.parts = bytes.chunks(part).map(|part| part.len() as u64).collect();
    store.insert("bucket", "d/f", object);
}

fn md5(bytes: &[u8]) -> [u8; 16] {
    use md5::Digest as _;
    md5::Md5::digest(bytes).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Five MiB are found without a question, the others only by asking for a part.
#[test]
fn the_tag_of_parts_wins_over_metadata_that_is_left_from_before() {
    for part in [5 * MIB, 5 * MIB + 4096] {
        let world = World::new();
        let (now, before) = (content(11 * MIB, 1), content(11 * MIB, 2));
        stale(world.server.store(), &now, part, &before);
        world.file("d/f", &before);
        for line in ["verify d s3://bucket/d", "verify s3://bucket/d d"] {
            let run = world.run(line).fails().says("differs from");
            let summary = "0 verified, 0 size-only, 0 missing, 0 extra, 1 differ\n";
            assert_eq!(run.stdout, summary);
        }
        for line in ["dsync -n d s3://bucket/d", "dsync -n s3://bucket/d d"] {
            let run = world.run(line).succeeds();
            assert!(!run.stdout.contains("(synced)"), "{part}: {run:#?}");
        }
        world.run("dsync d s3://bucket/d").succeeds();
        assert!(world.server.store().body("bucket", "d/f") == before);
        // The other way around it is the tag that shows that they are the same.
        stale(world.server.store(), &now, part, &before);
        world.file("d/f", &now);
        let run = world.run("dsync d s3://bucket/d").succeeds();
        assert!(run.stdout.ends_with(" (synced)\n"), "{part}: {run:#?}");
        world.run("verify d s3://bucket/d").succeeds();
    }
}

/// The bytes are what the tag says, and nobody can tell but by that of the parts.
#[test]
fn metadata_that_is_left_from_before_does_not_keep_from_downloading() {
    let world = World::new();
    let (now, before) = (content(11 * MIB, 1), content(11 * MIB, 2));
    stale(world.server.store(), &now, 5 * MIB, &before);
    world.run("dsync s3://bucket/d d").succeeds();
    assert!(world.read("d/f").unwrap() == now);
}

#[test]
fn weak_tags_verify_nothing() {
    let world = without_tags();
    let store = world.server.store();
    for key in ["s/f", "t/f"] {
        let mut object = store.get("bucket", key).unwrap();
        object.etag = "W/\"same\"".to_owned();
        store.insert("bucket", key, object);
    }
    let run = world.run("verify s3://bucket/s s3://bucket/t");
    assert!(run.stdout.starts_with("0 verified, "), "{run:#?}");
}
