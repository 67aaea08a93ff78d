//! What a synchronisation must not do although its options could be read so.

use std::{fs, os::unix::fs::symlink, time::Duration};

use crate::{
    matrix::status,
    run::{Run, World},
    server::{Action, Fault, Match},
};

fn world() -> World {
    let world = World::new();
    for name in ["a", "b"] {
        world.file(&format!("d/{name}"), name);
        world
            .server
            .store()
            .put("bucket", &format!("s/{name}"), name.to_owned());
    }
    world
}

fn precious(world: &World) {
    fs::create_dir(world.outside("elsewhere")).unwrap();
    fs::write(world.outside("elsewhere/precious"), "precious").unwrap();
}

#[test]
fn a_link_at_the_target_is_deleted_as_a_link() {
    let world = world();
    precious(&world);
    symlink(world.outside("elsewhere/precious"), world.path("d/link")).unwrap();
    symlink(world.outside("elsewhere"), world.path("d/directory")).unwrap();
    let run = world.run("dsync -D s3://bucket/s d").succeeds();
    assert!(run.stdout.contains("Delete d/link\n"), "{run:#?}");
    assert!(world.path("d/link").symlink_metadata().is_err());
    assert!(world.outside("elsewhere/precious").exists());
}

/// Links are followed where files are read; nothing is written through them either.
#[test]
fn nothing_is_deleted_through_a_link_at_the_target() {
    let world = world();
    precious(&world);
    symlink(world.outside("elsewhere"), world.path("d/link")).unwrap();
    world.run("dsync -D --follow-symlinks s3://bucket/s d");
    assert!(world.outside("elsewhere/precious").exists());
}

#[test]
fn an_object_is_not_an_empty_source() {
    for target in ["d", "s3://bucket/t"] {
        let world = world();
        world.server.store().put("bucket", "t/a", "a");
        let run = world.run(&format!(
            "dsync -D --allow-empty-source s3://bucket/s/a {target}"
        ));
        assert!(world.path("d/a").exists(), "{run:#?}");
        assert_eq!(world.server.store().keys("bucket"), ["s/a", "s/b", "t/a"]);
        run.fails();
    }
}

#[test]
fn a_withheld_deletion_does_not_keep_from_verifying() {
    let world = world();
    world.server.store().put("bucket", "t/x", "x");
    let line = "dsync -D --max-delete 0 d s3://bucket/t --report report";
    let run = world.run(line).fails().says("nothing was deleted");
    let summary = "2 verified, 0 size-only, 0 missing, 1 extra, 0 differ";
    assert_eq!(run.stdout.lines().last(), Some(summary), "{run:#?}");
    assert!(world.path("report").exists());
}

/// A transfer that failed is missing, and the rest is verified all the same.
#[test]
fn a_failed_transfer_does_not_keep_from_verifying() {
    let world = world();
    world.server.faults().push(Fault {
        when: Match::op("PutObject").key("t/a"),
        times: u32::MAX,
        action: status(403, "AccessDenied"),
    });
    let run = world.run("dsync d s3://bucket/t --report report --exit-codes extended");
    assert_eq!(run.status.code(), Some(5), "{run:#?}");
    let summary = "1 verified, 0 size-only, 1 missing, 0 extra, 0 differ";
    assert_eq!(run.stdout.lines().last(), Some(summary), "{run:#?}");
    let run = run.says("d/a: An error occurred (AccessDenied)");
    run.says("s3://bucket/t/a: missing, it is only at d/a");
}

/// Whoever asks for a look at the end must not believe that there was one.
#[test]
fn what_is_not_verified_is_refused() {
    for line in [
        "put -r d s3://bucket/t --verify",
        "get -r s3://bucket/s e --verify",
        "cp -r s3://bucket/s s3://bucket/t --verify",
        "sync d s3://bucket/t --report report",
    ] {
        let world = world();
        let run = world.run(line);
        let is_verified = run.stdout.contains(" verified, ");
        assert!(is_verified || run.status.code() != Some(0), "{run:#?}");
    }
}

#[test]
fn a_wrong_owner_is_told_without_a_log_as_well() {
    let world = world();
    world
        .run("dsync d s3://bucket/t --log-owner no-such-user")
        .fails();
}

#[test]
fn a_cache_that_cannot_be_made_is_told_before_anything_is_done() {
    let world = world();
    world
        .run("dsync d s3://bucket/t --hash-cache no/such/cache")
        .fails();
    assert_eq!(world.server.store().keys("bucket"), ["s/a", "s/b"]);
}

