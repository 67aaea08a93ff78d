//! SIGINT and SIGTERM at the worst moments.

use std::{
    os::unix::process::ExitStatusExt as _,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    run::{Running, World, all_files, content, each},
    server::{Action, Fault},
};

/// A command, and what it is doing when the signal comes.
#[derive(Debug, Clone, Copy)]
struct Moment {
    line: &'static str,
    /// Stalls for longer than anybody waits.
    stalled: &'static str,
    stall: fn() -> Action,
}

const MOMENTS: [Moment; 13] = [
    Moment {
        line: "put -f file s3://bucket/key",
        stalled: "PutObject",
        stall: no_answer,
    },
    Moment {
        line: "put -f big s3://bucket/key --max-singlepart-upload-size 1 \
               --multipart-split-size 5242880",
        stalled: "UploadPart",
        stall: no_answer,
    },
    // It answers after a second, and by then it knows what to give up.
    Moment {
        line: "put -f big s3://bucket/key --max-singlepart-upload-size 1 \
               --multipart-split-size 5242880",
        stalled: "CreateMultipartUpload",
        stall: late_answer,
    },
    Moment {
        line: "put -f -c 1 big s3://bucket/key --max-singlepart-upload-size 1 \
               --multipart-split-size 5242880",
        stalled: "UploadPart",
        stall: unavailable,
    },
    Moment {
        line: "get -f s3://bucket/old file",
        stalled: "GetObject",
        stall: no_answer,
    },
    Moment {
        line: "get -f s3://bucket/old file",
        stalled: "GetObject",
        stall: half_an_answer,
    },
    Moment {
        line: "get -f s3://bucket/old file --max-singlepart-download-size 1 \
               --multipart-split-size 1000",
        stalled: "GetObject",
        stall: half_an_answer,
    },
    Moment {
        line: "get -f s3://bucket/old file",
        stalled: "ListObjectsV2",
        stall: no_answer,
    },
    Moment {
        line: "dsync s3://bucket/d file-d",
        stalled: "GetObject",
        stall: half_an_answer,
    },
    Moment {
        line: "dsync here s3://bucket/new",
        stalled: "PutObject",
        stall: no_answer,
    },
    Moment {
        line: "del s3://bucket/nothing*",
        stalled: "ListObjectsV2",
        stall: no_answer,
    },
    Moment {
        line: "ls -r s3://bucket",
        stalled: "ListObjectsV2",
        stall: no_answer,
    },
    Moment {
        line: "mb s3://bucket",
        stalled: "CreateBucket",
        stall: no_answer,
    },
];

fn no_answer() -> Action {
    Action::StallHeaders(Duration::from_secs(60))
}

fn late_answer() -> Action {
    Action::StallHeaders(Duration::from_secs(1))
}

fn half_an_answer() -> Action {
    Action::StallBody {
        after_bytes: 500,
        duration: Duration::from_secs(60),
    }
}

/// The program waits for its next attempt when the signal comes.
fn unavailable() -> Action {
    Action::RetryAfter {
        status: 503,
        code: "SlowDown",
        header_value: "25".to_owned(),
    }
}

fn world(moment: &Moment) -> World {
    let world = World::new();
    world.file("file", content(500_000, 1));
    world.file("big", content(11 << 20, 2));
    for n in 0..30 {
        world.file(&format!("here/{n}"), content(1000, n));
        world
            .server
            .store()
            .put("bucket", &format!("d/{n}"), content(9000, n));
    }
    world.server.store().put("bucket", "key", "old");
    world
        .server
        .store()
        .put("bucket", "old", content(100_000, 3));
    let stall = (moment.stall)();
    world
        .server
        .faults()
        .push(Fault::always(moment.stalled, stall));
    world
}

fn interrupt(moment: Moment, signals: &[&str], status: i32) {
    let world = world(&moment);
    let running = world.start(moment.line);
    interrupt_running(&world, running, moment, signals, status);
}

fn interrupt_running(
    world: &World,
    running: Running,
    moment: Moment,
    signals: &[&str],
    status: i32,
) {
    world.wait_for(moment.stalled, 1);
    sleep(Duration::from_millis(200));
    let sent = Instant::now();
    for signal in signals {
        running.signal(signal);
        sleep(Duration::from_millis(100));
    }
    let run = running.wait();
    let took = sent.elapsed();
    assert!(took < Duration::from_secs(6), "after {took:?}: {run:#?}");
    assert_eq!(run.status.signal(), None, "killed: {run:#?}");
    assert_eq!(run.status.code(), Some(status), "{run:#?}");
    assert_eq!(run.stderr, "[Runtime Failure] Interrupted by user\n");
    world.assert_clean();
    assert!(
        world.read("file").unwrap() == content(500_000, 1),
        "the old file"
    );
    let key = world.server.store().body("bucket", "key");
    assert!(key == "old" || key == content(500_000, 1), "half an object");
    for name in all_files(&world.path("file-d")) {
        let whole = world.server.store().body("bucket", &format!("d/{name}"));
        assert!(world.read(&format!("file-d/{name}")).unwrap() == whole);
    }
}

#[test]
fn sigint_ends_everything_cleanly_within_6_seconds() {
    each(MOMENTS.to_vec(), |moment| interrupt(moment, &["INT"], 130));
}

