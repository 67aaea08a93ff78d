//! `put`: files and directories to S3.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt as _, os::unix::fs::symlink, process::Command};

use crate::world::{World, run};

#[test]
fn a_file_goes_to_the_key_or_into_the_directory() {
    let world = World::new();
    world.write_all(&["one.txt", "sub/two.txt"]);
    let bucket = format!("s3://{}", world.bucket());
    let puts = |source: &str, target: &str, key: &str| {
        world
            .s4cmd(&["put", source, target])
            .prints(&world.uploads(&[(source, key)]));
        assert_eq!(world.body(key), source.trim_start_matches("./").as_bytes());
    };
    puts("one.txt", &world.url("k"), "k");
    puts("one.txt", &world.url("d/e/k"), "d/e/k");
    puts("one.txt", &world.url("d/"), "d/one.txt");
    puts("sub/two.txt", &world.url("d/"), "d/two.txt");
    puts("./one.txt", &world.url("dot/"), "dot/one.txt");
    puts("one.txt", &bucket, "one.txt");
    puts("sub/two.txt", &world.url(""), "two.txt");
    puts("one.txt", &world.url("n").replace("s3:", "s3n:"), "n");
    let keys = [
        "d/e/k",
        "d/one.txt",
        "d/two.txt",
        "dot/one.txt",
        "k",
        "n",
        "one.txt",
        "two.txt",
    ];
    assert_eq!(world.keys(), keys);
}

#[test]
fn an_absolute_path_is_printed_as_given() {
    let world = World::new();
    let path = world.write("f", "f");
    let path = path.to_str().unwrap();
    world
        .s4cmd(&["put", path, &world.url("d/")])
        .prints(&world.uploads(&[(path, "d/f")]));
    assert_eq!(world.body("d/f"), b"f");
}

#[test]
fn several_files_need_a_directory() {
    let world = World::new();
    world.write_all(&["a", "sub/b"]);
    let target = world.url("t");
    let error = "is not a directory (with a trailing slash).";
    let error = format!("[Runtime Failure] Target \"{target}\" {error}");
    world
        .s4cmd(&["put", "a", "sub/b", &target])
        .fails_with(&error);
    assert!(world.keys().is_empty());
    let lines = world.uploads(&[("a", "t/a"), ("sub/b", "t/b")]);
    world
        .s4cmd(&["put", "a", "sub/b", &world.url("t/")])
        .prints(&lines);
    let lines = world.uploads(&[("a", "a"), ("sub/b", "b")]);
    world
        .s4cmd(&["put", "a", "sub/b", &world.url("")])
        .prints(&lines);
    assert_eq!(world.keys(), ["a", "b", "t/a", "t/b"]);
}

#[test]
fn a_directory_is_omitted_without_r() {
    let world = World::new();
    world.write_all(&["d/1", "f"]);
    for source in ["d", "d/", "./d"] {
        let line = format!("omitting directory \"{source}\".");
        world
            .s4cmd(&["put", source, &world.url("t")])
            .prints(&[line]);
    }
    assert!(world.keys().is_empty());
    let lines = [
        "omitting directory \"d\".".to_owned(),
        format!("f => {}", world.url("t/f")),
    ];
    world
        .s4cmd(&["put", "d", "f", &world.url("t/")])
        .prints(&lines);
    assert_eq!(world.keys(), ["t/f"]);
}

#[test]
fn the_slash_of_the_target_decides_about_the_name_of_a_directory() {
    let world = World::new();
    let files = ["1", "e/2", ".hidden"];
    for name in files {
        world.write(format!("d/{name}"), name);
    }
    world.make_directory("d/empty");
    let puts = |source: &str, target: &str, prefix: &str| {
        let run = world.s4cmd(&["put", "-r", source, &world.url(target)]);
        let source = source.trim_end_matches('/');
        let line = |name: &str| {
            format!(
                "{source}/{name} => {}",
                world.url(&format!("{prefix}{name}"))
            )
        };
        run.prints(&files.map(line));
        for name in files {
            assert_eq!(world.body(&format!("{prefix}{name}")), name.as_bytes());
        }
    };
    puts("d", "1", "1/");
    puts("d/", "2", "2/");
    puts("./d", "3/x/y", "3/x/y/");
    puts("d", "4/", "4/d/");
    puts("d/", "5/", "5/d/");
    puts("./d", "6/x/y/", "6/x/y/d/");
    puts("d/.", "7", "7/");
    puts("d/.", "8/", "8/");
    assert_eq!(world.keys().len(), 8 * files.len());
}

