//! Memory stays small whatever the size.

use std::{fs, sync::Mutex, thread::sleep, time::Duration};

use md5::{Digest as _, Md5};

use crate::{
    run::{Running, World},
    server::Config,
};

const SIZE: u64 = 200 << 20;
const LIMIT_KIB: u64 = 64 << 10;

/// One at a time: each keeps both cores busy.
static TURN: Mutex<()> = Mutex::new(());

fn world() -> World {
    World::with(Config {
        discard_bodies: true,
        ..Config::default()
    })
}

/// The most memory that the child ever had.
fn peak_kib(mut running: Running) -> u64 {
    let status = format!("/proc/{}/status", running.id());
    let mut peak = 0;
    while !running.has_ended() {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        peak = peak.max(kib.and_then(|kib| kib.parse().ok()).unwrap_or(0));
        sleep(Duration::from_millis(5));
    }
    running.wait().succeeds();
    assert!(peak > 0, "this system does not tell");
    peak
}

pub fn stays_small(world: &World, line: &str) {
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let peak = peak_kib(world.start(line));
    println!("{} MiB: {line}", peak >> 10);
    assert!(peak < LIMIT_KIB, "{} MiB: {line}", peak >> 10);
    world.assert_clean();
}

#[test]
fn uploads_take_little_memory() {
    let world = world();
    fs::File::create(world.path("file"))
        .unwrap()
        .set_len(SIZE)
        .unwrap();
    stays_small(&world, "put file s3://bucket/single");
    stays_small(
        &world,
        "put -c 16 file s3://bucket/parts --max-singlepart-upload-size 1 \
                         --multipart-split-size 10485760",
    );
    for key in ["single", "parts"] {
        assert_eq!(world.server.store().get("bucket", key).unwrap().size, SIZE);
    }
}

/// An object of zeros whose tag is its MD5, so that the program sums it.
fn put_zeros_with_md5(world: &World) {
    let mut md5 = Md5::new();
    let zeros = vec![0; 1 << 20];
    (0..SIZE >> 20).for_each(|_| md5.update(&zeros));
    let hex: String = md5
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    world.server.store().put_zeros("bucket", "key", SIZE);
    let mut object = world.server.store().get("bucket", "key").unwrap();
    object.etag = format!("\"{hex}\"");
    world.server.store().insert("bucket", "key", object);
}

#[test]
fn downloads_take_little_memory() {
    let world = world();
    put_zeros_with_md5(&world);
    stays_small(
        &world,
        "get s3://bucket/key single --max-singlepart-download-size 1073741824",
    );
    stays_small(
        &world,
        "get -c 16 s3://bucket/key ranges --multipart-split-size 10485760",
    );
    stays_small(&world, "cat s3://bucket/key");
    for name in ["single", "ranges"] {
        assert_eq!(fs::metadata(world.path(name)).unwrap().len(), SIZE);
        fs::remove_file(world.path(name)).unwrap();
    }
}

#[test]
fn many_objects_take_little_memory() {
    let world = world();
    for n in 0..200_000 {
        world
            .server
            .store()
            .put_zeros("bucket", &format!("directory/{n:06}"), 0);
    }
    stays_small(&world, "ls -r s3://bucket");
    stays_small(&world, "ls s3://bucket/directory");
    stays_small(&world, "du -r s3://bucket");
    stays_small(&world, "du s3://bucket/directory");
    stays_small(&world, "del s3://bucket/directory/*0");
    stays_small(&world, "del -r s3://bucket/directory");
    assert!(world.server.store().keys("bucket").is_empty());
}
