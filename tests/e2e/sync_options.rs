//! The options of `aws s3 sync` under their names: what is compared, what is shown, what is left.

use std::{
    fs,
    os::unix::fs::symlink,
    time::{Duration, SystemTime},
};

use crate::world::World;

/// Sets the time of a file, in seconds from now.
fn set_age(world: &World, name: &str, seconds: i64) {
    let now = SystemTime::now();
    let length = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        now - length
    } else {
        now + length
    };
    let file = fs::File::options().append(true).open(world.path(name));
    file.unwrap().set_modified(time).unwrap();
}

#[test]
fn the_long_names_are_those_of_aws() {
    let world = World::new();
    world.write_all(&["d/a"]);
    world.seed(&["p/x"]);
    let dry = world.line("dsync --delete --dryrun d @p");
    dry.deletes(&[world.url("p/x")]);
    assert_eq!(world.keys(), ["p/x"]);
    world
        .line("dsync --delete d @p")
        .deletes(&[world.url("p/x")]);
    assert_eq!(world.keys(), ["p/a"]);
}

#[test]
fn less_is_shown_if_less_is_asked_for() {
    let world = World::new();
    world.write_all(&["d/a", "d/A", "d/b"]);
    for (option, put, warnings) in [("--quiet", "p", 0), ("--only-show-errors", "q", 1)] {
        let up = world.line(&format!("dsync {option} d @{put}"));
        assert!(up.succeeds().is_empty(), "{up:?}");
        world.seed(&[&format!("{put}/x")]);
        let delete = world.line(&format!("dsync -D {option} d @{put}"));
        assert!(delete.succeeds().is_empty(), "{delete:?}");
        // Warnings are the difference.
        let down = world.line(&format!("dsync {option} --case-conflict warn @{put} {put}"));
        assert!(down.status() == 0 && down.lines().is_empty(), "{down:?}");
        assert_eq!(down.errors().len(), warnings, "{down:?}");
        let missing = world.line(&format!("get {option} @no/such new"));
        missing.fails();
        // What is asked for is shown.
        let listed = world.line(&format!("ls {option} @{put}/"));
        assert_eq!(listed.succeeds().len(), 3, "{listed:?}");
    }
}

#[test]
fn the_size_can_be_enough() {
    let world = World::new();
    world.write_all(&["d/a", "d/b"]);
    for key in ["p/a", "q/a"] {
        world.store(key, "D/A", &[]).unwrap();
    }
    world.store("p/b", "other size", &[]).unwrap();
    world.store("q/b", "and another", &[]).unwrap();
    let mut up = world.uploads(&[("d/b", "p/b")]);
    up.push(format!("d/a => {} (synced)", world.url("p/a")));
    world.line("dsync --size-only d @p").prints(&up);
    assert_eq!(world.body("p/a"), b"D/A");
    let across = world.line("dsync --size-only @p @q").succeeds();
    assert!(across.contains(&format!(
        "{} => {} (synced)",
        world.url("p/a"),
        world.url("q/a")
    )));
    assert_eq!(
        (world.body("q/a"), world.body("q/b")),
        (b"D/A".to_vec(), b"d/b".to_vec())
    );
    for delete in ["", "-D"] {
        world.write("d/b", "longer than the object");
        let down = world.line(&format!("dsync {delete} --size-only @p d"));
        let mut lines = world.downloads(&[("p/b", "d/b")]);
        lines.push(format!("{} => d/a (synced)", world.url("p/a")));
        down.prints(&lines);
        assert_eq!(world.read("d/a"), b"d/a");
    }
}

/// Whether a line of one name says that nothing was to be done.
#[track_caller]
fn is_synced(world: &World, line: &str) -> bool {
    let lines = world.line(line).succeeds();
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0].ends_with(" (synced)")
}

