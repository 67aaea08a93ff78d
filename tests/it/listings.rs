//! Long listings, which are read at several places at once, of stores that are good at it and of
//! such that are not.

use std::collections::BTreeSet;

use crate::{
    run::{Run, World, all_files},
    server::{Action, Config, Fault, Match, Order, StartAfter},
};

/// Pages are small, so that few keys are many pages.
const PAGE: usize = 20;

fn world(config: &Config, keys: impl IntoIterator<Item = String>) -> World {
    let world = World::with(Config {
        max_keys: PAGE,
        ..config.clone()
    });
    for key in keys {
        world.server.store().put("bucket", &key, "");
    }
    world
}

fn counted(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|n| format!("d/n-{n:06}"))
}

/// All names in the order of their keys, each once.
#[track_caller]
fn has_all(world: &World, run: &Run) {
    let lines = run.stdout.lines();
    let listed: Vec<&str> = lines
        .filter_map(|line| Some(line.split_once("s3://bucket/")?.1))
        .collect();
    let keys = world.server.store().keys("bucket");
    assert_eq!(listed.len(), keys.len(), "{}", run.stderr);
    assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), keys.len());
    let set: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), set);
}

/// How many pages were asked for, and how many readers began ahead.
fn requests(world: &World) -> (usize, usize) {
    world.pages("", '~')
}

#[test]
fn a_long_listing_is_read_at_several_places_and_is_the_same() {
    for list_v2 in [true, false] {
        let config = Config {
            list_v2,
            ..Config::default()
        };
        let world = world(&config, counted(4000));
        for line in ["ls -r s3://bucket/d", "ls -r s3://bucket/d/"] {
            world.server.clear_requests();
            let run = world.run(line).succeeds();
            has_all(&world, &run);
            let listed: Vec<&str> = run.stdout.lines().collect();
            assert!(listed.is_sorted(), "{line}");
            let (all, ahead) = requests(&world);
            println!("{all} requests, {ahead} readers ahead");
            assert!(ahead >= 5, "{line}: {ahead} of {all}");
            assert!(all <= 200 * 105 / 100 + 1, "{line}: {all}");
        }
    }
}

/// A key, of a random number and its own.
type Shape = fn(u64, usize) -> String;

#[test]
fn whatever_keys_are_like_all_are_listed_once() {
    let shapes: [(&str, Shape); 7] = [
        ("hex", |random, _| format!("d/{random:016x}")),
        ("hot", |random, n| match n % 10 {
            0 => format!("d/{random:016x}"),
            _ => format!("d/7/{n:05}"),
        }),
        ("directories", |random, n| {
            format!("d/{:03}/{n}-{}", n / 7, random % 10)
        }),
        ("unsorted numbers", |_, n| format!("d/file-{n}.txt")),
        ("words", |random, n| {
            let words = ["ab", "Zoë", "a-b", "a/b", "é", "~", "b c", "a+b", "x%2Fy"];
            let word = |shift: u32| words[(random >> shift) as usize % words.len()];
            format!("d/{}{}/{}{n}", word(0), word(8), word(16))
        }),
        ("beside", |random, n| {
            let between = ["/", "-", ".", "0", "~", "!"][random as usize % 6];
            format!("d/{:02}{between}{n:04}", n / 40)
        }),
        ("long", |_, n| format!("d/{}{n:05}", "k".repeat(900))),
    ];
    for (name, shape) in shapes {
        let mut random = fastrand::Rng::with_seed(7);
        let keys: Vec<String> = (0..800).map(|n| shape(random.u64(..), n)).collect();
        for order in [Order::Keys, Order::Directories] {
            for start_after in [
                StartAfter::Taken,
                StartAfter::ByBytes,
                StartAfter::Late,
                StartAfter::Ignored,
                StartAfter::Refused,
            ] {
                println!("{name}, {order:?}, {start_after:?}");
                let config = Config {
                    order,
                    start_after,
                    ..Config::default()
                };
                let world = world(&config, keys.iter().cloned());
                for line in ["ls -r s3://bucket/d", "ls -r s3://bucket"] {
                    has_all(&world, &world.run(line).succeeds());
                }
            }
        }
    }
}

#[test]
fn a_reader_that_does_not_find_what_the_one_before_found_is_not_believed() {
    let late = Config {
        start_after: StartAfter::Late,
        ..Config::default()
    };
    let world = world(&late, counted(1000));
    has_all(&world, &world.run("ls -r s3://bucket/d").succeeds());
    let (_, ahead) = requests(&world);
    assert!((1..=3).contains(&ahead), "not again and again: {ahead}");
}

/// `d/a-b` comes behind all of `d/a` there, but is not shown by who asks for what is behind
/// `d/a/n-5`.
#[test]
fn nothing_hides_behind_a_directory_of_a_store_with_two_orders() {
    let config = Config {
        order: Order::Directories,
        start_after: StartAfter::ByBytes,
        ..Config::default()
    };
    let mut keys: Vec<String> = (0..1000).map(|n| format!("d/a/n-{n:04}")).collect();
    keys.extend((0..50).map(|n| format!("d/a-b/{n}")));
    let world = world(&config, keys);
    has_all(&world, &world.run("ls -r s3://bucket/d").succeeds());
    // What is beside `d/a` is not wanted.
    let run = world.run("ls -r s3://bucket/d/a").succeeds();
    assert_eq!(run.stdout.lines().count(), 1000);
}