#[test]
fn the_root_of_the_bucket_takes_the_name_only_with_a_slash() {
    let world = World::new();
    world.write_all(&["d/1", "d/e/2"]);
    let bucket = format!("s3://{}", world.bucket());
    let lines = world.uploads(&[("d/1", "1"), ("d/e/2", "e/2")]);
    world.s4cmd(&["put", "-r", "d", &bucket]).prints(&lines);
    assert_eq!(world.keys(), ["1", "e/2"]);
}

#[test]
fn the_working_directory_has_no_name() {
    let world = World::new();
    world.write_all(&["d/1", "d/e/2"]);
    let in_d =
        |arguments: &[&str]| run(world.command().current_dir(world.path("d")).args(arguments));
    let lines = world.uploads(&[("./1", "x/1"), ("./e/2", "x/e/2")]);
    in_d(&["put", "-r", ".", &world.url("x")]).prints(&lines);
    let lines = world.uploads(&[("./1", "y/1"), ("./e/2", "y/e/2")]);
    in_d(&["put", "-r", ".", &world.url("y/")]).prints(&lines);
    let lines = world.uploads(&[("./1", "1"), ("./e/2", "e/2")]);
    in_d(&["put", "-r", "./", &world.url("")]).prints(&lines);
    assert_eq!(world.keys(), ["1", "e/2", "x/1", "x/e/2", "y/1", "y/e/2"]);
}

#[test]
fn files_and_directories_go_together() {
    let world = World::new();
    world.write_all(&["f", "d/1", "e/1"]);
    let lines = world.uploads(&[("f", "t/f"), ("d/1", "t/d/1"), ("e/1", "t/e/1")]);
    world
        .s4cmd(&["put", "-r", "f", "d", "e", &world.url("t/")])
        .prints(&lines);
    assert_eq!(world.keys(), ["t/d/1", "t/e/1", "t/f"]);
    // An empty directory has nothing that could be sent.
    world.make_directory("empty");
    world
        .s4cmd(&["put", "-r", "empty", &world.url("t/")])
        .prints::<&str>(&[]);
    assert_eq!(world.keys().len(), 3);
}

#[test]
fn what_exists_is_only_replaced_by_force() {
    let world = World::new();
    let target = world.url("k");
    let put = |content: &str, options: &[&str]| {
        world.write("f", content);
        let mut arguments = vec!["put", "f", &target];
        arguments.extend(options);
        world.s4cmd(&arguments)
    };
    let exists = format!("[Runtime Failure] File already exists: {target}");
    let (sent, synced) = (format!("f => {target}"), format!("f => {target} (synced)"));
    put("1", &[]).prints(&[&sent]);
    put("2", &[]).fails_with(&exists);
    assert_eq!(world.body("k"), b"1");
    put("2", &["-f"]).prints(&[&sent]);
    assert_eq!(world.body("k"), b"2");
    put("2", &[]).fails_with(&exists);
    put("2", &["-s"]).prints(&[&synced]);
    put("2", &["-s", "-f"]).prints(&[&synced]);
    put("3", &["--sync-check"]).fails_with(&exists);
    assert_eq!(world.body("k"), b"2");
    put("3", &["--force", "--sync-check"]).prints(&[&sent]);
    assert_eq!(world.body("k"), b"3");
    put("33", &["-sf"]).prints(&[&sent]);
    assert_eq!(world.body("k"), b"33");
}

#[test]
fn one_of_many_that_exists_does_not_stop_the_others() {
    let world = World::new();
    world.write_all(&["d/1", "d/2", "d/3"]);
    world.store("x/2", "old", &[]).unwrap();
    let run = world.s4cmd(&["put", "-r", "d", &world.url("x")]);
    let exists = format!(
        "[Runtime Failure] File already exists: {}",
        world.url("x/2")
    );
    assert_eq!(run.fails(), exists);
    run.has_lines(&world.uploads(&[("d/1", "x/1"), ("d/3", "x/3")]));
    assert_eq!(world.body("x/2"), b"old");
    assert_eq!(world.keys(), ["x/1", "x/2", "x/3"]);
}

