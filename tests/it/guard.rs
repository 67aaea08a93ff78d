//! `-D` deletes nothing where anything was not read or not transferred.

use crate::{
    faults_list,
    matrix::status,
    run::{Run, World, all_files, each},
    server::{Action, Config, Fault, Match},
};

const NAMES: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];

/// Three pages on each side; each side has one name that the other does not.
fn world() -> World {
    let world = World::with(Config {
        max_keys: 3,
        ..Config::default()
    });
    let store = world.server.store();
    for name in NAMES {
        for place in ["from", "to"] {
            store.put("bucket", &format!("{place}/{name}"), "same");
            world.file(&format!("{place}/{name}"), "same");
        }
    }
    store.put("bucket", "from/new", "new");
    store.put("bucket", "to/extra", "extra");
    world.file("from/new", "new");
    world.file("to/extra", "extra");
    world
}

/// Nothing was deleted, on either side.
#[track_caller]
fn assert_kept(world: &World, run: &Run) {
    let keys = world.server.store().keys("bucket");
    assert!(keys.contains(&"to/extra".to_owned()), "{run:#?}");
    assert!(world.path("to/extra").exists(), "{run:#?}");
    for name in NAMES {
        assert!(keys.contains(&format!("to/{name}")), "{name}: {run:#?}");
        assert!(
            world.path(format!("to/{name}")).exists(),
            "{name}: {run:#?}"
        );
    }
    for operation in ["DeleteObject", "DeleteObjects"] {
        assert!(world.server.requests_of(operation).is_empty(), "{run:#?}");
    }
    assert!(!run.stdout.contains("Delete"), "{run:#?}");
}

/// Faults of a page after which nobody knows what there is, and those of a page that is refused.
fn untrusted() -> Vec<Action> {
    let refused = [
        status(404, "NoSuchKey"),
        status(404, "NoSuchBucket"),
        status(500, "InternalError"),
    ];
    faults_list::untrusted()
        .into_iter()
        .chain(refused)
        .collect()
}

const UP: &str = "dsync -D from s3://bucket/to";
const DOWN: &str = "dsync -D s3://bucket/from to";
const ACROSS: &str = "dsync -D s3://bucket/from s3://bucket/to";
const OBSOLETE: &str = "sync -D from s3://bucket/to/";

#[test]
fn a_listing_that_breaks_off_deletes_nothing() {
    let sides = [
        (UP, "to/"),
        (DOWN, "from/"),
        (ACROSS, "from/"),
        (ACROSS, "to/"),
    ];
    let cases = sides.into_iter().flat_map(|(line, prefix)| {
        let pages = [1, 2, 3].into_iter().flat_map(|page| {
            let actions = untrusted().into_iter();
            actions.map(move |action| (page, action))
        });
        pages.flat_map(move |(page, action)| {
            ["", "-n"].map(|dry| (line, prefix, page, action.clone(), dry))
        })
    });
    // A looped first page is the first page, and a last one may be cut of what it has not.
    let has_effect = |page: u32, action: &Action| match action {
        Action::ListLoop => page > 1,
        _ => true,
    };
    let cases = cases.filter(|(_, _, page, action, _)| has_effect(*page, action));
    each(cases.collect(), |(line, prefix, page, action, dry)| {
        let world = world();
        world.server.faults().push(Fault {
            when: Match::op("ListObjectsV2").key(prefix).nth(page),
            times: u32::MAX,
            action,
        });
        let run = world.run(&format!("{line} {dry} -t 0")).fails().within(60);
        assert_kept(&world, &run);
        world.assert_clean();
    });
}

#[test]
fn the_obsolete_form_deletes_nothing_after_a_broken_listing() {
    each(untrusted(), |action| {
        let world = world();
        // Below the name of the source.
        world.server.store().put("bucket", "to/from/extra", "extra");
        for name in NAMES {
            world
                .server
                .store()
                .put("bucket", &format!("to/from/{name}"), "same");
        }
        world.server.faults().push(Fault {
            when: Match::op("ListObjectsV2").nth(2),
            times: u32::MAX,
            action,
        });
        let run = world.run(&format!("{OBSOLETE} -t 0")).fails().within(60);
        assert_kept(&world, &run);
        assert!(
            world
                .server
                .store()
                .get("bucket", "to/from/extra")
                .is_some()
        );
    });
}

