//! `--include` and `--exclude`.

use crate::world::World;

const NAMES: [&str; 6] = [
    "a.log",
    "a.txt",
    "b/c.log",
    "b/c.txt",
    "b/d/e.txt",
    "keep/f.log",
];

fn world() -> World {
    let world = World::new();
    for name in NAMES {
        world.write(format!("d/{name}"), name);
        world.store(&format!("p/{name}"), name, &[]).unwrap();
    }
    world
}

/// Lists of options, and the names that they leave.
const CASES: [(&str, &[&str]); 9] = [
    ("--exclude *.log", &["a.txt", "b/c.txt", "b/d/e.txt"]),
    ("--include *.log", &NAMES),
    (
        "--exclude * --include *.log",
        &["a.log", "b/c.log", "keep/f.log"],
    ),
    ("--include *.log --exclude *", &[]),
    (
        "--exclude *.log --include keep/*",
        &["a.txt", "b/c.txt", "b/d/e.txt", "keep/f.log"],
    ),
    (
        "--include keep/* --exclude *.log",
        &["a.txt", "b/c.txt", "b/d/e.txt"],
    ),
    ("--exclude b/*", &["a.log", "a.txt", "keep/f.log"]),
    (
        "--exclude b/* --include b/d/*",
        &["a.log", "a.txt", "b/d/e.txt", "keep/f.log"],
    ),
    (
        "--exclude ?.log --exclude */[ce].*",
        &["a.txt", "keep/f.log"],
    ),
];

/// The names in front of the arrow, or alone.
fn names(lines: &[String], root: &str) -> Vec<String> {
    let name = |line: &String| {
        let start = line.find(root)? + root.len();
        line[start..].split(' ').next().map(str::to_owned)
    };
    let mut names: Vec<String> = lines.iter().filter_map(name).collect();
    names.sort();
    names
}

#[test]
fn the_last_rule_that_matches_decides_in_every_command() {
    let world = world();
    let sources = [
        ("dsync -n d @new", "d/"),
        ("put -n -r d @new", "d/"),
        ("dsync -n @p new", "/p/"),
        ("dsync -n @p @new", "/p/"),
        ("get -n -r @p new", "/p/"),
        ("cp -n -r @p @new", "/p/"),
        ("mv -n -r @p @new", "/p/"),
        ("del -n -r @p", "/p/"),
        ("ls -r @p", "/p/"),
    ];
    for (rules, left) in CASES {
        for (line, root) in sources {
            let lines = world.line(&format!("{line} {rules}")).succeeds();
            let lines: Vec<String> = lines
                .into_iter()
                .filter(|text| !line.starts_with("mv") || !text.starts_with("Delete "))
                .collect();
            assert_eq!(names(&lines, root), left, "{line} {rules}");
        }
        let du = world.line(&format!("du -r @p {rules}")).succeeds();
        let size: usize = left.iter().map(|name| name.len()).sum();
        let told: usize = du
            .iter()
            .map(|line| line.split('\t').next().unwrap().parse::<usize>().unwrap())
            .sum();
        assert_eq!(told, size, "{rules}: {du:?}");
    }
}

#[test]
fn rules_can_come_from_files() {
    let world = world();
    world.write("rules", "# what is not wanted\n\n*.log\nb/*\n");
    world.write("again", "b/d/*\n");
    let down = |rules: &str| {
        names(
            &world.line(&format!("dsync -n @p new {rules}")).succeeds(),
            "/p/",
        )
    };
    assert_eq!(down("--exclude-from rules"), ["a.txt"]);
    assert_eq!(
        down("--exclude-from rules --include-from again"),
        ["a.txt", "b/d/e.txt"]
    );
    assert_eq!(down("--include-from again --exclude-from rules"), ["a.txt"]);
    assert_eq!(
        down("--exclude * --include-from again --include a.*"),
        ["a.log", "a.txt", "b/d/e.txt"]
    );
    world.write("latin", b"caf\xe9\n");
    let run = world.line("dsync -n @p new --exclude-from latin");
    run.is_wrong_usage("latin");
}

#[test]
fn what_rules_exclude_is_not_deleted_on_either_side() {
    for (source, target) in [("d", "@q"), ("@p", "e"), ("@p", "@q")] {
        let world = world();
        for name in ["old.log", "old.txt", "b/old.txt", "a.log"] {
            world.write(format!("e/{name}"), "e");
            world.store(&format!("q/{name}"), "q", &[]).unwrap();
        }
        let run = world.line(&format!(
            "dsync -D {source} {target} --exclude *.log --exclude b/*"
        ));
        let place = |name: &str| match target {
            "e" => format!("e/{name}"),
            _ => world.url(&format!("q/{name}")),
        };
        run.deletes(&[place("old.txt")]);
        let kept: Vec<String> = match target {
            "e" => world.names("e"),
            _ => {
                let keys = world.keys();
                let below = keys.iter().filter_map(|key| key.strip_prefix("q/"));
                below.map(str::to_owned).collect()
            }
        };
        assert_eq!(kept, ["a.log", "a.txt", "b/old.txt", "old.log"]);
        if target == "e" {
            assert_eq!(world.read("e/a.log"), b"e", "it was not replaced either");
        }
    }
}

/// As aws does: everything was left out, so nothing is left to delete by.
#[test]
fn rules_that_leave_nothing_delete_nothing() {
    let world = world();
    world.seed(&["q/x"]);
    for line in ["dsync -D d @q", "dsync -D @p @q"] {
        let run = world.line(&format!("{line} --exclude */* --exclude ?.*"));
        assert!(
            run.fails()
                .contains("everything in the source was left out"),
            "{run:?}"
        );
        assert_eq!(world.body("q/x"), b"q/x");
    }
}

#[test]
fn an_object_that_is_named_is_called_by_its_last_component() {
    let world = world();
    world
        .line("get @p/a.log got --exclude *.log")
        .prints::<&str>(&[]);
    assert!(!world.exists("got"));
    world.line("get @p/a.log got --exclude p/*").succeeds();
    assert!(world.exists("got"));
    world
        .line("put d/a.log @put --exclude *.log")
        .prints::<&str>(&[]);
    world
        .line("del @p/* --exclude *.txt")
        .deletes(&[world.url("p/a.log")]);
    assert!(!world.keys().contains(&"put".to_owned()));
}