#[test]
fn times_decide_as_with_aws() {
    let world = World::new();
    world.store("p/a", "object", &[]).unwrap();
    // The content is never looked at.
    world.write("d/a", "a file");
    for (seconds, up, down) in [(-600, true, true), (600, false, false)] {
        set_age(&world, "d/a", seconds);
        assert_eq!(is_synced(&world, "dsync -n --mtime d @p"), up, "{seconds}");
        assert_eq!(
            is_synced(&world, "dsync -n --exact-timestamps d @p"),
            up,
            "{seconds}"
        );
        for delete in ["", "-D"] {
            let mtime = format!("dsync -n {delete} --mtime @p d");
            assert_eq!(is_synced(&world, &mtime), down, "{seconds} {delete}");
            let exact = format!("dsync -n {delete} --exact-timestamps @p d");
            assert!(!is_synced(&world, &exact), "{seconds} {delete}");
        }
    }
    set_age(&world, "d/a", -600);
    world.write("d/a", "another size");
    assert!(!is_synced(&world, "dsync -n --mtime d @p"));
    assert!(!is_synced(&world, "dsync -n --mtime @p d"));
}

#[test]
fn copies_are_up_to_date_if_they_are_not_older() {
    let world = World::new();
    world.store("new/a", "second", &[]).unwrap();
    let time = |key: &str| world.head(key).last_modified.unwrap();
    world.store("old/a", "secon!", &[]).unwrap();
    assert!(time("old/a") >= time("new/a"));
    assert!(is_synced(&world, "dsync -n --mtime @new @old"));
    // Until the clock of the server is in another second.
    let start = SystemTime::now();
    while time("new/a") <= time("old/a") {
        assert!(start.elapsed().unwrap() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(200));
        world.store("new/a", "second", &[]).unwrap();
    }
    assert!(!is_synced(&world, "dsync -n --mtime @new @old"));
    assert!(!is_synced(&world, "dsync --exact-timestamps @new @old"));
    assert_eq!(world.body("old/a"), b"second");
}

/// Two objects that are not of this moment, and where they came down.
fn downloaded() -> World {
    let world = World::new();
    world.seed(&["p/a", "p/b/c"]);
    let start = SystemTime::now();
    while seconds(SystemTime::now()) <= second_of(&world, "p/b/c") + 1 {
        assert!(start.elapsed().unwrap() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(100));
    }
    world.line("dsync @p d").succeeds();
    world.line("get -r @p e").succeeds();
    world
}

fn seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs()
}

fn second_of(world: &World, key: &str) -> u64 {
    let modified = world.head(key).last_modified.unwrap();
    modified.as_second().unsigned_abs()
}

#[track_caller]
fn assert_synced(world: &World, line: &str) {
    let lines = world.line(line).succeeds();
    let synced = lines.iter().filter(|line| line.ends_with(" (synced)"));
    assert_eq!((synced.count(), lines.len()), (2, 2), "{line}: {lines:?}");
}

#[test]
fn what_came_down_has_the_time_of_its_object() {
    let world = downloaded();
    for directory in ["d", "e"] {
        let metadata = fs::metadata(world.path(directory).join("a")).unwrap();
        let modified = seconds(metadata.modified().unwrap());
        assert_eq!(modified, second_of(&world, "p/a"));
        for method in ["", "--mtime", "--size-only"] {
            assert_synced(&world, &format!("dsync -D {method} @p {directory}"));
            assert_synced(&world, &format!("dsync -D {method} {directory} @p"));
        }
        let up = format!("dsync -D --exact-timestamps {directory} @p");
        assert_synced(&world, &up);
    }
}

#[test]
fn what_came_down_has_exactly_the_time_of_its_object() {
    let world = downloaded();
    for directory in ["d", "e"] {
        assert_synced(&world, &format!("dsync --exact-timestamps @p {directory}"));
    }
}

