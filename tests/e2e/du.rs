//! `du` and `_totalsize`.

use crate::world::World;

const KEYS: [&str; 5] = ["a", "d/11", "d/e/22", "x", "x/y"];

#[test]
fn each_entry_has_its_line() {
    let world = World::new();
    world.seed(&KEYS);
    let bucket = format!("s3://{}", world.bucket());
    let du = |options: &[&str], key: &str, expected: &[(u64, &str)]| {
        let line = |(size, key): &(u64, &str)| format!("{size}\t{}", world.url(key));
        let expected: Vec<String> = expected.iter().map(line).collect();
        let run = world.s4cmd(&[&["du", &*world.url(key)], options].concat());
        run.prints(&expected);
        assert_eq!(run.lines(), expected, "in this order");
    };
    du(&[], "a", &[(1, "a")]);
    du(&[], "d", &[(4, "d/")]);
    du(&["-r"], "d", &[(10, "d/")]);
    du(&["-r"], "x", &[(3, "x/"), (1, "x")]);
    du(&["-r"], "*", &[(10, "d/"), (3, "x/"), (1, "a"), (1, "x")]);
    du(&[], "d/*", &[(6, "d/e/"), (4, "d/11")]);
    let total = world.s4cmd(&["_totalsize", "-r", &bucket, &world.url("a")]);
    total.prints(&["16"]);
    world.s4cmd(&["_totalsize", &bucket]).prints(&["9"]);
}

#[test]
fn nothing_is_a_failure_and_no_path_is_misuse() {
    let world = World::new();
    world.seed(&["a"]);
    let missing = "[Runtime Failure] Source doesn't exist.";
    world.s4cmd(&["du", &world.url("no")]).fails_with(missing);
    world
        .s4cmd(&["_totalsize", &world.url("no")])
        .fails_with(missing);
    world
        .s4cmd(&["du", "--ignore-empty-source", &world.url("no")])
        .prints::<&str>(&[]);
    // One of several is enough.
    let line = format!("1\t{}", world.url("a"));
    world
        .s4cmd(&["du", &world.url("no"), &world.url("a")])
        .prints(&[line]);
    // What cannot be listed is named, and the rest goes on.
    let run = world.s4cmd(&["du", "s3://no-such-bucket-of-mine", &world.url("a")]);
    assert!(
        run.fails().contains("s3://no-such-bucket-of-mine/: "),
        "{run:?}"
    );
    run.has_lines(&[format!("1\t{}", world.url("a"))]);
    let misuse = "[Invalid Argument] Invalid number of parameters";
    world.s4cmd(&["du"]).fails_with(misuse);
    world.s4cmd(&["_totalsize"]).fails_with(misuse);
}
