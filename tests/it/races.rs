//! Two runs at the same place at the same time.

use crate::{
    run::{World, content, each},
    server::{Action, Fault},
};
use std::time::Duration;

const RANGED: &str = "--max-singlepart-download-size 1 --multipart-split-size 300000 -c 2";
const PARTS: &str = "--max-singlepart-upload-size 1 --multipart-split-size 5242880 -c 2";

/// Both write to temporary files of their own; whoever is last has the name.
#[test]
fn two_downloads_to_one_file_give_one_whole_version() {
    each(vec!["", RANGED], |options| {
        let world = World::new();
        let store = world.server.store();
        let versions = [content(2_000_000, 1), content(2_000_000, 2)];
        store.put("bucket", "one", versions[0].clone());
        store.put("bucket", "two", versions[1].clone());
        let slow = Action::SlowBody {
            bytes_per_write: 100_000,
            pause: Duration::from_millis(10),
        };
        world.server.faults().push(Fault::always("GetObject", slow));
        let runs = ["one", "two", "one", "two"]
            .map(|key| world.start(&format!("get -f s3://bucket/{key} file {options}")));
        for run in runs {
            run.wait().succeeds();
        }
        assert!(versions.contains(&world.read("file").unwrap()), "a mixture");
        world.assert_clean();
    });
}

#[test]
fn two_uploads_to_one_key_give_one_whole_version() {
    each(vec!["", PARTS], |options| {
        let world = World::new();
        let versions = [content(11 << 20, 1), content(11 << 20, 2)];
        world.file("one", &versions[0]);
        world.file("two", &versions[1]);
        for resume in ["", "--resume"] {
            let runs = ["one", "two", "one", "two"].map(|file| {
                world.start(&format!("put -f {file} s3://bucket/k {options} {resume}"))
            });
            for run in runs {
                run.wait().succeeds();
            }
            let stored = world.server.store().body("bucket", "k").to_vec();
            assert!(versions.contains(&stored), "a mixture");
            world.assert_clean();
        }
    });
}

/// The target is replaced by somebody else while its next version is on its way.
#[test]
fn a_target_that_is_replaced_meanwhile_is_one_of_the_two() {
    let world = World::new();
    let new = content(500_000, 1);
    world.server.store().put("bucket", "key", new.clone());
    world.file("file", "old");
    let stall = Action::StallBody {
        after_bytes: 1000,
        duration: Duration::from_secs(1),
    };
    world.server.faults().push(Fault::once("GetObject", stall));
    let running = world.start("get -f s3://bucket/key file");
    world.wait_for("GetObject", 1);
    world.file("file", "theirs");
    running.wait().succeeds();
    assert!(world.read("file").unwrap() == new);
    world.assert_clean();
}
