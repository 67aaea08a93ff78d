//! What programs and people are told: `--json`, the columns of listings, `--stats`.

use serde_json::Value;

use crate::{
    run::{Run, World},
    server::{Action, Fault, Match},
};

/// The objects in lines, each of which must be one.
fn objects(lines: &str) -> Vec<Value> {
    let object = |line| -> Value { serde_json::from_str(line).unwrap() };
    lines.lines().map(object).collect()
}

fn fields<'a>(object: &'a Value, names: &[&str]) -> Vec<&'a str> {
    let text = |name: &&str| object[name].as_str().unwrap_or("?");
    names.iter().map(text).collect()
}

/// The lines of the standard output by these fields, sorted.
#[track_caller]
fn told(run: &Run, names: &[&str]) -> Vec<String> {
    let objects = objects(&run.stdout);
    let mut told: Vec<String> = objects
        .iter()
        .map(|object| fields(object, names).join(" "))
        .collect();
    told.sort();
    told
}

fn world() -> World {
    let world = World::new();
    for (key, content) in [("d/one", "1"), ("d/e/two", "22"), ("top", "333")] {
        world.server.store().put("bucket", key, content);
    }
    world
}

#[test]
fn every_line_of_a_listing_is_an_object() {
    let world = world();
    let run = world.run("ls --json").succeeds();
    assert_eq!(told(&run, &["type", "url"]), ["bucket s3://bucket/"]);
    let run = world.run("ls --json s3://bucket").succeeds();
    let expected = ["directory s3://bucket/d/", "object s3://bucket/top"];
    assert_eq!(told(&run, &["type", "url"]), expected);
    let run = world.run("ls -r --json --summarize s3://bucket").succeeds();
    let objects = objects(&run.stdout);
    assert_eq!(objects.len(), 4, "{run:#?}");
    let top = &objects[2];
    assert_eq!(top["size"], 3);
    let md5_of_333 = "310dcbbf4cce62f762a2aaa148d556bd";
    assert_eq!(top["etag"], md5_of_333);
    let modified = top["modified"].as_str().unwrap();
    assert!(
        modified.len() == 20 && modified.ends_with('Z'),
        "{modified}"
    );
    assert_eq!(objects[3]["objects"], 3);
    assert_eq!(objects[3]["size"], 6);
    let run = world.run("du -r --json s3://bucket/d").succeeds();
    assert_eq!(
        run.stdout,
        "{\"size\":3,\"type\":\"size\",\"url\":\"s3://bucket/d/\"}\n"
    );
}

#[test]
fn every_line_of_work_is_an_object() {
    let world = world();
    world.file("f/a", "x");
    world.file("f/b", "y");
    let run = world.run("put -r --json f s3://bucket/p/").succeeds();
    let expected = [
        "transferred f/a s3://bucket/p/f/a",
        "transferred f/b s3://bucket/p/f/b",
    ];
    assert_eq!(told(&run, &["type", "source", "target"]), expected);
    let run = world.run("dsync --json f s3://bucket/p/f").succeeds();
    let expected = expected.map(|line| line.replace("transferred", "equal"));
    assert_eq!(told(&run, &["type", "source", "target"]), expected);
    let run = world.run("verify --json f s3://bucket/p/f").succeeds();
    assert_eq!(objects(&run.stdout)[0]["verified"], 2);
    let run = world.run("mb --json s3://other").succeeds();
    assert_eq!(told(&run, &["type", "url"]), ["created s3://other/"]);
    let run = world.run("rb --json s3://other").succeeds();
    assert_eq!(told(&run, &["type", "url"]), ["removed s3://other/"]);
    let run = world.run("signurl --json s3://bucket/top").succeeds();
    assert_eq!(told(&run, &["type"]), ["signed"]);
    let run = world.run("del -r --json s3://bucket/p").succeeds();
    let expected = ["deleted s3://bucket/p/f/a", "deleted s3://bucket/p/f/b"];
    assert_eq!(told(&run, &["type", "target"]), expected);
}

