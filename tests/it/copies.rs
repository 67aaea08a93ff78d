//! `cp`, `mv` and `dsync` within S3 against servers that fail, lie, or change under way.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    matrix::{Scenario, all_give_up, last_word, lasting, passing, spoiled_documents},
    run::{Run, World, content},
    server::{Action, Config, Fault, Match},
};

const CUSTOMER_KEY: &str = "CanaryCustomerKey0123456789abcde";
const PARTS: &str = "--max-singlepart-copy-size 1 --multipart-split-size 5242880";

const COPY: Scenario = Scenario {
    line: "cp s3://bucket/source s3://bucket/target",
    spoiled: ("CopyObject", 1),
    names: "s3://bucket/source: ",
    config: Config::default,
    prepare: |world| {
        world.server.store().put("bucket", "source", "content");
    },
    done: |world, run| {
        let line = "s3://bucket/source => s3://bucket/target\n";
        assert_eq!(run.stdout, line);
        assert_eq!(world.server.store().keys("bucket"), ["source", "target"]);
        assert_same(world, "content".as_bytes());
    },
    intact: |world| assert_eq!(world.server.store().keys("bucket"), ["source"]),
};

const MOVE: Scenario = Scenario {
    line: "mv s3://bucket/source s3://bucket/target",
    done: |world, run| {
        let lines = "s3://bucket/source => s3://bucket/target\nDelete s3://bucket/source\n";
        assert_eq!(run.stdout, lines);
        assert_eq!(world.server.store().keys("bucket"), ["target"]);
        assert_same(world, "content".as_bytes());
    },
    ..COPY
};

const IN_PARTS: Scenario = Scenario {
    line: "cp s3://bucket/source s3://bucket/target --max-singlepart-copy-size 1 \
           --multipart-split-size 5242880",
    prepare: |world| {
        world
            .server
            .store()
            .put("bucket", "source", content(6 << 20, 1));
    },
    done: |world, run| {
        let line = "s3://bucket/source => s3://bucket/target\n";
        assert_eq!(run.stdout, line);
        assert_same(world, &content(6 << 20, 1));
    },
    ..COPY
};

fn assert_same(world: &World, content: &[u8]) {
    assert!(world.server.store().body("bucket", "target") == content);
}

/// Faults that leave it open whether the target was made: it is there or not, but never half.
fn whole_or_absent(world: &World) {
    let store = world.server.store();
    assert!(store.get("bucket", "source").is_some());
    if let Some(target) = store.get("bucket", "target") {
        assert!(target.body == store.body("bucket", "source"));
    }
}

fn documents() -> Vec<Action> {
    let mut actions = passing();
    actions.extend(spoiled_documents());
    actions
}

#[test]
fn copies_and_moves_survive_every_passing_fault() {
    COPY.survives(documents());
    MOVE.survives(documents());
    let of = |scenario: Scenario, operation, nth| Scenario {
        spoiled: (operation, nth),
        ..scenario
    };
    of(IN_PARTS, "UploadPartCopy", 2).survives(documents());
    of(IN_PARTS, "CompleteMultipartUpload", 1).survives(documents());
    of(MOVE, "DeleteObject", 1).survives(passing());
}

#[test]
fn what_lasts_ends_in_one_line_and_leaves_no_upload() {
    let of = |scenario: Scenario, operation, nth| Scenario {
        spoiled: (operation, nth),
        ..scenario
    };
    let cases = vec![
        (COPY, lasting()),
        (MOVE, lasting()),
        (of(IN_PARTS, "UploadPartCopy", 1), lasting()),
        (of(IN_PARTS, "CreateMultipartUpload", 1), lasting()),
        (of(IN_PARTS, "CompleteMultipartUpload", 1), lasting()),
    ];
    let cases = cases.into_iter().map(|(scenario, actions)| {
        let intact = whole_or_absent;
        (Scenario { intact, ..scenario }, actions)
    });
    all_give_up(cases.collect());
}

