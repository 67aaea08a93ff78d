//! `get` and `cat` against servers and networks that fail or lie.

use std::time::Duration;

use crate::{
    matrix::{Scenario, all_give_up, last_word, lasting, passing, status},
    run::{Run, World, all_files, content, each},
    server::{Action, Config, Fault, Match},
};

const SIZE: usize = 700_000;

const SINGLE: Scenario = Scenario {
    line: "get -f s3://bucket/key file",
    spoiled: ("GetObject", 1),
    names: "s3://bucket/key: ",
    config: Config::default,
    prepare: prepare_plain,
    done: is_new,
    intact: is_old,
};

/// Four ranges, one after the other.
const RANGED: Scenario = Scenario {
    line: "get -f -c 1 s3://bucket/key file --max-singlepart-download-size 1 \
           --multipart-split-size 200000",
    spoiled: ("GetObject", 3),
    ..SINGLE
};

fn head() -> Scenario {
    Scenario {
        spoiled: ("HeadObject", 1),
        ..RANGED
    }
}

fn prepare_plain(world: &World) {
    world.file("file", "old");
    world.server.store().put("bucket", "key", content(SIZE, 1));
}

/// As a multipart upload of the program leaves it: the tag is no MD5, the metadata has it.
fn prepare_composite(world: &World) {
    prepare_plain(world);
    compose(world, true);
}

/// As a multipart upload of another program leaves it: nothing tells the MD5.
fn prepare_opaque(world: &World) {
    prepare_plain(world);
    compose(world, false);
}

fn compose(world: &World, with_md5: bool) {
    let mut object = world.server.store().get("bucket", "key").unwrap();
    let md5 = object.etag.trim_matches('"').to_owned();
    object.etag = "\"0123456789abcdef0123456789abcdef-3\"".to_owned();
    if with_md5 {
        object.headers.insert("x-amz-meta-md5".to_owned(), md5);
    }
    world.server.store().insert("bucket", "key", object);
}

fn is_new(world: &World, run: &Run) {
    assert!(
        world.read("file").unwrap() == content(SIZE, 1),
        "other bytes"
    );
    assert_eq!(run.stdout, "s3://bucket/key => file\n");
    assert_eq!(all_files(&world.path("")), ["file"]);
}

fn is_old(world: &World) {
    assert!(
        world.read("file").unwrap() == b"old",
        "the old file is gone"
    );
    assert_eq!(all_files(&world.path("")), ["file"]);
}

fn broken_bodies() -> Vec<Action> {
    vec![
        Action::ShortBody { bytes: 0 },
        Action::ShortBody { bytes: 100_000 },
        Action::ResetMidBody { after_bytes: 0 },
        Action::ResetMidBody {
            after_bytes: 100_000,
        },
        Action::StallBody {
            after_bytes: 1000,
            duration: Duration::from_millis(300),
        },
        Action::SlowBody {
            bytes_per_write: 50_000,
            pause: Duration::from_millis(20),
        },
    ]
}

fn lies() -> Vec<Action> {
    vec![
        Action::CorruptBody { at: 0 },
        Action::CorruptBody { at: 150_000 },
        Action::WrongLength { by: 1 },
        Action::WrongLength { by: -1 },
        Action::ErrorIn200 {
            code: "InternalError",
        },
        Action::EmptyOk,
    ]
}

fn once(world: &World, nth: u32, action: Action) {
    let when = Match::op("GetObject").nth(nth);
    world.server.faults().push(Fault {
        when,
        times: 1,
        action,
    });
}

#[test]
fn a_single_get_survives_every_passing_fault() {
    let mut actions = passing();
    actions.extend(broken_bodies());
    actions.extend(lies());
    actions.push(Action::NoETag);
    SINGLE.survives(actions);
}

#[test]
fn a_ranged_get_survives_every_passing_fault() {
    let mut actions = passing();
    actions.extend(broken_bodies());
    actions.extend(lies());
    actions.extend([
        Action::NoETag,
        Action::WrongETag,
        Action::IgnoreRange,
        Action::ShiftRange,
    ]);
    RANGED.survives(actions);
}

#[test]
fn the_request_before_the_ranges_survives_every_passing_fault() {
    let mut actions = passing();
    // An answer to HEAD has no body, so this one has no code.
    actions.retain(|action| !matches!(action, Action::Status { status: 400, .. }));
    actions.extend([
        Action::NoETag,
        Action::EmptyOk,
        Action::WrongETag,
        Action::WrongLength { by: 1 },
        Action::WrongLength { by: -1 },
    ]);
    head().survives(actions);
}