#[test]
fn sigterm_ends_everything_cleanly_within_6_seconds() {
    each(MOMENTS.to_vec(), |moment| interrupt(moment, &["TERM"], 143));
}

/// A terminal that was closed left temporary files and open uploads.
#[test]
fn a_hangup_ends_everything_cleanly() {
    let moments: Vec<_> = [1, 5].map(|index| MOMENTS[index]).to_vec();
    each(moments, |moment| {
        let world = world(&moment);
        // The tests themselves may run under nohup, which is inherited.
        let mut command = world.command_of("env");
        command
            .args(["--default-signal=HUP", env!("CARGO_BIN_EXE_s4cmd")])
            .args(moment.line.split_whitespace());
        interrupt_running(&world, Running::spawn(&mut command), moment, &["HUP"], 129);
    });
}

#[test]
fn nohup_means_what_it_says() {
    let world = World::new();
    world.file("file", content(500_000, 1));
    world
        .server
        .faults()
        .push(Fault::once("PutObject", late_answer()));
    let mut command = world.command_of("nohup");
    command.args([env!("CARGO_BIN_EXE_s4cmd"), "put", "file", "s3://bucket/k"]);
    let running = Running::spawn(&mut command);
    world.wait_for("PutObject", 1);
    running.signal("HUP");
    running.wait().succeeds();
    assert!(world.server.store().body("bucket", "k") == content(500_000, 1));
}

#[test]
fn a_second_signal_changes_nothing() {
    let moments: Vec<_> = [0, 1, 4, 6].map(|index| MOMENTS[index]).to_vec();
    each(moments.clone(), |moment| {
        interrupt(moment, &["INT", "INT"], 130)
    });
    each(moments, |moment| {
        interrupt(moment, &["TERM", "INT", "TERM"], 143)
    });
}

#[test]
fn completing_is_seen_through() {
    let world = World::new();
    world.file("big", content(11 << 20, 2));
    world.server.store().put("bucket", "key", "old");
    world
        .server
        .faults()
        .push(Fault::always("CompleteMultipartUpload", late_answer()));
    let running = world.start(MOMENTS[1].line);
    world.wait_for("CompleteMultipartUpload", 1);
    running.signal("INT");
    let run = running.wait().within(10);
    assert_eq!(run.status.code(), Some(130));
    assert!(world.server.store().body("bucket", "key") == content(11 << 20, 2));
    world.assert_clean();
}

#[test]
fn an_upload_that_is_opened_too_late_is_reported() {
    let world = World::new();
    world.file("big", content(6 << 20, 2));
    world
        .server
        .faults()
        .push(Fault::always("CreateMultipartUpload", no_answer()));
    let running = world.start(MOMENTS[2].line);
    world.wait_for("CreateMultipartUpload", 1);
    running.signal("TERM");
    let run = running.wait().within(8);
    assert_eq!(run.status.code(), Some(143));
    assert!(
        run.stderr.contains("s3://bucket/key") && run.stderr.contains("left open"),
        "{run:#?}"
    );
}

#[test]
fn deletes_under_way_are_told() {
    let world = World::new();
    for n in 0..3 {
        world.server.store().put("bucket", &format!("d/{n}"), "");
    }
    let stall = Action::StallHeaders(Duration::from_millis(800));
    world
        .server
        .faults()
        .push(Fault::always("DeleteObjects", stall));
    let running = world.start("del -r s3://bucket/d");
    world.wait_for("DeleteObjects", 1);
    running.signal("INT");
    let run = running.wait().within(6);
    assert_eq!(run.status.code(), Some(130));
    // What was deleted was said, and the rest is there.
    let left = world.server.store().keys("bucket").len();
    assert_eq!(run.stdout.lines().count(), 3 - left, "{run:#?}");
}

#[test]
fn a_signal_while_a_file_is_read_is_noticed() {
    // Reading gigabytes to sum them takes a while, and no request is under way yet.
    let world = World::new();
    std::fs::File::create(world.path("huge"))
        .unwrap()
        .set_len(20 << 30)
        .unwrap();
    let running = world.start("put huge s3://bucket/huge");
    sleep(Duration::from_millis(1000));
    let sent = Instant::now();
    running.signal("INT");
    let run = running.wait();
    assert!(sent.elapsed() < Duration::from_secs(6));
    assert_eq!(run.status.code(), Some(130), "{run:#?}");
}

/// The workers are stuck in writing, and used to be the only ones who listened for signals.
#[test]
fn a_reader_that_does_not_read_does_not_keep_the_program() {
    use std::process::Stdio;
    let world = World::new();
    // More than a pipe holds.
    let name = "n".repeat(200);
    for number in 0..2000 {
        world.file(&format!("many/{name}{number}"), "");
    }
    let mut command = world.command();
    command.args(["put", "-r", "-n", "-f", "many", "s3://bucket/x"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    sleep(Duration::from_secs(2));
    assert!(child.try_wait().unwrap().is_none(), "it should be stuck");
    let signalled = Instant::now();
    let kill = std::process::Command::new("kill")
        .arg(child.id().to_string())
        .status();
    assert!(kill.unwrap().success());
    while signalled.elapsed() < Duration::from_secs(7) {
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(143));
            return;
        }
        sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("it is still there");
}