#[test]
fn every_upload_notes_sum_and_permissions() {
    let world = World::new();
    for (mode, privilege) in [
        (0o640, "640"),
        (0o4755, "755"),
        (0o400, "400"),
        (0o007, "007"),
    ] {
        world.write("f", privilege);
        world.set_mode("f", mode);
        world.s4cmd(&["put", "f", &world.url(privilege)]).succeeds();
        world.assert_uploaded(privilege, privilege.as_bytes(), privilege);
        fs::remove_file(world.path("f")).unwrap();
    }
}

#[test]
fn an_empty_file_is_an_empty_object() {
    let world = World::new();
    world.write("empty", "");
    world.set_mode("empty", 0o644);
    let lines = world.uploads(&[("empty", "d/empty")]);
    world
        .s4cmd(&["put", "empty", &world.url("d/")])
        .prints(&lines);
    world.assert_uploaded("d/empty", b"", "644");
    world
        .s4cmd(&["put", "-s", "empty", &world.url("d/")])
        .prints(&[lines[0].clone() + " (synced)"]);
    world
        .s4cmd(&["get", &world.url("d/empty"), "back"])
        .succeeds();
    assert_eq!(world.read("back"), b"");
}

#[test]
fn links_to_files_are_followed_and_links_to_directories_left_out() {
    let world = World::new();
    world.write_all(&["d/file", "d/sub/inner", "outside/secret"]);
    symlink("file", world.path("d/link")).unwrap();
    symlink("sub", world.path("d/dirlink")).unwrap();
    symlink("../outside", world.path("d/outlink")).unwrap();
    let pairs = [
        ("d/file", "x/file"),
        ("d/link", "x/link"),
        ("d/sub/inner", "x/sub/inner"),
    ];
    world
        .s4cmd(&["put", "-r", "d", &world.url("x")])
        .prints(&world.uploads(&pairs));
    assert_eq!(world.keys(), ["x/file", "x/link", "x/sub/inner"]);
    assert_eq!(world.body("x/link"), b"d/file");
    // Named, a link is what it leads to.
    symlink("d", world.path("alias")).unwrap();
    world
        .s4cmd(&["put", "d/link", &world.url("named")])
        .succeeds();
    assert_eq!(world.body("named"), b"d/file");
    let run = world.s4cmd(&["put", "-r", "alias", &world.url("y")]);
    let pairs = [
        ("alias/file", "y/file"),
        ("alias/link", "y/link"),
        ("alias/sub/inner", "y/sub/inner"),
    ];
    run.prints(&world.uploads(&pairs));
}

