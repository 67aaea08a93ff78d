//! The bugs of the Python original that the contract lists, by their numbers there, as far as they
//! need a server that is told what to do. The others are in `tests/e2e/bugs.rs`.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::symlink,
    process::{Command, Stdio},
    time::Duration,
};

use s4cmd::plan::split::Split;

use crate::{
    memory::stays_small,
    run::{Running, World, all_files, content, each},
    server::{Action, Config, Fault, Match},
};

/// A range of numbers without a gap: a bug without a test is a failure here.
#[test]
fn every_bug_has_a_test() {
    let here = include_str!("bugs.rs");
    let there = include_str!("../e2e/bugs.rs");
    for number in 1..=35 {
        let name = format!("\nfn b{number:02}_");
        assert_eq!(
            here.matches(&name).count() + there.matches(&name).count(),
            1,
            "B{number}"
        );
    }
}

#[test]
fn b07_keys_do_not_lead_out_of_the_target() {
    for line in ["get -r s3://bucket/d target", "dsync s3://bucket/d target"] {
        let world = World::new();
        for key in ["d/../escaped", "d/a/../../../escaped", "d//etc", "d/good"] {
            world.server.store().put("bucket", key, "x");
        }
        fs::create_dir(world.path("target")).unwrap();
        let run = world.run(line).fails();
        assert_eq!(run.failures().len(), 3, "{run:#?}");
        let files = all_files(&world.outside(""));
        assert!(
            files.iter().all(|name| name.ends_with("/good")),
            "{files:?}"
        );
    }
}

#[test]
fn b09_a_line_break_is_part_of_a_key() {
    let world = World::new();
    let store = world.server.store();
    store.put("bucket", "a", "short");
    store.put("bucket", "a\nb", "long");
    let url = "s3://bucket/a\nb";
    world.run_words(&["get", url, "got"]).succeeds();
    assert_eq!(world.read("got").unwrap(), b"long");
    let run = world
        .run_words(&["mv", url, "s3://bucket/moved"])
        .succeeds();
    assert!(run.stdout.starts_with("s3://bucket/a\\nb => "), "{run:#?}");
    assert_eq!(store.keys("bucket"), ["a", "moved"]);
    store.put("bucket", "a\nb", "long");
    world.run_words(&["del", url]).succeeds();
    assert_eq!(store.keys("bucket"), ["a", "moved"]);
}

#[test]
fn b10_a_file_is_not_mixed_of_two_versions() {
    let world = World::new();
    world.server.store().put("bucket", "k", content(4000, 1));
    world.server.faults().push(Fault {
        when: Match::op("GetObject").nth(3),
        times: 1,
        action: Action::ReplaceObject,
    });
    let ranges = "--max-singlepart-download-size 1 --multipart-split-size 1000 -c 1";
    world
        .run(&format!("get s3://bucket/k got {ranges}"))
        .succeeds();
    let newest = world.server.store().body("bucket", "k");
    assert!(world.read("got").unwrap() == newest);
}

#[test]
fn b11_a_sum_is_that_of_the_bytes_that_were_sent() {
    let world = World::new();
    world.file("file", content(3 << 20, 1));
    // The file changes while the server lets the program wait for its turn to send.
    world.server.faults().push(Fault::once(
        "PutObject",
        Action::EarlyStatus {
            status: 503,
            code: "SlowDown",
        },
    ));
    let running = world.start("put file s3://bucket/k");
    world.wait_for("PutObject", 1);
    world.file("file", content(3 << 20, 2));
    let run = running.wait();
    let store = world.server.store();
    if let Some(object) = store.get("bucket", "k") {
        let sum = object.header("x-amz-meta-md5").map(str::to_owned);
        assert_eq!(sum.as_deref(), Some(object.etag.trim_matches('"')));
    } else {
        run.fails().says("changed");
    }
}

