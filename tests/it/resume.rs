//! Runs that were killed, and the runs after them.

use std::{fs, time::Duration};

use crate::{
    matrix::status,
    run::{Run, World, all_files, content},
    server::{Action, Config, Fault, Match},
};

const PART: usize = 5 << 20;
const PUT: &str = "put -f big s3://bucket/key -c 2 --max-singlepart-upload-size 1 \
                   --multipart-split-size 5242880";
const GET: &str = "get -f s3://bucket/old got -c 2 --max-singlepart-download-size 1 \
                   --multipart-split-size 1000000";
const UP: &str = "dsync here s3://bucket/up -c 2 --max-singlepart-upload-size 1000000 \
                  --multipart-split-size 5242880";
const DOWN: &str = "dsync s3://bucket/d down -c 2 --max-singlepart-download-size 1000000 \
                    --multipart-split-size 1000000";

fn big() -> Vec<u8> {
    content(5 * PART + 1000, 2)
}

fn world() -> World {
    world_with(Config::default())
}

fn world_with(config: Config) -> World {
    let world = World::with(config);
    world.file("big", big());
    world.file("here/big", big());
    world.file("here/small", "small");
    let store = world.server.store();
    for key in ["old", "d/big"] {
        store.put("bucket", key, content(8_500_000, 3));
    }
    store.put("bucket", "d/small", "small");
    world
}

/// Stops requests of an operation from the nth on.
fn stall(world: &World, operation: &'static str, nth: u32) {
    world.server.faults().push(Fault {
        when: Match::op(operation).nth(nth),
        times: u32::MAX,
        action: Action::StallHeaders(Duration::from_secs(60)),
    });
}

/// Runs a command until so many requests of an operation came, and kills it.
fn killed(world: &World, line: &str, operation: &'static str, nth: u32) {
    stall(world, operation, nth);
    killed_while(world, line, operation, nth as usize + 1);
}

fn killed_while(world: &World, line: &str, operation: &'static str, requests: usize) {
    let running = world.start(line);
    world.wait_for(operation, requests);
    // What was answered is noted a moment later.
    std::thread::sleep(Duration::from_millis(300));
    running.signal("KILL");
    let run = running.wait();
    assert_eq!(run.status.code(), None, "{run:#?}");
    world.server.faults().clear();
}

/// The requests of an operation that a run makes.
fn requests_of(world: &World, operation: &str, run: impl FnOnce()) -> usize {
    let before = world.server.requests_of(operation).len();
    run();
    world.server.requests_of(operation).len() - before
}

fn assert_sent(world: &World, run: Run) {
    run.succeeds();
    assert!(world.server.store().body("bucket", "key") == big(), "mixed");
    world.assert_clean();
    assert_eq!(noted(world), Vec::<String>::new());
}

fn assert_got(world: &World, run: Run) {
    run.succeeds();
    let there = world.server.store().body("bucket", "old");
    assert!(world.read("got").unwrap() == there, "mixed");
    assert_no_leftovers(world);
}

/// Also no maps of parts.
fn assert_no_leftovers(world: &World) {
    world.assert_clean();
    let files = all_files(&world.path(""));
    let maps = files.iter().filter(|name| name.ends_with(".map"));
    assert_eq!(maps.count(), 0, "{files:?}");
}

/// The journal's entries.
fn noted(world: &World) -> Vec<String> {
    all_files(&world.outside("home/.local/state/s4cmd/uploads"))
}

#[test]
fn the_upload_of_a_killed_run_is_given_up_by_the_next_one() {
    let world = world();
    killed(&world, PUT, "UploadPart", 3);
    assert_eq!(world.server.store().uploads("bucket").len(), 1);
    let sent = requests_of(&world, "UploadPart", || {
        assert_sent(&world, world.run(PUT));
    });
    assert_eq!(sent, 6);
}

#[test]
fn a_killed_upload_is_gone_on_with() {
    let world = world();
    killed(&world, PUT, "UploadPart", 4);
    let sent = requests_of(&world, "UploadPart", || {
        assert_sent(&world, world.run(&format!("{PUT} --resume")));
    });
    assert_eq!(sent, 3, "three parts were there");
}

/// S3 lists a thousand parts at a time, of which there may be ten thousand.
#[test]
fn a_killed_upload_of_more_parts_than_one_list_has_is_gone_on_with() {
    let world = world_with(Config {
        max_keys: 1,
        ..Config::default()
    });
    killed(&world, PUT, "UploadPart", 4);
    let sent = requests_of(&world, "UploadPart", || {
        assert_sent(&world, world.run(&format!("{PUT} --resume")));
    });
    assert_eq!(sent, 3, "three parts were there");
}

