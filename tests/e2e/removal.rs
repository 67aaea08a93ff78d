//! `-D`: what the source does not have goes, and nothing else.

use std::fs;

use crate::world::World;

/// The time of day passes differently on every server; this is before all of it.
const LONG_AGO: &str = "2001-01-01";

fn delete_lines(world: &World, keys: &[&str]) -> Vec<String> {
    keys.iter()
        .map(|key| format!("Delete {}", world.url(key)))
        .collect()
}

#[test]
fn extra_objects_go_after_the_upload() {
    let world = World::new();
    world.write_all(&["d/a", "d/a-b", "d/b/c"]);
    world.seed(&["p/a", "p/a/x", "p/b", "p/z", "pp/kept", "other"]);
    let up = |options: &[&str]| {
        world.s4cmd(&[&["dsync", "-D", "d", &*world.url("p")], options].concat())
    };
    let mut expected = world.uploads(&[("d/a", "p/a"), ("d/a-b", "p/a-b"), ("d/b/c", "p/b/c")]);
    expected.extend(delete_lines(&world, &["p/a/x", "p/b", "p/z"]));
    let before = world.keys();
    up(&["-n"]).prints(&expected);
    assert_eq!(world.keys(), before, "a dry run");
    up(&[]).prints(&expected);
    assert_eq!(world.keys(), ["other", "p/a", "p/a-b", "p/b/c", "pp/kept"]);
    // One key is not a batch.
    world.seed(&["p/z"]);
    up(&["-n"]).deletes(&[world.url("p/z")]);
    assert!(world.keys().contains(&"p/z".to_owned()));
    up(&["--batch-delete-size", "1"]).succeeds();
    assert!(!world.keys().contains(&"p/z".to_owned()));
}

#[test]
fn extra_files_go_after_the_download() {
    let world = World::new();
    world.seed(&["p/a", "p/b/c"]);
    world.write_all(&["d/a", "d/b/x", "d/z", "elsewhere"]);
    let down = |options: &[&str]| {
        world.s4cmd(&[&["dsync", "-D", &*world.url("p"), "d"], options].concat())
    };
    let before = world.names("d");
    down(&["-n"]).deletes(&["d/b/x", "d/z"]);
    assert_eq!(world.names("d"), before, "a dry run");
    down(&[]).deletes(&["d/b/x", "d/z"]);
    assert_eq!(world.names("d"), ["a", "b/c"]);
    assert!(world.exists("elsewhere"));
}

#[test]
fn extra_objects_go_after_the_copy() {
    let world = World::new();
    world.seed(&["p/a", "p/b/c", "q/a", "q/b", "q/x/y"]);
    world
        .s4cmd(&["dsync", "-D", &world.url("p"), &world.url("q")])
        .deletes(&[world.url("q/b"), world.url("q/x/y")]);
    assert_eq!(world.keys(), ["p/a", "p/b/c", "q/a", "q/b/c"]);
}

#[test]
fn what_is_left_out_by_its_time_is_not_absent() {
    let world = World::new();
    world.seed(&["p/a", "q/a", "q/b"]);
    world.write_all(&["d/a", "d/mine"]);
    // The source has nothing so old: nothing is transferred, but it is all there.
    let old = ["--last-modified-before", LONG_AGO];
    world
        .s4cmd(&[&["dsync", "-D", &*world.url("p"), "d"], &old[..]].concat())
        .fails_with("[Runtime Failure] d: nothing was deleted, because everything in the source was left out");
    assert_eq!(world.names("d"), ["a", "mine"]);
    world
        .s4cmd(
            &[
                &["dsync", "-D", "--allow-empty-source", &*world.url("p"), "d"],
                &old[..],
            ]
            .concat(),
        )
        .prints(&["Delete d/mine"]);
    assert_eq!(world.names("d"), ["a"]);
    // Nor has the target.
    world
        .s4cmd(
            &[
                &["dsync", "-D", &*world.url("p"), &*world.url("q")],
                &old[..],
            ]
            .concat(),
        )
        .fails_with(&format!(
            "[Runtime Failure] {}: nothing was deleted, because everything in the source was left out",
            world.url("q")
        ));
    let up = world.s4cmd(&[&["dsync", "-D", "d", &*world.url("q")], &old[..]].concat());
    up.succeeds();
    assert_eq!(world.keys(), ["p/a", "q/a", "q/b"]);
}