/// B11 again: the times of such a file do not tell that it changed.
#[test]
fn a_file_that_changes_through_a_memory_map_is_not_stored_with_another_sum() {
    let Ok(memory) = tempfile::tempdir_in("/dev/shm") else {
        println!("skipped: there is no file system here that does not notice");
        return;
    };
    let writer = memory.path().join("writer");
    let mut cc = Command::new("cc")
        .args(["-x", "c", "-", "-o"])
        .arg(&writer)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    cc.stdin.take().unwrap().write_all(MAP_WRITER).unwrap();
    assert!(cc.wait().unwrap().success());
    each(vec![true, false], |checks_md5| {
        let world = World::with(Config {
            checks_md5,
            ..Config::default()
        });
        let file = memory.path().join(format!("file-{checks_md5}"));
        fs::write(&file, content(6 << 20, 1)).unwrap();
        let late = Action::StallHeaders(Duration::from_secs(3));
        let create = Fault::once("CreateMultipartUpload", late);
        world.server.faults().push(create);
        let running = Running::spawn(
            world
                .command()
                .args(["put", "--max-singlepart-upload-size=1", "-t0"])
                .args(["--multipart-split-size=5242880", file.to_str().unwrap()])
                .arg("s3://bucket/k"),
        );
        world.wait_for("CreateMultipartUpload", 1);
        assert!(Command::new(&writer).arg(&file).status().unwrap().success());
        let run = running.wait().fails().in_one_line();
        let text = if checks_md5 {
            "BadDigest"
        } else {
            "changed while it was read"
        };
        run.says(text);
        assert!(world.server.store().get("bucket", "k").is_none());
        world.assert_clean();
    });
}

/// Changes the first byte of a file.
const MAP_WRITER: &[u8] = b"
#include <fcntl.h>
#include <sys/mman.h>
int main(int count, char **arguments) {
    int file = open(arguments[1], O_RDWR);
    char *bytes = mmap(0, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (bytes == MAP_FAILED) return 1;
    bytes[0] ^= 1;
    return 0;
}
";

#[test]
fn b12_temporary_credentials_keep_their_token_whatever_the_files_say() {
    let world = World::with(Config {
        session_token: Some("token".to_owned()),
        ..Config::default()
    });
    let config = "[default]\naccess_key = wrong\nsecret_key = wrong\n";
    fs::write(world.outside("home/.s3cfg"), config).unwrap();
    world.run("ls s3://bucket").succeeds();
}

#[test]
fn b19_copies_in_parts_keep_properties_and_give_up_the_right_upload() {
    let line = "cp s3://other/k s3://bucket/copy --max-singlepart-copy-size 1 \
                --multipart-split-size 5242880 -t 0";
    let world = World::new();
    let store = world.server.store();
    let properties = [
        ("content-type", "a/b"),
        ("x-amz-storage-class", "STANDARD_IA"),
    ];
    store.put_with("other", "k", content(6 << 20, 1), &properties);
    let fault = Action::Status {
        status: 403,
        code: "AccessDenied",
    };
    world
        .server
        .faults()
        .push(Fault::once("CompleteMultipartUpload", fault));
    world.run(line).fails().in_one_line();
    world.assert_clean();
    world.run(line).succeeds();
    let copy = store.get("bucket", "copy").unwrap();
    assert_eq!(copy.header("content-type"), Some("a/b"));
    assert_eq!(copy.storage_class(), "STANDARD_IA");
    world
        .run("cp s3://bucket/no s3://bucket/copy")
        .fails()
        .in_one_line()
        .says("doesn't exist");
}

#[test]
fn b20_what_is_no_file_or_none_any_more_does_not_stop_the_others() {
    let world = World::new();
    for name in ["d/a", "d/vanishes", "d/z"] {
        world.file(name, "x");
    }
    symlink("nowhere", world.path("d/broken")).unwrap();
    let made = Command::new("mkfifo").arg(world.path("d/pipe")).status();
    assert!(made.unwrap().success());
    let late = Action::StallHeaders(Duration::from_secs(3));
    world.server.faults().push(Fault::once("PutObject", late));
    let running = world.start("put -f -r -c 1 d s3://bucket/p");
    world.wait_for("PutObject", 1);
    fs::remove_file(world.path("d/vanishes")).unwrap();
    let run = running.wait().fails();
    assert_eq!(run.failures().len(), 3, "{run:#?}");
    run.says("d/broken: ").says("d/pipe: ").says("d/vanishes");
    assert_eq!(world.server.store().keys("bucket"), ["p/a", "p/z"]);
}

#[test]
fn b21_every_key_that_was_not_deleted_is_named() {
    let world = World::new();
    for key in ["d/1", "d/bad1", "d/bad2", "d/2"] {
        world.server.store().put("bucket", key, "x");
    }
    world.server.faults().push(Fault::always(
        "DeleteObjects",
        Action::DeleteErrors {
            key_contains: "bad".to_owned(),
            code: "AccessDenied",
        },
    ));
    let run = world.run("del -r s3://bucket/d").fails();
    assert_eq!(run.failures().len(), 2, "{run:#?}");
    let run = run.says("s3://bucket/d/bad1").says("s3://bucket/d/bad2");
    assert_eq!(run.stdout.lines().count(), 2, "{run:#?}");
    assert_eq!(world.server.store().keys("bucket"), ["d/bad1", "d/bad2"]);
}

#[test]
fn b22_what_may_pass_is_tried_again_and_one_failure_does_not_stop_the_rest() {
    let world = World::new();
    for n in 0..20 {
        world.file(&format!("d/{n:02}"), content(100, n));
    }
    world.server.faults().push(Fault::times(
        3,
        "PutObject",
        Action::Status {
            status: 500,
            code: "InternalError",
        },
    ));
    world.server.faults().push(Fault {
        when: Match::op("PutObject").key("d/07"),
        times: u32::MAX,
        action: Action::Status {
            status: 403,
            code: "AccessDenied",
        },
    });
    let run = world
        .run("put -r d s3://bucket/d")
        .fails()
        .in_one_line()
        .says("d/07");
    assert_eq!(run.stdout.lines().count(), 19, "{run:#?}");
    assert_eq!(world.server.store().keys("bucket").len(), 19);
}

#[test]
fn b23_a_signal_leaves_no_upload_and_no_temporary_file() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let world = World::new();
        world.file("file", content(12 << 20, 1));
        world.server.store().put("bucket", "k", content(1000, 1));
        let stall = Action::StallHeaders(Duration::from_secs(20));
        for operation in ["UploadPart", "GetObject"] {
            world
                .server
                .faults()
                .push(Fault::always(operation, stall.clone()));
        }
        let lines = [
            "put file s3://bucket/new --max-singlepart-upload-size 1 --multipart-split-size 5242880",
            "get s3://bucket/k got",
        ];
        for (line, operation) in lines.into_iter().zip(["UploadPart", "GetObject"]) {
            let running = world.start(line);
            world.wait_for(operation, 1);
            running.signal(signal);
            let run = running.wait().within(10);
            assert_eq!(run.status.code(), Some(status), "{run:#?}");
            world.assert_clean();
        }
    }
}