#[test]
fn a_broken_link_is_told_and_the_rest_goes_on() {
    let world = World::new();
    world.write_all(&["d/1", "d/3"]);
    symlink("nowhere", world.path("d/2")).unwrap();
    let run = world.s4cmd(&["put", "-r", "d", &world.url("x")]);
    assert_eq!(run.fails(), "[Runtime Failure] d/2: the link leads nowhere");
    run.has_lines(&world.uploads(&[("d/1", "x/1"), ("d/3", "x/3")]));
    assert_eq!(world.keys(), ["x/1", "x/3"]);
    let error = "[OSError] 2: No such file or directory: d/2";
    world
        .s4cmd(&["put", "d/2", &world.url("y")])
        .fails_with(error);
    assert_eq!(world.keys().len(), 2);
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_goes_on() {
    let world = World::new();
    world.write_all(&["d/1", "d/2", "d/3", "d/closed/4"]);
    for (name, mode) in [("d/2", 0o000), ("d/closed", 0o000)] {
        world.set_mode(name, mode);
    }
    let put = |arguments: &[&str]| run(world.unprivileged().arg("put").args(arguments));
    let run = put(&["-r", "d", &world.url("x")]);
    assert_eq!(run.status(), 1, "{run:?}");
    let mut errors = run.errors();
    errors.sort();
    assert_eq!(errors.len(), 2, "{run:?}");
    assert_eq!(errors[0], "[OSError] 13: Permission denied: d/2");
    assert!(
        errors[1].starts_with("[Runtime Failure] d/closed: Permission denied"),
        "{run:?}"
    );
    run.has_lines(&world.uploads(&[("d/1", "x/1"), ("d/3", "x/3")]));
    put(&["d/2", &world.url("y")]).fails_with("[OSError] 13: Permission denied: d/2");
    assert_eq!(world.keys(), ["x/1", "x/3"]);
    world.set_mode("d/closed", 0o755);
}

/// The contents of one directory may meet another one below the target.
#[test]
fn two_sources_that_meet_below_a_directory_are_not_both_sent() {
    let world = World::new();
    world.write("e/d/f", "first");
    world.write("d/f", "second");
    let run = world.s4cmd(&["put", "-r", "-c1", "e/.", "d", &world.url("x/")]);
    let line = run.fails();
    assert!(
        line.contains("another source has the same target"),
        "{line}"
    );
    assert_eq!(world.keys(), ["x/d/f"]);
    assert_eq!(world.body("x/d/f"), b"first");
}

/// A file of the kernel says that it is empty, and is not.
#[test]
fn a_file_that_does_not_know_its_size_is_refused() {
    let world = World::new();
    let run = world.s4cmd(&["put", "/proc/self/status", &world.url("k")]);
    let line = run.fails();
    assert!(
        line.ends_with("the file is longer than the system says"),
        "{line}"
    );
    assert!(world.keys().is_empty());
}

/// `$DIRECTORY/` of a directory that ends in a slash itself.
#[test]
fn the_target_of_a_directory_has_no_empty_components() {
    let world = World::new();
    world.write_all(&["d/1"]);
    for (target, key) in [
        ("new//", "new/d/1"),
        ("x/../y/./", "y/d/1"),
        ("z//", "z/d/1"),
    ] {
        let line = format!("d/1 => {}", world.url(key));
        world
            .s4cmd(&["put", "-r", "d", &world.url(target)])
            .prints(&[line]);
        assert!(world.keys().contains(&key.to_owned()), "{target}");
    }
}

#[test]
fn the_null_device_is_an_empty_file() {
    let world = World::new();
    let line = format!("/dev/null => {}", world.url("flag"));
    world
        .s4cmd(&["put", "/dev/null", &world.url("flag")])
        .prints(&[line]);
    world.assert_uploaded("flag", b"", "666");
}

#[test]
fn an_algorithm_of_sums_is_refused() {
    let world = World::new();
    world.write_all(&["f"]);
    let put = [
        "put",
        "f",
        &*world.url("k"),
        "--API-ChecksumAlgorithm",
        "SHA256",
    ];
    let line = world.s4cmd(&put).fails();
    assert!(
        line.starts_with("[Invalid Argument] --API-ChecksumAlgorithm"),
        "{line}"
    );
    assert!(world.keys().is_empty());
}

#[test]
fn a_pipe_is_no_file() {
    let world = World::new();
    world.write_all(&["d/1"]);
    let made = Command::new("mkfifo").arg(world.path("d/pipe")).status();
    assert!(made.unwrap().success());
    let run = world.s4cmd(&["put", "-r", "d", &world.url("x")]);
    assert_eq!(run.fails(), "[Runtime Failure] d/pipe: not a regular file");
    run.has_lines(&world.uploads(&[("d/1", "x/1")]));
    let line = world.s4cmd(&["put", "d/pipe", &world.url("y")]).fails();
    assert!(line.starts_with("[Runtime Failure] d/pipe: "), "{line}");
    assert_eq!(world.keys(), ["x/1"]);
}

#[test]
fn names_that_are_not_utf8_are_told_and_the_rest_goes_on() {
    let world = World::new();
    world.write_all(&["d/1"]);
    let name = OsStr::from_bytes(b"d/bad\xff");
    world.write(name, "x");
    let run = world.s4cmd(&["put", "-r", "d", &world.url("x")]);
    let line = run.fails();
    assert!(
        line.ends_with("the name is not UTF-8, which keys must be"),
        "{line}"
    );
    run.has_lines(&world.uploads(&[("d/1", "x/1")]));
    let run = world.s4cmd(&[OsStr::new("put"), name, OsStr::new(&world.url("y"))]);
    assert_eq!(run.status(), 2, "{run:?}");
    assert!(run.errors().concat().contains("not UTF-8"), "{run:?}");
    assert_eq!(world.keys(), ["x/1"]);
}

#[test]
fn a_missing_source_is_a_failure_unless_told_otherwise() {
    let world = World::new();
    world.write_all(&["f"]);
    let target = world.url("t/");
    let error = "[OSError] 2: No such file or directory: missing";
    world.s4cmd(&["put", "missing", &target]).fails_with(error);
    world
        .s4cmd(&["put", "-r", "missing", &target])
        .fails_with(error);
    let run = world.s4cmd(&["put", "missing", "f", &target]);
    assert_eq!(run.fails(), error);
    run.has_lines(&world.uploads(&[("f", "t/f")]));
    let run = world.s4cmd(&["put", "--ignore-empty-source", "missing", &target]);
    run.prints::<&str>(&[]);
    assert_eq!(world.keys(), ["t/f"]);
}

#[test]
fn a_dry_run_prints_the_same_lines_and_sends_nothing() {
    let world = World::new();
    world.write_all(&["d/1", "d/e/2", "f"]);
    world.store("x/1", "old", &[]).unwrap();
    let lines = world.uploads(&[("d/1", "x/1"), ("d/e/2", "x/e/2")]);
    world
        .s4cmd(&["put", "-rfn", "d", &world.url("x")])
        .prints(&lines);
    let lines = world.uploads(&[("f", "t/f")]);
    world
        .s4cmd(&["put", "--dry-run", "f", &world.url("t/")])
        .prints(&lines);
    // What a real run would refuse is refused here, too.
    let exists = format!(
        "[Runtime Failure] File already exists: {}",
        world.url("x/1")
    );
    world
        .s4cmd(&["put", "-n", "f", &world.url("x/1")])
        .fails_with(&exists);
    let five = (5 << 20).to_string();
    let run = world.s4cmd(&[
        "put",
        "-n",
        "f",
        "--max-singlepart-upload-size",
        "1",
        "--multipart-split-size",
        &five,
        &world.url("y"),
    ]);
    run.prints(&world.uploads(&[("f", "y")]));
    assert_eq!(world.keys(), ["x/1"]);
    assert_eq!(world.body("x/1"), b"old");
}

#[test]
fn parameters_of_the_api_are_passed_on() {
    let world = World::new();
    world.write("f", "f");
    world.set_mode("f", 0o644);
    let run = world.s4cmd(&[
        "put",
        "f",
        "--API-ContentType=text/x-test",
        "--API-CacheControl",
        "max-age=5",
        "--API-Metadata",
        "{\"colour\": \"red\"}",
        &world.url("k"),
    ]);
    run.succeeds();
    world.assert_uploaded("k", b"f", "644");
    let head = world.head("k");
    assert_eq!(head.headers["content-type"], "text/x-test");
    assert_eq!(head.headers["cache-control"], "max-age=5");
    assert_eq!(head.metadata("colour"), Some("red"));
}

/// Both jobs used to look before either wrote, and the slower one won.
#[test]
fn two_sources_with_one_target_are_not_both_sent() {
    let world = World::new();
    world.write_all(&["a/x", "b/x", "c/d/x", "c/d/y", "e/d/x", "e/d/z"]);
    let run = world.s4cmd(&["put", "-f", "a/x", "b/x", &world.url("t/")]);
    let error = run.fails();
    assert!(
        error.contains("another source has the same target"),
        "{error}"
    );
    assert_eq!(world.body("t/x"), b"a/x");
    // Directories that share a name may share everything but the names of files.
    let run = world.s4cmd(&["put", "-r", "-f", "c/d", "e/d", &world.url("u/")]);
    let error = run.fails();
    assert!(
        error.contains("another source has the same target"),
        "{error}"
    );
    let keys = ["t/x", "u/d/x", "u/d/y", "u/d/z"];
    assert_eq!(world.keys(), keys);
    assert_eq!(world.body("u/d/x"), b"c/d/x");
}
