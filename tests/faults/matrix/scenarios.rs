//! Command lines, and the requests of them that are spoiled. Together they use every operation.

use bytes::Bytes;

use crate::{
    server::{Action, Config, Fault, Object},
    world::{World, big_file, content},
};

/// A command line in a world.
pub struct Scenario {
    pub name: &'static str,
    pub line: &'static str,
    /// The operations whose requests are spoiled.
    pub spoils: &'static [&'static str],
    pub config: fn(&mut Config),
    pub prepare: fn(&World),
}

const fn plain(_: &mut Config) {}

/// Listings of several pages.
fn small_pages(config: &mut Config) {
    config.max_keys = 2;
}

const LISTS: &[&str] = &["ListObjectsV2"];

pub const ALL: &[Scenario] = &[
    Scenario {
        name: "put",
        line: "put -f {}/file s3://bucket/file",
        spoils: &["PutObject"],
        config: plain,
        prepare: one_file,
    },
    Scenario {
        name: "put large",
        line: "put -f {}/medium s3://bucket/medium",
        spoils: &["PutObject"],
        config: plain,
        prepare: one_file,
    },
    Scenario {
        name: "put new",
        line: "put {}/file s3://bucket/new/file --no-overwrite",
        spoils: &["HeadObject", "PutObject"],
        config: plain,
        prepare: one_file,
    },
    Scenario {
        name: "put -r -s",
        line: "put -r -s -f -c 2 {}/tree s3://bucket/p/",
        spoils: &["PutObject", "HeadObject"],
        config: plain,
        prepare: tree,
    },
    Scenario {
        name: "put -n",
        line: "put -n {}/file s3://bucket/new/file",
        spoils: &["HeadObject", "HeadBucket"],
        config: plain,
        prepare: one_file,
    },
    Scenario {
        name: "put in one part",
        line: "put -f {}/file s3://bucket/file --max-singlepart-upload-size 1",
        spoils: &[
            "CreateMultipartUpload",
            "UploadPart",
            "CompleteMultipartUpload",
        ],
        config: plain,
        prepare: one_file,
    },
    Scenario {
        name: "put in parts",
        line: "put -f -c 2 {big} s3://bucket/faults-big-file --max-singlepart-upload-size 1 \
               --multipart-split-size 5242880",
        spoils: &["UploadPart"],
        config: plain,
        prepare: one_file,
    },
    Scenario {
        name: "put given up",
        line: "put -f {}/file s3://bucket/file --max-singlepart-upload-size 1",
        spoils: &["AbortMultipartUpload", "ListParts"],
        config: plain,
        prepare: |world| {
            one_file(world);
            deny(world, "UploadPart");
        },
    },
    Scenario {
        name: "get",
        line: "get -f s3://bucket/file {}/file",
        spoils: &["ListObjectsV2", "GetObject"],
        config: plain,
        prepare: one_object,
    },
    Scenario {
        name: "get in ranges",
        line: "get -f -c 2 s3://bucket/file {}/file --max-singlepart-download-size 1 \
               --multipart-split-size 700",
        spoils: &["HeadObject", "GetObject"],
        config: plain,
        prepare: one_object,
    },
    Scenario {
        name: "get -r",
        line: "get -r -f -c 2 s3://bucket/p {}/got",
        spoils: &["ListObjectsV2", "GetObject"],
        config: small_pages,
        prepare: objects,
    },
    Scenario {
        name: "cat",
        line: "cat s3://bucket/p/?",
        spoils: &["ListObjectsV2", "GetObject"],
        config: plain,
        prepare: objects,
    },
    Scenario {
        name: "cp",
        line: "cp -f s3://bucket/p/a s3://bucket/to/a",
        spoils: &["HeadObject", "CopyObject"],
        config: plain,
        prepare: objects,
    },
    Scenario {
        name: "cp -r",
        line: "cp -r -f -c 2 s3://bucket/p s3://bucket/q",
        spoils: &["ListObjectsV2", "HeadObject", "CopyObject"],
        config: small_pages,
        prepare: objects,
    },
    Scenario {
        name: "cp in one part",
        line: "cp -f s3://bucket/p/a s3://bucket/to/a --max-singlepart-copy-size 1",
        spoils: &[
            "HeadObject",
            "GetObjectTagging",
            "CreateMultipartUpload",
            "UploadPartCopy",
            "CompleteMultipartUpload",
        ],
        config: plain,
        prepare: objects,
    },
    Scenario {
        name: "cp in parts",
        line: "cp -f -c 2 s3://bucket/big s3://bucket/to/big --max-singlepart-copy-size 1 \
               --multipart-split-size 5242880",
        spoils: &["UploadPartCopy"],
        config: plain,
        prepare: |world| {
            put(world, "to/big", content(2500, 3));
            let big = Bytes::from(std::fs::read(big_file()).unwrap());
            world.server.store().put("bucket", "big", big);
        },
    },
    Scenario {
        name: "cp given up",
        line: "cp -f s3://bucket/p/a s3://bucket/to/a --max-singlepart-copy-size 1",
        spoils: &["AbortMultipartUpload", "ListParts"],
        config: plain,
        prepare: |world| {
            objects(world);
            deny(world, "UploadPartCopy");
        },
    },
    Scenario {
        name: "mv",
        line: "mv -f s3://bucket/p/a s3://bucket/to/a",
        spoils: &["ListObjectsV2", "HeadObject", "CopyObject", "DeleteObject"],
        config: plain,
        prepare: objects,
    },
    Scenario {
        name: "mv -r",
        line: "mv -r -f -c 2 s3://bucket/p s3://bucket/q",
        spoils: &["ListObjectsV2", "HeadObject", "CopyObject", "DeleteObject"],
        config: small_pages,
        prepare: objects,
    },
    Scenario {
        name: "mv in one part",
        line: "mv -f s3://bucket/p/a s3://bucket/to/a --max-singlepart-copy-size 1",
        spoils: &[
            "CreateMultipartUpload",
            "UploadPartCopy",
            "CompleteMultipartUpload",
            "DeleteObject",
        ],
        config: plain,
        prepare: objects,
    },
    Scenario {
        name: "ls",
        line: "ls",
        spoils: &["ListBuckets"],
        config: plain,
        prepare: objects,
    },
    Scenario {
        name: "ls -r",
        line: "ls -r s3://bucket",
        spoils: LISTS,
        config: small_pages,
        prepare: objects,
    },
    Scenario {
        name: "ls with the old listing",
        line: "ls -r s3://bucket",
        spoils: &["ListObjects"],
        config: |config| {
            small_pages(config);
            config.list_v2 = false;
        },
        prepare: objects,
    },
    Scenario {
        name: "ls of a pattern",
        line: "ls s3://bucket/*/?",
        spoils: LISTS,
        config: small_pages,
        prepare: objects,
    },
    Scenario {
        name: "du",
        line: "du -r s3://bucket/p",
        spoils: LISTS,
        config: small_pages,
        prepare: objects,
    },
    Scenario {
        name: "del",
        line: "del s3://bucket/file",
        spoils: &["ListObjectsV2", "DeleteObject"],
        config: plain,
        prepare: one_object,
    },
    Scenario {
        name: "del -r",
        line: "del -r -c 2 s3://bucket/p --batch-delete-size 2",
        spoils: &["ListObjectsV2", "DeleteObjects"],
        config: small_pages,
        prepare: objects,
    },
    Scenario {
        name: "mb",
        line: "mb s3://bucket-new",
        spoils: &["CreateBucket"],
        config: plain,
        prepare: one_object,
    },
    Scenario {
        name: "dsync up",
        line: "dsync -D -c 2 {}/tree s3://bucket/p --batch-delete-size 2",
        spoils: &["ListObjectsV2", "PutObject", "DeleteObjects"],
        config: small_pages,
        prepare: |world| {
            tree(world);
            objects(world);
        },
    },
    Scenario {
        name: "dsync up, verified",
        line: "dsync -D --verify {}/tree s3://bucket/p",
        spoils: &["ListObjectsV2", "HeadObject", "PutObject", "DeleteObjects"],
        config: plain,
        prepare: |world| {
            tree(world);
            objects(world);
            in_parts(world, "tree/c", "p/c");
        },
    },
    Scenario {
        name: "dsync down",
        line: "dsync -D -c 2 s3://bucket/p {}/tree",
        spoils: &["ListObjectsV2", "GetObject"],
        config: small_pages,
        prepare: |world| {
            tree(world);
            objects(world);
        },
    },
    Scenario {
        name: "dsync across",
        line: "dsync -D -c 2 s3://bucket/p s3://bucket/q --batch-delete-size 2",
        spoils: &["ListObjectsV2", "HeadObject", "CopyObject", "DeleteObjects"],
        config: small_pages,
        prepare: |world| {
            objects(world);
            for key in ["q/x", "q/y", "q/z", "q/a"] {
                put(world, key, content(200, 9));
            }
        },
    },
    Scenario {
        name: "sync -D",
        line: "sync -D -c 2 {}/tree s3://bucket/p/",
        spoils: &["ListObjectsV2", "HeadObject", "PutObject", "DeleteObjects"],
        config: plain,
        prepare: |world| {
            tree(world);
            for (key, seed) in [("p/tree/a", 7), ("p/tree/gone", 8), ("p/tree/lost", 9)] {
                put(world, key, content(300, seed));
            }
        },
    },
    Scenario {
        name: "verify",
        line: "verify {}/tree s3://bucket/tree",
        spoils: &["ListObjectsV2", "HeadObject"],
        config: small_pages,
        prepare: |world| {
            tree(world);
            for name in TREE {
                let bytes = std::fs::read(world.path(&format!("tree/{name}"))).unwrap();
                put(world, &format!("tree/{name}"), bytes);
            }
            in_parts(world, "tree/c", "tree/c");
        },
    },
];