#[test]
fn the_last_word_is_not_questioned() {
    COPY.stops_at_once(last_word());
    MOVE.stops_at_once(last_word());
    Scenario {
        spoiled: ("UploadPartCopy", 1),
        ..IN_PARTS
    }
    .stops_at_once(last_word());
}

#[test]
fn a_move_whose_deletion_fails_says_so_and_keeps_both() {
    let world = World::new();
    (MOVE.prepare)(&world);
    let fault = Fault::always(
        "DeleteObject",
        Action::Status {
            status: 403,
            code: "AccessDenied",
        },
    );
    world.server.faults().push(fault);
    let run = world.run(MOVE.line).fails().in_one_line();
    let run = run.says("s3://bucket/source: copied, but the source was not deleted");
    assert_eq!(run.stdout, "s3://bucket/source => s3://bucket/target\n");
    assert_eq!(world.server.store().keys("bucket"), ["source", "target"]);
}

#[test]
fn parts_are_never_of_two_versions() {
    for always in [false, true] {
        let world = World::new();
        (IN_PARTS.prepare)(&world);
        world.server.faults().push(Fault {
            when: Match::op("UploadPartCopy").nth(2),
            times: if always { u32::MAX } else { 1 },
            action: Action::ReplaceObject,
        });
        let run = world.run(IN_PARTS.line);
        world.assert_clean();
        if always {
            run.fails();
            assert_eq!(world.server.store().keys("bucket"), ["source"]);
        } else {
            run.succeeds();
            let source = world.server.store().body("bucket", "source");
            assert_same(&world, &source);
        }
    }
}

#[test]
fn a_source_that_was_replaced_meanwhile_is_not_deleted() {
    for line in [MOVE.line.to_owned(), format!("{} {PARTS}", MOVE.line)] {
        let world = World::new();
        (MOVE.prepare)(&world);
        // The first look is that of the copy, the second one that before the deletion.
        world.server.faults().push(Fault {
            when: Match::op("HeadObject").key("source").nth(2),
            times: 1,
            action: Action::ReplaceObject,
        });
        world
            .run(&line)
            .fails()
            .says("replaced while it was copied");
        assert_eq!(world.server.store().keys("bucket"), ["source", "target"]);
    }
}

#[test]
fn a_source_whose_copy_is_wrong_is_not_deleted() {
    for action in [
        Action::RemoveObject,
        Action::ResizeObject { by: 1 },
        Action::ReplaceObject,
    ] {
        let world = World::new();
        (MOVE.prepare)(&world);
        world.server.faults().push(Fault {
            when: Match::op("HeadObject").key("target").nth(2),
            times: 1,
            action,
        });
        world
            .run(MOVE.line)
            .fails()
            .says("the source was not deleted");
        assert!(world.server.store().get("bucket", "source").is_some());
    }
}

#[test]
fn a_source_that_is_gone_is_named() {
    let world = World::new();
    (COPY.prepare)(&world);
    world
        .server
        .faults()
        .push(Fault::once("HeadObject", Action::RemoveObject));
    world
        .run(COPY.line)
        .fails()
        .in_one_line()
        .says("s3://bucket/source: the object does not exist");
}

const PROPERTIES: [(&str, &str); 13] = [
    ("content-type", "text/x"),
    ("content-encoding", "x"),
    ("content-language", "de"),
    ("content-disposition", "attachment"),
    ("cache-control", "no-store"),
    ("expires", "Wed, 21 Oct 2015 07:28:00 GMT"),
    ("x-amz-meta-md5", "abc"),
    ("x-amz-meta-own", "1"),
    ("x-amz-storage-class", "STANDARD_IA"),
    ("x-amz-website-redirect-location", "/there"),
    ("x-amz-server-side-encryption", "aws:kms"),
    ("x-amz-server-side-encryption-aws-kms-key-id", "key-1"),
    ("x-amz-tagging", "a%20b=1%262&c="),
];

fn with_properties() -> World {
    let world = World::new();
    let store = world.server.store();
    store.put_with("bucket", "source", content(6 << 20, 1), &PROPERTIES);
    world
}

