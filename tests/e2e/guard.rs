//! `-D` deletes nothing where something speaks against it.

use crate::world::{World, run};

/// The two targets.
fn places(world: &World) -> [String; 2] {
    ["e".to_owned(), world.url("q")]
}

/// The same extras on both kinds of target.
fn world() -> World {
    let world = World::new();
    for n in 0..10 {
        world.write(format!("e/{n}"), "x");
        world.store(&format!("q/{n}"), "x", &[]).unwrap();
    }
    for n in 0..6 {
        world.write(format!("d/{n}"), "x");
        world.store(&format!("p/{n}"), "x", &[]).unwrap();
    }
    world
}

fn is_whole(world: &World) -> bool {
    let keys = world.keys();
    let below = keys.iter().filter(|key| key.starts_with("q/"));
    world.names("e").len() >= 10 && below.count() >= 10
}

#[test]
fn the_limit_is_kept_to_the_name() {
    // Four of ten would go.
    for (limit, is_allowed) in [
        ("0", false),
        ("3", false),
        ("4", true),
        ("5", true),
        ("0%", false),
        ("39%", false),
        ("40%", true),
        ("100%", true),
        ("18446744073709551615", true),
    ] {
        for (source, target) in [("d", "@q"), ("@p", "e"), ("@p", "@q")] {
            let world = world();
            let line = format!("dsync -D --max-delete {limit} {source} {target}");
            let dry = world.line(&format!("{line} -n"));
            assert!(is_whole(&world));
            let real = world.line(&line);
            assert_eq!(dry.errors(), real.errors());
            if is_allowed {
                let deletes = |run: &crate::world::Run| {
                    let lines = run.succeeds();
                    lines
                        .iter()
                        .filter(|line| line.starts_with("Delete "))
                        .count()
                };
                assert_eq!((deletes(&dry), deletes(&real)), (4, 4), "{line}");
                continue;
            }
            let place = if target == "e" {
                "e".to_owned()
            } else {
                world.url("q")
            };
            let told = format!(
                "[Runtime Failure] {place}: nothing was deleted, because 4 of 10 would be, and \
                 --max-delete is {limit}"
            );
            assert_eq!(real.fails(), told, "{line}");
            assert!(is_whole(&world), "{line}");
        }
    }
}

#[test]
fn an_empty_source_deletes_nothing_unless_that_is_meant() {
    let world = world();
    world.make_directory("empty/inner");
    for source in ["empty", "@nothing", "@nothing/"] {
        for target in places(&world) {
            if source == "empty" && target == "e" {
                continue;
            }
            let run = world.line(&format!("dsync -D {source} {target}"));
            run.fails();
            assert!(is_whole(&world), "{run:?}");
            let dry = world.line(&format!("dsync -D -n {source} {target}"));
            assert_eq!(dry.errors(), run.errors());
        }
    }
    let meant = world.line("dsync -D --allow-empty-source -n empty @q");
    assert_eq!(meant.succeeds().len(), 10);
    assert!(is_whole(&world));
    let meant = world.line("dsync -D --allow-empty-source empty @q");
    assert_eq!(meant.succeeds().len(), 10);
    let meant = world.line("dsync -D --allow-empty-source @nothing e");
    assert_eq!(meant.succeeds().len(), 10);
    assert!(world.names("e").is_empty() && !world.keys().iter().any(|key| key.starts_with("q/")));
}

#[test]
fn an_empty_source_that_is_meant_still_keeps_the_limit() {
    let world = world();
    world.make_directory("empty");
    let line = "dsync -D --allow-empty-source --max-delete 99% empty @q";
    let told = world.line(line).fails();
    assert!(
        told.contains("10 of 10 would be, and --max-delete is 99%"),
        "{told}"
    );
    assert!(is_whole(&world));
}

#[test]
fn a_missing_bucket_deletes_nothing() {
    let world = world();
    for options in ["", "--allow-empty-source", "--ignore-empty-source"] {
        let missing = format!("s3://{}-missing/p", world.bucket());
        for target in places(&world) {
            world
                .line(&format!("dsync -D {options} {missing} {target}"))
                .fails();
            assert!(is_whole(&world));
        }
    }
}

#[test]
fn a_directory_that_cannot_be_read_deletes_nothing() {
    let world = world();
    world.write("d/secret/1", "x");
    world.store("q/secret/1", "x", &[]).unwrap();
    world.set_mode("d/secret", 0o000);
    for line in ["dsync -D", "dsync -n -D", "sync -D"] {
        let mut command = world.unprivileged();
        let words = line.split(' ').chain(["d"]).map(str::to_owned);
        let ended = run(command.args(words.chain([world.url("q/")])));
        assert_eq!(ended.status(), 1, "{ended:?}");
        assert!(ended.errors()[0].contains("d/secret"), "{ended:?}");
        assert!(
            ended
                .errors()
                .iter()
                .any(|line| line.contains("nothing was deleted")),
            "{ended:?}"
        );
        assert!(
            !ended.lines().iter().any(|line| line.starts_with("Delete")),
            "{ended:?}"
        );
    }
    world.set_mode("d/secret", 0o700);
    assert!(is_whole(&world) && world.keys().contains(&"q/secret/1".to_owned()));
}

/// The target of a download may have what cannot be read, too: nobody knows what is in there.
#[test]
fn a_target_that_cannot_be_read_deletes_nothing() {
    let world = world();
    world.write("e/secret/1", "x");
    world.set_mode("e/secret", 0o000);
    std::fs::set_permissions(
        world.path("e"),
        std::os::unix::fs::PermissionsExt::from_mode(0o777),
    )
    .unwrap();
    let mut command = world.unprivileged();
    let ended = run(command.args(["dsync", "-D", &world.url("p"), "e"]));
    world.set_mode("e/secret", 0o700);
    assert_eq!(ended.status(), 1, "{ended:?}");
    assert!(ended.errors()[0].contains("e/secret"), "{ended:?}");
    assert!(is_whole(&world) && world.exists("e/secret/1"));
}

#[test]
fn a_slash_behind_the_target_makes_no_difference() {
    let world = world();
    for target in ["@q/", "@q"] {
        let mut lines = world.line(&format!("dsync -D -n d/ {target}")).succeeds();
        lines.retain(|line| line.starts_with("Delete "));
        let expected = (6..10).map(|n| format!("Delete {}", world.url(&format!("q/{n}"))));
        lines.sort();
        assert_eq!(lines, expected.collect::<Vec<_>>());
    }
    // The obsolete form has its own directory below a slash.
    world.line("sync -D d @q/").deletes::<&str>(&[]);
    assert!(is_whole(&world));
    assert_eq!(world.keys().len(), 6 + 10 + 6);
}

#[test]
fn a_time_that_leaves_nothing_of_the_source_deletes_nothing() {
    let world = world();
    let never = "--last-modified-before 2001-01-01";
    for target in places(&world) {
        let run = world.line(&format!("dsync -D {never} @p {target}"));
        assert!(run.fails().contains("left out"), "{run:?}");
        assert!(is_whole(&world));
    }
}

#[test]
fn a_withheld_deletion_has_a_status_of_its_own() {
    let world = world();
    for dry in ["", "-n"] {
        let run = world.line(&format!(
            "dsync -D --max-delete 0 --exit-codes extended d @q {dry}"
        ));
        assert_eq!(run.status(), 6, "{run:?}");
    }
    assert!(is_whole(&world));
}