#[test]
fn a_transfer_that_fails_deletes_nothing() {
    for (line, operation) in [
        (UP, "PutObject"),
        (DOWN, "GetObject"),
        (ACROSS, "CopyObject"),
    ] {
        let world = world();
        let denied = status(403, "AccessDenied");
        world.server.faults().push(Fault::always(operation, denied));
        let run = world.run(&format!("{line} --stats --exit-codes extended"));
        assert_eq!(run.status.code(), Some(6), "{run:#?}");
        assert_kept(&world, &run);
        let run = run.says("nothing was deleted, because of the failures before");
        run.says("10 listed = 0 transferred + 8 equal + 1 skipped + 0 deleted + 1 failed");
    }
}

#[test]
fn a_missing_bucket_deletes_nothing() {
    for line in [
        "dsync -D s3://missing/from to",
        "dsync -D s3://missing s3://bucket/to",
        "dsync -D from s3://missing/to",
        "dsync -D s3://bucket/from s3://missing/to",
        "dsync -D --allow-empty-source s3://missing/from to",
        "dsync -D --allow-empty-source s3://missing/from s3://bucket/to",
        "dsync -D --ignore-empty-source s3://missing/from to",
    ] {
        for dry in ["", "-n"] {
            let world = world();
            let run = world.run(&format!("{line} {dry}")).fails();
            assert_kept(&world, &run);
        }
    }
}

#[test]
fn a_missing_directory_is_not_an_empty_one() {
    for options in ["", "--allow-empty-source", "--ignore-empty-source"] {
        let world = world();
        let run = world.run(&format!("dsync -D {options} missing s3://bucket/to"));
        assert_kept(&world, &run);
    }
}

#[test]
fn a_failed_deletion_is_named_and_counted() {
    let world = world();
    let denied = status(403, "AccessDenied");
    world
        .server
        .faults()
        .push(Fault::always("DeleteObject", denied.clone()));
    world
        .server
        .faults()
        .push(Fault::always("DeleteObjects", denied));
    let run = world
        .run(&format!("{UP} --stats"))
        .fails()
        .says("s3://bucket/to/extra");
    run.says("10 listed = 1 transferred + 8 equal + 0 skipped + 0 deleted + 1 failed");
}

#[test]
fn a_dry_run_foresees_the_limit_and_sends_no_delete() {
    for (options, deleted) in [
        ("--max-delete 0", 0),
        ("--max-delete 1", 1),
        ("--max-delete 11%", 0),
        ("--max-delete 12%", 1),
    ] {
        for line in [UP, DOWN, ACROSS] {
            let world = world();
            let dry = world.run(&format!("{line} -n {options}"));
            let requests = world.server.requests();
            assert!(
                requests
                    .iter()
                    .all(|seen| matches!(&*seen.method, "GET" | "HEAD"))
            );
            let is_there = all_files(&world.path("to")).len() == 9;
            assert!(is_there && world.server.store().get("bucket", "to/extra").is_some());
            let real = world.run(&format!("{line} {options}"));
            assert_eq!(dry.status, real.status);
            assert_eq!(dry.stderr, real.stderr);
            let sorted = |run: &Run| {
                let mut lines: Vec<String> = run.stdout.lines().map(str::to_owned).collect();
                lines.sort_unstable();
                lines
            };
            assert_eq!(sorted(&dry), sorted(&real), "{line} {options}");
            let count = real
                .stdout
                .lines()
                .filter(|line| line.starts_with("Delete "))
                .count();
            assert_eq!(count, deleted, "{real:#?}");
            if deleted == 0 {
                let limit = options.rsplit(' ').next().unwrap();
                let text = format!("1 of 9 would be, and --max-delete is {limit}");
                real.fails().says(&text);
            }
        }
    }
}

/// An object that is there may still be wanted: whoever cannot name it cannot tell.
#[test]
fn keys_that_cannot_be_named_delete_nothing() {
    let world = world();
    let entry = |key: &str| {
        format!("<Contents><Key>{key}</Key><Size>1</Size><ETag>\"x\"</ETag></Contents>")
    };
    let body = format!(
        "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>{}{}\
         </ListBucketResult>",
        entry("from/1"),
        entry("from/%ff"),
    );
    let action = Action::Canned { status: 200, body };
    world.server.faults().push(Fault {
        when: Match::op("ListObjectsV2").key("from/"),
        times: u32::MAX,
        action,
    });
    let run = world
        .run(&format!("{ACROSS} --stats"))
        .fails()
        .says("not UTF-8");
    assert_kept(&world, &run);
    assert!(!run.stderr.contains("not every name"), "{run:#?}");
}