#[test]
fn markers_of_directories_that_there_are_stay() {
    let world = World::new();
    world.write_all(&["d/sub/a"]);
    for marker in ["p/", "p/sub/", "p/gone/"] {
        world.store(marker, "", &[]).unwrap();
    }
    world
        .s4cmd(&["dsync", "-D", "d", &world.url("p")])
        .deletes(&[world.url("p/gone/")]);
}

#[test]
fn a_failure_keeps_everything() {
    let world = World::new();
    world.write_all(&["d/a"]);
    std::os::unix::fs::symlink("nowhere", world.path("d/broken")).unwrap();
    world.seed(&["p/broken", "p/extra"]);
    let run = world.s4cmd(&["dsync", "-D", "d", &world.url("p")]);
    let errors = run.errors();
    assert!(run.status() == 1 && errors.len() == 2, "{run:?}");
    assert!(
        errors[0].contains("d/broken") && errors[1].contains("nothing was deleted"),
        "{run:?}"
    );
    assert_eq!(world.keys(), ["p/a", "p/broken", "p/extra"]);
}

#[test]
fn what_cannot_be_read_is_not_absent() {
    let world = World::new();
    world.write_all(&["d/a", "d/secret/b"]);
    world.seed(&["p/a", "p/secret/b"]);
    world.set_mode("d/secret", 0o000);
    let mut command = world.unprivileged();
    let run = crate::world::run(command.args(["dsync", "-D", "d", &world.url("p")]));
    world.set_mode("d/secret", 0o700);
    assert!(
        run.status() == 1 && run.errors()[0].contains("d/secret"),
        "{run:?}"
    );
    assert_eq!(world.keys(), ["p/a", "p/secret/b"]);
}

#[test]
fn an_empty_source_deletes_nothing() {
    let world = World::new();
    world.make_directory("empty");
    world.seed(&["p/a"]);
    let text = "[Runtime Failure] Sync command need to sync directory to directory.";
    world
        .s4cmd(&["dsync", "-D", "empty", &world.url("p")])
        .fails_with(text);
    let ignore = [
        "dsync",
        "-D",
        "--ignore-empty-source",
        "empty",
        &*world.url("p"),
    ];
    world.s4cmd(&ignore).prints::<&str>(&[]);
    let ignore = [
        "dsync",
        "-D",
        "--ignore-empty-source",
        &*world.url("no"),
        &*world.url("p"),
    ];
    world.s4cmd(&ignore).prints::<&str>(&[]);
    let text = format!(
        "[Runtime Failure] {}: nothing was deleted, because the source is empty",
        world.url("p/")
    );
    let run = world.s4cmd(&["sync", "-D", "empty", &world.url("p")]);
    assert_eq!(run.fails(), text, "{run:?}");
    assert_eq!(world.keys(), ["p/a"]);
}

#[test]
fn the_obsolete_form_deletes_with_the_names_that_it_gave() {
    // With the slash the original deleted all that it had sent.
    for (target, base) in [("p", "p/"), ("p/", "p/d/")] {
        let world = World::new();
        world.write_all(&["d/a", "d/b"]);
        let (target, key) = (world.url(target), |name: &str| format!("{base}{name}"));
        world.seed(&[&key("b"), &key("x"), "q"]);
        fs::write(world.path("d/b"), key("b")).unwrap();
        let run = world.s4cmd(&["sync", "-D", "d", &target]);
        run.prints(&[
            format!("d/a => {}", world.url(&key("a"))),
            format!("d/b => {} (synced)", world.url(&key("b"))),
            format!("Deleting files found in d and not in {target}"),
            "d/x not found locally, adding to delete queue".to_owned(),
            format!("Delete {}", world.url(&key("x"))),
        ]);
        assert_eq!(world.keys(), [key("a"), key("b"), "q".to_owned()]);
    }
    let world = World::new();
    world.write("file", "f");
    let run = world.s4cmd(&["sync", "-D", "file", &world.url("p")]);
    assert!(
        run.fails().contains("Source \"file\" is not a directory."),
        "{run:?}"
    );
    assert_eq!(world.keys(), ["p"]);
}
