//! What people see on a terminal of 80 columns, and what pipes get.

use std::{io::Write as _, path::Path, process::Stdio, time::Duration};

use crate::{
    run::{Run, Running, World, content},
    server::{Action, Fault, Match},
};

/// Runs a command line on a terminal of its own, and gives all that was written to it.
fn on_terminal(world: &World, line: &str) -> Run {
    start_on_terminal(world, line, Stdio::null())
        .wait()
        .succeeds()
}

fn start_on_terminal(world: &World, line: &str, keyboard: Stdio) -> Running {
    let program = env!("CARGO_BIN_EXE_s4cmd");
    let mut script = world.command_of("script");
    let command = format!("stty cols 80 rows 24; exec {program} {line}");
    script.env("TERM", "xterm");
    Running::spawn_reading(script.args(["-qec", &command, "/dev/null"]), keyboard)
}

/// Not all systems have the program that makes terminals.
fn has_terminals() -> bool {
    let found = ["/usr/bin/script", "/bin/script"]
        .iter()
        .any(|path| Path::new(path).exists());
    if !found {
        println!("skipped: there is no program `script`");
    }
    found
}

/// What is on the screen, and above it, at the end; without empty lines.
fn screen(written: &str) -> Vec<String> {
    let mut parser = vt100::Parser::new(24, 80, 1000);
    parser.process(written.as_bytes());
    let screen = parser.screen();
    let rows = screen.rows(0, 80).map(|row| row.trim_end().to_owned());
    rows.filter(|row| !row.is_empty()).collect()
}

/// A file whose bytes come slowly, and small ones.
fn world() -> World {
    let world = World::new();
    let store = world.server.store();
    store.put("bucket", "d/large.bin", content(20 << 20, 1));
    for n in 0..5 {
        store.put("bucket", &format!("d/small-{n}"), "x");
    }
    slowly(&world, "d/large.bin");
    world
}

fn slowly(world: &World, key: &str) {
    world.server.faults().push(Fault {
        when: Match::op("GetObject").key(key),
        times: 1,
        action: Action::SlowBody {
            bytes_per_write: 1 << 20,
            pause: Duration::from_millis(60),
        },
    });
}

#[test]
fn bars_come_and_go_and_leave_only_lines() {
    if !has_terminals() {
        return;
    }
    let world = world();
    let run = on_terminal(&world, "get -r s3://bucket/d got");
    // There was a bar for the large file, and a line for everything, which is that of the original.
    assert!(run.stdout.contains("d/large.bin "), "{run:#?}");
    assert!(run.stdout.contains(" 5%"), "{run:#?}");
    let tasks = "[5 task(s) completed, 1 remaining, 256 thread(s)]";
    assert!(run.stdout.contains(tasks), "{run:#?}");
    assert!(run.stdout.contains("M/20M "), "{run:#?}");
    let mut lines = screen(&run.stdout);
    lines.sort();
    let name = |name: &str| format!("s3://bucket/d/{name} => got/{name}");
    let mut expected: Vec<String> = (0..5).map(|n| name(&format!("small-{n}"))).collect();
    expected.insert(0, name("large.bin"));
    assert_eq!(lines, expected);
}

#[test]
fn a_run_that_is_stopped_leaves_no_bars() {
    if !has_terminals() {
        return;
    }
    let world = world();
    for n in 0..7 {
        let key = format!("d/large-{n}.bin");
        world
            .server
            .store()
            .put("bucket", &key, content(20 << 20, n));
        slowly(&world, &key);
    }
    let (keyboard, mut keys) = std::io::pipe().unwrap();
    let running = start_on_terminal(&world, "get -r s3://bucket/d got", keyboard.into());
    std::thread::sleep(Duration::from_millis(900));
    // The terminal itself shows it, behind the last bar.
    keys.write_all(b"\x03").unwrap();
    let run = running.wait();
    assert_eq!(run.status.code(), Some(130), "{run:#?}");
    assert!(run.stdout.contains("M/160M "), "{run:#?}");
    let lines = screen(&run.stdout);
    let last = lines.last().map(String::as_str);
    assert_eq!(last, Some("[Runtime Failure] Interrupted by user"));
    let is_bar = |line: &String| line.contains('%') || line.contains("task(s)");
    assert!(!lines.iter().any(is_bar), "{lines:#?}");
}

#[test]
fn those_who_do_not_want_bars_get_none() {
    if !has_terminals() {
        return;
    }
    for options in ["--no-progress", "--progress never", "-q", "--json"] {
        let world = world();
        let run = on_terminal(&world, &format!("get -r s3://bucket/d got {options}"));
        assert!(!run.stdout.contains("task(s)"), "{options}: {run:#?}");
        assert!(!run.stdout.contains('\u{1b}'), "{options}: {run:#?}");
    }
}

#[test]
fn pipes_get_lines_without_control_characters() {
    let world = world();
    let run = world.run("get -r s3://bucket/d got").succeeds();
    assert_eq!(run.stdout.lines().count(), 6);
    assert_eq!(run.stderr, "");
    let has_controls = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
    assert!(!has_controls(&run.stdout), "{run:#?}");
}

#[test]
fn plain_progress_is_a_line_now_and_then() {
    let world = World::new();
    world
        .server
        .store()
        .put("bucket", "slow", content(1 << 20, 1));
    let slow = || {
        world.server.faults().push(Fault {
            when: Match::op("GetObject"),
            times: 1,
            action: Action::StallHeaders(Duration::from_millis(5500)),
        });
    };
    slow();
    let run = world
        .run("get s3://bucket/slow a --progress plain")
        .succeeds();
    let expected = "[0 task(s) completed, 1 remaining, 256 thread(s)] 0/1.0M 0/s\n";
    assert_eq!(run.stderr, expected);
    slow();
    let run = world
        .run("get s3://bucket/slow b --progress plain --json")
        .succeeds();
    let progress: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!(progress["type"], "progress");
    assert_eq!(progress["known"], 1 << 20);
}