/// A file that cannot be compared is in none of the counts, but it is named.
#[test]
fn what_cannot_be_compared_is_a_failure() {
    let world = world();
    world.run("dsync d s3://bucket/t").succeeds();
    world
        .server
        .faults()
        .push(Fault::always("HeadObject", status(403, "AccessDenied")));
    // A tag that is no sum has to be asked about.
    let mut object = world.server.store().get("bucket", "t/a").unwrap();
    object.etag = "\"opaque\"".to_owned();
    world.server.store().insert("bucket", "t/a", object);
    let run = world.run("verify d s3://bucket/t").fails().in_one_line();
    assert_eq!(
        run.stdout,
        "1 verified, 0 size-only, 0 missing, 0 extra, 0 differ, 1 failed\n"
    );
    run.says("d/a: ");
}

#[test]
fn nothing_is_no_source_to_verify() {
    let world = world();
    for line in [
        "verify s3://bucket/none s3://bucket/nothing",
        "verify s3://bucket/d s3://bucket/nothing --exclude *",
    ] {
        let run = world.run(line).fails().says("Source doesn't exist.");
        run.in_one_line();
        world
            .run(&format!("{line} --ignore-empty-source"))
            .succeeds();
    }
    fs::create_dir(world.path("empty")).unwrap();
    for line in [
        "verify empty s3://bucket/nothing",
        "verify s3://bucket/nothing empty",
    ] {
        world.run(line).fails().says("Source doesn't exist.");
    }
    // One of the two is enough to say something about.
    let run = world.run("verify s3://bucket/nothing s3://bucket/s");
    run.fails().says("extra");
}

/// Runs `dsync -D` down, with something done to the target between the walk and the deletions.
fn with_a_change(change: impl FnOnce(&World)) -> (World, Run) {
    let world = world();
    world.server.store().put("bucket", "s/new", "new");
    for name in ["d/extra", "d/sub/extra"] {
        world.file(name, "extra");
    }
    let stall = Action::StallHeaders(Duration::from_secs(2));
    world.server.faults().push(Fault {
        when: Match::op("GetObject").key("s/new"),
        times: 1,
        action: stall,
    });
    let running = world.start("dsync -D s3://bucket/s d");
    world.wait_for("GetObject", 1);
    // By then the walk has gone on to the end.
    std::thread::sleep(Duration::from_secs(1));
    change(&world);
    let run = running.wait();
    assert_eq!(world.server.faults().pending(), 0);
    assert_eq!(world.read("d/new").unwrap(), b"new", "{run:#?}");
    (world, run)
}

#[test]
fn a_file_that_was_changed_since_it_was_seen_is_not_deleted() {
    let (world, run) = with_a_change(|world| world.file("d/extra", "mine!"));
    let run = run.fails().in_one_line();
    assert!(run.stdout.contains("Delete d/sub/extra\n"), "{run:#?}");
    assert!(!run.stdout.contains("Delete d/extra\n"), "{run:#?}");
    assert_eq!(world.read("d/extra").unwrap(), b"mine!");
    run.says("d/extra: not deleted: it was changed meanwhile");
}

#[test]
fn a_file_that_took_the_place_of_one_that_was_seen_is_not_deleted() {
    let (world, run) = with_a_change(|world| {
        fs::rename(world.path("d/sub/extra"), world.path("d/extra")).unwrap();
    });
    // The other one is gone.
    assert_eq!(run.status.code(), Some(1), "{run:#?}");
    assert_eq!(world.read("d/extra").unwrap(), b"extra");
    run.says("d/extra: not deleted: it was changed meanwhile");
}

#[test]
fn nothing_is_deleted_through_a_directory_that_became_a_link() {
    let (world, run) = with_a_change(|world| {
        fs::rename(world.path("d/sub"), world.outside("sub")).unwrap();
        symlink(world.outside("sub"), world.path("d/sub")).unwrap();
    });
    let run = run.fails().in_one_line();
    assert!(run.stdout.contains("Delete d/extra\n"), "{run:#?}");
    assert!(world.outside("sub/extra").exists(), "{run:#?}");
    run.says("d/sub/extra: ");
}

/// Compat: the source does not have what is behind it.
#[test]
fn what_is_behind_a_link_that_is_not_followed_is_extra() {
    for (options, is_kept) in [
        ("", false),
        ("--no-follow-symlinks", false),
        ("--follow-symlinks", true),
    ] {
        let world = world();
        fs::create_dir(world.outside("elsewhere")).unwrap();
        fs::write(world.outside("elsewhere/x"), "x").unwrap();
        symlink(world.outside("elsewhere"), world.path("d/link")).unwrap();
        world.server.store().put("bucket", "t/link/x", "x");
        let run = world.run(&format!("dsync -D d s3://bucket/t {options}"));
        let run = run.succeeds();
        let deleted = run.stdout.contains("Delete s3://bucket/t/link/x\n");
        assert_eq!(deleted, !is_kept, "{run:#?}");
        let is_there = world.server.store().get("bucket", "t/link/x").is_some();
        assert_eq!(is_there, is_kept, "{run:#?}");
        assert!(world.outside("elsewhere/x").exists(), "{options}");
    }
}
