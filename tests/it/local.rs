//! The local side: what cannot be read, what cannot be written, and what must not be followed.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    process::Command,
};

use crate::{
    run::{Run, Running, World, all_files, content, is_root},
    server::Config,
};

const RANGED: &str = "--max-singlepart-download-size 1 --multipart-split-size 100000";

#[test]
fn a_link_below_the_target_is_not_followed() {
    for line in [
        "get -r s3://bucket/target .",
        "dsync s3://bucket/target target",
    ] {
        let world = World::new();
        fs::create_dir(world.outside("elsewhere")).unwrap();
        fs::create_dir(world.path("target")).unwrap();
        symlink(world.outside("elsewhere"), world.path("target/link")).unwrap();
        world.server.store().put("bucket", "target/link/evil", "x");
        world
            .server
            .store()
            .put("bucket", "target/link/deep/evil", "x");
        world.server.store().put("bucket", "target/good", "x");
        let run = world.run(line).fails();
        assert_eq!(run.stderr.lines().count(), 2, "{run:#?}");
        assert!(run.stderr.contains("symbolic link"), "{run:#?}");
        assert!(all_files(&world.outside("elsewhere")).is_empty());
        assert!(world.path("target/good").exists());
    }
}

#[test]
fn a_link_that_a_wildcard_finds_is_not_followed_either() {
    // The name below the target is the key's, not the user's.
    for line in [
        "get -r s3://bucket/* target",
        "get -r s3://bucket/li* target",
    ] {
        let world = World::new();
        fs::create_dir(world.outside("elsewhere")).unwrap();
        fs::create_dir(world.path("target")).unwrap();
        symlink(world.outside("elsewhere"), world.path("target/link")).unwrap();
        world.server.store().put("bucket", "link/evil", "x");
        world.server.store().put("bucket", "link/deep/evil", "x");
        let run = world.run(line);
        let escaped = all_files(&world.outside("elsewhere"));
        assert!(escaped.is_empty(), "{escaped:?} {run:#?}");
        run.fails();
    }
}

#[test]
fn a_link_in_the_place_of_a_file_is_replaced_not_followed() {
    for options in ["", RANGED] {
        let world = World::new();
        fs::write(world.outside("precious"), "precious").unwrap();
        fs::create_dir(world.path("target")).unwrap();
        symlink(world.outside("precious"), world.path("target/a")).unwrap();
        symlink("nowhere", world.path("target/b")).unwrap();
        world
            .server
            .store()
            .put("bucket", "target/a", content(1000, 1));
        world
            .server
            .store()
            .put("bucket", "target/b", content(1000, 2));
        world
            .run(&format!("get -f -r s3://bucket/target . {options}"))
            .succeeds();
        assert_eq!(fs::read(world.outside("precious")).unwrap(), b"precious");
        assert!(
            fs::symlink_metadata(world.path("target/a"))
                .unwrap()
                .is_file()
        );
        assert!(world.read("target/b").unwrap() == content(1000, 2));
        assert!(!world.path("target/nowhere").exists());
    }
}

#[test]
fn the_target_itself_may_be_a_link() {
    let world = World::new();
    fs::create_dir(world.path("real")).unwrap();
    symlink("real", world.path("link")).unwrap();
    world.server.store().put("bucket", "target/sub/a", "x");
    world.run("get -r s3://bucket/target/* link").succeeds();
    assert_eq!(all_files(&world.path("real")), ["sub/a"]);
}

#[test]
fn a_directory_in_the_place_of_a_file_is_an_error() {
    for options in ["", RANGED] {
        let world = World::new();
        world.file("target/a/inside", "inside");
        world.server.store().put("bucket", "target/a", "x");
        world.server.store().put("bucket", "target/b", "y");
        let run = world
            .run(&format!("get -f -r s3://bucket/target . {options}"))
            .fails();
        let run = run.in_one_line().says("target/a");
        assert_eq!(
            all_files(&world.path("target")),
            ["a/inside", "b"],
            "{run:#?}"
        );
    }
}

#[test]
fn a_file_in_the_place_of_a_directory_is_an_error() {
    let world = World::new();
    world.file("target/sub", "a file");
    world.server.store().put("bucket", "target/sub/a", "x");
    world.server.store().put("bucket", "target/z", "y");
    world
        .run("get -f -r s3://bucket/target .")
        .fails()
        .in_one_line()
        .says("sub");
    assert_eq!(all_files(&world.path("target")), ["sub", "z"]);
    assert_eq!(world.read("target/sub").unwrap(), b"a file");
}

