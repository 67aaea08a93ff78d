//! What the original's own test script checks, case by case, in 32 tests: the program moves files
//! and they are compared as a user would compare them.

use std::fs;

use crate::{
    differences::Difference,
    world::{World, md5_hex, noise},
};

/// A tree with directories, an empty file and a few kilobytes.
fn source(world: &World) {
    for (name, size) in [
        ("source/1.txt", 10),
        ("source/2.txt", 200),
        ("source/3.log", 3000),
        ("source/empty", 0),
        ("source/sub/1.txt", 40),
        ("source/sub/deep/5.txt", 5),
    ] {
        world.write(name, noise(size));
    }
}

fn ok(world: &World, words: &[&str]) -> Vec<String> {
    world.s4cmd(words).succeeds()
}

/// The two directories hold the same files.
#[track_caller]
fn same(world: &World, one: &str, other: &str) {
    assert_eq!(world.tree(one), world.tree(other), "{one} {other}");
}

#[test]
fn c01_a_file_goes_up_and_down() {
    let world = World::new();
    source(&world);
    ok(&world, &["put", "source/1.txt", &world.url("k.txt")]);
    ok(&world, &["get", &world.url("k.txt"), "got"]);
    assert_eq!(world.read("got"), world.read("source/1.txt"));
}

#[test]
fn c02_a_file_goes_into_a_directory_with_a_slash() {
    let world = World::new();
    source(&world);
    ok(&world, &["put", "source/1.txt", &world.url("d/")]);
    assert_eq!(world.keys(), ["d/1.txt"]);
}

#[test]
fn c03_an_object_goes_into_a_directory_with_a_slash() {
    let world = World::new();
    world.seed(&["d/k"]);
    world.make_directory("here");
    ok(&world, &["get", &world.url("d/k"), "here/"]);
    assert_eq!(world.read("here/k"), b"d/k");
}

#[test]
fn c04_an_empty_file_goes_up_and_down() {
    let world = World::new();
    source(&world);
    ok(&world, &["put", "source/empty", &world.url("e")]);
    ok(&world, &["get", &world.url("e"), "got"]);
    assert_eq!(world.read("got"), b"");
}

#[test]
fn c05_several_files_go_up_as_the_shell_expands_them() {
    let world = World::new();
    source(&world);
    ok(
        &world,
        &[
            "put",
            "source/1.txt",
            "source/2.txt",
            "source/3.log",
            &world.url("d/"),
        ],
    );
    assert_eq!(world.keys(), ["d/1.txt", "d/2.txt", "d/3.log"]);
}

#[test]
fn c06_a_wildcard_comes_down() {
    let world = World::new();
    world.seed(&["d/1.txt", "d/2.txt", "d/3.log", "d/e/4.txt"]);
    ok(&world, &["get", &world.url("d/*.txt")]);
    assert_eq!(world.names("."), ["1.txt", "2.txt"]);
}

#[test]
fn c07_a_wildcard_of_one_letter_comes_down() {
    let world = World::new();
    world.seed(&["d/1.txt", "d/22.txt"]);
    ok(&world, &["get", &world.url("d/?.txt"), "."]);
    assert_eq!(world.names("."), ["1.txt"]);
}

#[test]
fn c08_wildcards_of_several_levels_come_down() {
    let world = World::new();
    world.seed(&["a/x/1", "b/x/2", "b/y/3"]);
    ok(&world, &["get", &world.url("*/x/*"), "."]);
    assert_eq!(world.names("."), ["1", "2"]);
}

#[test]
fn c09_a_directory_goes_up_and_down_without_slashes() {
    let world = World::new();
    source(&world);
    ok(&world, &["put", "-r", "source", &world.url("d")]);
    ok(&world, &["get", "-r", &world.url("d"), "got"]);
    same(&world, "source", "got");
}

#[test]
fn c10_a_directory_goes_up_under_its_name_with_a_slash() {
    let world = World::new();
    source(&world);
    ok(&world, &["put", "-r", "source", &world.url("d/")]);
    ok(&world, &["get", "-r", &world.url("d/source"), "got"]);
    same(&world, "source", "got");
}

#[test]
fn c11_the_slash_of_a_source_changes_nothing() {
    let world = World::new();
    source(&world);
    ok(&world, &["put", "-r", "source/", &world.url("d")]);
    ok(&world, &["get", "-r", &world.url("d/"), "got"]);
    same(&world, "source", "got");
}