#[test]
fn b24_buckets_are_made_in_every_region() {
    let world = World::with(Config {
        region: "eu-central-1".to_owned(),
        ..Config::default()
    });
    world.run("mb s3://bucket-new").succeeds();
    let buckets = world.server.store().lock();
    assert_eq!(buckets["bucket-new"].location, "eu-central-1");
}

#[test]
fn b25_the_requester_pays_for_every_request() {
    let world = World::new();
    world.server.store().put("bucket", "k", content(6 << 20, 1));
    let parts = "--max-singlepart-copy-size 1 --multipart-split-size 5242880";
    for line in ["ls -r s3://bucket", "get s3://bucket/k got"] {
        world
            .run(&format!("{line} --API-RequestPayer requester"))
            .succeeds();
    }
    let line = format!("mv s3://bucket/k s3://bucket/n {parts} --API-RequestPayer requester");
    world.run(&line).succeeds();
    for seen in world.server.requests() {
        let header = seen.headers.get("x-amz-request-payer");
        assert!(header.is_some_and(|value| value == "requester"), "{seen:?}");
    }
    // The version is that of the source alone, also on the copy itself.
    world.server.clear_requests();
    world
        .run("cp s3://bucket/n s3://bucket/v --API-VersionId null")
        .succeeds();
    let copy = world.server.requests_of("CopyObject").remove(0);
    assert_eq!(copy.headers["x-amz-copy-source"], "bucket/n?versionId=null");
    let heads = world.server.requests_of("HeadObject");
    assert!(heads.iter().any(|head| head.key.as_deref() == Some("n")));
    for head in heads {
        let has_version = head.target.ends_with("?versionId=null");
        assert_eq!(has_version, head.key.as_deref() == Some("n"), "{head:?}");
    }
}

#[test]
fn b30_parts_grow_so_that_ten_thousand_are_enough() {
    let default = 50 << 20;
    for size in [1, 488 << 30, 489 << 30, 600 << 30, 5 << 40, 48 << 40] {
        let split = Split::for_upload(size, default).unwrap();
        assert!((1..=10_000).contains(&split.count()), "{size}");
        assert_eq!(split.ranges().last().unwrap().end, size);
    }
    // 12,800 parts of the size asked for.
    let world = World::new();
    world
        .server
        .store()
        .put_zeros("bucket", "large", 12_800 * (5 << 20));
    let line = "cp s3://bucket/large s3://bucket/copy --multipart-split-size 5242880";
    world.run(line).succeeds();
    let parts = world.server.requests_of("UploadPartCopy").len();
    assert!((9_000..=10_000).contains(&parts), "{parts}");
    let copy = world.server.store().get("bucket", "copy").unwrap();
    assert_eq!(copy.size, 12_800 * (5 << 20));
}

