//! Listings that fail, lie or never end.

use crate::{
    matrix::{Scenario, last_word, lasting, passing, spoiled_documents, status},
    run::{Run, World, all_files, each},
    server::{Action, Config, Fault, Match},
};

const KEYS: [&str; 8] = ["d/0", "d/1", "d/2", "d/3", "d/4", "d/5", "d/6", "d/7"];

/// Three pages.
const TREE: Scenario = Scenario {
    line: "ls -r s3://bucket/d",
    spoiled: ("ListObjectsV2", 1),
    names: "ListObjects",
    config: pages,
    prepare,
    done: all_listed,
    intact: all_there,
};

fn page_2(line: &'static str, done: fn(&World, &Run)) -> Scenario {
    Scenario {
        line,
        spoiled: ("ListObjectsV2", 2),
        done,
        ..TREE
    }
}

fn pages() -> Config {
    Config {
        max_keys: 3,
        ..Config::default()
    }
}

fn old_server() -> Config {
    Config {
        list_v2: false,
        ..pages()
    }
}

fn prepare(world: &World) {
    for key in KEYS {
        world.server.store().put("bucket", key, key);
    }
}

fn all_listed(_: &World, run: &Run) {
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines.len(), KEYS.len(), "{run:#?}");
    for (line, key) in lines.iter().zip(KEYS) {
        assert!(line.ends_with(&format!(" s3://bucket/{key}")), "{line}");
    }
}

fn all_there(world: &World) {
    assert_eq!(world.server.store().keys("bucket"), KEYS);
}

fn all_here(world: &World, _: &Run) {
    assert_eq!(all_files(&world.path("d")).len(), KEYS.len());
}

fn all_gone(world: &World, _: &Run) {
    assert!(world.server.store().keys("bucket").is_empty());
}

#[test]
fn a_listing_survives_every_passing_fault() {
    let mut actions = passing();
    actions.extend(spoiled_documents());
    TREE.survives(actions.clone());
    page_2(TREE.line, all_listed).survives(actions);
}

#[test]
fn trees_are_whole_after_a_passing_fault_on_page_2() {
    let mut actions = spoiled_documents();
    actions.push(status(500, "InternalError"));
    page_2("get -r s3://bucket/d d", all_here).survives(actions.clone());
    page_2("dsync s3://bucket/d d", all_here).survives(actions.clone());
    page_2("del -r s3://bucket/d", all_gone).survives(actions);
}

#[test]
fn a_listing_gives_up_in_the_end() {
    let mut actions = lasting();
    actions.extend([Action::EmptyOk, Action::TruncatedXml]);
    TREE.gives_up(actions);
    TREE.stops_at_once(without_501());
}

/// 501 is the answer of servers without ListObjectsV2, and is asked again.
fn without_501() -> Vec<Action> {
    let mut actions = last_word();
    actions.retain(|action| !matches!(action, Action::Status { status: 501, .. }));
    actions
}

#[test]
fn the_list_of_buckets_survives_or_gives_up() {
    let buckets = Scenario {
        line: "ls",
        spoiled: ("ListBuckets", 1),
        done: |_, run| assert!(run.stdout.ends_with(" s3://bucket/\n"), "{run:#?}"),
        ..TREE
    };
    let mut actions = passing();
    actions.extend(spoiled_documents());
    buckets.survives(actions);
    each(lasting(), |action| {
        let world = World::new();
        world
            .server
            .faults()
            .push(Fault::always("ListBuckets", action));
        world.run("ls -t 1 --retry-delay 1").fails().in_one_line();
    });
}

/// Faults of the second page after which nobody knows what there is.
pub fn untrusted() -> Vec<Action> {
    vec![
        Action::ListLoop,
        Action::NoToken,
        Action::TruncatedXml,
        Action::EmptyOk,
        Action::ErrorIn200 {
            code: "AccessDenied",
        },
        status(403, "AccessDenied"),
    ]
}