#[track_caller]
fn assert_properties(world: &World, changed: &[(&str, &str)]) {
    let target = world.server.store().get("bucket", "target").unwrap();
    for (name, value) in PROPERTIES {
        let expected = changed.iter().find(|(other, _)| *other == name);
        let expected = expected.map_or(value, |(_, value)| value);
        assert_eq!(target.header(name).unwrap_or_default(), expected, "{name}");
    }
}

#[test]
fn a_copy_keeps_what_its_source_has() {
    for options in ["", PARTS] {
        let world = with_properties();
        world.run(&format!("{} {options}", MOVE.line)).succeeds();
        assert_properties(&world, &[]);
    }
}

#[test]
fn a_copy_changes_what_it_is_told_to_and_nothing_else() {
    let all = "--API-ContentType a/b --API-StorageClass GLACIER --API-Metadata {\"own\":\"2\"} \
               --API-ServerSideEncryption AES256";
    for options in ["", PARTS] {
        let world = with_properties();
        world
            .run(&format!("{} {options} {all}", COPY.line))
            .succeeds();
        assert_properties(
            &world,
            &[
                ("content-type", "a/b"),
                ("x-amz-storage-class", "GLACIER"),
                ("x-amz-meta-own", "2"),
                ("x-amz-server-side-encryption", "AES256"),
                ("x-amz-server-side-encryption-aws-kms-key-id", ""),
            ],
        );
    }
}

/// The directive for them need not be said, and those of the source are no matter then.
#[test]
fn tags_that_are_given_take_the_place_of_the_sources() {
    for options in ["", PARTS] {
        let world = with_properties();
        world
            .run(&format!("{} {options} --API-Tagging new=1", COPY.line))
            .succeeds();
        assert_properties(&world, &[("x-amz-tagging", "new=1")]);
        let asked = world.server.requests_of("GetObjectTagging").len();
        assert_eq!(asked, 0, "{options}");
    }
}

#[test]
fn replacing_the_metadata_replaces_all_of_it() {
    let directive = "--API-MetadataDirective REPLACE --API-ContentType a/b";
    for options in ["", PARTS] {
        let world = with_properties();
        world
            .run(&format!("{} {options} {directive}", COPY.line))
            .succeeds();
        let target = world.server.store().get("bucket", "target").unwrap();
        assert_eq!(target.header("content-type"), Some("a/b"));
        assert_eq!(target.header("x-amz-meta-own"), None);
        assert_eq!(target.header("cache-control"), None);
        assert_eq!(target.header("x-amz-storage-class"), Some("STANDARD_IA"));
    }
}

fn encrypted() -> World {
    let world = World::with(Config {
        tls: true,
        ..Config::default()
    });
    let path = world.outside("ca.pem");
    std::fs::write(&path, world.server.ca_pem().unwrap()).unwrap();
    let mut world = world;
    world.set("AWS_CA_BUNDLE", path.to_str().unwrap());
    world.file("file", content(6 << 20, 1));
    let key = format!("--API-SSECustomerAlgorithm AES256 --API-SSECustomerKey {CUSTOMER_KEY}");
    world
        .run(&format!("put file s3://bucket/source {key}"))
        .succeeds();
    world
}

#[test]
fn the_customers_key_of_the_source_is_for_the_source_only() {
    let source = format!(
        "--API-CopySourceSSECustomerAlgorithm AES256 --API-CopySourceSSECustomerKey {CUSTOMER_KEY}"
    );
    let other = "AnotherCustomerKey0123456789abcd";
    let target = format!("--API-SSECustomerAlgorithm AES256 --API-SSECustomerKey {other}");
    for options in ["", PARTS] {
        let world = encrypted();
        world.run(&format!("{} {options}", COPY.line)).fails();
        // Decrypted, and encrypted with another key.
        world
            .run(&format!("{} {options} {source}", COPY.line))
            .succeeds();
        assert_same(&world, &content(6 << 20, 1));
        world.run("get s3://bucket/target plain").succeeds();
        world
            .run(&format!(
                "mv -f s3://bucket/source s3://bucket/target {options} {source} {target}"
            ))
            .succeeds();
        assert_eq!(world.server.store().keys("bucket"), ["target"]);
        world.run("get s3://bucket/target not").fails();
        world
            .run(&format!("get s3://bucket/target got {target}"))
            .succeeds();
        assert!(world.read("got") == world.read("file"));
    }
}

