//! The standard input to an object, and objects to the standard output.

use std::{
    io::Write as _,
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    run::{Running, World, each},
    server::{Action, Fault, Match},
};

const MIB: usize = 1024 * 1024;
const PART: usize = 8 * MIB;

/// Text, in which no piece is like another one.
fn text(len: usize) -> String {
    let mut text = String::with_capacity(len + 16);
    let mut n = 0_u64;
    while text.len() < len {
        n += 1;
        text.push_str(&format!("{n}\n"));
    }
    text.truncate(len);
    text
}

fn parts(world: &World) -> usize {
    world.server.requests_of("UploadPart").len()
}

#[test]
fn input_of_every_size_arrives_whole() {
    each(
        vec![
            (0, 0, ""),
            (1, 0, ""),
            (PART - 1, 0, ""),
            (PART, 1, ""),
            (PART + 1, 2, ""),
            (2 * PART, 2, ""),
            (35 * MIB, 5, ""),
            // Smaller than a part: parts go through files.
            (20 * MIB, 3, "--max-memory 4m"),
            (20 * MIB, 3, "-c 1"),
        ],
        |(len, count, options)| {
            let world = World::new();
            let content = text(len);
            world.file("input", &content);
            let line = format!("put - s3://bucket/key {options}");
            let run = world.run_reading("input", &line).succeeds();
            assert_eq!(run.stdout, "- => s3://bucket/key\n");
            let stored = world.server.store().body("bucket", "key");
            assert!(stored == content.as_bytes(), "{len} {options}");
            assert_eq!(parts(&world), count, "{len} {options}");
            world.assert_clean();
        },
    );
}

#[test]
fn input_does_not_replace_what_is_there_unless_told() {
    let world = World::new();
    world.file("input", "new");
    let body = || world.server.store().body("bucket", "key");
    world.server.store().put("bucket", "key", "old");
    let run = world.run_reading("input", "put - s3://bucket/key").fails();
    assert!(run.stderr.contains("File already exists"), "{run:#?}");
    let run = world.run_reading("input", "put --no-overwrite - s3://bucket/key");
    assert_eq!(run.succeeds().stdout, "- => s3://bucket/key (skipped)\n");
    assert_eq!(body(), "old");
    world
        .run_reading("input", "put -fn - s3://bucket/key")
        .succeeds();
    assert_eq!(body(), "old");
    world
        .run_reading("input", "put -f - s3://bucket/key")
        .succeeds();
    assert_eq!(body(), "new");
    // What comes meanwhile is left alone, too.
    world.file("input", text(2 * PART));
    world.server.faults().push(Fault::once(
        "UploadPart",
        Action::After(|store, bucket, _| drop(store.put(bucket, "late", "late"))),
    ));
    let run = world.run_reading("input", "put --no-overwrite - s3://bucket/late");
    run.succeeds();
    assert_eq!(world.server.store().body("bucket", "late"), "late");
    world.assert_clean();
}

/// Nothing would be stored, and nobody would be told.
#[test]
fn a_refused_condition_without_an_object_loses_no_input() {
    for len in [1, 2 * PART] {
        let world = World::new();
        world.file("input", text(len));
        for operation in ["PutObject", "CompleteMultipartUpload"] {
            let status = Action::Status {
                status: 412,
                code: "PreconditionFailed",
            };
            world.server.faults().push(Fault::always(operation, status));
        }
        let run = world.run_reading("input", "put --no-overwrite - s3://bucket/key");
        run.fails();
        world.assert_clean();
    }
}

#[test]
fn input_needs_a_key() {
    let world = World::new();
    world.file("input", "x");
    for target in ["s3://bucket", "s3://bucket/d/"] {
        let line = format!("put - {target}");
        let run = world.run_reading("input", &line).fails();
        assert!(run.stderr.contains("a key is needed"), "{run:#?}");
    }
    assert_eq!(world.operations(), [""; 0]);
}

#[test]
fn a_part_of_the_input_that_fails_leaves_nothing() {
    each(
        vec![
            Action::Status {
                status: 403,
                code: "AccessDenied",
            },
            Action::StoreOther,
        ],
        |action| {
            for options in ["", "--max-memory 4m"] {
                let world = World::new();
                world.file("input", text(3 * PART));
                world.server.faults().push(Fault {
                    when: Match::op("UploadPart").nth(2),
                    times: u32::MAX,
                    action: action.clone(),
                });
                let line = format!("put - s3://bucket/key {options}");
                let run = world.run_reading("input", &line).fails();
                assert!(run.stderr.contains("-: "), "{run:#?}");
                assert_eq!(world.server.store().keys("bucket"), [""; 0]);
                world.assert_clean();
            }
        },
    );
}