#[test]
fn what_is_there_can_be_left_alone() {
    let world = World::new();
    world.write_all(&["d/a", "d/new"]);
    let reset = || {
        for key in ["p/a", "t"] {
            world.store(key, "theirs", &[]).unwrap();
        }
        world.write("file", "mine");
    };
    let skipped = |source: &str, target: &str| format!("{source} => {target} (skipped)");
    let url = |key: &str| world.url(key);
    reset();
    world.line("dsync --no-overwrite d @p").prints(&[
        skipped("d/a", &url("p/a")),
        format!("d/new => {}", url("p/new")),
    ]);
    assert_eq!(world.body("p/a"), b"theirs");
    world.line("dsync --no-overwrite @p d").succeeds();
    assert_eq!(world.read("d/a"), b"d/a");
    world.store("q/a", "third", &[]).unwrap();
    world
        .line("dsync --no-overwrite @q @p")
        .prints(&[skipped(&url("q/a"), &url("p/a"))]);
    for force in ["", "-f"] {
        for dry in ["-n", ""] {
            let line = |words: &str| world.line(&format!("{words} --no-overwrite {force} {dry}"));
            line("put file @t").prints(&[skipped("file", &url("t"))]);
            line("get @t file").prints(&[skipped(&url("t"), "file")]);
            line("cp @p/a @t").prints(&[skipped(&url("p/a"), &url("t"))]);
            line("mv @p/a @t").prints(&[skipped(&url("p/a"), &url("t"))]);
            assert_eq!(
                (world.body("t"), world.read("file")),
                (b"theirs".to_vec(), b"mine".to_vec())
            );
            assert!(world.keys().contains(&"p/a".to_owned()));
        }
    }
    // What is not there is made.
    world.line("put --no-overwrite file @made").succeeds();
    world.line("get --no-overwrite @made made").succeeds();
    world.line("mv --no-overwrite @made @moved").succeeds();
    assert_eq!(world.body("moved"), b"mine");
}

#[test]
fn links_are_followed_as_far_as_is_asked() {
    let world = World::new();
    world.write_all(&["d/file", "elsewhere/inner"]);
    symlink("file", world.path("d/to-file")).unwrap();
    symlink("../elsewhere", world.path("d/to-directory")).unwrap();
    for (option, names) in [
        ("", &["file", "to-file"][..]),
        (
            "--follow-symlinks",
            &["file", "to-directory/inner", "to-file"],
        ),
        ("--no-follow-symlinks", &["file"]),
        ("--follow-symlinks --no-follow-symlinks", &["file"]),
    ] {
        for command in ["dsync -n d @p", "put -n -r d @p"] {
            let lines = world.line(&format!("{command} {option}")).succeeds();
            let mut found: Vec<&str> = lines
                .iter()
                .filter_map(|line| line.strip_prefix("d/")?.split(' ').next())
                .collect();
            found.sort_unstable();
            assert_eq!(found, names, "{command} {option}");
        }
    }
    world.make_directory("d/sub");
    symlink("..", world.path("d/sub/back")).unwrap();
    world.line("dsync -n d @p").succeeds();
    world.seed(&["p/extra"]);
    let looped = world.line("dsync -D --follow-symlinks d @p");
    let errors = looped.errors();
    assert!(looped.status() == 1 && errors.len() == 2, "{looped:?}");
    assert!(
        errors[0].contains("d/sub/back: ") && errors[0].contains("leads back"),
        "{looped:?}"
    );
    assert!(errors[1].contains("nothing was deleted"), "{looped:?}");
    assert_eq!(looped.lines().len(), 3, "{looped:?}");
    assert!(world.keys().contains(&"p/extra".to_owned()));
}

/// What a link that is left out stands for is not absent, or else it is: both are answers, and aws
/// gives the second.
#[test]
fn a_link_that_is_left_out_is_not_at_the_source() {
    let world = World::new();
    world.write_all(&["d/file"]);
    symlink("file", world.path("d/link")).unwrap();
    world.line("dsync d @p").succeeds();
    world
        .line("dsync -D --no-follow-symlinks d @p")
        .deletes(&[world.url("p/link")]);
}

