//! `-n` changes nothing, there or here, and says what the real run says.

use crate::{
    run::{Run, World, all_files, content},
    server::{Config, Fault},
};

fn world() -> World {
    let world = World::with(Config {
        max_keys: 3,
        ..Config::default()
    });
    for n in 0..5 {
        world
            .server
            .store()
            .put("bucket", &format!("d/{n}"), content(1000, n));
        world.file(&format!("here/{n}"), content(1000, n + 3));
    }
    world.server.store().put("bucket", "d/sub/x", "x");
    // Names of a directory and of a file that are there.
    world.server.store().put("bucket", "here", "x");
    world.server.store().put("bucket", "marked/file/", "");
    world.file("marked/file", "x");
    for n in 0..4 {
        let store = world.server.store();
        store.put("bucket", &format!("e/{}", n * 2), content(1000, n));
    }
    world.file("here/sub/y", "y");
    world.file("same/0", content(1000, 0));
    world.file("same/1", "other");
    world.file("file", content(100, 9));
    world.file("big", content(6 << 20, 9));
    world
}

/// Everything that is stored, and every file.
fn state(world: &World) -> (Vec<String>, Vec<(String, Vec<u8>)>) {
    let store = world.server.store();
    let mut there = store.buckets();
    for key in store.keys("bucket") {
        let object = store.get("bucket", &key).unwrap();
        there.push(format!("{key} {} {}", object.etag, object.last_modified));
    }
    let files = all_files(&world.path("")).into_iter();
    let here = files.map(|name| (name.clone(), world.read(&name).unwrap()));
    (there, here.collect())
}

fn sorted(run: &Run) -> Vec<&str> {
    let mut lines: Vec<_> = run.stdout.lines().collect();
    lines.sort_unstable();
    lines
}

const COMMANDS: [&str; 39] = [
    "put file s3://bucket/new",
    "put -f file s3://bucket/d/0",
    "put file s3://bucket/d/0",
    "put -r here s3://bucket/new/",
    "put -r -s -f same s3://bucket/d",
    "put big s3://bucket/big --max-singlepart-upload-size 1 --multipart-split-size 5242880",
    "get s3://bucket/d/0 got",
    "get -f s3://bucket/d/0 file",
    "get s3://bucket/d/0 file",
    "get -r s3://bucket/d got",
    "get -r -s -f s3://bucket/d same",
    "get -r s3://bucket/d got --max-singlepart-download-size 1 --multipart-split-size 100",
    "dsync here s3://bucket/d",
    "dsync s3://bucket/d here",
    "dsync s3://bucket/d new-directory",
    "del s3://bucket/d/0",
    "del -r s3://bucket/d",
    "mb s3://bucket-new",
    "cp s3://bucket/d/0 s3://bucket/new",
    "cp s3://bucket/d/0 s3://bucket/d/1",
    "cp -f s3://bucket/d/0 s3://bucket/d/1",
    "cp -r s3://bucket/d s3://bucket/new/ --max-singlepart-copy-size 1",
    "mv s3://bucket/d/0 s3://bucket/new",
    "mv -r s3://bucket/d s3://bucket/new",
    "sync here s3://bucket/d",
    "sync -D here s3://bucket/d",
    "sync s3://bucket/d here",
    "dsync -D here s3://bucket/d",
    "dsync -D s3://bucket/d here",
    "dsync -D s3://bucket/d s3://bucket/new",
    "dsync -D s3://bucket/d s3://bucket/e",
    "put file s3://no-bucket/k",
    "put -r -c 1 here s3://no-bucket/k",
    "cp s3://bucket/d/0 s3://no-bucket/k",
    "mv -f s3://bucket/d/0 s3://no-bucket/k",
    "get s3://bucket/d/0 file/below",
    "get -r -c 1 s3://bucket/d file",
    "get -f s3://bucket/here .",
    "get -r s3://bucket/marked .",
];

#[test]
fn a_dry_run_changes_nothing_and_says_what_the_real_one_says() {
    crate::run::each(COMMANDS.to_vec(), |line| {
        let world = world();
        let before = state(&world);
        let directories = || walkdir::WalkDir::new(world.path("")).into_iter().count();
        let entries = directories();
        let dry = world.run(&format!("{line} -n"));
        assert!(state(&world) == before, "something changed: {dry:#?}");
        assert_eq!(directories(), entries, "a directory was made");
        for seen in world.server.requests() {
            assert!(matches!(&*seen.method, "GET" | "HEAD"), "{seen:?}");
        }
        let real = world.run(line);
        assert_eq!(dry.status.code(), real.status.code(), "{dry:#?}{real:#?}");
        assert_eq!(sorted(&dry), sorted(&real));
        assert_eq!(dry.stderr, real.stderr);
    });
}

#[test]
fn a_dry_run_sees_the_failures_of_listings() {
    let world = world();
    world.server.faults().push(Fault::always(
        "ListObjectsV2",
        crate::server::Action::NoToken,
    ));
    world
        .run("get -n -r s3://bucket/d got")
        .fails()
        .in_one_line();
    world.run("del -n -r s3://bucket/d").fails().in_one_line();
}
