//! `dsync --plan` and `apply`: what was planned is done if nothing changed, and nothing else.

use std::fs;

use crate::{
    run::World,
    server::{Action, Fault, Match},
};

/// Of each kind: new, different, the same, and only at the target.
fn prepared() -> World {
    let world = World::new();
    let store = world.server.store();
    for side in ["a", "b"] {
        store.put("bucket", &format!("{side}/same"), "same");
        world.file(&format!("{side}/same"), "same");
    }
    for (name, content) in [("new", "1"), ("d/other", "22")] {
        store.put("bucket", &format!("a/{name}"), content);
        world.file(&format!("a/{name}"), content);
    }
    for (name, content) in [("d/other", "xx"), ("gone", "3")] {
        store.put("bucket", &format!("b/{name}"), content);
        world.file(&format!("b/{name}"), content);
    }
    world
}

const SIDES: [(&str, &str); 3] = [
    ("a", "s3://bucket/b"),
    ("s3://bucket/a", "b"),
    ("s3://bucket/a", "s3://bucket/b"),
];

fn at(world: &World, side: &str, name: &str) -> Option<Vec<u8>> {
    match side.strip_prefix("s3://bucket/") {
        Some(prefix) => {
            let object = world
                .server
                .store()
                .get("bucket", &format!("{prefix}/{name}"));
            object.map(|object| object.body.to_vec())
        }
        None => world.read(&format!("{side}/{name}")),
    }
}

fn change(world: &World, side: &str, name: &str, content: &str) {
    match side.strip_prefix("s3://bucket/") {
        Some(prefix) => {
            let key = format!("{prefix}/{name}");
            world.server.store().put("bucket", &key, content.to_owned());
        }
        None => world.file(&format!("{side}/{name}"), content),
    }
}

#[test]
fn a_plan_is_done_later() {
    for (source, target) in SIDES {
        let world = prepared();
        let line = format!("dsync -D --plan plan {source} {target}");
        let planned = world.run(&line).succeeds();
        assert_eq!(at(&world, target, "new"), None, "done at once");
        assert_eq!(at(&world, target, "gone").unwrap(), b"3");
        let dry = world.run("apply -n plan").succeeds();
        assert_eq!(at(&world, target, "new"), None);
        // Paths in a plan are found from anywhere.
        fs::create_dir(world.path("elsewhere")).unwrap();
        let mut command = world.command();
        command.current_dir(world.path("elsewhere"));
        let done = crate::run::Running::spawn(command.args(["apply", "../plan"])).wait();
        let done = done.succeeds();
        assert_eq!(at(&world, target, "new").unwrap(), b"1");
        assert_eq!(at(&world, target, "d/other").unwrap(), b"22");
        assert_eq!(at(&world, target, "same").unwrap(), b"same");
        assert_eq!(at(&world, target, "gone"), None, "{target}");
        let count = |run: &crate::run::Run| run.stdout.lines().count();
        assert_eq!([count(&dry), count(&done)], [3, 3], "{done:#?}");
        assert!(planned.stdout.contains("new"), "{planned:#?}");
        // Nothing is left to do.
        let again = world.run("apply plan").succeeds();
        let transfers = again.stdout.lines().filter(|line| line.contains("=>"));
        assert!(transfers.clone().all(|line| line.ends_with("(synced)")));
        assert_eq!(transfers.count(), 2, "{again:#?}");
        let again = format!("dsync -D {source} {target}");
        let again = world.run(&again).succeeds();
        assert!(!again.stdout.contains("Delete"), "{again:#?}");
        assert!(again.stdout.lines().all(|line| line.ends_with("(synced)")));
    }
}

#[test]
fn what_changed_since_is_left_alone() {
    for (source, target) in SIDES {
        for (side, name) in [
            (source, "new"),
            (source, "d/other"),
            (target, "new"),
            (target, "d/other"),
            (target, "gone"),
        ] {
            let world = prepared();
            let line = format!("dsync -D --plan plan {source} {target}");
            world.run(&line).succeeds();
            // Of the same size as what was there.
            let other = if name == "d/other" { "yy" } else { "y" };
            change(&world, side, name, other);
            let before = at(&world, target, name);
            let run = world.run("apply plan").fails();
            assert_eq!(at(&world, target, name), before, "{side} {name}: {run:#?}");
            assert_eq!(at(&world, side, name).unwrap(), other.as_bytes());
            let all = format!("{}{}", run.stderr, run.stdout);
            assert!(all.contains(name), "{run:#?}");
            // The other transfers were made; deletions come after no failure.
            let others = ["new", "d/other"]
                .into_iter()
                .filter(|other| *other != name);
            for other in others {
                assert_eq!(at(&world, target, other), at(&world, source, other));
            }
            let is_kept = at(&world, target, "gone").is_some();
            assert!(is_kept, "{side} {name}");
        }
    }
}

