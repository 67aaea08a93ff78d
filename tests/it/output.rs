//! Many lines on their way to somebody who reads slowly, stops reading, or has no room.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Stdio},
    time::Duration,
};

use crate::{
    run::{Running, World},
    server::{Action, Fault, Match},
};

fn world(count: usize) -> World {
    let world = World::new();
    for n in 0..count {
        let key = format!("d/{n:06}");
        world.server.store().put("bucket", &key, "");
    }
    world
}

fn spawn(world: &World, line: &str) -> Child {
    let mut command = world.command();
    command.args(line.split(' ')).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn a_slow_reader_gets_every_line_in_order() {
    let world = world(20_000);
    let mut child = spawn(&world, "ls -r s3://bucket/d");
    let mut pipe = child.stdout.take().unwrap();
    let (mut text, mut piece) = (Vec::new(), vec![0; 32 * 1024]);
    loop {
        let len = pipe.read(&mut piece).unwrap();
        if len == 0 {
            break;
        }
        text.extend_from_slice(&piece[..len]);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(child.wait().unwrap().success());
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.lines().count(), 20_000);
    for (n, line) in text.lines().enumerate() {
        assert!(line.ends_with(&format!(" s3://bucket/d/{n:06}")), "{line}");
    }
}

/// Up to 100,000 entries are kept, because their columns are fitted to them.
#[test]
fn a_reader_that_goes_away_ends_a_long_listing() {
    let world = world(130_000);
    world.server.faults().push(Fault {
        when: Match::op("ListObjectsV2").nth(103),
        times: u32::MAX,
        action: Action::StallHeaders(Duration::from_millis(50)),
    });
    let mut child = spawn(&world, "ls -r s3://bucket/d");
    let mut first = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut first).unwrap();
    assert!(first.ends_with(" s3://bucket/d/000000\n"), "{first}");
    drop(reader);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
    let lists = world.server.requests_of("ListObjectsV2").len();
    assert!((101..125).contains(&lists), "{lists} of 130 pages");
}

#[test]
fn a_full_disk_behind_the_output_is_told_once() {
    for count in [1, 5000] {
        let world = world(count);
        world.file("e/f", "x");
        for line in [
            "ls -r s3://bucket/d",
            "ls -r s3://bucket",
            "du -r s3://bucket/d",
            "get -r s3://bucket/d/000000 new",
            "del -n -r s3://bucket/d",
            "dsync -n s3://bucket/d e",
        ] {
            let mut command = world.command_of("sh");
            command
                .args(["-c", &format!("exec \"$0\" {line} > /dev/full")])
                .arg(env!("CARGO_BIN_EXE_s4cmd"));
            let run = Running::spawn(&mut command).wait().fails();
            run.in_one_line().says("standard output");
        }
    }
}

/// Lines of `mb` and `rb` were results that nothing hid.
#[test]
fn quiet_hides_what_was_made_and_removed() {
    let world = World::new();
    for line in ["mb s3://other", "rb s3://other"] {
        let run = world.run(&format!("{line} --quiet")).succeeds();
        assert!(run.stdout.is_empty(), "{run:?}");
    }
    let run = world.run("mb s3://other").succeeds();
    assert_eq!(run.stdout, "Creating s3://other\nDone.\n");
}