/// What is on a command line is for all users of a machine to see.
#[test]
fn the_customers_keys_come_from_files_and_the_environment() {
    let mut world = encrypted();
    let binary: Vec<u8> = (0..32).map(|n| n * 8).collect();
    world.file("key", &binary);
    let run = world
        .run("put file s3://bucket/new --sse-c-key key")
        .succeeds();
    run.says("chmod 600 key");
    world.run("get s3://bucket/new not").fails();
    world.set("S4CMD_SSE_C_SOURCE_KEY", STANDARD.encode(&binary));
    world.set("S4CMD_SSE_C_KEY", STANDARD.encode(CUSTOMER_KEY));
    let line = "cp s3://bucket/new s3://bucket/copy";
    world.run(line).succeeds();
    world.run(&format!("{line}-in-parts {PARTS}")).succeeds();
    for (key, options) in [
        ("copy", ""),
        ("copy-in-parts", ""),
        ("new", "--sse-c-key key"),
    ] {
        let line = format!("get -f s3://bucket/{key} got {options}");
        world.run(&line).succeeds();
        assert!(world.read("got") == world.read("file"), "{key}");
    }
    world.file("key", "short");
    let run = world.run("get s3://bucket/new not --sse-c-key key");
    assert_eq!(run.status.code(), Some(2));
    run.says("key: a key is 32 bytes");
    let run = world.run("get s3://bucket/new not --sse-c-key missing");
    run.says("missing: No such file");
}

#[test]
fn conditions_on_the_source_are_kept() {
    for options in ["", PARTS] {
        let world = World::new();
        (IN_PARTS.prepare)(&world);
        let etag = world.server.store().get("bucket", "source").unwrap().etag;
        let copy = |condition: &str| -> Run {
            world.run(&format!("{} -f {options} {condition}", COPY.line))
        };
        copy("--API-CopySourceIfMatch \"other\"").fails();
        copy(&format!("--API-CopySourceIfNoneMatch {etag}")).fails();
        copy("--API-CopySourceIfUnmodifiedSince 2001-01-01").fails();
        copy("--API-CopySourceIfModifiedSince 2101-01-01").fails();
        assert_eq!(world.server.store().keys("bucket"), ["source"]);
        copy(&format!("--API-CopySourceIfMatch {etag}")).succeeds();
        assert_same(&world, &content(6 << 20, 1));
    }
}

#[test]
fn conditions_on_the_target_are_not_for_the_deletion_of_the_source() {
    let world = World::new();
    (MOVE.prepare)(&world);
    let etag = world.server.store().put("bucket", "target", "old");
    let owners = "--API-ExpectedBucketOwner 1 --API-ExpectedSourceBucketOwner 2";
    world
        .run(&format!("{} -f --API-IfMatch {etag} {owners}", MOVE.line))
        .succeeds();
    let delete = world.server.requests_of("DeleteObject").remove(0);
    assert!(!delete.headers.contains_key("if-match"), "{delete:?}");
    assert_eq!(delete.headers["x-amz-expected-bucket-owner"], "2");
    for listing in world.server.requests_of("ListObjectsV2") {
        assert!(
            !listing.headers.contains_key("x-amz-expected-bucket-owner"),
            "{listing:?}"
        );
    }
}

#[test]
fn directories_with_strange_names_do_not_become_one() {
    for line in [
        "cp -r s3://bucket/ s3://other/dst/",
        "mv -r -f s3://bucket/ s3://other/dst/",
    ] {
        let world = World::new();
        let store = world.server.store();
        store.create_bucket("other");
        let keys = ["/a/1", "a/1", "./a/1", "../a/1"];
        for key in keys {
            store.put("bucket", key, key);
        }
        world.run(line).succeeds();
        for key in keys {
            assert_eq!(store.body("other", &format!("dst/{key}")), key, "{line}");
        }
    }
}