#[test]
fn a_composite_tag_is_verified_by_the_metadata() {
    for scenario in [SINGLE, RANGED] {
        let composite = Scenario {
            prepare: prepare_composite,
            ..scenario
        };
        composite.survives(lies());
    }
}

#[test]
fn without_any_md5_at_least_the_length_is_right() {
    let mut actions = lies();
    actions.retain(|action| !matches!(action, Action::CorruptBody { .. }));
    for scenario in [SINGLE, RANGED] {
        let opaque = Scenario {
            prepare: prepare_opaque,
            ..scenario
        };
        opaque.survives(actions.clone());
    }
}

#[test]
fn a_get_gives_up_in_the_end_and_the_old_file_stays() {
    let mut actions = lasting();
    actions.extend([
        Action::ShortBody { bytes: 0 },
        Action::CorruptBody { at: 150_000 },
        Action::WrongLength { by: 7 },
        Action::WrongETag,
        Action::EmptyOk,
        Action::LostReply,
    ]);
    let mut of_ranges = actions.clone();
    of_ranges.extend([Action::IgnoreRange, Action::ShiftRange]);
    let mut of_head = lasting();
    // An answer to HEAD has no body, so there is no document in it either.
    of_head.retain(|action| !matches!(action, Action::ErrorIn200 { .. }));
    all_give_up(vec![
        (SINGLE, actions),
        (RANGED, of_ranges),
        (head(), of_head),
    ]);
}

#[test]
fn a_get_that_is_refused_is_not_repeated() {
    SINGLE.stops_at_once(last_word());
    RANGED.stops_at_once(last_word());
}

#[test]
fn an_object_that_is_replaced_between_ranges_gives_one_version() {
    let changes = vec![
        Action::ReplaceObject,
        Action::ResizeObject { by: 1000 },
        Action::ResizeObject { by: -100_000 },
    ];
    let cases = changes.into_iter().flat_map(|change| {
        let prepares: [fn(&World); 3] = [prepare_plain, prepare_composite, prepare_opaque];
        let cases = prepares.map(|prepare| (change.clone(), prepare));
        ["", "--resume"].map(|option| {
            cases
                .clone()
                .map(|(change, prepare)| (change, prepare, option))
        })
    });
    each(
        cases.flatten().collect(),
        |(change, prepare, option): (Action, fn(&World), &str)| {
            let world = World::new();
            prepare(&world);
            once(&world, 2, change);
            let run = world.run(&format!("{} {option}", RANGED.line));
            let file = world.read("file").unwrap();
            match run.status.code() {
                // The metadata of the object that was replaced may tell a wrong MD5.
                Some(1) => assert!(file == b"old"),
                _ => {
                    let new = world.server.store().body("bucket", "key");
                    assert!(
                        file == new || file == content(SIZE, 1),
                        "a mixture: {run:#?}"
                    );
                }
            }
            world.assert_clean();
        },
    );
}

#[test]
fn an_object_that_is_replaced_after_every_range_is_an_error() {
    let world = World::new();
    prepare_plain(&world);
    world
        .server
        .faults()
        .push(Fault::always("GetObject", Action::ReplaceObject));
    world
        .run(RANGED.line)
        .fails()
        .in_one_line()
        .says("s3://bucket/key")
        .within(20);
    is_old(&world);
}

#[test]
fn an_object_that_vanishes_is_an_error() {
    for (scenario, nth) in [(SINGLE, 1), (RANGED, 1), (RANGED, 3)] {
        let world = World::new();
        prepare_plain(&world);
        once(&world, nth, Action::RemoveObject);
        world
            .run(scenario.line)
            .fails()
            .in_one_line()
            .says("s3://bucket/key");
        is_old(&world);
    }
}

#[test]
fn a_broken_stream_does_not_go_on_with_another_version() {
    for change in [Action::ReplaceObject, Action::ResizeObject { by: 10 }] {
        let world = World::new();
        prepare_opaque(&world);
        once(&world, 1, Action::ShortBody { bytes: 300_000 });
        once(&world, 1, change);
        let run = world.run(SINGLE.line);
        let file = world.read("file").unwrap();
        let new = world.server.store().body("bucket", "key");
        match run.status.code() {
            Some(0) => assert!(file == new, "a mixture"),
            _ => is_old(&world),
        }
    }
}

#[test]
fn a_tag_that_is_not_the_md5_is_believed_if_the_metadata_fits() {
    for line in [SINGLE.line, RANGED.line] {
        let world = World::new();
        prepare_composite(&world);
        let mut object = world.server.store().get("bucket", "key").unwrap();
        object.etag = "\"ffffffffffffffffffffffffffffffff\"".to_owned();
        world.server.store().insert("bucket", "key", object);
        let run = world.run(line).succeeds();
        is_new(&world, &run);
    }
}

