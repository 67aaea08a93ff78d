//! `get`: objects and directories to files.

use std::{
    fs,
    os::unix::fs::{FileTypeExt as _, symlink},
    process::Command,
};

use crate::world::{World, run};

const EMPTY: [&str; 0] = [];

#[test]
fn an_existing_directory_decides_where_a_file_goes() {
    let world = World::new();
    world.seed(&["k", "d/one.txt"]);
    world.make_directory("dir");
    let gets = |key: &str, target: &str, path: &str| {
        let lines = world.downloads(&[(key, path)]);
        world
            .s4cmd(&["get", &world.url(key), target])
            .prints(&lines);
        assert_eq!(world.read(path), key.as_bytes());
    };
    gets("k", "new", "new");
    gets("k", "dir", "dir/k");
    gets("d/one.txt", "dir/", "dir/one.txt");
    gets("d/one.txt", "dir/other", "dir/other");
    gets("k", ".", "./k");
    let lines = world.downloads(&[("d/one.txt", "./one.txt")]);
    world
        .s4cmd(&["get", &world.url("d/one.txt")])
        .prints(&lines);
    assert_eq!(
        world.names(""),
        ["dir/k", "dir/one.txt", "dir/other", "k", "new", "one.txt"]
    );
}

#[test]
fn missing_parents_are_made() {
    let world = World::new();
    world.seed(&["k"]);
    world
        .s4cmd(&["get", &world.url("k"), "a/b/c"])
        .prints(&world.downloads(&[("k", "a/b/c")]));
    // A slash says at least that it is to be a directory.
    world
        .s4cmd(&["get", &world.url("k"), "d/e/"])
        .prints(&world.downloads(&[("k", "d/e/k")]));
    let path = world.path("f/g");
    let path = path.to_str().unwrap();
    world
        .s4cmd(&["get", &world.url("k"), path])
        .prints(&world.downloads(&[("k", path)]));
    assert_eq!(world.names(""), ["a/b/c", "d/e/k", "f/g"]);
}

#[test]
fn wildcards_need_a_directory_for_several_files() {
    let world = World::new();
    world.seed(&["a.txt", "b.txt", "c.bin", "d/a.txt", "d/e/f.txt"]);
    let error = "[Runtime Failure] Target \"out\" is not a directory.";
    world
        .s4cmd(&["get", &world.url("*.txt"), "out"])
        .fails_with(error);
    world.write_all(&["file"]);
    let error = "[Runtime Failure] Target \"file\" is not a directory.";
    world
        .s4cmd(&["get", &world.url("*.txt"), "file"])
        .fails_with(error);
    assert_eq!(world.names(""), ["file"]);
    world.make_directory("out");
    let lines = world.downloads(&[("a.txt", "out/a.txt"), ("b.txt", "out/b.txt")]);
    world
        .s4cmd(&["get", &world.url("*.txt"), "out"])
        .prints(&lines);
    assert_eq!(world.names("out"), ["a.txt", "b.txt"]);
    // One is one, however it was found.
    world
        .s4cmd(&["get", &world.url("*.bin"), "c"])
        .prints(&world.downloads(&[("c.bin", "c")]));
    let lines = world.downloads(&[("d/e/f.txt", "f")]);
    world
        .s4cmd(&["get", &world.url("*/?/*.txt"), "f"])
        .prints(&lines);
}

#[test]
fn a_directory_is_omitted_without_r() {
    let world = World::new();
    world.seed(&["d/1", "x", "x/1"]);
    world.make_directory("out");
    for path in ["d", "d/", "?"] {
        let run = world.s4cmd(&["get", &world.url(path), "out"]);
        let omitted = |key: &str| format!("omitting directory \"{}\".", world.url(key));
        if path == "?" {
            let got = format!("{} => out/x", world.url("x"));
            run.prints(&[omitted("d/"), omitted("x/"), got]);
        } else {
            run.prints(&[omitted("d/")]);
        }
    }
    assert_eq!(world.names(""), ["out/x"]);
}

