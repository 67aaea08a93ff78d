//! What was sent in parts is compared by what the listing says, or by as little more as possible.

use crate::{
    run::{World, content},
    server::{Object, Store},
};

const MIB: usize = 1 << 20;

/// As another tool stores it: without metadata of its own.
pub fn store_in_parts(
    store: &Store,
    key: &str,
    content: &[u8],
    part: usize,
    headers: &[(&str, &str)],
) {
    store.put_with("bucket", key, content.to_vec(), headers);
    let mut object: Object = store.get("bucket", key).unwrap();
    let (mut sums, mut sizes) = (Vec::new(), Vec::new());
    for part in content.chunks(part) {
        sums.extend(md5(part));
        sizes.push(part.len() as u64);
    }
    object.etag = format!("\"{}-{}\"", hex(&md5(&sums)), sizes.len());
    object.parts = sizes;
    store.insert("bucket", key, object);
}

fn md5(bytes: &[u8]) -> [u8; 16] {
    use md5::Digest as _;
    md5::Md5::digest(bytes).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `dsync` up and down of one name, the operations that took, and whether it was the same.
fn compare(world: &World, line: &str) -> (Vec<&'static str>, bool) {
    world.server.clear_requests();
    let run = world.run(line).succeeds();
    let operations = world.operations().into_iter();
    let others = operations.filter(|operation| *operation != "ListObjectsV2");
    (others.collect(), run.stdout.ends_with(" (synced)\n"))
}

const UP: &str = "dsync -n d s3://bucket/d";
const DOWN: &str = "dsync -n s3://bucket/d d";
const LINES: [&str; 4] = [
    UP,
    "dsync -n -D d s3://bucket/d",
    DOWN,
    "dsync -n -D s3://bucket/d d",
];

#[test]
fn usual_parts_are_compared_by_the_listing_alone() {
    let world = World::new();
    let store = world.server.store();
    let random = content(17 * MIB + 3, 1);
    for (size, part) in [
        (17 * MIB + 3, 5 * MIB),
        (17 * MIB, 8 * MIB),
        (16 * MIB, 8 * MIB),
        (17 * MIB, 15 * MIB),
        (17 * MIB, 10 * MIB),
        (17 * MIB, 5_000_000),
        // In parts, of which there is one.
        (6 * MIB, 50 * MIB),
    ] {
        let mut bytes = random[..size].to_vec();
        store_in_parts(store, "d/f", &bytes, part, &[]);
        world.file("d/f", &bytes);
        for line in LINES {
            assert_eq!(
                compare(&world, line),
                (vec![], true),
                "{size} in {part}: {line}"
            );
        }
        bytes[size - 1] ^= 1;
        world.file("d/f", &bytes);
        for line in [UP, DOWN] {
            let (operations, is_same) = compare(&world, line);
            assert!(!is_same, "{size} in {part}: {line}");
            assert!(!operations.contains(&"GetObject"), "{operations:?}");
        }
        let (operations, is_same) = compare(&world, "dsync d s3://bucket/d");
        assert!(
            !is_same && operations.contains(&"PutObject"),
            "{operations:?}"
        );
        assert!(store.body("bucket", "d/f") == bytes);
    }
}

#[test]
fn unusual_parts_are_found_by_a_question() {
    let world = World::new();
    let store = world.server.store();
    let random = content(11 * MIB, 2);
    for part in [5 * MIB + 1, 5 * MIB + 4096, 7 * MIB - 3] {
        let mut bytes = random.clone();
        store_in_parts(store, "d/f", &bytes, part, &[]);
        world.file("d/f", &bytes);
        for line in LINES {
            let heads = vec!["HeadObject", "HeadObject"];
            assert_eq!(compare(&world, line), (heads, true), "{part}: {line}");
        }
        bytes[0] ^= 1;
        world.file("d/f", &bytes);
        for line in [UP, DOWN] {
            let (operations, is_same) = compare(&world, line);
            assert!(
                !is_same && operations.len() <= 3,
                "{part}: {line} {operations:?}"
            );
        }
        compare(&world, "dsync s3://bucket/d d");
        bytes[0] ^= 1;
        assert!(world.read("d/f").unwrap() == bytes);
    }
}

#[test]
fn the_metadata_of_other_tools_is_asked_where_the_parts_do_not_tell() {
    use base64::Engine as _;
    let bytes = content(11 * MIB, 3);
    let sum = md5(&bytes);
    let other = md5(b"other");
    let base64 = |sum: &[u8]| base64::engine::general_purpose::STANDARD.encode(sum);
    let s3cmd = |sum: &[u8]| format!("atime:1/ctime:2/gid:0/md5:{}/mode:33188/mtime:3", hex(sum));
    type Note<'a> = (&'static str, &'a dyn Fn(&[u8]) -> String);
    let notes: [Note<'_>; 3] = [
        ("x-amz-meta-md5", &|sum| hex(sum)),
        ("x-amz-meta-s3cmd-attrs", &s3cmd),
        ("x-amz-meta-md5chksum", &base64),
    ];
    let world = World::new();
    let store = world.server.store();
    world.file("d/f", &bytes);
    for (name, note) in notes {
        let note_of = |sum: &[u8]| note(sum);
        // The first part does not fit the number of parts, so that their sum cannot be made.
        for (sum, is_same) in [(&sum, true), (&other, false)] {
            store_in_parts(store, "d/f", &bytes, 6 * MIB, &[(name, &note_of(sum))]);
            let mut object = store.get("bucket", "d/f").unwrap();
            object.etag = format!("\"{}-3\"", hex(&md5(b"parts")));
            store.insert("bucket", "d/f", object);
            for line in LINES {
                let (operations, same) = compare(&world, line);
                assert_eq!(same, is_same, "{name}: {line}");
                assert!(
                    operations.len() <= 4 && operations.iter().all(|name| name.starts_with("Head")),
                    "{operations:?}"
                );
            }
        }
    }
}

/// Nothing is known but the size: that is not enough.
#[test]
fn what_nothing_is_known_of_is_transferred() {
    let world = World::new();
    let store = world.server.store();
    let bytes = content(11 * MIB, 4);
    world.file("d/f", &bytes);
    for etag in [
        "\"0123-opaque\"".to_owned(),
        format!("\"{}-4\"", hex(&md5(b"x"))),
    ] {
        store.put("bucket", "d/f", bytes.clone());
        let mut object = store.get("bucket", "d/f").unwrap();
        object.etag = etag.clone();
        store.insert("bucket", "d/f", object);
        for line in LINES {
            let (_, is_same) = compare(&world, line);
            assert!(!is_same, "{etag}: {line}");
        }
    }
}

#[test]
fn the_same_tag_is_the_same_content_across() {
    let world = World::new();
    let bytes = content(11 * MIB, 5);
    for place in ["d", "e"] {
        store_in_parts(
            world.server.store(),
            &format!("{place}/f"),
            &bytes,
            5 * MIB,
            &[],
        );
    }
    let line = "dsync s3://bucket/d s3://bucket/e";
    assert_eq!(compare(&world, line), (vec![], true));
}