#[test]
fn an_empty_object_is_an_empty_file() {
    for line in [SINGLE.line, RANGED.line] {
        let world = World::new();
        world.server.store().put("bucket", "key", "");
        world.run(line).succeeds();
        assert_eq!(world.read("file").unwrap(), b"");
        let requests = world.server.requests_of("GetObject");
        assert!(requests.iter().all(|seen| seen.header("range").is_empty()));
    }
}

#[test]
fn others_go_on_when_one_fails() {
    let world = World::new();
    for n in 0..10 {
        let (key, body) = (format!("d/{n}"), content(1000, n));
        world.server.store().put("bucket", &key, body);
    }
    world.server.faults().push(Fault {
        when: Match::op("GetObject").key("d/4"),
        times: u32::MAX,
        action: status(403, "AccessDenied"),
    });
    world
        .run("get -r s3://bucket/d d")
        .fails()
        .in_one_line()
        .says("s3://bucket/d/4");
    let files = all_files(&world.path("d"));
    assert_eq!(files, ["0", "1", "2", "3", "5", "6", "7", "8", "9"]);
}

/// Those large enough are summed with others.
#[test]
fn the_damaged_one_of_those_that_are_summed_together_is_found() {
    for times in [1, u32::MAX] {
        let world = World::new();
        for n in 0..20 {
            let (key, body) = (format!("d/{n:02}"), content(100_000, n));
            world.server.store().put("bucket", &key, body);
        }
        world.server.faults().push(Fault {
            when: Match::op("GetObject").key("d/07"),
            times,
            action: Action::CorruptBody { at: 99_999 },
        });
        let run = world.run("get -r s3://bucket/d d");
        let is_passing = times == 1;
        if is_passing {
            run.succeeds();
        } else {
            run.fails().in_one_line().says("s3://bucket/d/07");
        }
        for n in 0..20 {
            let right = (is_passing || n != 7).then(|| content(100_000, n));
            assert_eq!(world.read(&format!("d/{n:02}")), right, "{n}");
        }
        world.assert_clean();
    }
}

#[test]
fn cat_gives_the_right_bytes_or_fails() {
    let mut actions = passing();
    actions.extend(broken_bodies());
    actions.extend(lies());
    each(actions, |action| {
        let world = World::new();
        let text = "0123456789".repeat(60_000);
        world.server.store().put("bucket", "key", text.clone());
        once(&world, 1, action);
        let run = world.run("cat s3://bucket/key");
        match run.status.code() {
            Some(0) => assert!(run.stdout == text, "wrong bytes and no word"),
            // Bytes that were printed cannot be taken back.
            _ => assert!(run.stderr.contains("s3://bucket/key"), "{}", run.stderr),
        }
    });
}

/// It gave up, although nothing was printed yet.
#[test]
fn cat_asks_again_if_the_answer_has_another_size_than_was_listed() {
    for by in [7, -7] {
        let world = World::new();
        world.server.store().put("bucket", "key", "some text");
        once(&world, 1, Action::WrongLength { by });
        let run = world.run("cat s3://bucket/key").succeeds();
        assert_eq!(run.stdout, "some text");
    }
}

#[test]
#[ignore = "takes a minute: twice the idle timeout of 30 seconds"]
fn a_silent_server_is_left_after_the_idle_timeout() {
    for stall in [
        Action::StallHeaders(Duration::from_secs(90)),
        Action::StallBody {
            after_bytes: 1000,
            duration: Duration::from_secs(90),
        },
    ] {
        let world = World::new();
        prepare_plain(&world);
        once(&world, 1, stall);
        let run = world.run(SINGLE.line).succeeds().within(35);
        is_new(&world, &run);
    }
}

#[test]
fn damage_has_an_exit_status_of_its_own() {
    let world = World::new();
    let store = world.server.store();
    let stale = [("x-amz-meta-md5", "0cc175b9c0f1b6a831c399e269772661")];
    store.put_with("bucket", "k", "content", &stale);
    let mut object = store.get("bucket", "k").unwrap();
    object.etag = "\"0cc175b9c0f1b6a831c399e269772661-2\"".to_owned();
    store.insert("bucket", "k", object);
    let run = world.run("get s3://bucket/k got --exit-codes extended");
    assert_eq!(run.status.code(), Some(5), "{run:#?}");
    assert!(world.read("got").is_none());
    world.assert_clean();
}