#[test]
fn names_that_differ_only_by_case_can_be_refused() {
    let world = World::new();
    world.seed(&["p/Readme", "p/readme", "p/other"]);
    for (number, command) in ["dsync @p", "get -r @p"].iter().enumerate() {
        let run = |rule: &str| {
            let target = format!("{rule}{number}");
            let run = world.line(&format!("{command} {target} --case-conflict {rule}"));
            let names = if world.exists(&target) {
                world.names(&target)
            } else {
                Vec::new()
            };
            (run, names)
        };
        let (ignored, names) = run("ignore");
        ignored.succeeds();
        assert_eq!(names.len(), 3);
        let (warned, names) = run("warn");
        assert_eq!(
            (warned.status(), warned.errors().len(), names.len()),
            (0, 1, 3),
            "{warned:?}"
        );
        let (skipped, names) = run("skip");
        assert_eq!(
            (skipped.status(), skipped.errors().len()),
            (0, 1),
            "{skipped:?}"
        );
        assert_eq!(names, ["Readme", "other"]);
        let (refused, names) = run("error");
        let told = refused.errors();
        assert!(refused.status() == 1 && told.len() == 1, "{refused:?}");
        assert!(
            told[0].contains("p/readme") && told[0].contains("only by case"),
            "{refused:?}"
        );
        assert!(!names.contains(&"readme".to_owned()), "{names:?}");
    }
    let wrong = world.line("dsync @p new --case-conflict foo");
    wrong.is_wrong_usage("case-conflict");
}

#[test]
fn a_storage_class_and_an_acl_have_short_names() {
    let world = World::new();
    world.write_all(&["d/a"]);
    let options = "--acl private --storage-class STANDARD";
    world.line(&format!("dsync d @p {options}")).succeeds();
    world.line(&format!("cp @p/a @q/a {options}")).succeeds();
    assert_eq!(world.keys(), ["p/a", "q/a"]);
}

#[test]
fn the_log_has_all_lines_with_their_time() {
    let world = World::new();
    world.write_all(&["d/a", "d/b"]);
    world
        .line("dsync --quiet d @p --log-file log --log-mode 600")
        .succeeds();
    assert_eq!(world.mode("log"), 0o600);
    // It is added to.
    let failed = world.line("dsync --quiet -D d @p/ --log-file log");
    failed.succeeds();
    world.line("get --quiet @no/such x --log-file log").fails();
    let text = String::from_utf8(world.read("log")).unwrap();
    let mut lines = Vec::new();
    for line in text.lines() {
        let (time, line) = line.split_once(' ').unwrap();
        let age = jiff::Timestamp::now().duration_since(time.parse().unwrap());
        assert!((-1..60).contains(&age.as_secs()), "{time}");
        lines.push(line.to_owned());
    }
    let ups = world.uploads(&[("d/a", "p/a"), ("d/b", "p/b")]);
    let synced = ups.iter().map(|line| format!("{line} (synced)"));
    let mut expected: Vec<String> = ups.iter().cloned().chain(synced).collect();
    let last = lines.pop().unwrap();
    assert!(
        last.starts_with('[') && last.contains("Source doesn't exist"),
        "{last}"
    );
    lines.sort();
    expected.sort();
    assert_eq!(lines, expected);
    world.line("dsync d @p --log-file private").succeeds();
    assert_eq!(world.mode("private") & 0o007, 0, "it is not for everybody");
}

#[test]
fn a_log_that_cannot_be_kept_is_told_before_anything_is_done() {
    let world = World::new();
    world.write_all(&["d/a"]);
    for (options, told) in [
        ("--log-file log --log-owner no-such-user", "no-such-user"),
        ("--log-file log --log-owner :no-such-group", "no-such-group"),
        ("--log-file no/such/log", "no/such/log"),
        ("--log-file d", "Is a directory: d"),
    ] {
        let run = world.line(&format!("dsync d @p {options}"));
        assert!(run.fails().contains(told), "{run:?}");
    }
    for options in [
        "--log-mode 999",
        "--log-mode 1777",
        "--log-mode x",
        "--log-mode=",
    ] {
        let run = world.line(&format!("dsync d @p --log-file log {options}"));
        run.is_wrong_usage("--log-mode");
    }
    assert!(world.keys().is_empty());
}