#[test]
fn a_killed_upload_of_another_content_is_not_gone_on_with() {
    let world = world();
    killed(&world, PUT, "UploadPart", 4);
    let mut changed = big();
    changed[PART + 5] ^= 1;
    world.file("big", &changed);
    world.run(&format!("{PUT} --resume")).succeeds();
    let object = world.server.store().get("bucket", "key").unwrap();
    assert!(
        world.server.store().body("bucket", "key") == changed,
        "mixed"
    );
    let md5 = object.headers.get("x-amz-meta-md5").unwrap();
    let sum = world.command_of("md5sum").arg("big").output().unwrap();
    assert!(sum.stdout.starts_with(md5.as_bytes()), "{md5}");
    world.assert_clean();
}

#[test]
fn other_headers_make_another_upload() {
    let world = world();
    killed(&world, PUT, "UploadPart", 4);
    let line = format!("{PUT} --resume --API-ContentType text/x-new");
    let sent = requests_of(&world, "UploadPart", || {
        assert_sent(&world, world.run(&line));
    });
    assert_eq!(sent, 6);
    let object = world.server.store().get("bucket", "key").unwrap();
    assert_eq!(object.headers.get("content-type").unwrap(), "text/x-new");
}

#[test]
fn a_stored_part_that_is_not_the_files_is_sent_again() {
    let world = world();
    killed(&world, PUT, "UploadPart", 4);
    world
        .server
        .store()
        .with("bucket", |bucket| {
            let upload = bucket.uploads.values_mut().next().unwrap();
            let other = upload.parts[&2].clone();
            upload.parts.insert(1, other);
            Ok(())
        })
        .unwrap();
    let sent = requests_of(&world, "UploadPart", || {
        assert_sent(&world, world.run(&format!("{PUT} --resume")));
    });
    assert_eq!(sent, 4);
}

#[test]
fn an_upload_whose_identifier_was_lost_by_a_kill_is_found() {
    let world = world();
    let answer_is_lost = Action::StallBody {
        after_bytes: 0,
        duration: Duration::from_secs(60),
    };
    let fault = Fault::always("CreateMultipartUpload", answer_is_lost);
    world.server.faults().push(fault);
    killed_while(&world, PUT, "CreateMultipartUpload", 1);
    assert_eq!(world.server.store().uploads("bucket").len(), 1);
    assert_sent(&world, world.run(PUT));
}

#[test]
fn the_upload_of_a_run_that_is_alive_is_left_alone() {
    let world = world();
    stall(&world, "UploadPart", 1);
    let running = world.start(PUT);
    world.wait_for("UploadPart", 2);
    world.server.faults().clear();
    world.run(PUT).succeeds();
    world.run(&format!("{PUT} --resume")).succeeds();
    assert_eq!(world.server.store().uploads("bucket").len(), 1);
    running.signal("INT");
    assert_eq!(running.wait().status.code(), Some(130));
    assert_sent(&world, world.run(PUT));
}

#[test]
fn a_killed_copy_in_parts_is_given_up_by_the_next_run() {
    let world = world();
    world.server.store().put("bucket", "src", big());
    let line = "cp -f s3://bucket/src s3://bucket/key -c 2 --max-singlepart-copy-size 1 \
                --multipart-split-size 5242880";
    killed(&world, line, "UploadPartCopy", 3);
    assert_eq!(world.server.store().uploads("bucket").len(), 1);
    assert_sent(&world, world.run(&format!("{line} --resume")));
}

#[test]
fn what_a_killed_download_left_is_removed_by_the_next_run() {
    let world = world();
    killed(&world, GET, "GetObject", 4);
    assert_eq!(temporary(&world), 1);
    let sent = requests_of(&world, "GetObject", || {
        assert_got(&world, world.run(GET));
    });
    assert_eq!(sent, 9);
}

fn temporary(world: &World) -> usize {
    let files = all_files(&world.path(""));
    files.iter().filter(|name| name.ends_with(".tmp")).count()
}

#[test]
fn a_killed_download_is_gone_on_with() {
    let world = world();
    killed(&world, &format!("{GET} --resume"), "GetObject", 5);
    let sent = requests_of(&world, "GetObject", || {
        assert_got(&world, world.run(&format!("{GET} --resume")));
    });
    assert_eq!(sent, 5, "four ranges were there");
}

#[test]
fn two_versions_are_never_mixed_by_going_on() {
    let world = world();
    killed(&world, &format!("{GET} --resume"), "GetObject", 5);
    let store = world.server.store();
    store.put("bucket", "old", content(8_500_000, 4));
    let sent = requests_of(&world, "GetObject", || {
        assert_got(&world, world.run(&format!("{GET} --resume")));
    });
    assert_eq!(sent, 9);
}