/// The names in the tree; the last has characters that listings have to encode.
const TREE: [&str; 5] = ["a", "b", "c", "dir/e", "dir/f +%41&"];

fn one_file(world: &World) {
    world.file("file", content(2500, 1));
    world.file("medium", content(300_000, 2));
    put(world, "file", content(2500, 3));
    put(world, "medium", content(10, 3));
}

fn one_object(world: &World) {
    put(world, "file", content(2500, 4));
    put(world, "other", content(10, 4));
    world.file("file", content(2500, 5));
}

fn tree(world: &World) {
    for (name, seed) in TREE.iter().zip(10..) {
        world.file(&format!("tree/{name}"), content(300 + seed as usize, seed));
    }
}

/// Some of the names of [`tree`], one of them with the same content, and others.
fn objects(world: &World) {
    for (key, seed) in [
        ("to/a", 3),
        ("p/a", 20),
        ("p/b", 11),
        ("p/dir/f +%41&", 22),
        ("p/extra", 23),
        ("p/xs/extra too", 24),
        ("p/z", 25),
    ] {
        put(world, key, content(300 + seed as usize, seed));
    }
}

/// With tags, metadata and a time that does not depend on that of the run.
fn put(world: &World, key: &str, bytes: Vec<u8>) {
    let store = world.server.store();
    let headers = [("x-amz-meta-from", "before"), ("x-amz-tagging", "tag=1")];
    store.put_with("bucket", key, bytes, &headers);
    let last_modified = "2020-02-02T02:02:02Z".parse().unwrap();
    let object = store.get("bucket", key).unwrap();
    let object = Object {
        last_modified,
        ..object
    };
    store.insert("bucket", key, object);
}

/// An object with the content of a file that was sent in parts of a size that nobody guesses.
fn in_parts(world: &World, file: &str, key: &str) {
    let bytes = std::fs::read(world.path(file)).unwrap();
    let metadata = s4_md5(&bytes);
    put(world, key, bytes);
    let store = world.server.store();
    let mut object = store.get("bucket", key).unwrap();
    object.etag = "\"00112233445566778899aabbccddeeff-2\"".to_owned();
    object.parts = vec![100, object.size - 100];
    object.headers.insert("x-amz-meta-md5".to_owned(), metadata);
    store.insert("bucket", key, object);
}

fn s4_md5(bytes: &[u8]) -> String {
    use md5::{Digest as _, Md5};
    let hex = Md5::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>();
    hex.concat()
}

fn deny(world: &World, operation: &'static str) {
    let action = Action::Status {
        status: 403,
        code: "AccessDenied",
    };
    world.server.faults().push(Fault::always(operation, action));
}