#[test]
fn numbers_that_are_none_are_refused() {
    let world = World::new();
    world.write_all(&["d/a"]);
    world.seed(&["p/x"]);
    for value in ["x", "5%%", "%", "-1", "1.5", "5 %", ""] {
        let limit = format!("--max-delete={value}");
        let run = world.s4cmd(&["dsync", "-D", "d", &world.url("p"), &limit]);
        run.is_wrong_usage("--max-delete");
    }
    for option in ["--include-from", "--exclude-from"] {
        let run = world.line(&format!("dsync -D d @p {option} no/such"));
        run.is_wrong_usage("no/such");
    }
    assert_eq!(world.keys(), ["p/x"]);
}

/// The end of the lines of what needs no transfer.
fn synced(lines: &[String]) -> usize {
    let ends = |line: &&String| line.ends_with(" (synced)");
    lines.iter().filter(ends).count()
}

/// Two files, and a cache that knows them.
fn cached() -> World {
    let world = World::new();
    world.write_all(&["d/a", "d/b"]);
    // What was changed a moment ago is not relied on.
    std::thread::sleep(Duration::from_millis(3000));
    world.line("dsync d @p").succeeds();
    world.line("dsync d @p --hash-cache cache").succeeds();
    assert_eq!(world.read("cache").len(), 16 + 2 * 36);
    world
}

/// Other sums than those of the files, which nobody sees who reads them.
fn spoil_sums(world: &World) {
    let mut cache = world.read("cache");
    let (_, records) = cache.split_at_mut(16);
    for record in records.chunks_mut(36) {
        record[16] ^= 1;
    }
    world.write("cache", cache);
}

#[test]
fn files_that_the_cache_knows_are_not_read() {
    let world = cached();
    let dry = || world.line("dsync -n d @p --hash-cache cache").succeeds();
    assert_eq!(synced(&dry()), 2);
    spoil_sums(&world);
    assert_eq!(synced(&dry()), 0);
    fs::remove_file(world.path("cache")).unwrap();
    assert_eq!(synced(&dry()), 2);
}

#[test]
fn files_that_were_transferred_are_known_to_the_cache() {
    let world = World::new();
    world.write_all(&["d/a", "d/b"]);
    std::thread::sleep(Duration::from_millis(3000));
    world.line("dsync d @p --hash-cache cache").succeeds();
    assert!(world.exists("cache"));
    spoil_sums(&world);
    let lines = world.line("dsync -n d @p --hash-cache cache").succeeds();
    assert_eq!(synced(&lines), 0);
}

#[test]
fn a_damaged_cache_is_harmless_and_another_file_stays() {
    let world = cached();
    let up = || synced(&world.line("dsync d @p --hash-cache cache").succeeds());
    let first = world.read("cache");
    assert_eq!(world.mode("cache"), 0o600);
    let random = [&first[..16], &[0xff; 100]].concat();
    for damaged in [&first[..20], &random, &first[..16], b""] {
        world.write("cache", damaged);
        assert_eq!(up(), 2);
    }
    // The same size and time, but not the same content.
    let modified = fs::metadata(world.path("d/a")).unwrap().modified();
    world.write("d/a", "D/A");
    let file = fs::File::options().append(true).open(world.path("d/a"));
    file.unwrap().set_modified(modified.unwrap()).unwrap();
    assert_eq!(up(), 1);
    assert_eq!(world.body("p/a"), b"D/A");
    world.write("precious", "precious");
    let run = world.line("dsync d @q --hash-cache precious");
    assert!(run.fails().contains("precious"), "{run:?}");
    assert_eq!(world.read("precious"), b"precious");
    assert!(!world.keys().iter().any(|key| key.starts_with("q/")));
    let names = world.names("");
    assert!(
        !names.iter().any(|name| name.ends_with(".tmp")),
        "{names:?}"
    );
}