#[test]
fn options_that_would_spoil_every_part_are_refused() {
    let world = World::new();
    (IN_PARTS.prepare)(&world);
    let range = "--API-CopySourceRange bytes=0-9";
    world
        .run(&format!("{} {PARTS} {range}", COPY.line))
        .fails()
        .says("API-CopySourceRange");
    assert_eq!(world.server.store().keys("bucket"), ["source"]);
    world.assert_clean();
}

#[test]
fn a_failure_of_the_source_listing_deletes_nothing() {
    for action in [Action::TruncatedXml, Action::NoToken, Action::ListLoop] {
        let world = World::with(Config {
            max_keys: 2,
            ..Config::default()
        });
        for key in ["p/a", "p/b", "p/c", "q/b", "q/x", "q/y", "q/z"] {
            world.server.store().put("bucket", key, key);
        }
        for prefix in ["p/", "q/"] {
            world.server.faults().clear();
            world.server.faults().push(Fault {
                when: Match::op("ListObjectsV2").key(prefix).nth(2),
                times: u32::MAX,
                action: action.clone(),
            });
            world
                .run("dsync -D -t 0 s3://bucket/p s3://bucket/q")
                .fails();
            let keys = world.server.store().keys("bucket");
            assert!(
                ["q/x", "q/y", "q/z"]
                    .iter()
                    .all(|key| keys.contains(&(*key).to_owned()))
            );
        }
    }
}

/// All that is left of a directory whose objects were removed; it is as empty as one without.
#[test]
fn a_source_of_which_only_the_marker_is_left_deletes_nothing() {
    let world = World::new();
    let store = world.server.store();
    store.put("bucket", "p/", "");
    store.put("bucket", "q/a", "a");
    world.file("d/a", "a");
    for target in ["s3://bucket/q", "d"] {
        world
            .run(&format!("dsync -D s3://bucket/p {target}"))
            .fails()
            .says("nothing was deleted, because the source is empty");
    }
    assert!(store.get("bucket", "q/a").is_some());
    assert!(world.read("d/a").is_some());
}

#[test]
fn markers_of_directories_that_there_are_in_the_source_stay() {
    let world = World::new();
    let store = world.server.store();
    for key in ["p/sub/a", "q/", "q/sub/", "q/gone/", "q/zone/"] {
        store.put("bucket", key, "");
    }
    world.run("dsync -D s3://bucket/p s3://bucket/q").succeeds();
    assert_eq!(store.keys("bucket"), ["p/sub/a", "q/", "q/sub/", "q/sub/a"]);
}

/// The limit is the size from which on copies are made in parts, as those of uploads and downloads
/// are.
#[test]
fn an_object_as_large_as_the_limit_is_copied_in_parts() {
    for (limit, parts) in [(6 << 20, 2), ((6 << 20) + 1, 0)] {
        let world = World::new();
        let store = world.server.store();
        store.put("bucket", "source", content(6 << 20, 1));
        let line = format!(
            "cp s3://bucket/source s3://bucket/target --max-singlepart-copy-size {limit} \
             --multipart-split-size 5242880"
        );
        world.run(&line).succeeds();
        assert_same(&world, &content(6 << 20, 1));
        let sent = world.server.requests_of("UploadPartCopy").len();
        assert_eq!(sent, parts, "{limit}");
    }
}

#[test]
fn copies_that_two_listings_show_to_be_the_same_are_not_asked_for() {
    let world = World::new();
    let store = world.server.store();
    for key in ["s/a", "s/b", "t/a", "t/b"] {
        store.put("bucket", key, "the same");
    }
    let run = world.run("dsync s3://bucket/s s3://bucket/t").succeeds();
    assert_eq!(run.stdout.matches("(synced)").count(), 2, "{run:#?}");
    assert_eq!(world.server.requests_of("HeadObject").len(), 0);
    assert_eq!(world.server.requests_of("CopyObject").len(), 0);
}
