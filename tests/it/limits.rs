//! `--limit-rate` and `--limit-requests`.

use std::time::Instant;

use crate::run::{World, content};

fn seconds(world: &World, line: &str) -> f64 {
    let start = Instant::now();
    world.run(line).succeeds();
    start.elapsed().as_secs_f64()
}

#[test]
fn bytes_move_no_faster_than_allowed_in_the_direction_that_is_limited() {
    let world = World::new();
    world
        .server
        .store()
        .put("bucket", "down", content(300_000, 1));
    world.file("up", content(300_000, 2));
    for (line, is_slow) in [
        ("put up s3://bucket/up --limit-rate 100k", true),
        ("put -f up s3://bucket/up --limit-rate 100k:off", true),
        ("put -f up s3://bucket/up --limit-rate off:2k", false),
        ("get s3://bucket/down down --limit-rate off:100k", true),
        ("get -f s3://bucket/down down --limit-rate 2k:off", false),
    ] {
        let took = seconds(&world, line);
        // 293 KiB at 100 KiB/s.
        let expected = if is_slow { 2.7..6.0 } else { 0.0..2.0 };
        assert!(expected.contains(&took), "{line}: {took} s");
    }
    assert!(world.server.store().body("bucket", "up") == content(300_000, 2));
    assert!(world.read("down").unwrap() == content(300_000, 1));
}

#[test]
fn requests_begin_no_faster_than_allowed() {
    let world = World::new();
    for name in 0..40 {
        world.file(&format!("d/{name}"), "x");
    }
    let took = seconds(&world, "put -r d s3://bucket/d --limit-requests 20");
    assert!(took > 1.8, "{took} s");
    assert_eq!(world.server.store().keys("bucket").len(), 40);
}

/// At a low rate every connection gets its share in time not to look dead.
#[test]
fn many_slow_transfers_all_end() {
    let world = World::new();
    for name in 0..32 {
        world.file(&format!("d/{name}"), content(2_000, name));
    }
    let took = seconds(&world, "put -r d s3://bucket/d -c 32 --limit-rate 20k:off");
    assert!(took > 3.0, "{took} s");
    assert_eq!(world.server.store().keys("bucket").len(), 32);
}

/// The smallest budget is room for one stream: more wait for it, and all come through. Those who
/// summed what arrived had taken all of it, and waited for those who were to receive.
#[test]
fn little_memory_makes_nothing_fail() {
    let world = World::new();
    for n in 0..6 {
        world.file(&format!("d/f{n}"), content(700_000, n));
    }
    let options = "--max-memory 1m -c 6 --multipart-split-size 100000";
    let single = "--max-singlepart-download-size 1";
    world
        .run(&format!("put -r d s3://bucket/d {options}"))
        .succeeds();
    world
        .run(&format!("get -r s3://bucket/d e {options} {single}"))
        .succeeds();
    for n in 0..6 {
        assert!(world.read(&format!("e/f{n}")).unwrap() == content(700_000, n));
    }
    let run = world.run("ls s3://bucket --max-memory 1000");
    assert_eq!(run.status.code(), Some(2));
    run.says("1m or more");
}