#[test]
fn a_partial_listing_is_never_taken_for_a_whole_one() {
    let commands = [
        "ls -r s3://bucket/d",
        "ls s3://bucket/d/",
        "ls s3://bucket/*/*",
        "get -r s3://bucket/d target",
        "get s3://bucket/d/* .",
        "dsync s3://bucket/d target",
        "dsync source s3://bucket/d",
        "del -r s3://bucket/d",
        "del s3://bucket/d/*",
        "cat s3://bucket/d/*",
    ];
    let cases = commands.iter().flat_map(|command| {
        let cases = untrusted().into_iter();
        cases.map(|action| (*command, action))
    });
    each(cases.collect(), |(command, action)| {
        let world = World::with(pages());
        prepare(&world);
        world.file("source/x", "x");
        world.file("source/3", "other");
        world.server.faults().push(Fault {
            when: Match::op("ListObjectsV2").nth(2),
            times: u32::MAX,
            action,
        });
        world.run(command).fails().in_one_line().within(30);
        world.assert_clean();
        let requests = world.server.requests_of("ListObjectsV2").len();
        assert!(requests <= 12, "{requests} requests");
    });
}

/// Names were listed twice, and nobody was told: only circles that close were found.
#[test]
fn a_listing_that_begins_again_and_goes_on_is_not_shown() {
    let world = World::with(pages());
    for name in 0..15 {
        let key = format!("d/{name:02}");
        world.server.store().put("bucket", &key, "");
    }
    let run = world.run("ls -r s3://bucket/d").succeeds();
    let pages = world.server.requests_of("ListObjectsV2").len() as u32;
    assert!(pages > 4 && run.stdout.lines().count() == 15, "{run:#?}");
    for nth in 2..pages {
        world.server.faults().push(Fault {
            when: Match::op("ListObjectsV2").nth(nth),
            times: 1,
            action: Action::ListLoop,
        });
        let run = world.run("ls -r s3://bucket/d");
        run.fails().in_one_line().says("circle");
        assert_eq!(world.server.faults().pending(), 0);
    }
}

#[test]
fn without_a_wildcard_delete_only_what_was_found() {
    // The loop shows the first page twice: no key is deleted that was not listed.
    let world = World::with(pages());
    prepare(&world);
    world.server.store().put("bucket", "e", "not asked for");
    world
        .server
        .faults()
        .push(Fault::always("ListObjectsV2", Action::ListLoop));
    world.run("del -r s3://bucket/d").fails();
    assert!(
        world
            .server
            .store()
            .keys("bucket")
            .contains(&"e".to_owned())
    );
}

#[test]
fn a_server_without_version_2_is_listed_with_version_1() {
    type Done = fn(&World, &Run);
    let commands: [(&str, Done); 4] = [
        ("ls -r s3://bucket/d", all_listed),
        ("ls s3://bucket/d/", all_listed),
        ("get -r s3://bucket/d d", all_here),
        ("del -r s3://bucket/d", all_gone),
    ];
    for (line, done) in commands {
        let world = World::with(old_server());
        prepare(&world);
        let run = world.run(line).succeeds();
        done(&world, &run);
        // It is tried once, not for every page.
        assert_eq!(world.server.requests_of("ListObjectsV2").len(), 1);
        assert!(world.server.requests_of("ListObjects").len() >= 3);
    }
}

#[test]
fn version_1_survives_and_gives_up_as_well() {
    let scenario = Scenario {
        spoiled: ("ListObjects", 2),
        config: old_server,
        ..TREE
    };
    let mut actions = spoiled_documents();
    actions.push(status(503, "SlowDown"));
    actions.push(Action::ResetBefore);
    scenario.survives(actions);
    scenario.gives_up(vec![Action::EmptyOk, Action::TruncatedXml]);
    let world = World::with(old_server());
    prepare(&world);
    world
        .server
        .faults()
        .push(Fault::always("ListObjects", Action::ListLoop));
    world.run(TREE.line).fails().in_one_line().says("circle");
}

