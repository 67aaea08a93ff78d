//! The checksum that a store keeps of an object counts where its tag is no sum of the content.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    matrix::status,
    run::World,
    server::{Fault, Match},
};

const CRC: &str = "x-amz-checksum-crc64nvme";
const SHA: &str = "x-amz-checksum-sha256";
const ENCRYPTED: &str = "x-amz-server-side-encryption";

/// CRC-64/NVME, bit by bit, as S3 writes it.
pub fn crc64_nvme(bytes: &[u8]) -> String {
    let step = |crc: u64, _| (crc >> 1) ^ ((crc & 1) * 0x9a6c_9329_ac4b_c9b5);
    let crc = bytes.iter().fold(u64::MAX, |crc, byte| {
        (0..8).fold(crc ^ u64::from(*byte), step)
    });
    STANDARD.encode((!crc).to_be_bytes())
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    STANDARD.encode(sha2::Sha256::digest(bytes))
}

/// An object whose tag says nothing of its content, with these headers, and a file.
fn world(etag: &str, headers: &[(&str, &str)]) -> World {
    let world = World::new();
    let store = world.server.store();
    store.put_with("bucket", "d/f", "content", headers);
    let mut object = store.get("bucket", "d/f").unwrap();
    object.etag = format!("\"{etag}\"");
    store.insert("bucket", "d/f", object);
    world.file("d/f", "content");
    world
}

/// Encrypted ones look like MD5s, also those of parts.
const TAGS: [(&str, &str); 4] = [
    ("opaque", "AES256"),
    ("00112233445566778899aabbccddeeff", "aws:kms"),
    ("00112233445566778899aabbccddeeff-1", "aws:kms"),
    ("00112233445566778899aabbccddeeff", "aws:kms:dsse"),
];

const VERIFIED: &str = "1 verified, 0 size-only, 0 missing, 0 extra, 0 differ\n";
const SIZE_ONLY: &str = "0 verified, 1 size-only, 0 missing, 0 extra, 0 differ\n";
const DIFFER: &str = "0 verified, 0 size-only, 0 missing, 0 extra, 1 differ\n";

const DIRECTIONS: [&str; 2] = ["d s3://bucket/d", "s3://bucket/d d"];

#[test]
fn the_sum_of_the_tests_is_the_right_one() {
    assert_eq!(crc64_nvme(b"123456789"), "rosUhgp5mIg=");
}

#[test]
fn a_checksum_that_fits_shows_that_the_content_is_the_same() {
    for (etag, encryption) in TAGS {
        for checksum in [(CRC, &*crc64_nvme(b"content")), (SHA, &*sha256(b"content"))] {
            let world = world(etag, &[(ENCRYPTED, encryption), checksum]);
            for direction in DIRECTIONS {
                let run = world.run(&format!("dsync {direction}")).succeeds();
                assert!(run.stdout.ends_with(" (synced)\n"), "{etag}: {run:#?}");
                let run = world.run(&format!("verify {direction}")).succeeds();
                assert_eq!(run.stdout, VERIFIED, "{etag} {checksum:?}");
            }
            for operation in ["PutObject", "GetObject"] {
                assert!(world.server.requests_of(operation).is_empty());
            }
        }
    }
}

#[test]
fn a_checksum_that_does_not_fit_shows_that_it_is_not() {
    for (etag, encryption) in TAGS {
        for checksum in [(CRC, &*crc64_nvme(b"CONTENT")), (SHA, &*sha256(b"CONTENT"))] {
            let world = world(etag, &[(ENCRYPTED, encryption), checksum]);
            for direction in DIRECTIONS {
                let run = world.run(&format!("dsync -n {direction}")).succeeds();
                assert!(!run.stdout.contains("(synced)"), "{etag}: {run:#?}");
                let run = world.run(&format!("verify {direction}"));
                let run = run.fails().says("differs from");
                assert_eq!(run.stdout, DIFFER, "{etag} {checksum:?}");
            }
            world.run("dsync d s3://bucket/d").succeeds();
            assert_eq!(world.server.requests_of("PutObject").len(), 1);
        }
    }
}

/// It is made of those of the parts, or of 32 bits.
#[test]
fn a_checksum_that_says_too_little_is_not_asked() {
    let sum = crc64_nvme(b"content");
    for (name, value) in [
        (CRC, format!("{sum}-1")),
        ("x-amz-checksum-crc32", "AAAAAA==".to_owned()),
    ] {
        let world = world("opaque", &[(name, &value)]);
        for direction in DIRECTIONS {
            let run = world.run(&format!("verify {direction}")).succeeds();
            assert_eq!(run.stdout, SIZE_ONLY, "{name}");
        }
    }
}

/// Whoever may read the object may not have the key that the checksum is kept under.
#[test]
fn a_refused_checksum_is_no_failure() {
    for (line, says) in [
        ("dsync d s3://bucket/d", "d/f => s3://bucket/d/f\n"),
        ("verify d s3://bucket/d", SIZE_ONLY),
        ("verify s3://bucket/d d", SIZE_ONLY),
    ] {
        let sum = crc64_nvme(b"content");
        let world = world("opaque", &[(CRC, &sum)]);
        world.server.faults().push(Fault {
            when: Match::op("HeadObject").nth(2),
            times: 1,
            action: status(403, "AccessDenied"),
        });
        let run = world.run(line).succeeds();
        assert_eq!((&*run.stdout, &*run.stderr), (says, ""), "{line}");
        let heads = world.server.requests_of("HeadObject");
        assert_eq!(heads[1].header("x-amz-checksum-mode"), "ENABLED");
        assert_eq!(heads[1].status, Some(403));
    }
}
