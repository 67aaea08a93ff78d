//! `verify`, and what a clean run makes of `--verify`.

use crate::world::{World, noise};

fn world() -> World {
    let world = World::new();
    for name in ["a", "b/c", "empty", "é"] {
        let content = if name == "empty" { "" } else { name };
        world.write(format!("d/{name}"), content);
        world.store(&format!("p/{name}"), content, &[]).unwrap();
    }
    world
}

#[test]
fn a_run_that_went_well_is_verified() {
    let world = world();
    let clean = "4 verified, 0 size-only, 0 missing, 0 extra, 0 differ".to_owned();
    for (line, count) in [
        ("dsync d @q --verify", 5),
        ("dsync d @q --verify", 5),
        ("dsync @p e --verify", 5),
        ("dsync @p @r --verify", 5),
        ("dsync -D @p @r --verify", 5),
        ("dsync d @q --verify --quiet", 1),
        ("verify d @q", 1),
        ("verify @q d", 1),
        ("verify @p @q", 1),
    ] {
        let lines = world.line(line).succeeds();
        assert_eq!(
            (lines.last(), lines.len()),
            (Some(&clean), count),
            "{line}: {lines:?}"
        );
    }
}

#[test]
fn differences_are_named_in_every_direction() {
    let world = world();
    world.store("p/a", "A", &[]).unwrap();
    world.store("p/b/c", "longer", &[]).unwrap();
    world.store("p/more", "more", &[]).unwrap();
    world.s4cmd(&["del", &world.url("p/empty")]).succeeds();
    world.line("dsync d @q").succeeds();
    for (source, target, missing, extra) in [
        ("d", "@p", "empty", "more"),
        ("@p", "d", "more", "empty"),
        ("@q", "@p", "empty", "more"),
        ("@p", "@q", "more", "empty"),
    ] {
        let run = world.line(&format!("verify {source} {target}"));
        assert_eq!(run.status(), 1, "{run:?}");
        run.has_lines(&["1 verified, 0 size-only, 1 missing, 1 extra, 2 differ"]);
        let place = |place: &str, name: &str| match place.strip_prefix('@') {
            Some(prefix) => world.url(&format!("{prefix}/{name}")),
            None => format!("{place}/{name}"),
        };
        let (from, to) = (|name| place(source, name), |name| place(target, name));
        let mut errors = run.errors();
        errors.sort();
        let line = |text: String| format!("[Runtime Failure] {text}");
        let mut expected = [
            line(format!("{}: differs from {}", to("a"), from("a"))),
            line(format!("{}: differs from {}", to("b/c"), from("b/c"))),
            line(format!(
                "{}: extra, it is not at {}",
                to(extra),
                from(extra)
            )),
            line(format!(
                "{}: missing, it is only at {}",
                to(missing),
                from(missing)
            )),
        ];
        expected.sort();
        assert_eq!(errors, expected, "{run:?}");
        let extended = world.line(&format!("verify {source} {target} --exit-codes extended"));
        assert_eq!(extended.status(), 5, "{extended:?}");
    }
}

#[test]
fn rules_narrow_down_what_is_verified() {
    let world = world();
    world.seed(&["p/x.log", "p/logs/1"]);
    world.write("d/y.log", "y");
    world.line("verify d @p").errors();
    let run = world.line("verify d @p --exclude *.log --exclude logs/*");
    run.prints(&["4 verified, 0 size-only, 0 missing, 0 extra, 0 differ"]);
    // Extras are told by --verify even if they are not deleted.
    let run = world.line("dsync d @p --verify");
    assert_eq!((run.status(), run.errors().len()), (1, 2), "{run:?}");
}

#[test]
fn objects_in_parts_are_verified_by_their_tags() {
    let world = World::new();
    let content = noise(17 << 20);
    for (key, part) in [("five", 5 << 20), ("eight", 8 << 20), ("fifteen", 15 << 20)] {
        world.store_in_parts(&format!("p/{key}"), &content, part);
        world.write(format!("d/{key}"), &content);
    }
    world
        .line("verify d @p")
        .prints(&["3 verified, 0 size-only, 0 missing, 0 extra, 0 differ"]);
    let up = world.line("dsync d @p --debug");
    let synced = |lines: Vec<String>| {
        lines
            .iter()
            .filter(|line| line.ends_with(" (synced)"))
            .count()
    };
    assert_eq!((up.status(), synced(up.lines())), (0, 3), "{up:?}");
    let asked = up.requests("HeadObject") + up.requests("GetObject");
    assert_eq!(asked, 0, "{up:?}");
    let down = world.line("dsync @p d");
    assert_eq!(synced(down.succeeds()), 3);
    let mut other = content.clone();
    other[9 << 20] ^= 1;
    world.write("d/eight", &other);
    let run = world.line("verify d @p");
    assert_eq!(run.status(), 1, "{run:?}");
    run.has_lines(&["2 verified, 0 size-only, 0 missing, 0 extra, 1 differ"]);
    world.line("dsync d @p").succeeds();
    assert!(world.body("p/eight") == other);
}

#[test]
fn the_report_is_lines_of_json() {
    let world = world();
    world.seed(&["p/x"]);
    let run = world.line("verify d @p --report report");
    assert_eq!(run.status(), 1, "{run:?}");
    let text = String::from_utf8(world.read("report")).unwrap();
    let mut found: Vec<(String, String, u64)> = Vec::new();
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        assert!(text("mtime").parse::<jiff::Timestamp>().is_ok(), "{line}");
        assert!(!text("etag").contains('"'), "{line}");
        assert_eq!(text("md5").len(), 32, "{line}");
        found.push((text("name"), text("state"), line["size"].as_u64().unwrap()));
    }
    found.sort();
    let expected = [
        ("a", "verified", 1),
        ("b/c", "verified", 3),
        ("empty", "verified", 0),
        ("x", "extra", 3),
        ("é", "verified", 2),
    ];
    assert_eq!(
        found,
        expected.map(|(name, state, size)| (name.to_owned(), state.to_owned(), size))
    );
}

#[test]
fn only_directories_can_be_verified() {
    let world = world();
    for line in [
        "verify d/a @p",
        "verify no @p",
        "verify @p no",
        "verify d d",
    ] {
        let run = world.line(line);
        assert_eq!((run.status(), run.lines().len()), (1, 0), "{run:?}");
    }
}

#[test]
fn a_missing_bucket_is_no_empty_directory() {
    let world = world();
    let missing = format!("s3://{}-missing/p", world.bucket());
    for line in [format!("verify {missing} d"), format!("verify d {missing}")] {
        let run = world.line(&line);
        assert_eq!((run.status(), run.lines().len()), (1, 0), "{run:?}");
        assert_eq!(run.errors().len(), 1, "{run:?}");
    }
}