#[test]
fn a_tree_goes_into_an_existing_directory_under_its_name() {
    let world = World::new();
    world.seed(&["p/x/1", "p/x/e/2", "p/xy/3"]);
    for (path, target) in [("p/x", "one"), ("p/x/", "two"), ("p/x", "three/")] {
        world.make_directory(target);
        let root = target.trim_end_matches('/');
        let lines = world.downloads(&[
            ("p/x/1", &format!("{root}/x/1")),
            ("p/x/e/2", &format!("{root}/x/e/2")),
        ]);
        world
            .s4cmd(&["get", "-r", &world.url(path), target])
            .prints(&lines);
        assert_eq!(world.names(target), ["x/1", "x/e/2"]);
        assert_eq!(world.read(format!("{root}/x/e/2")), b"p/x/e/2");
    }
    let lines = world.downloads(&[("p/xy/3", "./xy/3")]);
    world
        .s4cmd(&["get", "-r", &world.url("p/xy")])
        .prints(&lines);
}

#[test]
fn a_tree_becomes_a_directory_that_is_not_there() {
    let world = World::new();
    world.seed(&["p/x/1", "p/x/e/2"]);
    for (path, target) in [("p/x", "new"), ("p/x/", "newer/"), ("p/x", "a/b/c")] {
        let root = target.trim_end_matches('/');
        let lines = world.downloads(&[
            ("p/x/1", &format!("{root}/1")),
            ("p/x/e/2", &format!("{root}/e/2")),
        ]);
        world
            .s4cmd(&["get", "-r", &world.url(path), target])
            .prints(&lines);
        assert_eq!(world.names(target), ["1", "e/2"]);
    }
}

#[test]
fn a_bucket_is_its_entries() {
    let world = World::new();
    world.seed(&["d/1", "e/f/2", "k"]);
    world.make_directory("out");
    let lines = world.downloads(&[("d/1", "out/d/1"), ("e/f/2", "out/e/f/2"), ("k", "out/k")]);
    let bucket = format!("s3://{}", world.bucket());
    world.s4cmd(&["get", "-r", &bucket, "out"]).prints(&lines);
    assert_eq!(world.names("out"), ["d/1", "e/f/2", "k"]);
    let error = "[Runtime Failure] Target \"none\" is not a directory.";
    world
        .s4cmd(&["get", "-r", &bucket, "none"])
        .fails_with(error);
    world.make_directory("wild");
    let lines = world.downloads(&[
        ("d/1", "wild/d/1"),
        ("e/f/2", "wild/e/f/2"),
        ("k", "wild/k"),
    ]);
    world
        .s4cmd(&["get", "-r", &world.url("?"), "wild"])
        .prints(&lines);
}

#[test]
fn permissions_come_back_as_far_as_the_umask_allows() {
    let world = World::new();
    let modes = [
        ("f", "640"),
        ("x", "755"),
        ("all", "777"),
        ("setuid", "4755"),
        ("ro", "444"),
    ];
    for (key, privilege) in modes {
        world.store(key, key, &[("privilege", privilege)]).unwrap();
    }
    world.store("bad", "bad", &[("privilege", "rwx")]).unwrap();
    world.store("none", "none", &[]).unwrap();
    world.make_directory("a");
    world
        .with_umask("022", &["get", &world.url("*"), "a"])
        .succeeds();
    let found = |name: &str, key: &str| world.mode(&format!("{name}/{key}"));
    let expected = [
        ("f", 0o640),
        ("x", 0o755),
        ("all", 0o755),
        ("setuid", 0o755),
        ("ro", 0o444),
        ("bad", 0o644),
        ("none", 0o644),
    ];
    for (key, mode) in expected {
        assert_eq!(found("a", key), mode, "{key}");
    }
    world.make_directory("b");
    world
        .with_umask("027", &["get", &world.url("*"), "b"])
        .succeeds();
    assert_eq!((found("b", "all"), found("b", "ro")), (0o750, 0o440));
    assert_eq!(found("b", "none"), 0o640);
}

#[test]
fn what_exists_is_only_replaced_by_force() {
    let world = World::new();
    let source = world.url("k");
    let get = |content: &str, options: &[&str]| {
        world.store("k", content, &[]).unwrap();
        let mut arguments = vec!["get", &source, "f"];
        arguments.extend(options);
        world.s4cmd(&arguments)
    };
    let exists = "[Runtime Failure] File already exists: f";
    let (sent, synced) = (format!("{source} => f"), format!("{source} => f (synced)"));
    get("1", &[]).prints(&[&sent]);
    get("2", &[]).fails_with(exists);
    assert_eq!(world.read("f"), b"1");
    get("2", &["-f"]).prints(&[&sent]);
    assert_eq!(world.read("f"), b"2");
    get("2", &["-s"]).prints(&[&synced]);
    get("2", &["-sf"]).prints(&[&synced]);
    get("3", &["-s"]).fails_with(exists);
    assert_eq!(world.read("f"), b"2");
    get("3", &["-sf"]).prints(&[&sent]);
    assert_eq!(world.read("f"), b"3");
    assert_eq!(world.names(""), ["f"]);
}