#[test]
fn a_part_of_the_input_is_sent_again() {
    each(
        vec![
            Action::ResetBefore,
            Action::Status {
                status: 503,
                code: "SlowDown",
            },
            Action::LostReply,
        ],
        |action| {
            for options in ["", "--max-memory 4m"] {
                let world = World::new();
                let content = text(3 * PART);
                world.file("input", &content);
                world.server.faults().push(Fault {
                    when: Match::op("UploadPart").nth(2),
                    times: 2,
                    action: action.clone(),
                });
                let line = format!("put - s3://bucket/key {options}");
                world.run_reading("input", &line).succeeds();
                let stored = world.server.store().body("bucket", "key");
                assert!(stored == content.as_bytes());
                world.assert_clean();
            }
        },
    );
}

/// The reading cannot be stopped: the process ends all the same.
#[test]
fn a_signal_while_the_input_is_silent_leaves_nothing() {
    let world = World::new();
    let mut command = world.command();
    command.args(["put", "-", "s3://bucket/key"]);
    let (input, mut writer) = std::io::pipe().unwrap();
    let running = Running::spawn_reading(&mut command, Stdio::from(input));
    drop(command);
    writer.write_all(text(PART + 1).as_bytes()).unwrap();
    world.wait_for("UploadPart", 1);
    sleep(Duration::from_millis(100));
    let begun = Instant::now();
    running.signal("INT");
    let run = running.wait();
    assert_eq!(run.status.code(), Some(130), "{run:#?}");
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert_eq!(world.server.store().keys("bucket"), [""; 0]);
    world.assert_clean();
}

/// An object of 24 MiB whose tag is not that of its content; it is read in ranges of 4 MiB.
fn large() -> (World, String) {
    let world = World::new();
    let content = text(24 * MIB);
    world.server.store().put("bucket", "key", content.clone());
    (world, content)
}

const IN_RANGES: &str = "--max-singlepart-download-size 1";

#[test]
fn large_objects_come_in_order_from_several_ranges() {
    let (world, content) = large();
    for (line, requests) in [
        ("get s3://bucket/key -", 1),
        ("cat s3://bucket/key", 1),
        (&format!("cat s3://bucket/key {IN_RANGES}"), 6),
        (&format!("get s3://bucket/key - {IN_RANGES}"), 6),
        (&format!("get s3://bucket/key - {IN_RANGES} -c 1"), 1),
        (
            &format!("get s3://bucket/key - {IN_RANGES} --max-memory 8m"),
            1,
        ),
    ] {
        let before = world.server.requests_of("GetObject").len();
        let run = world.run(line).succeeds();
        assert!(run.stdout == content, "{line}");
        let requests_now = world.server.requests_of("GetObject").len() - before;
        assert_eq!(requests_now, requests, "{line}");
    }
    let mut without = world.command();
    without.args(["get", "s3://bucket/key", "./-"]);
    Running::spawn(&mut without).wait().succeeds();
    assert!(world.read("-").unwrap() == content.as_bytes());
}

#[test]
fn ranges_of_another_version_are_not_taken() {
    let replace = |store: &crate::server::Store, bucket: &str, key: &str| {
        store.put(bucket, key, text(24 * MIB).replace('1', "x"));
    };
    // Between two ranges: what was printed cannot be taken back.
    let (world, _) = large();
    world.server.faults().push(Fault {
        when: Match::op("GetObject").nth(3),
        times: 1,
        action: Action::After(replace),
    });
    let run = world
        .run(&format!("cat s3://bucket/key {IN_RANGES}"))
        .fails();
    assert!(run.stderr.contains("s3://bucket/key: "), "{run:#?}");
    // Between the listing and the first range: the new version is read whole.
    let (world, _) = large();
    world.server.faults().push(Fault {
        when: Match::op("GetObject"),
        times: 1,
        action: Action::After(replace),
    });
    let run = world
        .run(&format!("cat s3://bucket/key {IN_RANGES}"))
        .succeeds();
    assert!(run.stdout.as_bytes() == world.server.store().body("bucket", "key"));
}

#[test]
fn a_damaged_range_is_told() {
    let (world, content) = large();
    world.server.faults().push(Fault {
        when: Match::op("GetObject").nth(4),
        times: 1,
        action: Action::CorruptBody { at: 1000 },
    });
    let run = world
        .run(&format!("cat s3://bucket/key {IN_RANGES}"))
        .fails();
    assert!(run.stderr.contains("damaged"), "{run:#?}");
    assert_eq!(run.stdout.len(), content.len());
    world.server.faults().push(Fault {
        when: Match::op("GetObject").nth(4),
        times: 1,
        action: Action::ShortBody { bytes: 1000 },
    });
    let run = world
        .run(&format!("cat s3://bucket/key {IN_RANGES}"))
        .succeeds();
    assert!(run.stdout == content);
}
