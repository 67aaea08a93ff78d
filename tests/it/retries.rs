//! How often, how long, and when not.

use std::{net::TcpListener, time::Duration};

use crate::{
    matrix::status,
    run::{World, content, each},
    server::{Action, Fault},
};

fn world() -> World {
    let world = World::new();
    world
        .server
        .store()
        .put("bucket", "key", content(100_000, 1));
    world.file("file", "x");
    world
}

#[test]
fn retry_0_is_one_attempt() {
    let faults = vec![
        status(500, "InternalError"),
        status(503, "SlowDown"),
        Action::ResetBefore,
        Action::CloseBefore,
        Action::Garbage,
        Action::ShortBody { bytes: 10 },
    ];
    each(faults, |action| {
        let world = world();
        world
            .server
            .faults()
            .push(Fault::always("GetObject", action));
        world
            .run("get -t 0 s3://bucket/key new")
            .fails()
            .in_one_line()
            .within(5);
        assert_eq!(world.server.requests_of("GetObject").len(), 1);
        world.assert_clean();
    });
    let world = world();
    let lost = Fault::always("PutObject", Action::LostReply);
    world.server.faults().push(lost);
    let run = world.run("put -t 0 file s3://bucket/new");
    let seen = world.server.requests_of("PutObject");
    assert_eq!(seen.len(), 1, "{run:#?} {seen:#?}");
    run.fails().in_one_line().within(5);
}

#[test]
fn a_server_that_always_says_slow_down_is_left_within_a_minute() {
    let cases = vec![
        ("PutObject", "put file s3://bucket/new"),
        ("GetObject", "get s3://bucket/key new"),
        ("ListObjectsV2", "ls s3://bucket"),
        ("DeleteObject", "del s3://bucket/key"),
        ("CreateBucket", "mb s3://bucket-new"),
    ];
    each(cases, |(operation, line)| {
        let world = world();
        world
            .server
            .faults()
            .push(Fault::always(operation, status(503, "SlowDown")));
        world
            .run(line)
            .fails()
            .in_one_line()
            .says("SlowDown")
            .within(60);
        assert_eq!(world.server.requests_of(operation).len(), 5);
    });
}

#[test]
fn broken_connections_get_as_many_rounds_as_asked_for() {
    let cases = vec![(1, 11), (2, 16)];
    each(cases, |(rounds, attempts)| {
        let world = world();
        world
            .server
            .faults()
            .push(Fault::always("PutObject", Action::CloseBefore));
        let line = format!("put file s3://bucket/new -t {rounds} --retry-delay 1");
        let run = world.run(&line).fails().in_one_line().within(30);
        assert_eq!(world.server.requests_of("PutObject").len(), attempts);
        assert!(
            run.took >= Duration::from_secs(rounds),
            "no delay: {run:#?}"
        );
    });
}

#[test]
fn the_server_may_say_how_long_to_wait() {
    let dates = jiff::Timestamp::now() + Duration::from_secs(4);
    let date = dates.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let cases = vec![("2".to_owned(), 2000), (date, 2000), ("soon".to_owned(), 0)];
    each(cases, |(header_value, at_least)| {
        let world = world();
        world.server.faults().push(Fault::once(
            "PutObject",
            Action::RetryAfter {
                status: 503,
                code: "SlowDown",
                header_value,
            },
        ));
        world.run("put file s3://bucket/new").succeeds().within(20);
        let requests = world.server.requests_of("PutObject");
        assert_eq!(requests.len(), 2);
        let waited = requests[1].at - requests[0].at;
        assert!(waited >= Duration::from_millis(at_least), "{waited:?}");
    });
}

#[test]
fn a_refused_connection_fails_fast() {
    let world = world();
    // A port that nobody listens on: it was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let line = format!("ls s3://bucket --endpoint-url http://127.0.0.1:{port}");
    let run = world.run(&line).fails().in_one_line().within(8);
    assert!(run.stderr.contains(&port.to_string()), "{run:#?}");
    assert!(run.stderr.contains("cannot connect"), "{run:#?}");
}

