//! `multipart`: uploads that were begun and not ended.

use crate::{differences::Difference, world::World};

const OPEN: [&str; 4] = ["a", "d/e/x", "d/y", "dd"];

fn world() -> (World, Vec<String>) {
    let world = World::new();
    let ids = OPEN.map(|key| world.begin_upload(key, b"part"));
    (world, ids.to_vec())
}

impl World {
    /// The keys of the open uploads that a path means, in their order.
    fn open(&self, arguments: &[&str]) -> Vec<String> {
        let run = self.s4cmd(&[&["multipart", "list"], arguments].concat());
        let bucket = self.url("");
        let key = |line: String| {
            let (_, url) = line.split_once(&*bucket).expect("a line ends in the URL");
            url.to_owned()
        };
        let mut keys: Vec<_> = run.succeeds().into_iter().map(key).collect();
        keys.sort();
        keys
    }
}

#[test]
fn open_uploads_are_shown_with_time_and_identifier() {
    let (world, ids) = world();
    assert_eq!(world.open(&[&world.url("")]), OPEN);
    assert_eq!(world.open(&[&world.url("d")]), ["d/e/x", "d/y"]);
    assert_eq!(world.open(&[&world.url("d/*")]), ["d/e/x", "d/y"]);
    assert_eq!(world.open(&[&world.url("*/?")]), ["d/e/x", "d/y"]);
    assert_eq!(world.open(&[&world.url("none")]), [""; 0]);
    let run = world.s4cmd(&["multipart", "list", &world.url("a")]);
    let lines = run.succeeds();
    let words: Vec<_> = lines[0].split_whitespace().collect();
    assert_eq!(words[2..], [&*ids[0], &*world.url("a")]);
    assert!(words[0].starts_with("20") && words[1].contains(':'));
    world
        .s4cmd(&["multipart", "abort", &world.url("")])
        .succeeds();
}

#[test]
fn uploads_are_given_up_if_they_are_old_enough() {
    let (world, ids) = world();
    let (all, d) = (world.url(""), world.url("d"));
    if world.differs(Difference::UploadsAreAllOf2010) {
        assert_eq!(world.open(&[&all, "--older-than", "500w"]), OPEN);
    } else {
        world.s4cmd(&["multipart", "abort", &all, "--older-than", "1h"]);
        assert_eq!(world.open(&[&all]), OPEN, "they are of now");
        assert_eq!(world.open(&[&all, "--older-than", "1h"]), [""; 0]);
    }
    let run = world.s4cmd(&["multipart", "abort", &d, "-n"]);
    assert_eq!(run.succeeds().len(), 2);
    assert_eq!(world.open(&[&all]), OPEN, "that was a dry run");
    let run = world.s4cmd(&["multipart", "abort", &d]);
    run.prints(&[
        format!("Abort {} {}", ids[1], world.url("d/e/x")),
        format!("Abort {} {}", ids[2], world.url("d/y")),
    ]);
    assert_eq!(world.open(&[&all]), ["a", "dd"]);
    world.s4cmd(&["multipart", "abort", &all]).succeeds();
    assert_eq!(world.open(&[&all]), [""; 0]);
}

#[test]
fn what_is_wrong_is_named() {
    let world = World::new();
    let run = world.s4cmd(&["multipart", "remove", &world.url("")]);
    run.fails_with("[Invalid Argument] multipart remove: list or abort expected");
    let run = world.s4cmd(&["multipart", "list", &world.url(""), "--older-than", "old"]);
    run.is_wrong_usage("12h or 7d");
    let run = world.s4cmd(&["multipart", "list"]);
    run.fails_with("[Invalid Argument] Invalid number of parameters");
}