#[test]
fn what_is_no_file_is_named_and_the_others_go() {
    let world = World::new();
    world.file("d/good", "good");
    world.file("d/sub/good", "good");
    symlink("nowhere", world.path("d/broken")).unwrap();
    let made = Command::new("mkfifo")
        .arg(world.path("d/pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    let run = world.run("put -r d s3://bucket/d").fails().within(10);
    assert_eq!(run.stderr.lines().count(), 2, "{run:#?}");
    assert!(
        run.stderr.contains("d/broken") && run.stderr.contains("d/pipe"),
        "{run:#?}"
    );
    assert_eq!(
        world.server.store().keys("bucket"),
        ["d/good", "d/sub/good"]
    );
    // Named alone they are errors as well, and nothing waits for a writer.
    world
        .run("put d/pipe s3://bucket/x")
        .fails()
        .in_one_line()
        .within(10);
    world
        .run("put d/broken s3://bucket/x")
        .fails()
        .in_one_line();
    world
        .run("put d/missing d/good s3://bucket/e/")
        .fails()
        .in_one_line()
        .says("d/missing");
    assert!(world.server.store().get("bucket", "e/good").is_some());
    let run = world.run("dsync d s3://bucket/f").fails();
    assert_eq!(run.stderr.lines().count(), 2, "{run:#?}");
}

/// Runs as somebody whom permissions stop; `None`, and a line that says so, if that cannot be.
fn run_unprivileged(world: &World, line: &str) -> Option<Run> {
    if !is_root() {
        return Some(world.run(line));
    }
    let user = ["--reuid=65534", "--regid=65534", "--clear-groups", "--"];
    let setpriv = |words: &[&str]| {
        let mut command = world.command_of("setpriv");
        command
            .args(user)
            .arg(env!("CARGO_BIN_EXE_s4cmd"))
            .args(words);
        command
    };
    let works = setpriv(&["--version"]).output();
    if !works.is_ok_and(|output| output.status.success()) {
        println!("skipped: root, and no way to be somebody else");
        return None;
    }
    let words: Vec<_> = line.split_whitespace().collect();
    Some(Running::spawn(&mut setpriv(&words)).wait())
}

/// Lets everybody do everything in a world.
fn open_up(world: &World) {
    for entry in walkdir::WalkDir::new(world.outside("")) {
        let entry = entry.unwrap();
        let mode = if entry.file_type().is_dir() {
            0o777
        } else {
            0o666
        };
        fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode)).unwrap();
    }
}

fn forbid(world: &World, name: &str, mode: u32) {
    fs::set_permissions(world.path(name), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_file_that_may_not_be_read_is_named_and_the_others_go() {
    let world = World::new();
    world.file("d/closed", "x");
    world.file("d/closed-directory/x", "x");
    world.file("d/good", "x");
    open_up(&world);
    forbid(&world, "d/closed", 0);
    forbid(&world, "d/closed-directory", 0);
    let run = run_unprivileged(&world, "put -r d s3://bucket/d");
    forbid(&world, "d/closed-directory", 0o777);
    let Some(run) = run else { return };
    let run = run.fails();
    assert_eq!(run.stderr.lines().count(), 2, "{run:#?}");
    assert!(run.stderr.contains(": d/closed\n"), "{run:#?}");
    assert!(run.stderr.contains("d/closed-directory"), "{run:#?}");
    assert!(run.stderr.contains("Permission denied"), "{run:#?}");
    assert_eq!(world.server.store().keys("bucket"), ["d/good"]);
}

/// What is in a directory that cannot be read looks as if it were not there any more.
#[test]
fn a_source_that_cannot_be_read_to_its_end_deletes_nothing() {
    let keys = ["t/closed/kept", "t/extra", "t/good"];
    let world = World::new();
    for key in keys {
        let store = world.server.store();
        store.put("bucket", key, "x");
    }
    world.file("d/good", "x");
    symlink("nowhere", world.path("d/closed")).unwrap();
    world.run("dsync -D d s3://bucket/t").fails();
    assert_eq!(world.server.store().keys("bucket"), keys);

    fs::remove_file(world.path("d/closed")).unwrap();
    world.file("d/closed/kept", "x");
    open_up(&world);
    forbid(&world, "d/closed", 0);
    let run = run_unprivileged(&world, "dsync -D d s3://bucket/t");
    forbid(&world, "d/closed", 0o777);
    let Some(run) = run else { return };
    run.fails();
    assert_eq!(world.server.store().keys("bucket"), keys);
}

#[test]
fn a_directory_that_may_not_be_written_to_is_named() {
    for options in ["", RANGED] {
        let world = World::new();
        world.server.store().put("bucket", "target/closed/a", "x");
        world
            .server
            .store()
            .put("bucket", "target/closed/sub/a", "x");
        world.server.store().put("bucket", "target/good", "x");
        world.file("target/closed/old", "old");
        open_up(&world);
        forbid(&world, "target/closed", 0o555);
        let line = format!("get -f -r s3://bucket/target . {options}");
        let Some(run) = run_unprivileged(&world, &line) else {
            return;
        };
        let run = run.fails().within(10);
        assert_eq!(run.stderr.lines().count(), 2, "{run:#?}");
        assert!(run.stderr.contains("Permission denied"), "{run:#?}");
        assert_eq!(all_files(&world.path("target")), ["closed/old", "good"]);
    }
}

/// A file system of two megabytes on a directory of a world.
struct SmallDisk<'a>(&'a World);

impl<'a> SmallDisk<'a> {
    /// `None`, and a line that says so, where that cannot be.
    fn mount(world: &'a World) -> Option<Self> {
        fs::create_dir(world.path("disk")).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(world.path("disk"))
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(world));
        }
        println!("skipped: no right to mount a small file system");
        None
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path("disk")).status();
    }
}