#[test]
fn a_name_that_does_not_exist_fails_fast() {
    let line = "ls s3://bucket --endpoint-url http://no-such-host.invalid";
    world()
        .run(line)
        .fails()
        .in_one_line()
        .says("no-such-host.invalid")
        .within(30);
}

#[test]
fn connections_are_used_again_and_stale_ones_replaced() {
    let world = World::new();
    for n in 0..40 {
        world
            .server
            .store()
            .put("bucket", &format!("d/{n}"), content(10, n));
    }
    world.run("get -c 2 -r s3://bucket/d d").succeeds();
    assert!(
        world.server.connections() <= 4,
        "{}",
        world.server.connections()
    );
    // Every answer is followed by the end of the connection, without a warning.
    world
        .server
        .faults()
        .push(Fault::always("GetObject", Action::CloseAfter));
    world.run("get -c 2 -r s3://bucket/d e").succeeds();
    let gets = world.server.requests_of("GetObject").len();
    assert!(gets <= 160, "{gets}");
}

#[test]
fn a_dead_server_is_not_asked_for_every_file_to_the_end() {
    let world = World::new();
    for n in 0..300 {
        world
            .server
            .store()
            .put("bucket", &format!("d/{n:03}"), "x");
    }
    world
        .server
        .faults()
        .push(Fault::always("GetObject", status(500, "InternalError")));
    let run = world.run("get -c 16 -r s3://bucket/d d").fails().within(60);
    assert_eq!(run.stderr.lines().count(), 300);
    // Each file was tried, and the retries came out of one budget of a hundred.
    let gets = world.server.requests_of("GetObject").len();
    assert!((300..=420).contains(&gets), "{gets}");
}

#[test]
fn a_wrong_clock_is_corrected() {
    for seconds in [3600, -3600] {
        let world = world();
        world
            .server
            .faults()
            .push(Fault::once("PutObject", Action::SkewedClock(seconds)));
        world.run("put file s3://bucket/new").succeeds().within(10);
        assert_eq!(world.server.store().body("bucket", "new"), "x");
    }
}

/// Hundreds of files used to fail in a second, because the budget of quick retries was the budget
/// of everything.
#[test]
fn a_short_outage_is_outlasted_by_a_round() {
    let world = World::new();
    for number in 0..100 {
        world.file(&format!("many/{number}"), number.to_string());
    }
    // More than the budget of quick retries, less than what the rounds of 32 files take.
    let outage = Fault::times(180, "PutObject", Action::ResetBefore);
    world.server.faults().push(outage);
    let run = world.run("put -r -f -c 32 --retry-delay 1 many s3://bucket/x");
    run.succeeds();
    assert_eq!(world.server.store().keys("bucket").len(), 100);
}

#[test]
fn refused_credentials_end_the_run_at_once() {
    let world = World::new();
    for n in 0..500 {
        world.file(&format!("d/{n}"), "x");
        world.server.store().put("bucket", &format!("e/{n}"), "x");
    }
    let lines = [
        ("dsync d s3://bucket/new", "PutObject"),
        ("get -r s3://bucket/e new", "GetObject"),
        ("del -r s3://bucket/e --batch-delete-size 1", "DeleteObject"),
        ("cp -r s3://bucket/e s3://bucket/f", "CopyObject"),
    ];
    for (line, operation) in lines {
        world.server.faults().clear();
        let expired = Fault::always(operation, status(400, "ExpiredToken"));
        world.server.faults().push(expired);
        let run = world.run(&format!("{line} -c 4")).fails().within(3);
        // Those under way are told; the others are not even tried.
        assert!(run.failures().len() <= 8, "{line}: {run:#?}");
        run.says("what is left is not tried");
    }
}