#[test]
fn c12_a_directory_comes_down_into_one_that_there_is() {
    let world = World::new();
    source(&world);
    ok(&world, &["put", "-r", "source", &world.url("source")]);
    world.make_directory("got");
    ok(&world, &["get", "-r", &world.url("source"), "got"]);
    same(&world, "source", "got/source");
}

#[test]
fn c13_directories_are_omitted_without_r() {
    let world = World::new();
    source(&world);
    let up = ok(&world, &["put", "source", &world.url("d")]);
    assert_eq!(up, ["omitting directory \"source\"."]);
    world.seed(&["d/1"]);
    let down = ok(&world, &["get", &world.url("d"), "got"]);
    assert_eq!(
        down,
        [format!("omitting directory \"{}\".", world.url("d/"))]
    );
}

#[test]
fn c14_sync_goes_up_and_then_finds_everything() {
    let world = World::new();
    source(&world);
    let sync = || ok(&world, &["sync", "source", &world.url("d")]);
    assert!(sync().iter().all(|line| !line.ends_with("(synced)")));
    assert!(sync().iter().all(|line| line.ends_with("(synced)")));
}

#[test]
fn c15_sync_comes_down() {
    let world = World::new();
    source(&world);
    ok(&world, &["sync", "source", &world.url("d")]);
    ok(&world, &["sync", &world.url("d"), "got"]);
    same(&world, "source", "got");
}

#[test]
fn c16_sync_with_removal_mirrors_the_directory() {
    let world = World::new();
    source(&world);
    ok(&world, &["sync", "source", &world.url("d")]);
    fs::remove_file(world.path("source/2.txt")).unwrap();
    ok(
        &world,
        &["sync", "--delete-removed", "source", &world.url("d")],
    );
    ok(&world, &["get", "-r", &world.url("d"), "got"]);
    same(&world, "source", "got");
}

#[test]
fn c17_dsync_goes_up() {
    let world = World::new();
    source(&world);
    ok(&world, &["dsync", "source", &world.url("d/")]);
    ok(&world, &["get", "-r", &world.url("d"), "got"]);
    same(&world, "source", "got");
}

#[test]
fn c18_dsync_comes_down() {
    let world = World::new();
    source(&world);
    ok(&world, &["dsync", "source", &world.url("d")]);
    ok(&world, &["dsync", &world.url("d"), "got"]);
    same(&world, "source", "got");
}

#[test]
fn c19_dsync_goes_across() {
    let world = World::new();
    source(&world);
    ok(&world, &["dsync", "source", &world.url("d")]);
    ok(&world, &["dsync", &world.url("d"), &world.url("e")]);
    ok(&world, &["dsync", &world.url("e"), "got"]);
    same(&world, "source", "got");
}

#[test]
fn c20_dsync_with_removal_goes_up() {
    let world = World::new();
    source(&world);
    world.seed(&["d/old", "d/sub/old"]);
    ok(&world, &["dsync", "-D", "source", &world.url("d")]);
    ok(&world, &["dsync", &world.url("d"), "got"]);
    same(&world, "source", "got");
}

#[test]
fn c21_dsync_with_removal_comes_down() {
    let world = World::new();
    source(&world);
    ok(&world, &["dsync", "source", &world.url("d")]);
    world.write_all(&["got/old", "got/sub/old", "got/1.txt"]);
    ok(&world, &["dsync", "-D", &world.url("d"), "got"]);
    same(&world, "source", "got");
}

#[test]
fn c22_dsync_with_removal_goes_across() {
    let world = World::new();
    world.seed(&["d/1", "d/sub/2", "e/old", "e/1"]);
    ok(&world, &["dsync", "-D", &world.url("d"), &world.url("e")]);
    assert_eq!(world.keys(), ["d/1", "d/sub/2", "e/1", "e/sub/2"]);
    assert_eq!(world.body("e/1"), b"d/1");
}

#[test]
fn c23_cp_copies_an_object() {
    let world = World::new();
    world.seed(&["k"]);
    ok(&world, &["cp", &world.url("k"), &world.url("d/")]);
    assert_eq!(world.keys(), ["d/k", "k"]);
}

#[test]
fn c24_cp_copies_a_tree() {
    let world = World::new();
    source(&world);
    ok(&world, &["put", "-r", "source", &world.url("d")]);
    ok(&world, &["cp", "-r", &world.url("d"), &world.url("e")]);
    ok(&world, &["get", "-r", &world.url("e"), "got"]);
    same(&world, "source", "got");
}