#[test]
fn a_full_disk_is_told_and_the_old_file_stays() {
    for options in ["", RANGED] {
        let world = World::new();
        let Some(_disk) = SmallDisk::mount(&world) else {
            return;
        };
        world.file("disk/large", "old");
        world
            .server
            .store()
            .put("bucket", "disk/large", content(5 << 20, 1));
        world.server.store().put("bucket", "disk/small", "small");
        let line = format!("get -f -c 1 -r s3://bucket/disk . {options}");
        let run = world.run(&line).fails().in_one_line().within(20);
        assert!(run.stderr.contains("No space left on device"), "{run:#?}");
        assert!(run.stderr.contains("large"), "{run:#?}");
        assert_eq!(all_files(&world.path("disk")), ["large", "small"]);
        assert_eq!(world.read("disk/large").unwrap(), b"old");
    }
}

/// The file that tells of the parts was left, with nothing in it.
#[test]
fn a_full_disk_leaves_no_map_of_parts() {
    let world = World::new();
    let Some(_disk) = SmallDisk::mount(&world) else {
        return;
    };
    // As much as there is room for.
    let _ = fs::write(world.path("disk/filler"), vec![0; 4 << 20]);
    let store = world.server.store();
    store.put("bucket", "key", content(300_000, 1));
    let line = format!("get s3://bucket/key disk/large --resume {RANGED}");
    world.run(&line).fails().says("No space left on device");
    assert_eq!(all_files(&world.path("disk")), ["filler"]);
}

#[test]
fn new_files_are_readable_by_nobody_else_until_they_are_whole() {
    use crate::server::{Action, Fault};
    let world = World::with(Config::default());
    world
        .server
        .store()
        .put("bucket", "key", content(300_000, 1));
    let stall = Action::StallBody {
        after_bytes: 1000,
        duration: std::time::Duration::from_millis(1500),
    };
    world.server.faults().push(Fault::once("GetObject", stall));
    let running = world.start("get s3://bucket/key file");
    world.wait_for("GetObject", 1);
    std::thread::sleep(std::time::Duration::from_millis(500));
    let files = all_files(&world.path(""));
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(
        files[0].starts_with("file-") && files[0].ends_with(".tmp"),
        "{files:?}"
    );
    let mode = fs::metadata(world.path(&files[0]))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    running.wait().succeeds();
    world.assert_clean();
}

#[test]
fn names_that_are_too_long_are_told() {
    let world = World::new();
    let long = "n".repeat(300);
    world
        .server
        .store()
        .put("bucket", &format!("d/{long}"), "x");
    world
        .server
        .store()
        .put("bucket", &format!("d/{}", "m".repeat(255)), "x");
    world
        .run("get -r s3://bucket/d d")
        .fails()
        .in_one_line()
        .says(&long);
    assert_eq!(all_files(&world.path("d")), ["m".repeat(255)]);
}

/// Both used to find no file there, and the slower one won.
#[test]
fn two_objects_do_not_become_one_file() {
    let world = World::new();
    let store = world.server.store();
    for key in ["a/r", "b/r", "c/d/1", "e/d/1", "e/d/2"] {
        store.put("bucket", key, key);
    }
    std::fs::create_dir(world.path("out")).unwrap();
    let run = world.run("get -f s3://bucket/*/r out").fails();
    assert!(
        run.stderr.contains("another source has the same target"),
        "{run:?}"
    );
    assert_eq!(world.read("out/r").unwrap(), b"a/r");
    let run = world.run("get -r -f s3://bucket/*/d out").fails();
    assert!(
        run.stderr.contains("another source has the same target"),
        "{run:?}"
    );
    assert_eq!(world.read("out/d/1").unwrap(), b"c/d/1");
    assert_eq!(world.read("out/d/2").unwrap(), b"e/d/2");
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let world = World::new();
    world.server.store().put("bucket", "k", "k");
    let full = || {
        std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    for line in ["ls s3://bucket", "cat s3://bucket/k"] {
        let mut command = world.command();
        command.args(line.split_whitespace()).stdout(full());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            error.contains("28: No space left on device"),
            "{line}: {error}"
        );
    }
}

#[test]
fn a_low_limit_of_open_files_means_fewer_jobs_and_no_failures() {
    let world = World::new();
    for n in 0..300 {
        world.file(&format!("d/{n}"), content(2000, n));
    }
    let lines = [
        "put -r d s3://bucket/ -c 64",
        "get -r s3://bucket/d e -c 64",
        "dsync e s3://bucket/f -c 64 -D",
    ];
    for line in lines {
        let mut command = world.command_of("sh");
        let program = env!("CARGO_BIN_EXE_s4cmd");
        command.args(["-c", &format!("ulimit -n 60; exec {program} {line}")]);
        Running::spawn(&mut command).wait().succeeds();
    }
    assert_eq!(world.server.store().keys("bucket").len(), 600);
}
