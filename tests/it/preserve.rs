//! `--preserve`: what a file has beside its bytes goes with it, and comes back.

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    time::{Duration, SystemTime},
};

use crate::run::{World, is_root};

fn time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::new(1_499_727_909, 123_456_789)
}

/// Permissions, time, user and group.
fn of(world: &World, name: &str) -> (u32, SystemTime, u32, u32) {
    let metadata = fs::metadata(world.path(name)).unwrap();
    let modified = metadata.modified().unwrap();
    (
        metadata.mode() & 0o7777,
        modified,
        metadata.uid(),
        metadata.gid(),
    )
}

#[test]
fn a_file_comes_back_as_it_was() {
    for (up, down) in [
        ("put s/f s3://bucket/t/f", "get s3://bucket/t/f d/f"),
        ("dsync s s3://bucket/t", "dsync s3://bucket/t d"),
        (
            "put s/f s3://bucket/t/f --max-singlepart-upload-size 1",
            "get s3://bucket/t/f d/f --max-singlepart-download-size 1",
        ),
    ] {
        let world = World::new();
        world.file("s/f", "content");
        let path = world.path("s/f");
        // The one more than a umask leaves, the other less.
        fs::set_permissions(&path, Permissions::from_mode(0o727)).unwrap();
        if is_root() {
            chown(&path, Some(1234), Some(5678)).unwrap();
        }
        File::open(&path).unwrap().set_modified(time()).unwrap();
        let before = of(&world, "s/f");
        assert_eq!((before.0, before.1), (0o727, time()));
        fs::create_dir(world.path("d")).unwrap();
        world.run(&format!("{up} --preserve")).succeeds();
        let object = world.server.store().get("bucket", "t/f").unwrap();
        let mtime = object.header("x-amz-meta-mtime");
        assert_eq!(mtime, Some("1499727909.123456789"));
        world.run(&format!("{down} --preserve")).succeeds();
        assert_eq!(of(&world, "d/f"), before, "{down}");
        // Nobody asked for it.
        fs::remove_file(world.path("d/f")).unwrap();
        world.run(down).succeeds();
        let plain = of(&world, "d/f");
        assert!(plain.1 != time() && plain.0 & 0o002 == 0, "{plain:?}");
    }
}

#[test]
fn what_other_tools_kept_is_restored() {
    for (tool, headers) in [
        (
            "s3cmd",
            &[(
                "x-amz-meta-s3cmd-attrs",
                "atime:1/mode:33188/mtime:1499727909/uid:99999",
            )][..],
        ),
        (
            "s3fs",
            &[
                ("x-amz-meta-mode", "33188"),
                ("x-amz-meta-mtime", "1499727909"),
            ],
        ),
        (
            "rclone",
            &[
                ("x-amz-meta-mode", "100644"),
                ("x-amz-meta-mtime", "1499727909.000000000"),
            ],
        ),
    ] {
        let world = World::new();
        world.server.store().put_with("bucket", "k", "x", headers);
        world.run("get s3://bucket/k --preserve").succeeds();
        let (mode, modified, ..) = of(&world, "k");
        let expected = SystemTime::UNIX_EPOCH + Duration::from_secs(1_499_727_909);
        assert_eq!((mode, modified), (0o644, expected), "{tool}");
    }
}

#[test]
fn what_strangers_wrote_makes_nothing_dangerous() {
    let world = World::new();
    let headers = [("x-amz-meta-mode", "104777"), ("x-amz-meta-mtime", "soon")];
    world.server.store().put_with("bucket", "k", "x", &headers);
    world.run("get s3://bucket/k --preserve").succeeds();
    assert_eq!(of(&world, "k").0, 0o777);
}

#[test]
fn a_second_run_has_nothing_to_do() {
    for options in ["--preserve", "--preserve --mtime"] {
        let world = World::new();
        world.file("s/f", "content");
        let file = File::open(world.path("s/f")).unwrap();
        file.set_modified(time()).unwrap();
        for line in ["dsync s s3://bucket/t", "dsync s3://bucket/t d"] {
            let line = format!("{line} {options}");
            let transferred = || {
                let run = world.run(&line).succeeds();
                let is_transfer = |line: &&str| !line.ends_with("(synced)");
                run.stdout.lines().filter(is_transfer).count()
            };
            assert_eq!([transferred(), transferred()], [1, 0], "{line}");
        }
    }
    let world = World::new();
    let run = world.run("dsync s3://bucket/t d --preserve --exact-timestamps");
    assert_eq!(run.status.code(), Some(2));
}