#[test]
fn what_fails_ahead_fails_only_where_it_is_needed() {
    // The last tries of a reader ahead, in the eleventh round and later.
    for nth in [11, 12, 13, 20, 30] {
        let world = world(&Config::default(), counted(1200));
        let refusal = Action::Status {
            status: 403,
            code: "AccessDenied",
        };
        world.server.faults().push(Fault {
            when: Match::op("ListObjectsV2").nth(nth),
            ..Fault::once("ListObjectsV2", refusal)
        });
        let run = world.run("ls -r s3://bucket/d");
        match run.status.success() {
            true => has_all(&world, &run),
            false => assert!(run.stderr.contains("AccessDenied"), "{run:#?}"),
        }
    }
}

#[test]
fn what_leads_to_removal_is_read_by_one_reader() {
    let world = world(&Config::default(), counted(1000));
    for name in ["0", "1"] {
        world.file(&format!("here/{name}"), "x");
    }
    world.run("dsync -D s3://bucket/d here").succeeds();
    assert_eq!(all_files(&world.path("here")).len(), 1000);
    assert_eq!(requests(&world).1, 0);
    world.run("del -r s3://bucket/d").succeeds();
    assert!(world.server.store().keys("bucket").is_empty());
    assert_eq!(requests(&world).1, 0);
}

#[test]
fn trees_are_whole_that_were_listed_by_several_readers() {
    let world = world(&Config::default(), counted(1000));
    world.run("get -r s3://bucket/d here").succeeds();
    assert_eq!(all_files(&world.path("here")).len(), 1000);
    assert!(requests(&world).1 > 0);
    world.run("dsync s3://bucket/d there").succeeds();
    assert_eq!(all_files(&world.path("there")).len(), 1000);
    world.run("mv -r s3://bucket/d s3://bucket/e").succeeds();
    let keys = world.server.store().keys("bucket");
    assert_eq!(keys.len(), 1000);
    assert!(keys.iter().all(|key| key.starts_with("e/")));
}

#[test]
fn versions_are_listed_page_by_page() {
    let world = world(&Config::default(), counted(3 * PAGE));
    world
        .server
        .store()
        .put("bucket", "d/\u{e9} +", "twelve bytes");
    world.server.store().put("bucket", "other", "x");
    let run = world.run("ls --versions s3://bucket/d --summarize");
    let run = run.succeeds();
    let (rows, last) = run.stdout.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(rows.lines().count(), 3 * PAGE + 1, "{run:#?}");
    assert!(rows.lines().all(|row| row.contains(" * null ")), "{rows}");
    assert!(rows.ends_with("s3://bucket/d/\u{e9} +"), "{rows}");
    assert_eq!(last, "Total Objects: 61, Total Size: 12");
    let seen = world.server.requests_of("ListObjectVersions");
    assert_eq!(seen.len(), 4);
    let some = world.run("ls --versions s3://bucket/d --exclude n-*");
    assert_eq!(some.succeeds().stdout.lines().count(), 1);
    world
        .run("ls --versions")
        .fails()
        .says("a bucket is needed");
}

#[test]
fn a_list_of_versions_that_goes_in_a_circle_ends() {
    let world = world(&Config::default(), counted(3 * PAGE));
    let page = "<ListVersionsResult><IsTruncated>true</IsTruncated>\
        <NextKeyMarker>d</NextKeyMarker></ListVersionsResult>";
    let answer = Action::Canned {
        status: 200,
        body: page.to_owned(),
    };
    world
        .server
        .faults()
        .push(Fault::always("ListObjectVersions", answer));
    let run = world.run("ls --versions s3://bucket/d").fails();
    run.says("it goes in a circle").within(10);
}

#[test]
fn a_path_with_a_slash_is_taken_for_a_directory_at_once() {
    let world = World::new();
    for key in ["d/a", "d/e/b", "d", "dd/c", "only"] {
        world.server.store().put("bucket", key, "");
    }
    for (path, shown, requests) in [
        ("d/", &["d/a", "d/e/"][..], 1),
        // Without the slash the object may be meant as well.
        ("d", &["d", "d/"], 1),
        ("dd", &["dd/c"], 2),
        ("only/", &["only"], 2),
        ("nothing/", &[], 2),
        ("d/ -d", &["d", "d/"], 1),
        ("d*/", &["d", "d/", "dd/"], 1),
    ] {
        world.server.clear_requests();
        let run = world.run(&format!("ls s3://bucket/{path}")).succeeds();
        let names = run
            .stdout
            .lines()
            .filter_map(|line| line.split_once("s3://bucket/"));
        let names: BTreeSet<&str> = names.map(|(_, name)| name).collect();
        assert_eq!(names, shown.iter().copied().collect(), "{path}");
        assert_eq!(world.pages("", '~').0, requests, "{path}");
    }
    let line = "ls s3://bucket/d/ --last-modified-before 2000-01-01";
    world.server.clear_requests();
    assert_eq!(world.run(line).succeeds().stdout, "");
    assert_eq!(
        world.pages("", '~').0,
        1,
        "what is left out is there all the same"
    );
}
