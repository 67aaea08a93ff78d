//! `del`: objects and trees away, and nothing else.

use crate::{differences::Difference, world::World};

const KEYS: [&str; 10] = [
    "a",
    "a.txt",
    "b.txt",
    "d/1.txt",
    "d/2.bin",
    "d/e/3.txt",
    "dd/4.txt",
    "x",
    "x/y",
    "xy",
];

/// The lines of deleting these keys.
fn deleted(world: &World, keys: &[&str]) -> Vec<String> {
    keys.iter()
        .map(|key| format!("Delete {}", world.url(key)))
        .collect()
}

/// Fills the bucket, deletes, and looks at the lines and at what is left.
#[track_caller]
fn deletes(world: &World, options: &[&str], path: &str, gone: &[&str]) {
    world.seed(&KEYS);
    let url = world.url(path);
    let arguments = |extra: &[&str]| {
        let mut line = vec!["del".to_owned(), url.clone()];
        line.extend(options.iter().chain(extra).map(|&option| option.to_owned()));
        line
    };
    world
        .s4cmd(&arguments(&["-n"]))
        .prints(&deleted(world, gone));
    assert_eq!(world.keys(), KEYS, "a dry run of {path}");
    world.s4cmd(&arguments(&[])).prints(&deleted(world, gone));
    let left: Vec<&str> = KEYS.into_iter().filter(|key| !gone.contains(key)).collect();
    assert_eq!(world.keys(), left, "{options:?} {path}");
}

#[test]
fn without_r_only_objects_of_the_level_are_deleted() {
    let world = World::new();
    deletes(&world, &[], "a", &["a"]);
    deletes(&world, &[], "x", &["x"]);
    deletes(&world, &[], "d/2.bin", &["d/2.bin"]);
    deletes(&world, &[], "*.txt", &["a.txt", "b.txt"]);
    deletes(&world, &[], "*/*.txt", &["d/1.txt", "dd/4.txt"]);
    deletes(&world, &[], "d/*", &["d/1.txt", "d/2.bin"]);
    deletes(&world, &[], "", &["a", "a.txt", "b.txt", "x", "xy"]);
}

#[test]
fn a_directory_means_its_own_objects_and_with_r_its_tree() {
    let world = World::new();
    deletes(&world, &[], "d", &["d/1.txt", "d/2.bin"]);
    deletes(&world, &[], "d/", &["d/1.txt", "d/2.bin"]);
    deletes(&world, &["-d"], "d", &[]);
    deletes(&world, &["-r"], "d", &["d/1.txt", "d/2.bin", "d/e/3.txt"]);
    deletes(&world, &["-r"], "d/", &["d/1.txt", "d/2.bin", "d/e/3.txt"]);
    deletes(&world, &["-r"], "d/e", &["d/e/3.txt"]);
    deletes(&world, &["-r"], "x", &["x", "x/y"]);
    deletes(&world, &["-r"], "a", &["a"]);
}

#[test]
fn a_wildcard_with_r_must_be_matched_whole() {
    let world = World::new();
    deletes(&world, &["-r"], "*/e", &["d/e/3.txt"]);
    deletes(&world, &["-r"], "*/a", &[]);
    deletes(&world, &["-r"], "*/*/*", &["d/e/3.txt"]);
    deletes(
        &world,
        &["-r"],
        "d*",
        &["d/1.txt", "d/2.bin", "d/e/3.txt", "dd/4.txt"],
    );
    deletes(&world, &["-r"], "?/*.txt", &["d/1.txt"]);
    deletes(&world, &["-r"], "x?", &["xy"]);
}

#[test]
fn a_bucket_is_emptied_with_its_markers() {
    let world = World::new();
    world.seed(&KEYS);
    world.store("d/", "", &[]).unwrap();
    world.store("marker/", "", &[]).unwrap();
    let bucket = format!("s3://{}", world.bucket());
    let mut gone = KEYS.to_vec();
    gone.extend(["d/", "marker/"]);
    world
        .s4cmd(&["del", "-r", &bucket])
        .prints(&deleted(&world, &gone));
    assert!(world.keys().is_empty());
    let left = world.s4cmd(&["ls", &bucket]).succeeds();
    if world.differs(Difference::FoldersOutliveTheirFiles) {
        assert!(
            left.iter()
                .all(|line| line.trim_start().starts_with("DIR ")),
            "{left:?}"
        );
        return;
    }
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_is_not_there_is_deleted_in_silence() {
    let world = World::new();
    for path in ["", "nothing", "nothing/", "*.none", "a/b"] {
        world.s4cmd(&["del", &world.url(path)]).prints::<&str>(&[]);
        world
            .s4cmd(&["del", "-r", &world.url(path)])
            .prints::<&str>(&[]);
    }
    deletes(&world, &[], "nothing", &[]);
    deletes(&world, &["-r"], "dd/4", &[]);
}

#[test]
fn more_keys_than_a_page_or_a_batch_are_deleted() {
    let world = World::new();
    let names: Vec<String> = (0..1100).map(|number| format!("t/{number:04}")).collect();
    for name in &names {
        world.write(name, "");
    }
    assert_eq!(
        world
            .s4cmd(&["put", "-r", "t", &world.url("t")])
            .succeeds()
            .len(),
        1100
    );
    world.seed(&["s", "t-1", "t0"]);
    let lines = world.s4cmd(&["ls", "-r", &world.url("t")]).succeeds();
    assert_eq!(lines.len(), 1100);
    let keys: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = world.s4cmd(&["del", "-r", &world.url("t")]);
    run.prints(&deleted(&world, &keys));
    assert_eq!(world.keys(), ["s", "t-1", "t0"]);
}