#[test]
fn one_of_many_that_exists_does_not_stop_the_others() {
    let world = World::new();
    world.seed(&["d/1", "d/2", "d/3"]);
    world.write("out/2", "old");
    let source = world.url("d/*");
    let run = world.s4cmd(&["get", &source, "out"]);
    assert_eq!(run.fails(), "[Runtime Failure] File already exists: out/2");
    run.has_lines(&world.downloads(&[("d/1", "out/1"), ("d/3", "out/3")]));
    assert_eq!(world.read("out/2"), b"old");
    assert_eq!(world.names("out"), ["1", "2", "3"]);
}

#[test]
fn markers_of_folders_become_directories() {
    let world = World::new();
    for marker in ["d/", "d/empty/", "d/full/"] {
        world.store(marker, "", &[]).unwrap();
    }
    world.seed(&["d/1", "d/full/2"]);
    let lines = world.downloads(&[("d/1", "out/1"), ("d/full/2", "out/full/2")]);
    world
        .s4cmd(&["get", "-r", &world.url("d"), "out"])
        .prints(&lines);
    assert_eq!(world.names("out"), ["1", "empty/", "full/2"]);
}

#[test]
fn what_is_not_there_is_a_failure_unless_told_otherwise() {
    let world = World::new();
    world.seed(&["abc", "d/e"]);
    for path in ["ab", "nothing", "d/*.txt", "abc/d"] {
        let error = "[Runtime Failure] Source doesn't exist.";
        world
            .s4cmd(&["get", &world.url(path), "f"])
            .fails_with(error);
        world
            .s4cmd(&["get", "-r", &world.url(path), "f"])
            .fails_with(error);
    }
    let run = world.s4cmd(&["get", "--ignore-empty-source", &world.url("nothing"), "f"]);
    run.prints(&EMPTY);
    assert_eq!(world.names(""), EMPTY);
}

#[test]
fn an_object_and_a_directory_of_one_name_are_two_entries() {
    let world = World::new();
    world.seed(&["x", "x/y"]);
    let error = "[Runtime Failure] Target \"new\" is not a directory.";
    world
        .s4cmd(&["get", &world.url("x"), "new"])
        .fails_with(error);
    world.make_directory("out");
    let run = world.s4cmd(&["get", &world.url("x"), "out"]);
    let omitted = format!("omitting directory \"{}\".", world.url("x/"));
    run.prints(&[omitted, format!("{} => out/x", world.url("x"))]);
    // Both cannot be in one directory of files.
    world.make_directory("both");
    let run = world.s4cmd(&["get", "-r", &world.url("x"), "both"]);
    let line = run.fails();
    assert!(line.contains("both/x"), "{line}");
    assert_eq!(world.tree("both").len(), 1);
    assert_eq!(run.lines().len(), 1, "{run:?}");
}

#[test]
fn links_in_the_way_are_not_followed() {
    let world = World::new();
    world.seed(&["d/link/f", "d/ok"]);
    world.make_directory("outside");
    world.make_directory("out");
    symlink("../outside", world.path("out/link")).unwrap();
    let run = world.s4cmd(&["dsync", &world.url("d"), "out"]);
    let line = run.fails();
    assert!(line.contains("\"out/link\" is a symbolic link"), "{line}");
    run.has_lines(&world.downloads(&[("d/ok", "out/ok")]));
    assert_eq!(world.names("outside"), EMPTY);
    // The target itself is the user's choice.
    symlink("outside", world.path("alias")).unwrap();
    let lines = world.downloads(&[("d/ok", "alias/ok")]);
    world
        .s4cmd(&["get", &world.url("d/ok"), "alias"])
        .prints(&lines);
    assert_eq!(world.names("outside"), ["ok"]);
    // A link in the place of the file is replaced, not written through.
    world.write("victim", "untouched");
    symlink("victim", world.path("file")).unwrap();
    world
        .s4cmd(&["get", "-f", &world.url("d/ok"), "file"])
        .succeeds();
    assert_eq!(
        (world.read("victim"), world.read("file")),
        (b"untouched".into(), b"d/ok".into())
    );
}