#[test]
fn failures_and_warnings_are_objects_too() {
    let world = world();
    world.server.faults().push(Fault {
        when: Match::op("GetObject").key("top"),
        times: u32::MAX,
        action: Action::Status {
            status: 403,
            code: "AccessDenied",
        },
    });
    let run = world.run("get --json s3://bucket/top --stats").fails();
    let [failure, stats] = &objects(&run.stderr)[..] else {
        panic!("{run:#?}")
    };
    let class_and_type = fields(failure, &["type", "class"]);
    assert_eq!(class_and_type, ["error", "Exception"]);
    let text = failure["error"].as_str().unwrap();
    assert!(text.starts_with("s3://bucket/top: "), "{text}");
    assert_eq!(stats["type"], "stats");
    assert_eq!((&stats["listed"], &stats["failed"]), (&1.into(), &1.into()));
    assert_eq!(stats["requests"]["GetObject"], 1);
    assert_eq!(stats["retries"], 0);
}

#[test]
fn a_name_with_a_line_break_stays_in_one_object() {
    let world = World::new();
    world.server.store().put("bucket", "a\n\u{9b}\"b", "x");
    let run = world.run("ls --json s3://bucket").succeeds();
    assert_eq!(told(&run, &["url"]), ["s3://bucket/a\n\u{9b}\"b"]);
    assert!(run.stdout.contains("a\\n\\u009b\\\"b"), "{run:#?}");
}

#[test]
fn columns_are_added_and_sizes_rounded_on_request() {
    let world = world();
    world.server.store().put("bucket", "big", vec![b'x'; 1536]);
    let line = "ls s3://bucket --time-style +%H -H --etag --show-storage-class --summarize";
    let run = world.run(line).succeeds();
    let lines: Vec<&str> = run.stdout.lines().collect();
    let columns = |line: &str| -> Vec<String> {
        let columns = line.split_whitespace();
        columns.map(str::to_owned).collect()
    };
    assert_eq!(columns(lines[0]), ["DIR", "s3://bucket/d/"]);
    let big = columns(lines[1]);
    assert_eq!((big[0].len(), &*big[1]), (2, "1.5K"), "{run:#?}");
    assert_eq!(big[2].len(), 32);
    assert_eq!((&*big[3], &*big[4]), ("STANDARD", "s3://bucket/big"));
    assert_eq!(lines[3], "Total Objects: 2, Total Size: 1.5K");
    let run = world.run("du -H s3://bucket/big").succeeds();
    assert_eq!(run.stdout, "1.5K\ts3://bucket/big\n");
    let run = world.run("ls --time-style nonsense s3://bucket");
    assert_eq!(run.status.code(), Some(2));
    assert!(run.stderr.contains("+FORMAT"), "{run:#?}");
}

#[test]
fn requests_of_a_run_are_counted_with_those_that_were_sent_again() {
    let world = world();
    world.server.faults().push(Fault {
        when: Match::op("GetObject"),
        times: 2,
        action: Action::Status {
            status: 503,
            code: "SlowDown",
        },
    });
    let run = world.run("get s3://bucket/top --stats").succeeds();
    let requests = run
        .stderr
        .lines()
        .find(|line| line.starts_with("requests: "));
    let requests = requests.unwrap();
    assert!(requests.contains("3 GetObject"), "{requests}");
    assert!(requests.ends_with("; 2 retried"), "{requests}");
    let seen = world.server.requests().len();
    let counts = requests["requests: ".len()..].split([',', ';']);
    let counts = counts.filter_map(|count| count.trim().split(' ').next()?.parse::<usize>().ok());
    let told: usize = counts.take(requests.matches(',').count() + 1).sum();
    assert_eq!(told, seen, "{requests}");
    let bytes = run.stderr.lines().last().unwrap();
    assert!(bytes.contains(" received in "), "{bytes}");
}

#[test]
fn a_quiet_run_says_nothing() {
    let world = world();
    let run = world.run("get -q s3://bucket/top").succeeds();
    assert_eq!((&*run.stdout, &*run.stderr), ("", ""));
}
