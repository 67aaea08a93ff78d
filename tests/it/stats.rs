//! `--stats`: every name is accounted for.

use std::os::unix::fs::symlink;

use crate::{
    matrix::status,
    run::World,
    server::{Action, Fault, Match},
};

const OLD: &str = "2001-01-01T00:00:00Z";

/// Stores an object that was written long ago.
fn put_old(world: &World, key: &str, content: &'static str) {
    let store = world.server.store();
    store.put("bucket", key, content);
    let mut object = store.get("bucket", key).unwrap();
    object.last_modified = OLD.parse().unwrap();
    store.insert("bucket", key, object);
}

/// On each side below `from` and `to`: two names that are the same, one that differs, one that is
/// new, one that cannot be transferred, and three that only the target has.
fn world(denied: &'static str) -> World {
    let world = World::new();
    let store = world.server.store();
    for (name, content) in [
        ("same", "same"),
        ("d/same", "same"),
        ("d/changed", "new"),
        ("new", "new"),
        ("denied", "new"),
    ] {
        store.put("bucket", &format!("from/{name}"), content);
        world.file(&format!("from/{name}"), content);
    }
    for (name, content) in [
        ("same", "same"),
        ("d/same", "same"),
        ("d/changed", "old"),
        ("d/extra", "x"),
        ("extra", "x"),
        ("extra too", "x"),
    ] {
        store.put("bucket", &format!("to/{name}"), content);
        world.file(&format!("to/{name}"), content);
    }
    if !denied.is_empty() {
        world.server.faults().push(Fault {
            when: Match::op(denied).key("/denied"),
            times: u32::MAX,
            action: status(403, "AccessDenied"),
        });
    }
    world
}

const UP: &str = "from s3://bucket/to";
const DOWN: &str = "s3://bucket/from to";
const ACROSS: &str = "s3://bucket/from s3://bucket/to";

#[track_caller]
fn counts(world: &World, line: &str, counts: &str) {
    let run = world.run(&format!("{line} --stats"));
    let [listed, transferred, equal, skipped, deleted, failed] =
        counts.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let expected = format!(
        "{listed} listed = {transferred} transferred + {equal} equal + {skipped} skipped + \
         {deleted} deleted + {failed} failed"
    );
    let told = run.stderr.lines().find(|line| line.contains(" listed = "));
    assert_eq!(told, Some(&*expected), "{run:#?}");
    assert!(!run.stderr.contains("not every name"), "{run:#?}");
}

#[test]
fn a_mixture_adds_up_in_every_direction() {
    for (pair, operation) in [
        (UP, "PutObject"),
        (DOWN, "GetObject"),
        (ACROSS, "CopyObject"),
    ] {
        // Without -D files that are only here are not looked at.
        let (listed, kept) = if pair == DOWN { (5, 0) } else { (8, 3) };
        for dry in ["", "-n"] {
            let line = format!("dsync {dry} {pair}");
            counts(&world(""), &line, &format!("{listed} 3 2 {kept} 0 0"));
            counts(&world(""), &format!("{line} -D"), "8 3 2 0 3 0");
            let limited = format!("{line} -D --max-delete 2");
            counts(&world(""), &limited, "8 3 2 3 0 0");
        }
        let line = format!("dsync {pair}");
        counts(
            &world(operation),
            &line,
            &format!("{listed} 2 2 {kept} 0 1"),
        );
        counts(&world(operation), &format!("{line} -D"), "8 2 2 3 0 1");
        let verified = format!("{line} -D --verify");
        counts(&world(""), &verified, "8 3 2 0 3 0");
    }
}

#[test]
fn what_is_left_out_by_its_time_is_skipped() {
    let after = "--last-modified-after 2010-01-01";
    for (pair, prefixes, expected) in [
        (DOWN, &["from/"][..], "6 3 2 1 0 0"),
        // What is old at both ends is one name.
        (ACROSS, &["from/", "to/"], "9 3 2 4 0 0"),
        (UP, &["to/"], "9 3 2 4 0 0"),
    ] {
        let world = world("");
        for prefix in prefixes {
            put_old(&world, &format!("{prefix}old"), "x");
        }
        counts(&world, &format!("dsync {pair} {after}"), expected);
    }
    let world = world("");
    put_old(&world, "to/old", "x");
    counts(&world, &format!("dsync -D {ACROSS} {after}"), "9 3 2 1 3 0");
}

