//! What shells complete, and the manual.

use crate::run::{Running, World};

fn world() -> World {
    let world = World::new();
    world.server.store().create_bucket("bulk");
    for key in ["photos/a.jpg", "photo 1.jpg", "phone", "other", "odd*"] {
        world.server.store().put("bucket", key, "x");
    }
    world
}

fn asked(world: &World, first: &str, word: &str) -> Vec<String> {
    let run = world.run_words(&["_complete", "--", first, word]);
    run.succeeds().stdout.lines().map(str::to_owned).collect()
}

#[test]
fn names_of_buckets_and_keys_are_asked_of_the_server() {
    let world = world();
    let asked = |word| asked(&world, "ls", word);
    assert_eq!(asked("s3:"), ["s3://"]);
    assert_eq!(asked("s3://bu"), ["s3://bucket/", "s3://bulk/"]);
    assert_eq!(asked("s3://x"), [""; 0]);
    let below = [
        "s3://bucket/photos/",
        "s3://bucket/phone",
        "s3://bucket/photo 1.jpg",
    ];
    assert_eq!(asked("s3://bucket/pho"), below);
    assert_eq!(asked("s3://bucket/photos/"), ["s3://bucket/photos/a.jpg"]);
    assert_eq!(asked("file"), [""; 0]);
}

#[test]
fn what_is_known_needs_no_server() {
    let world = world();
    assert_eq!(asked(&world, "mul", "mul"), ["multipart"]);
    assert_eq!(asked(&world, "ls", "--recur"), ["--recursive"]);
    assert_eq!(world.operations(), [""; 0]);
}

/// What bash would offer for a line. Readline cuts its words at blanks and colons.
fn offered(world: &World, line: &str) -> Vec<String> {
    let script = r#"
        source <("$S4CMD" completions bash)
        COMP_LINE=$1 COMP_POINT=${#1}
        IFS=$' \t' read -ra COMP_WORDS <<< "${1//:/ : }"
        compopt() { :; }
        _s4cmd "$S4CMD"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut bash = world.command_of("bash");
    bash.env("S4CMD", env!("CARGO_BIN_EXE_s4cmd"));
    let run = Running::spawn(bash.args(["-c", script, "bash", line])).wait();
    let lines = run.succeeds().stdout;
    let mut lines: Vec<String> = lines.lines().map(str::to_owned).collect();
    lines.retain(|line| !line.is_empty());
    lines
}

#[test]
fn bash_gets_what_stands_behind_the_colon() {
    let world = world();
    let offered = |line| offered(&world, line);
    assert_eq!(offered("s4cmd dsy"), ["dsync"]);
    assert_eq!(offered("s4cmd ls --summ"), ["--summarize"]);
    assert_eq!(offered("s4cmd ls s3://bul"), ["//bulk/"]);
    let below = [
        "//bucket/photos/",
        "//bucket/phone",
        "//bucket/photo\\ 1.jpg",
    ];
    assert_eq!(offered("s4cmd get -r s3://bucket/pho"), below);
    // Nothing in a name is for the shell.
    world.file("odd.txt", "");
    assert_eq!(offered("s4cmd get s3://bucket/od"), ["//bucket/odd\\*"]);
    assert_eq!(offered("s4cmd put fil"), [""; 0]);
}

#[test]
fn the_manual_is_a_page() {
    let world = World::new();
    let run = world.run("man").succeeds();
    assert!(run.stdout.contains(".SH COMMANDS"), "{run:#?}");
    for line in ["completions csh", "completions", "man ls"] {
        world.run(line).fails().in_one_line();
    }
}