#[test]
fn a_part_that_was_damaged_on_disk_is_got_again() {
    let world = world();
    killed(&world, &format!("{GET} --resume"), "GetObject", 5);
    let files = all_files(&world.path(""));
    let temp = files.iter().find(|name| name.ends_with(".tmp")).unwrap();
    let mut bytes = world.read(temp).unwrap();
    bytes[1_500_000] ^= 1;
    fs::write(world.path(temp), bytes).unwrap();
    let sent = requests_of(&world, "GetObject", || {
        assert_got(&world, world.run(&format!("{GET} --resume")));
    });
    assert_eq!(sent, 6);
}

#[test]
fn killed_synchronisations_are_gone_on_with_in_both_directions() {
    let world = world();
    for (line, operation, whole) in [(UP, "UploadPart", 6), (DOWN, "GetObject", 10)] {
        let line = format!("{line} --resume");
        killed(&world, &line, operation, 4);
        let sent = requests_of(&world, operation, || drop(world.run(&line).succeeds()));
        assert!(sent <= whole - 3, "{line}: {sent}");
        assert_no_leftovers(&world);
    }
    assert!(world.server.store().body("bucket", "up/big") == big());
    let there = world.server.store().body("bucket", "d/big");
    assert!(world.read("down/big").unwrap() == there);
    assert_eq!(noted(&world), Vec::<String>::new());
}

#[test]
fn a_synchronisation_that_was_killed_behind_its_end_leaves_no_note() {
    let world = world();
    let late = Action::StallBody {
        after_bytes: 0,
        duration: Duration::from_secs(60),
    };
    let fault = Fault::always("CompleteMultipartUpload", late);
    world.server.faults().push(fault);
    killed_while(&world, UP, "CompleteMultipartUpload", 1);
    assert_eq!(noted(&world).len(), 1);
    world.run(UP).succeeds();
    assert!(world.server.store().body("bucket", "up/big") == big());
    assert_eq!(noted(&world), Vec::<String>::new());
    world.assert_clean();
}

#[test]
fn with_resume_an_interrupted_run_keeps_what_it_has() {
    let world = world();
    for (line, operation, whole) in [(PUT, "UploadPart", 6), (GET, "GetObject", 9)] {
        let line = format!("{line} --resume");
        stall(&world, operation, 4);
        let running = world.start(&line);
        world.wait_for(operation, 5);
        std::thread::sleep(Duration::from_millis(300));
        running.signal("INT");
        let run = running.wait().says("--resume");
        assert_eq!(run.status.code(), Some(130));
        world.server.faults().clear();
        let sent = requests_of(&world, operation, || drop(world.run(&line).succeeds()));
        assert_eq!(sent, whole - 3, "{line}");
        assert_no_leftovers(&world);
    }
}

#[test]
fn with_resume_a_failed_run_keeps_what_it_has_and_a_run_without_removes_it() {
    let world = world();
    for (line, operation) in [(PUT, "UploadPart"), (GET, "GetObject")] {
        world.server.faults().push(Fault {
            when: Match::op(operation).nth(4),
            times: u32::MAX,
            action: status(500, "InternalError"),
        });
        let run = world.run(&format!("{line} --resume -t 1")).fails();
        run.says("--resume");
        world.server.faults().clear();
        world.run(line).succeeds();
        assert_no_leftovers(&world);
    }
    assert_eq!(noted(&world), Vec::<String>::new());
}

/// A later run would be refused as well: what is kept for it would only take room.
#[test]
fn with_resume_a_run_that_was_refused_keeps_nothing() {
    let world = world();
    for (line, operation) in [(PUT, "UploadPart"), (GET, "GetObject")] {
        world.server.faults().push(Fault {
            when: Match::op(operation).nth(4),
            times: u32::MAX,
            action: status(400, "InvalidRequest"),
        });
        let run = world.run(&format!("{line} --resume")).fails();
        assert!(!run.stderr.contains("is kept"), "{run:#?}");
        world.server.faults().clear();
        assert_no_leftovers(&world);
    }
    assert_eq!(noted(&world), Vec::<String>::new());
}

/// Somebody's file whose name only looks like one of ours, and one that another run is writing.
#[test]
fn files_of_others_are_not_cleaned_up_or_sent() {
    let world = world();
    let foreign = ["got-abcdefghijklmno.tmp", "here/x-abcdefghijklmno.tmp"];
    for name in foreign {
        world.file(name, "mine");
    }
    stall(&world, "GetObject", 1);
    let running = world.start("get -f s3://bucket/d/small here/mine");
    world.wait_for("GetObject", 1);
    world.server.faults().clear();
    world.run(GET).succeeds();
    world
        .run("get -f s3://bucket/d/small here/other")
        .succeeds();
    world.run(UP).succeeds();
    for name in foreign {
        assert_eq!(world.read(name).unwrap(), b"mine");
    }
    let sent = world.server.store().keys("bucket");
    let sent: Vec<_> = sent.iter().filter(|key| key.ends_with(".tmp")).collect();
    assert_eq!(sent, ["up/x-abcdefghijklmno.tmp"]);
    running.signal("INT");
    running.wait();
}
