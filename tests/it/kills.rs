//! `kill -9` at random moments. `S4CMD_KILLS` says how many (24), `S4CMD_SEED` which.

use std::time::{Duration, Instant};

use crate::run::{World, all_files, content, each};

const PART: usize = 5 << 20;
const PARTS: usize = 6;
/// Parts under way at once.
const AT_ONCE: usize = 2;

/// A command that is killed, and what its parts are sent with.
#[derive(Debug, Clone, Copy)]
struct Work {
    line: &'static str,
    operation: &'static str,
    whole: fn(&World) -> bool,
}

const WORKS: [Work; 5] = [
    Work {
        line: "put -f here/big s3://bucket/key --max-singlepart-upload-size 1000000 \
               --multipart-split-size 5242880",
        operation: "UploadPart",
        whole: |world| stored(world, "key") == big(),
    },
    Work {
        line: "dsync here s3://bucket/up --max-singlepart-upload-size 1000000 \
               --multipart-split-size 5242880",
        operation: "UploadPart",
        whole: |world| stored(world, "up/big") == big() && stored(world, "up/small") == b"small",
    },
    Work {
        line: "get -f s3://bucket/d/big got --max-singlepart-download-size 1000000 \
               --multipart-split-size 5242880",
        operation: "GetObject",
        whole: |world| world.read("got").is_some_and(|got| got == big()),
    },
    Work {
        line: "dsync s3://bucket/d down --max-singlepart-download-size 1000000 \
               --multipart-split-size 5242880",
        operation: "GetObject",
        whole: |world| {
            world.read("down/big").is_some_and(|got| got == big())
                && world.read("down/small").is_some_and(|got| got == b"small")
        },
    },
    Work {
        line: "cp -f s3://bucket/d/big s3://bucket/copy --max-singlepart-copy-size 1000000 \
               --multipart-split-size 5242880",
        operation: "UploadPartCopy",
        whole: |world| stored(world, "copy") == big(),
    },
];

fn big() -> Vec<u8> {
    content((PARTS - 1) * PART + 1000, 2)
}

fn stored(world: &World, key: &str) -> Vec<u8> {
    match world.server.store().get("bucket", key) {
        Some(_) => world.server.store().body("bucket", key).to_vec(),
        None => Vec::new(),
    }
}

fn world() -> World {
    let world = World::new();
    world.file("here/big", big());
    world.file("here/small", "small");
    world.server.store().put("bucket", "d/big", big());
    world.server.store().put("bucket", "d/small", "small");
    world
}

/// A moment: of which work, how far through, and whether both runs resume.
#[derive(Debug, Clone, Copy)]
struct Kill {
    work: usize,
    /// Of the time that the whole takes.
    share: f64,
    resume: bool,
}

#[test]
fn whenever_a_run_is_killed_the_next_one_makes_it_right() {
    let number = |name, default| {
        let text = std::env::var(name).ok();
        text.map_or(default, |text| text.parse().unwrap())
    };
    let mut random = fastrand::Rng::with_seed(number("S4CMD_SEED", 1));
    let kills = (0..number("S4CMD_KILLS", 24)).map(|_| Kill {
        work: random.usize(..WORKS.len()),
        share: random.f64(),
        resume: random.bool(),
    });
    let times = WORKS.map(|work| {
        let (world, start) = (world(), Instant::now());
        world.run(work.line).succeeds();
        start.elapsed()
    });
    each(kills.collect(), |kill| check(kill, times[kill.work]));
}

fn check(kill: Kill, time: Duration) {
    let Work {
        line,
        operation,
        whole,
    } = WORKS[kill.work];
    let world = world();
    let resume = if kill.resume { "--resume" } else { "" };
    let line = format!("{line} -c {AT_ONCE} {resume}");
    let running = world.start(&line);
    std::thread::sleep(time.mul_f64(kill.share));
    running.signal("KILL");
    running.wait();
    let was_whole = whole(&world);
    let parts = || {
        let sent = world.server.requests_of(operation);
        let is_part = |key: Option<&str>| key.is_none_or(|key| !key.ends_with("small"));
        let done = sent
            .iter()
            .filter(|seen| seen.status.is_some() && is_part(seen.key.as_deref()));
        done.count()
    };
    world.run(&line).succeeds();
    assert!(whole(&world), "not what it should be");
    world.assert_clean();
    let files = all_files(&world.path(""));
    assert!(
        !files.iter().any(|name| name.ends_with(".map")),
        "{files:?}"
    );
    // Copies begin anew, and what was whole is done once more by what does not compare.
    if kill.resume && !was_whole && operation != "UploadPartCopy" {
        let again = parts().saturating_sub(PARTS);
        assert!(again <= AT_ONCE, "{again} parts were sent twice");
    }
}