#[test]
fn times_leave_directories_out_unless_what_is_in_them_is_meant() {
    let world = World::new();
    world.seed(&["a.txt", "a/1"]);
    let get = |options: &[&str]| {
        let all = world.url("a*");
        let line = ["get", &*all, "out", "--last-modified-after", "2001-01-01"];
        world.s4cmd(&[&line[..], options].concat())
    };
    get(&[]).prints(&world.downloads(&[("a.txt", "out")]));
    world.make_directory("tree");
    let all = world.url("a*");
    let line = [
        "get",
        "-r",
        &*all,
        "tree",
        "--last-modified-after=2001-01-01",
    ];
    world
        .s4cmd(&line)
        .prints(&world.downloads(&[("a.txt", "tree/a.txt"), ("a/1", "tree/a/1")]));
    let named = world.url("a/");
    let du = world.s4cmd(&["du", &named, "--last-modified-after", "2001-01-01"]);
    du.fails_with("[Runtime Failure] Source doesn't exist.");
}

/// `get -f s3://b/k /dev/null` made a plain file of the system's device.
#[test]
fn a_device_or_a_pipe_is_not_replaced_by_a_file() {
    let world = World::new();
    world.seed(&["k", "d/pipe"]);
    world.make_directory("d");
    let made = Command::new("mkfifo").arg(world.path("d/pipe")).status();
    assert!(made.unwrap().success());
    symlink("d/pipe", world.path("link")).unwrap();
    let line = |target: &str| {
        format!("[Runtime Failure] {target} is there and no regular file: it is not replaced")
    };
    for target in ["d/pipe", "link"] {
        let get = ["get", "-f", &world.url("k"), target];
        world.s4cmd(&get).fails_with(&line(target));
        world
            .s4cmd(&[&get[..], &["-n"]].concat())
            .fails_with(&line(target));
    }
    world
        .s4cmd(&["dsync", &world.url("d"), "d"])
        .fails_with(&line("d/pipe"));
    let kept = fs::symlink_metadata(world.path("d/pipe")).unwrap();
    assert!(kept.file_type().is_fifo());
    let kept = fs::symlink_metadata(world.path("link")).unwrap();
    assert!(kept.is_symlink());
}

#[test]
fn where_nothing_can_be_written_the_system_is_quoted() {
    let world = World::new();
    world.seed(&["k"]);
    world.write_all(&["file"]);
    world.make_directory("closed");
    world.set_mode("closed", 0o555);
    let get = |target: &str| run(world.unprivileged().args(["get", &world.url("k"), target]));
    get("closed").fails_with("[OSError] 13: Permission denied: closed/k");
    let line = get("closed/new/k").fails();
    assert!(
        line.contains("Unable to create directory (closed/new)"),
        "{line}"
    );
    let line = world.s4cmd(&["get", &world.url("k"), "file/k"]).fails();
    assert!(line.contains("Unable to create directory (file)"), "{line}");
    assert_eq!(world.names(""), ["closed/", "file"]);
}

#[test]
fn a_dry_run_prints_the_same_lines_and_writes_nothing() {
    let world = World::new();
    world.store("d/", "", &[]).unwrap();
    world.store("d/marker/", "", &[]).unwrap();
    world.seed(&["d/1", "d/e/2"]);
    world.write("f", "old");
    let lines = world.downloads(&[("d/1", "out/1"), ("d/e/2", "out/e/2")]);
    world
        .s4cmd(&["get", "-rn", &world.url("d"), "out"])
        .prints(&lines);
    world
        .s4cmd(&["get", "-nf", &world.url("d/1"), "f"])
        .prints(&world.downloads(&[("d/1", "f")]));
    let exists = "[Runtime Failure] File already exists: f";
    world
        .s4cmd(&["get", "-n", &world.url("d/1"), "f"])
        .fails_with(exists);
    assert_eq!(world.names(""), ["f"]);
    assert_eq!(world.read("f"), b"old");
}
