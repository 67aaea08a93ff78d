//! `run`: many commands in one process.

use std::fmt::Write as _;

use crate::{
    run::World,
    server::{Action, Fault, Match},
};

#[test]
fn lines_are_run_in_their_order() {
    let world = World::new();
    world.file("a", "1");
    let script = "# first\n\nmb s3://other\nput a 's3://other/a b' --API-ContentType x/y\n\
        mv \"s3://other/a b\" s3://other/b\r\nls s3://other\n  cat s3://other/b";
    world.file("script", script);
    let run = world.run("run script").succeeds();
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines[0], "Creating s3://other");
    assert!(
        lines.contains(&"s3://other/a b => s3://other/b"),
        "{lines:?}"
    );
    assert!(run.stdout.ends_with("s3://other/b\n1"), "{run:?}");
    let object = world.server.store().get("other", "b").unwrap();
    assert_eq!(object.header("content-type"), Some("x/y"));
    let run = world.run_reading("script", "run -");
    // The bucket is there, and the rest goes on.
    let run = run.fails().says("Unable to create bucket other");
    assert!(run.stdout.ends_with("s3://other/b\n1"), "{run:?}");
}

#[test]
fn all_lines_go_by_the_same_connections() {
    let world = World::new();
    let mut script = String::new();
    for n in 0..300 {
        world.server.store().put("bucket", &format!("d/{n}"), "x");
        writeln!(script, "get s3://bucket/d/{n} {n}").unwrap();
    }
    world.file("script", script);
    let run = world.run("run script -c 4 --lines 16 --stats").succeeds();
    assert_eq!(run.stdout.lines().count(), 300);
    assert!((0..300).all(|n| world.read(&n.to_string()).unwrap() == b"x"));
    // A client for each line would make 300. One may be made where another is not given back yet.
    assert!(
        world.server.connections() <= 16,
        "{}",
        world.server.connections()
    );
    run.says("300 listed = 300 transferred");
}

#[test]
fn a_line_that_makes_no_sense_keeps_a_file_from_being_begun() {
    let world = World::new();
    world.file("a", "1");
    for (line, text) in [
        ("frobnicate", "Unknown command frobnicate"),
        ("put a", "Invalid number of parameters"),
        ("run other", "Invalid number of parameters"),
        ("man", "Invalid number of parameters"),
        ("del --recursiv3 s3://bucket", "no such option: --recursiv3"),
        ("put 'a s3://bucket", "a quote is not closed"),
        (
            "ls --profile x",
            "--profile is for all lines: give it to run",
        ),
        ("put -c 3 a s3://bucket/a", "--num-threads is for all lines"),
        ("ls -q", "--quiet is for all lines"),
        ("ls --help", "--help is for all lines"),
        ("get s3://bucket/a b --shard 3/3", "--shard 3/3"),
        (
            "cp s3://b/a s3://b/c --source-profile x",
            "--source-profile",
        ),
    ] {
        world.file("script", format!("put a s3://bucket/a\n\n{line}\n"));
        let run = world.run("run script").fails();
        run.says(text)
            .says("[Invalid Argument] script:3: ")
            .in_one_line();
        assert!(world.server.store().keys("bucket").is_empty(), "{line}");
    }
    world.file("script", b"put a s3://bucket/a\nls \xff\nls 'x\n");
    let run = world.run("run script").fails();
    assert_eq!(run.failures().len(), 2, "{run:?}");
    run.says("script:2: the line is not UTF-8");
    assert!(world.server.requests().is_empty());
}

#[test]
fn what_is_wrong_in_a_stream_is_told_when_it_comes() {
    let world = World::new();
    world.file("a", "1");
    let script = "frobnicate\nput a s3://bucket/a\nput - s3://bucket/b\n\
        policy set s3://bucket -\n";
    world.file("script", script);
    let run = world.run_reading("script", "run -").fails();
    run.says("standard input:1: Unknown command")
        .says("standard input:3: the standard input is the script")
        .says("standard input:4: the standard input is the script");
    assert_eq!(world.server.store().keys("bucket"), ["a"]);
}

#[test]
fn options_of_single_lines_are_refused_for_all() {
    let world = World::new();
    world.file("script", "ls\n");
    for option in ["-r", "--include x", "--API-ACL private", "--etag"] {
        let run = world.run(&format!("run script {option}")).fails();
        run.says("is for single lines: write it there");
    }
    world
        .run("run")
        .fails()
        .says("Invalid number of parameters");
    world.run("run missing").fails().says("missing");
    let mut world = world;
    world.set("S4CMD_OPTS", "--recursive");
    world.run("run script").succeeds();
}

#[test]
fn a_dry_run_is_one_of_all_lines() {
    let world = World::new();
    world.server.store().put("bucket", "k", "x");
    world.file("a", "1");
    world.file("script", "put a s3://bucket/a\ndel s3://bucket/k\n");
    let run = world.run("run -n script").succeeds();
    assert_eq!(run.stdout.lines().count(), 2);
    assert_eq!(world.server.store().keys("bucket"), ["k"]);
    world.file("script", "del -n s3://bucket/k\nput a s3://bucket/a\n");
    world.run("run script").succeeds();
    assert_eq!(world.server.store().keys("bucket"), ["a", "k"]);
}

/// Deletions are withheld where reading failed, but not because some other line failed.
#[test]
fn a_failure_of_one_line_is_none_of_another() {
    let world = World::new();
    let store = world.server.store();
    store.put("bucket", "t/gone", "x");
    world.file("s/f", "1");
    world.file(
        "script",
        "get s3://bucket/missing x\ndsync -D s s3://bucket/t\ndsync missing s3://bucket/u\n",
    );
    let run = world.run("run script").fails();
    assert_eq!(store.keys("bucket"), ["t/f"]);
    assert_eq!(run.failures().len(), 2, "{run:?}");
    run.says("script:1: Source doesn't exist.")
        .says("script:3: ");
}

#[test]
fn an_interrupt_ends_the_script() {
    let world = World::new();
    world.file("a", "1");
    let stall = Action::StallHeaders(std::time::Duration::from_secs(30));
    world.server.faults().push(Fault {
        when: Match::op("PutObject").nth(2),
        times: 1,
        action: stall,
    });
    world.file(
        "script",
        "put a s3://bucket/1\nput a s3://bucket/2\nput a s3://bucket/3\n",
    );
    let running = world.start("run script");
    world.wait_for("PutObject", 2);
    running.signal("INT");
    let run = running.wait().within(8);
    assert_eq!(run.status.code(), Some(130));
    assert_eq!(world.server.store().keys("bucket"), ["1"]);
    assert_eq!(world.server.requests_of("PutObject").len(), 2);
}