#[test]
fn c25_cp_copies_what_a_wildcard_means() {
    let world = World::new();
    world.seed(&["d/1.txt", "d/2.txt", "d/3.log"]);
    ok(&world, &["cp", &world.url("d/*.txt"), &world.url("e/")]);
    assert_eq!(
        world.keys(),
        ["d/1.txt", "d/2.txt", "d/3.log", "e/1.txt", "e/2.txt"]
    );
}

#[test]
fn c26_mv_moves_an_object() {
    let world = World::new();
    world.seed(&["k"]);
    ok(&world, &["mv", &world.url("k"), &world.url("n")]);
    assert_eq!(world.keys(), ["n"]);
}

#[test]
fn c27_mv_moves_a_tree_and_what_a_wildcard_means() {
    let world = World::new();
    world.seed(&["d/1.txt", "d/2.log", "d/sub/3.txt"]);
    ok(&world, &["mv", "-r", &world.url("d"), &world.url("e")]);
    ok(&world, &["mv", &world.url("e/*.txt"), &world.url("f/")]);
    assert_eq!(world.keys(), ["e/2.log", "e/sub/3.txt", "f/1.txt"]);
}

#[test]
fn c28_du_and_totalsize_add_up() {
    let world = World::new();
    source(&world);
    ok(&world, &["put", "-r", "source", &world.url("d")]);
    let line = format!("3210\t{}", world.url("d/"));
    assert_eq!(ok(&world, &["du", &world.url("d")]), [line]);
    let line = format!("3255\t{}", world.url("d/"));
    assert_eq!(ok(&world, &["du", "-r", &world.url("d")]), [line]);
    let total = ok(
        &world,
        &["_totalsize", "-r", &world.url("d"), &world.url("d/1.txt")],
    );
    assert_eq!(total, ["3265"]);
}

#[test]
fn c29_a_hundred_megabytes_in_parts_keep_mode_444() {
    let world = World::new();
    let content = noise(100 << 20);
    world.write("large", &content);
    world.set_mode("large", 0o444);
    ok(
        &world,
        &[
            "put",
            "large",
            &world.url("k"),
            "--max-singlepart-upload-size",
            "50000000",
        ],
    );
    assert_eq!(world.head("k").metadata("md5"), Some(&*md5_hex(&content)));
    ok(&world, &["get", &world.url("k"), "got"]);
    assert!(world.read("got") == content);
    assert_eq!(world.mode("got"), 0o444);
}

#[test]
fn c30_del_deletes_objects_wildcards_and_trees() {
    let world = World::new();
    world.seed(&["d/1.txt", "d/2.txt", "d/3.log", "d/sub/4", "k"]);
    ok(&world, &["del", &world.url("k")]);
    ok(&world, &["del", &world.url("d/*.txt")]);
    assert_eq!(world.keys(), ["d/3.log", "d/sub/4"]);
    ok(&world, &["del", "-r", &world.url("d")]);
    assert!(world.keys().is_empty());
}

#[test]
fn c31_permissions_come_back() {
    let world = World::new();
    for mode in [0o400, 0o644, 0o755, 0o600] {
        world.write("f", "f");
        world.set_mode("f", mode);
        ok(&world, &["put", "-f", "f", &world.url("k")]);
        fs::remove_file(world.path("f")).unwrap();
        ok(&world, &["get", &world.url("k"), "f"]);
        assert_eq!(world.mode("f"), mode);
        fs::remove_file(world.path("f")).unwrap();
    }
}

#[test]
fn c32_two_slashes_are_two_slashes() {
    let world = World::new();
    world.write("f", "f");
    ok(&world, &["put", "f", &world.url("d//k")]);
    if world.differs(Difference::SlashesAreMerged) {
        assert_eq!(world.keys(), ["d/k"]);
        return;
    }
    assert_eq!(world.keys(), ["d//k"]);
    ok(&world, &["cp", &world.url("d//k"), &world.url("e//")]);
    ok(&world, &["mv", "-r", &world.url("d/"), &world.url("g")]);
    assert_eq!(world.keys(), ["e//k", "g//k"]);
    ok(&world, &["get", &world.url("e//k"), "got"]);
    assert_eq!(world.read("got"), b"f");
}