#[test]
fn b31_parts_are_not_held_in_memory() {
    let world = World::with(Config {
        discard_bodies: true,
        ..Config::default()
    });
    let file = fs::File::create(world.path("file")).unwrap();
    file.set_len(300 << 20).unwrap();
    stays_small(
        &world,
        "put -c 64 file s3://bucket/k --max-singlepart-upload-size 1",
    );
    stays_small(&world, "get -c 64 s3://bucket/k got");
}

#[test]
fn b32_nothing_to_do_takes_no_request_for_each_object() {
    let world = World::new();
    for n in 0..500 {
        world.file(&format!("d/{n}"), content(10, n));
    }
    world.run("dsync d s3://bucket/d").succeeds();
    world.server.clear_requests();
    for line in ["dsync d s3://bucket/d", "dsync s3://bucket/d d"] {
        let run = world.run(line).succeeds();
        assert_eq!(run.stdout.matches(" (synced)\n").count(), 500);
    }
    assert_eq!(world.operations(), ["ListObjectsV2", "ListObjectsV2"]);
    // Nor does every part take one.
    world.file("file", content(16 << 20, 1));
    world.server.clear_requests();
    let parts = "--max-singlepart-upload-size 1 --max-singlepart-download-size 1 \
                 --multipart-split-size 5242880";
    for line in ["put file s3://bucket/file", "get s3://bucket/file got"] {
        world.run(&format!("{line} {parts}")).succeeds();
    }
    for (operation, most) in [("UploadPart", 4), ("GetObject", 4), ("HeadObject", 2)] {
        let seen = world.server.requests_of(operation).len();
        assert_eq!(seen, most, "{operation}: {:?}", world.operations());
    }
}

#[test]
fn b33_large_listings_are_not_held_in_memory() {
    let world = World::new();
    let name = "x".repeat(200);
    for n in 0..110_000 {
        world
            .server
            .store()
            .put_zeros("bucket", &format!("d/{name}/{n:06}"), 0);
    }
    stays_small(&world, "du -r s3://bucket/d");
    stays_small(&world, "ls -r s3://bucket/d");
    stays_small(&world, &format!("ls s3://bucket/d/{name}"));
    stays_small(&world, "del -n -r s3://bucket/d");
}

#[test]
fn b34_failures_are_lines_and_end_the_run() {
    let world = World::new();
    world
        .server
        .faults()
        .push(Fault::always("ListObjectsV2", Action::Garbage));
    for line in [
        "ls s3://bucket -t 0",
        "get -r s3://bucket . -t 0",
        "du s3://bucket -t 0",
    ] {
        let run = world.run(line).fails().within(60).in_one_line();
        assert!(run.stderr.starts_with("[Exception] "), "{run:#?}");
    }
}

#[test]
fn b35_a_tree_takes_one_listing_not_one_for_each_directory() {
    let world = World::new();
    for n in 0..50 {
        world
            .server
            .store()
            .put("bucket", &format!("d/{n}/e/f"), "x");
    }
    for line in [
        "ls -r s3://bucket",
        "du -r s3://bucket/d",
        "get -r -n s3://bucket/d .",
    ] {
        world.server.clear_requests();
        world.run(line).succeeds();
        let listings = world.server.requests_of("ListObjectsV2").len();
        assert!(listings <= 3, "{line}: {:?}", world.operations());
        assert!(world.server.requests_of("ListObjects").is_empty());
    }
}

/// Only the latest versions are listed, and a source was looked for in that list.
#[test]
fn a_version_of_what_was_deleted_since_is_no_missing_source() {
    let world = World::new();
    let store = world.server.store();
    store.put("bucket", "d/k", "old");
    store.outdate("bucket", "d/k", "v1");
    let old = "s3://bucket/d/k --API-VersionId v1";
    assert_eq!(world.run(&format!("cat {old}")).succeeds().stdout, "old");
    world.run(&format!("get {old}")).succeeds();
    assert_eq!(world.read("k").unwrap(), b"old");
    let line = "cp s3://bucket/d/k s3://bucket/d/k --API-VersionId v1";
    world.run(line).succeeds();
    assert_eq!(store.body("bucket", "d/k"), "old");
    store.outdate("bucket", "d/k", "v2");
    for line in [
        "get s3://bucket/d/k",
        "get s3://bucket/d/k --API-VersionId v3",
        "get s3://bucket/d/* --API-VersionId v1",
    ] {
        let run = world.run(line).fails();
        run.says("Source doesn't exist.");
    }
}