#[test]
fn version_1_goes_on_behind_the_last_key_if_no_marker_is_given() {
    let world = World::with(old_server());
    prepare(&world);
    world
        .server
        .faults()
        .push(Fault::times(2, "ListObjects", Action::NoToken));
    let run = world.run(TREE.line).succeeds();
    all_listed(&world, &run);
}

#[test]
fn pages_of_one_key_are_read_to_the_end() {
    let world = World::with(Config {
        max_keys: 1,
        ..Config::default()
    });
    prepare(&world);
    let run = world.run(TREE.line).succeeds();
    all_listed(&world, &run);
    assert_eq!(world.server.requests_of("ListObjectsV2").len(), KEYS.len());
}

#[test]
fn keys_that_are_not_encoded_although_asked_for_are_read_as_they_are() {
    let keys = ["d/a b", "d/a%20b", "d/a+b", "d/ä&<>\"'"];
    let world = World::new();
    for key in keys {
        world.server.store().put("bucket", key, key);
    }
    world
        .server
        .faults()
        .push(Fault::always("ListObjectsV2", Action::PlainKeys));
    world.run("get -r s3://bucket/d d").succeeds();
    for key in keys {
        assert_eq!(world.read(key).as_deref(), Some(key.as_bytes()), "{key}");
    }
    world.run("del -r s3://bucket/d").succeeds();
    assert!(world.server.store().keys("bucket").is_empty());
}

#[test]
fn a_redirection_to_elsewhere_is_not_followed() {
    for status in [301, 307, 308] {
        let (world, elsewhere) = (World::new(), World::new());
        prepare(&world);
        let location = format!("{}/bucket", elsewhere.server.endpoint());
        let action = Action::Redirect { status, location };
        for operation in ["ListObjectsV2", "PutObject"] {
            world
                .server
                .faults()
                .push(Fault::always(operation, action.clone()));
        }
        world
            .run("ls s3://bucket/d/")
            .fails()
            .in_one_line()
            .within(10);
        world.file("file", "x");
        world
            .run("put file s3://bucket/new")
            .fails()
            .in_one_line()
            .within(10);
        assert!(elsewhere.server.requests().is_empty(), "{status}");
    }
}

fn canned(entries: &str, more: &str) -> Action {
    let body = format!("<ListBucketResult>{more}{entries}</ListBucketResult>");
    Action::Canned { status: 200, body }
}

/// A server that ignores the prefix would have every key of the bucket taken for one below it.
#[test]
fn keys_that_were_not_asked_for_are_not_believed() {
    let entry = "<Contents><Key>other/secret</Key><Size>1</Size></Contents>";
    let last = "<IsTruncated>false</IsTruncated>";
    for line in [
        "dsync s3://bucket/d new",
        "get -r s3://bucket/d/ new",
        "del -r s3://bucket/d",
    ] {
        let world = World::new();
        prepare(&world);
        world
            .server
            .faults()
            .push(Fault::always("ListObjectsV2", canned(entry, last)));
        let run = world.run(line).fails();
        assert!(run.stderr.contains("not asked for"), "{run:?}");
        assert!(world.read("new/other/secret").is_none());
        all_there(&world);
    }
}

/// Only the tokens of empty pages can show that they go in a circle.
#[test]
fn empty_pages_in_a_circle_end() {
    let world = World::new();
    for _ in 0..50 {
        for token in ["A", "B", "C"] {
            let more = format!(
                "<IsTruncated>true</IsTruncated>\
                 <NextContinuationToken>{token}</NextContinuationToken>"
            );
            world
                .server
                .faults()
                .push(Fault::once("ListObjectsV2", canned("", &more)));
        }
    }
    let run = world.run("ls -r s3://bucket").fails();
    assert!(run.stderr.contains("in a circle"), "{run:?}");
}
