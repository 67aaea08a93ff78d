//! `--verify` and `verify` find what happens behind the program's back.

use std::{collections::BTreeMap, fs};

use serde_json::Value;

use crate::{
    run::{Run, World, content},
    server::{Action, Fault, Match, Store},
};

const NAMES: [&str; 4] = ["a", "b/1", "b/2", "c"];

fn body(name: &str) -> Vec<u8> {
    content(1000, name.bytes().map(u64::from).sum())
}

/// The names are here, and in S3 below `s/`.
fn world() -> World {
    let world = World::new();
    for name in NAMES {
        world.file(&format!("d/{name}"), body(name));
        let key = format!("s/{name}");
        world.server.store().put("bucket", &key, body(name));
    }
    world
}

fn corrupted(store: &Store, bucket: &str, key: &str) {
    let mut bytes = store.body(bucket, key).to_vec();
    bytes[500] ^= 1;
    store.replace(bucket, key, bytes);
}

fn truncated(store: &Store, bucket: &str, key: &str) {
    let bytes = store.body(bucket, key);
    store.replace(bucket, key, bytes.slice(..999));
}

fn removed(store: &Store, bucket: &str, key: &str) {
    store.remove(bucket, key);
}

fn beside(store: &Store, bucket: &str, key: &str) {
    store.put(bucket, &format!("{key}-beside"), "x");
}

/// The one gets the content of the other.
fn swapped(store: &Store, bucket: &str, _: &str) {
    let of = |name| store.get(bucket, name);
    if let (Some(one), Some(two)) = (of("t/b/1"), of("t/b/2")) {
        store.insert(bucket, "t/b/1", two);
        store.insert(bucket, "t/b/2", one);
    }
}

type Change = fn(&Store, &str, &str);

/// What is done behind an object, and what is said of it.
const CHANGES: [(Change, &str, &str); 4] = [
    (
        corrupted,
        "differs from",
        "3 verified, 0 size-only, 0 missing, 0 extra, 1 differ",
    ),
    (
        truncated,
        "differs from",
        "3 verified, 0 size-only, 0 missing, 0 extra, 1 differ",
    ),
    (
        removed,
        "missing, it is only at",
        "3 verified, 0 size-only, 1 missing, 0 extra, 0 differ",
    ),
    (
        beside,
        "extra, it is not at",
        "4 verified, 0 size-only, 0 missing, 1 extra, 0 differ",
    ),
];

const CLEAN: &str = "4 verified, 0 size-only, 0 missing, 0 extra, 0 differ";

#[track_caller]
fn finds(run: &Run, summary: &str, words: &[&str]) {
    assert_eq!(run.status.code(), Some(5), "{run:#?}");
    assert_eq!(run.stdout.lines().last(), Some(summary), "{run:#?}");
    assert_eq!(run.stderr.lines().count(), words.len(), "{run:#?}");
    for word in words {
        assert!(run.stderr.contains(word), "{word}: {run:#?}");
    }
}

#[test]
fn a_clean_run_is_verified_by_listings_alone() {
    let in_parts = "--max-singlepart-upload-size 1 --max-singlepart-download-size 1 \
                    --max-singlepart-copy-size 1 --multipart-split-size 5242880";
    for options in ["", in_parts] {
        for (line, transfer) in [
            ("dsync d s3://bucket/t", "PutObject"),
            ("dsync s3://bucket/s e", "GetObject"),
            ("dsync s3://bucket/s s3://bucket/t", "CopyObject"),
        ] {
            let world = world();
            if !options.is_empty() {
                world.file("d/large", content(11 << 20, 1));
                world
                    .server
                    .store()
                    .put("bucket", "s/large", content(11 << 20, 1));
            }
            let line = format!("{line} {options}");
            world.run(&line).succeeds();
            let without = world.operations();
            assert!(
                !options.is_empty() || without.contains(&transfer),
                "{without:?}"
            );
            // Anew, and with a look at the end.
            world.server.store().keys("bucket").iter().for_each(|key| {
                if key.starts_with("t/") {
                    world.server.store().remove("bucket", key);
                }
            });
            let _ = fs::remove_dir_all(world.path("e"));
            world.server.clear_requests();
            let run = world.run(&format!("{line} --verify")).succeeds();
            let expected = match options {
                "" => CLEAN.to_owned(),
                _ => CLEAN.replace('4', "5"),
            };
            assert_eq!(run.stdout.lines().last(), Some(&*expected), "{run:#?}");
            assert_eq!(run.stderr, "", "{line}");
            let others = |operations: &[&'static str]| {
                let mut others = operations.to_vec();
                others.retain(|operation| !operation.starts_with("List"));
                others.sort_unstable();
                others
            };
            assert_eq!(others(&without), others(&world.operations()), "{line}");
            // What was the same already is verified as well.
            let run = world.run(&format!("{line} --verify")).succeeds();
            assert_eq!(run.stdout.lines().last(), Some(&*expected), "{run:#?}");
        }
    }
}