#[test]
fn times_and_sizes_that_settle_a_name_are_counted() {
    for pair in [UP, DOWN, ACROSS] {
        for method in ["--size-only", "--mtime", "--exact-timestamps"] {
            let world = world("");
            let run = world
                .run(&format!("dsync {pair} {method} --stats"))
                .succeeds();
            assert!(run.stderr.contains(" listed = "), "{run:#?}");
        }
        // The changed one has the same size.
        let listed = if pair == DOWN {
            "5 2 3 0 0 0"
        } else {
            "8 2 3 3 0 0"
        };
        counts(&world(""), &format!("dsync {pair} --size-only"), listed);
        let listed = match pair {
            UP => "8 2 0 6 0 0",
            DOWN => "5 2 0 3 0 0",
            _ => "8 2 2 4 0 0",
        };
        counts(&world(""), &format!("dsync {pair} --no-overwrite"), listed);
    }
}

#[test]
fn the_other_commands_add_up() {
    for dry in ["", "-n"] {
        counts(
            &world("PutObject"),
            &format!("put -r from s3://bucket/new {dry}"),
            match dry {
                "" => "5 4 0 0 0 1",
                _ => "5 5 0 0 0 0",
            },
        );
        counts(
            &world(""),
            &format!("get -r s3://bucket/from new {dry}"),
            "5 5 0 0 0 0",
        );
        counts(
            &world(""),
            &format!("get -r -s -f s3://bucket/from/* to {dry}"),
            "5 3 2 0 0 0",
        );
        counts(
            &world(""),
            &format!("cp -r s3://bucket/from s3://bucket/new {dry}"),
            "5 5 0 0 0 0",
        );
        counts(
            &world(""),
            &format!("mv -r s3://bucket/from s3://bucket/new {dry}"),
            "5 5 0 0 0 0",
        );
        counts(
            &world(""),
            &format!("del -r s3://bucket/to {dry}"),
            "6 0 0 0 6 0",
        );
        counts(
            &world(""),
            &format!("sync -D from s3://bucket/to {dry}"),
            "8 3 2 0 3 0",
        );
        counts(
            &world(""),
            &format!("del s3://bucket/to/e* {dry}"),
            "2 0 0 0 2 0",
        );
    }
    // They refuse what is there.
    counts(&world(""), "get -r s3://bucket/from/* to", "5 2 0 0 0 3");
    counts(
        &world("GetObject"),
        "get -r s3://bucket/from new",
        "5 4 0 0 0 1",
    );
    counts(
        &world("CopyObject"),
        "cp -r s3://bucket/from s3://bucket/new",
        "5 4 0 0 0 1",
    );
    counts(
        &world("CopyObject"),
        "mv -r s3://bucket/from s3://bucket/new",
        "5 4 0 0 0 1",
    );
    let world = world("");
    let denied = status(403, "AccessDenied");
    world
        .server
        .faults()
        .push(Fault::always("DeleteObject", denied.clone()));
    counts(
        &world,
        "mv -r s3://bucket/from s3://bucket/new",
        "5 0 0 0 0 5",
    );
    world
        .server
        .faults()
        .push(Fault::always("DeleteObjects", denied));
    counts(&world, "del -r s3://bucket/to", "6 0 0 0 0 6");
}

/// Names that no file can have, that are in each other's way, or that are traps.
const HOSTILE: [&str; 14] = [
    "from/",
    "from//x",
    "from/a",
    "from/a/b",
    "from/a//b",
    "from/d/",
    "from/d/e/",
    "from/../x",
    "from/./y",
    "from/l\nine",
    "from/é",
    "from/e/x",
    "from/E/x",
    "from/nul\u{1}",
];