#[test]
fn what_is_gone_since_is_not_made_anew() {
    for (source, target) in SIDES {
        let world = prepared();
        world
            .run(&format!("dsync --plan plan {source} {target}"))
            .succeeds();
        match target.strip_prefix("s3://bucket/") {
            Some(prefix) => {
                let key = format!("{prefix}/d/other");
                assert!(world.server.store().remove("bucket", &key));
            }
            None => fs::remove_file(world.path("b/d/other")).unwrap(),
        }
        let run = world.run("apply plan").fails();
        run.says("d/other was changed after it was planned");
        assert_eq!(at(&world, target, "d/other"), None);
    }
}

/// What comes between the last look and the write.
#[test]
fn the_store_is_told_the_condition() {
    for (source, target) in [SIDES[0], SIDES[2]] {
        let world = prepared();
        world
            .run(&format!("dsync -D --plan plan {source} {target}"))
            .succeeds();
        world.run("apply plan").succeeds();
        let writes = ["PutObject", "CopyObject", "DeleteObject"];
        let seen = writes
            .iter()
            .flat_map(|name| world.server.requests_of(name));
        let mut conditions: Vec<_> = seen
            .map(|seen| {
                let is_for_new = seen.header("if-none-match") == "*";
                (is_for_new, !seen.header("if-match").is_empty())
            })
            .collect();
        conditions.sort();
        let expected = [(false, true), (false, true), (true, false)];
        assert_eq!(conditions, expected, "{target}");
    }
}

#[test]
fn a_plan_that_would_not_be_all_is_not_written() {
    let world = prepared();
    world.file("plan", "old");
    let broken = Action::Status {
        status: 403,
        code: "AccessDenied",
    };
    world
        .server
        .faults()
        .push(Fault::once("HeadObject", broken));
    let line = "dsync -D --plan plan s3://bucket/a s3://bucket/b";
    let run = world.run(line).fails();
    run.says("no plan was written");
    assert_eq!(world.read("plan").unwrap(), b"old");
    for line in ["put a/new s3://bucket/x", "verify a s3://bucket/a"] {
        let run = world.run(&format!("{line} --plan plan")).fails();
        run.says("--plan is for dsync");
    }
}

#[test]
fn what_is_no_plan_is_refused_before_anything_is_done() {
    let world = prepared();
    world.run("dsync --plan plan a s3://bucket/b").succeeds();
    let plan = String::from_utf8(world.read("plan").unwrap()).unwrap();
    world.server.clear_requests();
    for (broken, text) in [
        (String::new(), "plan:1: it is not a plan"),
        ("{}\n".to_owned(), "plan:1: it is not a plan"),
        ("x\n".to_owned(), "plan:1: it is not JSON"),
        (
            plan.replace("\"version\":1", "\"version\":2"),
            "it is not a plan",
        ),
        (
            format!("{plan}{{\"type\":\"delete\"}}\n"),
            "it is no step of a plan",
        ),
        (format!("{plan}{{"), "it is not JSON"),
    ] {
        world.file("plan", &broken);
        world.run("apply plan").fails().says(text);
        assert!(world.server.requests().is_empty(), "{broken}");
    }
    let escape = plan.replace("\"name\":\"new\"", "\"name\":\"../b/gone\"");
    assert_ne!(escape, plan);
    world.file("plan", escape);
    world.run("apply plan").fails();
    assert!(world.server.store().get("bucket", "b/../b/gone").is_none());
    world.run("apply missing").fails().says("missing");
}

/// Ceph compares the tag of a condition, as it came, with one that has no quotes.
#[test]
fn a_store_whose_tags_have_no_quotes_takes_the_condition() {
    let world = prepared();
    world.run("dsync --plan plan a s3://bucket/b").succeeds();
    let refused = Action::Status {
        status: 412,
        code: "PreconditionFailed",
    };
    world.server.faults().push(Fault {
        when: Match::op("PutObject").key("d/other"),
        times: 1,
        action: refused.clone(),
    });
    world.run("apply plan").succeeds();
    assert_eq!(world.server.store().body("bucket", "b/d/other"), "22");
    let seen = world.server.requests_of("PutObject");
    let mut tags: Vec<_> = seen.iter().map(|seen| seen.header("if-match")).collect();
    tags.retain(|tag| !tag.is_empty());
    let [first, second] = tags[..] else {
        panic!("{tags:?}");
    };
    assert_eq!(first.trim_matches('"'), second);
    // What is refused again is refused.
    world.run("dsync --plan plan b s3://bucket/a").succeeds();
    world
        .server
        .faults()
        .push(Fault::always("PutObject", refused));
    world.run("apply plan").fails().says("PreconditionFailed");
}