#[test]
fn what_happens_behind_an_upload_is_found_by_the_same_run() {
    for (change, word, summary) in CHANGES {
        for line in ["dsync d s3://bucket/t", "dsync s3://bucket/s s3://bucket/t"] {
            let world = world();
            for operation in ["PutObject", "CopyObject"] {
                world.server.faults().push(Fault {
                    when: Match::op(operation).key("t/b/1"),
                    times: 1,
                    action: Action::Behind(change),
                });
            }
            let run = world.run(&format!("{line} --verify --exit-codes extended"));
            finds(&run, summary, &[word]);
            assert!(run.stderr.contains("s3://bucket/t/b/1"), "{run:#?}");
            let plain = world
                .run(&format!("verify {}", line.trim_start_matches("dsync ")))
                .fails();
            assert_eq!(plain.stderr, run.stderr, "{line}");
            assert_eq!(plain.stdout.lines().last(), Some(summary));
        }
    }
}

#[test]
fn objects_that_took_each_others_place_are_found() {
    for line in ["dsync d s3://bucket/t", "dsync s3://bucket/s s3://bucket/t"] {
        let world = world();
        for operation in ["PutObject", "CopyObject"] {
            // Whichever comes second.
            world.server.faults().push(Fault {
                when: Match::op(operation).key("t/b/"),
                times: 2,
                action: Action::Behind(swapped),
            });
        }
        let run = world.run(&format!("{line} --verify --exit-codes extended -c 1"));
        let summary = "2 verified, 0 size-only, 0 missing, 0 extra, 2 differ";
        finds(
            &run,
            summary,
            &["s3://bucket/t/b/1: differs", "s3://bucket/t/b/2: differs"],
        );
    }
}

#[test]
fn what_happens_to_parts_is_found() {
    for change in [corrupted, truncated] {
        let world = world();
        world.file("d/large", content(11 << 20, 1));
        world.server.faults().push(Fault::once(
            "CompleteMultipartUpload",
            Action::Behind(change),
        ));
        let run = world.run(
            "dsync d s3://bucket/t --verify --exit-codes extended \
             --max-singlepart-upload-size 100000 --multipart-split-size 5242880",
        );
        let summary = "4 verified, 0 size-only, 0 missing, 0 extra, 1 differ";
        finds(
            &run,
            summary,
            &["s3://bucket/t/large: differs from d/large"],
        );
    }
}

#[test]
fn a_source_that_changes_after_its_upload_is_found() {
    let world = world();
    world.run("dsync d s3://bucket/t").succeeds();
    let mut bytes = body("c");
    bytes[0] ^= 1;
    world.file("d/c", bytes);
    let run = world.run("verify d s3://bucket/t --exit-codes extended");
    finds(
        &run,
        "3 verified, 0 size-only, 0 missing, 0 extra, 1 differ",
        &["differs from d/c"],
    );
}

#[test]
fn what_happens_to_files_is_found() {
    let world = world();
    world.run("dsync s3://bucket/s e --verify").succeeds();
    let verify = || world.run("verify s3://bucket/s e --exit-codes extended");
    let modified = fs::metadata(world.path("e/a")).unwrap().modified().unwrap();
    let mut bytes = body("a");
    bytes[0] ^= 1;
    world.file("e/a", bytes);
    // Its time does not show it.
    let file = fs::File::options()
        .append(true)
        .open(world.path("e/a"))
        .unwrap();
    file.set_modified(modified).unwrap();
    world.file("e/b/2", &body("b/2")[..999]);
    fs::remove_file(world.path("e/c")).unwrap();
    world.file("e/more", "x");
    let run = verify();
    finds(
        &run,
        "1 verified, 0 size-only, 1 missing, 1 extra, 2 differ",
        &[
            "e/a: differs from s3://bucket/s/a",
            "e/b/2: differs from s3://bucket/s/b/2",
            "e/c: missing, it is only at s3://bucket/s/c",
            "e/more: extra, it is not at s3://bucket/s/more",
        ],
    );
    for operation in ["PutObject", "DeleteObject", "DeleteObjects", "CopyObject"] {
        assert!(world.server.requests_of(operation).is_empty());
    }
    assert!(!world.path("e/c").exists());
}

/// A cache that says what a file was is no reason to believe that it still is.
#[test]
fn the_cache_does_not_hide_a_change() {
    let world = world();
    let line = "dsync d s3://bucket/t --verify --hash-cache cache";
    std::thread::sleep(std::time::Duration::from_millis(2100));
    world.run(line).succeeds();
    world.run(line).succeeds();
    assert!(fs::metadata(world.path("cache")).unwrap().len() > 16);
    let modified = fs::metadata(world.path("d/a")).unwrap().modified().unwrap();
    let mut bytes = body("a");
    bytes[0] ^= 1;
    world.file("d/a", bytes);
    let file = fs::File::options()
        .append(true)
        .open(world.path("d/a"))
        .unwrap();
    file.set_modified(modified).unwrap();
    let run = world.run("verify d s3://bucket/t --hash-cache cache --exit-codes extended");
    finds(
        &run,
        "3 verified, 0 size-only, 0 missing, 0 extra, 1 differ",
        &["t/a: differs"],
    );
}