#[test]
fn hostile_names_are_accounted_for() {
    for line in [
        "dsync s3://bucket/from new",
        "dsync -D s3://bucket/from new",
        "dsync -n s3://bucket/from new",
        "dsync s3://bucket/from s3://bucket/new",
        "dsync -D s3://bucket/from s3://bucket/new",
        "dsync s3://bucket/from s3://other",
        "dsync s3://bucket/from new --case-conflict skip",
        "dsync s3://bucket/from new --case-conflict warn",
        "dsync s3://bucket/from new --mtime",
        "get -r s3://bucket/from new",
        "get -r s3://bucket/from new --case-conflict skip",
        "get -r s3://bucket/* .",
        "get s3://bucket/from/* .",
        "cp -r s3://bucket/from s3://bucket/new",
        "cp -r s3://bucket/* s3://bucket/new/",
        "mv -r s3://bucket/from s3://bucket/new",
        "mv -r s3://bucket/from/* s3://bucket/from/d/",
        "sync s3://bucket/from new",
        "del -r s3://bucket/from",
        "del s3://bucket/from/*",
    ] {
        let world = World::new();
        std::fs::create_dir(world.path("new")).unwrap();
        world.file("new/extra", "x");
        let store = world.server.store();
        for key in HOSTILE {
            let content = if key.ends_with('/') { "" } else { "content" };
            store.put("bucket", key, content);
        }
        store.put("bucket", "from/full/", "a marker with a content");
        store.put("bucket", "new/d/", "");
        store.create_bucket("other");
        let run = world.run(&format!("{line} --stats"));
        let stderr = &run.stderr;
        assert!(
            stderr.contains(" listed = ") || run.status.code() == Some(1),
            "{run:#?}"
        );
        assert!(!stderr.contains("not every name"), "{run:#?}");
        // Whatever was refused is counted, and named. A directory as a whole is no
        // name, nor is that nothing was deleted.
        let failed = stderr
            .lines()
            .find_map(|line| line.rsplit_once(" + ")?.1.strip_suffix(" failed"));
        let failed: usize = failed.unwrap().parse().unwrap();
        let told = run.failures().into_iter();
        let is_name =
            |line: &&str| !line.contains("nothing was deleted") && !line.contains("into itself");
        let names = told.filter(is_name);
        assert_eq!(failed, names.count(), "{run:#?}");
    }
}

#[test]
fn files_that_cannot_be_read_are_accounted_for() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    for line in [
        "dsync from s3://bucket/to",
        "dsync -D from s3://bucket/to",
        "dsync -n from s3://bucket/to",
        "put -r -f from s3://bucket/to",
        "sync -D from s3://bucket/to",
        "dsync from s3://bucket/to --follow-symlinks",
    ] {
        let world = world("");
        symlink("nowhere", world.path("from/broken")).unwrap();
        let latin = OsStr::from_bytes(b"from/latin-\xe9");
        std::fs::write(world.path(latin), "x").unwrap();
        let run = world.run(&format!("{line} --stats")).fails();
        let counted = run.stderr.contains("+ 2 failed");
        let twice = line.starts_with("sync -D") && run.stderr.contains("+ 4 failed");
        assert!(counted || twice, "{run:#?}");
        assert!(!run.stderr.contains("not every name"), "{run:#?}");
    }
}

#[test]
fn keys_that_are_no_text_are_accounted_for() {
    let entry = |key: &str| {
        format!("<Contents><Key>{key}</Key><Size>1</Size><ETag>\"x\"</ETag></Contents>")
    };
    let body = format!(
        "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>{}{}\
         </ListBucketResult>",
        entry("from/%fe"),
        entry("from/%ff"),
    );
    for line in [
        "dsync s3://bucket/from new",
        "dsync -D s3://bucket/from s3://bucket/new",
        "get -r s3://bucket/from/ new",
        "cp -r s3://bucket/from/ s3://bucket/new",
        "del -r s3://bucket/from/",
    ] {
        let world = World::new();
        let action = Action::Canned {
            status: 200,
            body: body.clone(),
        };
        world.server.faults().push(Fault {
            when: Match::op("ListObjectsV2").key("from"),
            times: u32::MAX,
            action,
        });
        let run = world
            .run(&format!("{line} --stats"))
            .fails()
            .says("not UTF-8");
        assert!(!run.stderr.contains("not every name"), "{run:#?}");
    }
}

#[test]
fn a_case_conflict_that_ends_the_run_is_accounted_for() {
    let world = World::new();
    for key in ["from/a", "from/A", "from/z"] {
        world.server.store().put("bucket", key, "x");
    }
    for command in ["dsync s3://bucket/from new", "get -r s3://bucket/from new2"] {
        let run = world
            .run(&format!("{command} --case-conflict error --stats"))
            .fails();
        assert!(run.stderr.contains("differs only by case"), "{run:#?}");
        assert!(!run.stderr.contains("not every name"), "{run:#?}");
    }
}
