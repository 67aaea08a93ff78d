//! How what arrives in ranges is checked.

use crate::{
    checksums::crc64_nvme,
    parts::store_in_parts,
    run::{Run, World, all_files, content},
    server::{Action, Fault},
};

const MIB: usize = 1 << 20;

fn get(world: &World, split: usize, more: &str) -> Run {
    let line = "get -f s3://bucket/d/f file --max-singlepart-download-size 1";
    world.run(&format!("{line} --multipart-split-size {split} {more}"))
}

/// An object with a checksum and a tag that says nothing.
fn with_checksum(bytes: &[u8], checksum: &str) -> World {
    let world = World::new();
    let store = world.server.store();
    let headers = [
        ("x-amz-checksum-crc64nvme", checksum),
        ("x-amz-server-side-encryption", "aws:kms"),
    ];
    store.put_with("bucket", "d/f", bytes.to_vec(), &headers);
    world
}

fn in_parts(bytes: &[u8], part: usize) -> World {
    let world = World::new();
    store_in_parts(world.server.store(), "d/f", bytes, part, &[]);
    world
}

fn is_refused(world: &World, run: Run, why: &str) {
    run.fails().says(why);
    assert!(all_files(&world.path("")).is_empty());
}

#[test]
fn the_stored_checksum_is_made_from_those_of_the_ranges() {
    let bytes = content(3 * MIB + 7, 1);
    let world = with_checksum(&bytes, &crc64_nvme(&bytes));
    get(&world, 700_001, "").succeeds();
    assert!(world.read("file").unwrap() == bytes);
    assert_eq!(world.server.requests_of("HeadObject").len(), 1);

    let world = with_checksum(&bytes, &crc64_nvme(b"another content"));
    let why = "does not have the checksum that the server gives";
    is_refused(&world, get(&world, 700_001, ""), why);
    get(&world, 700_001, "--no-verify").succeeds();
}

#[test]
fn a_byte_that_the_network_changed_is_fetched_again() {
    let bytes = content(11 * MIB, 2);
    let worlds = [
        with_checksum(&bytes, &crc64_nvme(&bytes)),
        in_parts(&bytes, 5 * MIB),
    ];
    for world in worlds {
        let corrupt = Action::CorruptBody { at: 3 };
        world
            .server
            .faults()
            .push(Fault::once("GetObject", corrupt));
        get(&world, 5 * MIB, "").succeeds();
        assert!(world.read("file").unwrap() == bytes);
    }
}

#[test]
fn ranges_are_whole_parts_and_their_sums_make_the_tag() {
    let bytes = content(21 * MIB + 1, 3);
    let world = in_parts(&bytes, 5 * MIB);
    get(&world, 11 * MIB, "").succeeds();
    assert!(world.read("file").unwrap() == bytes);
    let asked = world.server.requests_of("GetObject");
    let mut ranges: Vec<_> = asked.iter().map(|seen| seen.header("range")).collect();
    ranges.sort_unstable();
    let whole_parts = [
        "bytes=0-5242879",
        "bytes=10485760-15728639",
        "bytes=15728640-20971519",
        "bytes=20971520-22020096",
        "bytes=5242880-10485759",
    ];
    assert_eq!(ranges, whole_parts);
    assert_eq!(
        world.operations().len(),
        1 + 1 + 5,
        "the listing, a HEAD, and ranges"
    );
}

#[test]
fn parts_that_do_not_make_the_tag_are_refused() {
    for part in [5 * MIB, 6 * MIB + 11] {
        let world = in_parts(&content(21 * MIB, 4), part);
        let mut object = world.server.store().get("bucket", "d/f").unwrap();
        object.body = content(21 * MIB, 5).into();
        world.server.store().insert("bucket", "d/f", object);
        let why = "does not have the tag that the server gives";
        is_refused(&world, get(&world, 5 * MIB, ""), why);
    }
}

/// Sizes of parts that nobody uses are asked for.
#[test]
fn parts_of_an_unusual_size_make_the_tag_as_well() {
    let bytes = content(21 * MIB, 6);
    let world = in_parts(&bytes, 6 * MIB + 11);
    get(&world, 5 * MIB, "").succeeds();
    assert!(world.read("file").unwrap() == bytes);
}

#[test]
fn what_is_not_to_be_verified_is_not() {
    let bytes = content(300_000, 7);
    for line in [
        "",
        "--max-singlepart-download-size 1 --multipart-split-size 99999",
    ] {
        let world = World::new();
        world.server.store().put("bucket", "d/f", bytes.clone());
        let corrupt = Action::CorruptBody { at: 3 };
        world
            .server
            .faults()
            .push(Fault::once("GetObject", corrupt));
        world
            .run(&format!("get --no-verify s3://bucket/d/f file {line}"))
            .succeeds();
        let got = world.read("file").unwrap();
        assert!(got.len() == bytes.len() && got != bytes);
    }
    let world = World::new();
    let run = world.run("dsync --verify --no-verify d s3://bucket/d");
    assert_eq!(run.status.code(), Some(2), "{run:#?}");
}