#[test]
fn only_the_size_is_known_where_tags_say_nothing() {
    let world = world();
    for name in NAMES {
        let store = world.server.store();
        let mut object = store.get("bucket", &format!("s/{name}")).unwrap();
        object.etag = format!("\"opaque {name}\"");
        store.insert("bucket", &format!("s/{name}"), object);
    }
    let run = world.run("verify d s3://bucket/s").succeeds();
    assert_eq!(
        run.stdout,
        "0 verified, 4 size-only, 0 missing, 0 extra, 0 differ\n"
    );
    let run = world.run("dsync s3://bucket/s e --verify").succeeds();
    let last = "0 verified, 4 size-only, 0 missing, 0 extra, 0 differ";
    assert_eq!(run.stdout.lines().last(), Some(last));
}

/// The lines of a report by the names in them.
fn report(world: &World, name: &str) -> BTreeMap<String, Value> {
    let text = fs::read_to_string(world.path(name)).unwrap();
    let lines = text.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        (line["name"].as_str().unwrap().to_owned(), line)
    });
    lines.collect()
}

fn md5_hex(bytes: &[u8]) -> String {
    use md5::Digest as _;
    let sum = md5::Md5::digest(bytes);
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_report_has_a_line_for_each_name() {
    let world = world();
    world.file("d/é \"\n", "odd");
    world.run("dsync d s3://bucket/t").succeeds();
    let store = world.server.store();
    corrupted(store, "bucket", "t/b/1");
    removed(store, "bucket", "t/c");
    store.put("bucket", "t/z", "extra");
    let run = world.run("verify d s3://bucket/t --report report").fails();
    let summary = "3 verified, 0 size-only, 1 missing, 1 extra, 1 differ\n";
    assert_eq!(run.stdout, summary);
    let report = report(&world, "report");
    let states: Vec<(&str, &str)> = report
        .iter()
        .map(|(name, line)| (&**name, line["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        states,
        [
            ("a", "verified"),
            ("b/1", "differ"),
            ("b/2", "verified"),
            ("c", "missing"),
            ("z", "extra"),
            ("é \"\n", "verified"),
        ]
    );
    for (name, line) in &report {
        let keys: Vec<_> = line.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["etag", "md5", "mtime", "name", "size", "state"]);
        let time: jiff::Timestamp = line["mtime"].as_str().unwrap().parse().unwrap();
        let age = jiff::Timestamp::now().as_second() - time.as_second();
        assert!((0..600).contains(&age), "{line}");
        let object = store.get("bucket", &format!("t/{name}"));
        let size = object.as_ref().map_or(1000, |object| object.size);
        assert_eq!(line["size"], size, "{line}");
        let Some(object) = object else { continue };
        assert_eq!(line["etag"], object.etag.trim_matches('"'), "{line}");
        assert_eq!(line["md5"], md5_hex(&object.body), "{line}");
    }
}

#[test]
fn the_report_of_a_run_knows_the_sums_of_what_it_sent() {
    for line in [
        "dsync d s3://bucket/t",
        "dsync s3://bucket/s e",
        "dsync s3://bucket/s s3://bucket/t",
    ] {
        let world = world();
        let run = world.run(&format!("{line} --report report")).succeeds();
        assert_eq!(run.stdout.lines().last(), Some(CLEAN), "{run:#?}");
        let report = report(&world, "report");
        assert_eq!(report.len(), 4);
        for (name, line) in report {
            assert_eq!(line["state"], "verified");
            assert_eq!(line["size"], 1000);
            assert_eq!(line["md5"], md5_hex(&body(&name)), "{line}");
        }
    }
}

/// What cannot be found out is neither right nor lost.
#[test]
fn a_listing_that_fails_is_no_verdict() {
    let world = world();
    let denied = crate::matrix::status(403, "AccessDenied");
    world
        .server
        .faults()
        .push(Fault::always("ListObjectsV2", denied));
    let run = world.run("verify d s3://bucket/s").fails();
    assert!(!run.stdout.contains("verified"), "{run:#?}");
    assert!(!run.stderr.contains("missing"), "{run:#?}");
}

#[test]
fn a_dry_run_has_nothing_to_verify() {
    let world = world();
    let run = world
        .run("dsync -n d s3://bucket/t --verify --report report")
        .succeeds();
    assert!(!run.stdout.contains("verified"), "{run:#?}");
    assert!(!world.path("report").exists());
}
