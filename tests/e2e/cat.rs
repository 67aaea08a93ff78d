//! `cat`: objects to the standard output.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use crate::world::{World, noise};

#[test]
fn an_object_comes_out_as_it_is() {
    let world = World::new();
    let binary: Vec<u8> = (0..=255).chain(noise(100_000)).chain(*b"\r\n\n").collect();
    for (key, content) in [
        ("binary", &*binary),
        ("empty", b""),
        ("line", b"no newline"),
    ] {
        world.store(key, content, &[]).unwrap();
        let run = world.s4cmd(&["cat", &world.url(key)]);
        run.succeeds();
        assert!(run.stdout() == content, "{key}");
    }
}

#[test]
fn wildcards_give_the_objects_in_the_order_of_the_listing() {
    let world = World::new();
    world.seed(&["c.txt", "a.txt", "b.txt", "b.bin", "a.txt.gz", "0.txt"]);
    let run = world.s4cmd(&["cat", &world.url("*.txt")]);
    run.succeeds();
    assert_eq!(run.stdout(), b"0.txta.txtb.txtc.txt");
}

#[test]
fn what_cannot_be_printed_is_told_and_the_rest_goes_on() {
    let world = World::new();
    world.seed(&["a", "d/1", "z"]);
    let run = world.s4cmd(&["cat", &world.url("?")]);
    let error = format!("[Runtime Failure] {}: it is a directory", world.url("d/"));
    assert_eq!(run.fails(), error);
    assert_eq!(run.stdout(), b"az");
    let error = "[Runtime Failure] Source doesn't exist.";
    world
        .s4cmd(&["cat", &world.url("nothing")])
        .fails_with(error);
    world.s4cmd(&["cat", &world.url("*.txt")]).fails_with(error);
    let run = world.s4cmd(&["cat", "--ignore-empty-source", &world.url("nothing")]);
    run.prints::<&str>(&[]);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let world = World::new();
    let lines = "a line of a large object\n".repeat(400_000);
    world.store("large", &lines, &[]).unwrap();
    world.store("larger", &lines, &[]).unwrap();
    let mut command = world.command();
    command.args(["cat", &world.url("*")]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "a line of a large object\n");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}
