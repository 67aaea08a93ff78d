//! `ls`: what a path means, and the columns.

use crate::world::{Run, World};

/// The names of the last column, in the order of the lines.
#[track_caller]
fn names(run: &Run) -> Vec<String> {
    let name = |line: String| line[line.find("s3://").expect("a name")..].to_owned();
    run.succeeds().into_iter().map(name).collect()
}

#[track_caller]
fn lists(world: &World, arguments: &[&str], path: &str, expected: &[&str]) {
    let url = world.url(path);
    let mut line = vec!["ls"];
    line.extend(arguments);
    line.push(&url);
    let expected: Vec<String> = expected.iter().map(|key| world.url(key)).collect();
    assert_eq!(names(&world.s4cmd(&line)), expected, "{line:?}");
}

const KEYS: [&str; 9] = [
    "a.txt",
    "b.txt",
    "c.bin",
    "d/1.txt",
    "d/2.bin",
    "d/e/3.txt",
    "dd/4.txt",
    "x",
    "x/y",
];

#[test]
fn without_a_path_the_buckets_are_listed() {
    let world = World::new();
    let lines = world.s4cmd(&["ls"]).succeeds();
    let name = format!("s3://{}/", world.bucket());
    let line = lines.iter().find(|line| line.ends_with(&name));
    let line = line.unwrap_or_else(|| panic!("{name} is not in {lines:#?}"));
    assert_is_time(&line[..16]);
    assert_eq!(line[16..], format!(" DIR {name}"));
}

#[test]
fn a_bucket_is_listed_by_level_with_directories_first() {
    let world = World::new();
    world.seed(&KEYS);
    let top = ["d/", "dd/", "x/", "a.txt", "b.txt", "c.bin", "x"];
    let bucket = format!("s3://{}", world.bucket());
    let expected: Vec<String> = top.iter().map(|key| world.url(key)).collect();
    assert_eq!(names(&world.s4cmd(&["ls", &bucket])), expected);
    let s3n = bucket.replace("s3://", "s3n://");
    assert_eq!(names(&world.s4cmd(&["ls", &s3n])), expected);
    lists(&world, &[], "", &top);
    lists(&world, &["-r"], "", &KEYS);
    lists(&world, &["--recursive"], "", &KEYS);
}

#[test]
fn a_path_that_means_one_directory_means_what_is_in_it() {
    let world = World::new();
    world.seed(&KEYS);
    let inside = ["d/e/", "d/1.txt", "d/2.bin"];
    lists(&world, &[], "d", &inside);
    lists(&world, &[], "d/", &inside);
    lists(&world, &["-d"], "d", &["d/"]);
    lists(&world, &["-d"], "d/", &["d/"]);
    lists(&world, &["--show-directory"], "d/e", &["d/e/"]);
    lists(&world, &[], "d/e/", &["d/e/3.txt"]);
    lists(&world, &["-r"], "d", &["d/1.txt", "d/2.bin", "d/e/3.txt"]);
    lists(&world, &["-r"], "d/", &["d/1.txt", "d/2.bin", "d/e/3.txt"]);
}

#[test]
fn an_object_and_a_directory_of_one_name_are_two_entries() {
    let world = World::new();
    world.seed(&KEYS);
    lists(&world, &[], "x", &["x/", "x"]);
    lists(&world, &["-d"], "x", &["x/", "x"]);
    lists(&world, &["-r"], "x", &["x", "x/y"]);
    lists(&world, &[], "a.txt", &["a.txt"]);
    lists(&world, &["-r"], "a.txt", &["a.txt"]);
}

#[test]
fn wildcards_match_within_components() {
    let world = World::new();
    world.seed(&KEYS);
    lists(&world, &[], "*.txt", &["a.txt", "b.txt"]);
    lists(&world, &[], "?.txt", &["a.txt", "b.txt"]);
    lists(&world, &[], "??.txt", &[]);
    lists(&world, &[], "d*", &["d/", "dd/"]);
    lists(&world, &[], "d/*", &["d/e/", "d/1.txt", "d/2.bin"]);
    lists(&world, &[], "*/*.txt", &["d/1.txt", "dd/4.txt"]);
    lists(&world, &[], "d?/*", &["dd/4.txt"]);
    lists(&world, &[], "*/?/*.txt", &["d/e/3.txt"]);
    lists(&world, &[], "*/[13].txt", &["d/1.txt"]);
    lists(&world, &[], "[ab]*", &["a.txt", "b.txt"]);
    // One directory in the end is looked into, however it was found.
    lists(&world, &[], "*/e", &["d/e/3.txt"]);
    lists(&world, &["-d"], "*/e", &["d/e/"]);
    lists(&world, &[], "*d/", &["d/", "dd/"]);
}

#[test]
fn recursion_takes_what_is_below_a_match_and_nothing_above() {
    let world = World::new();
    world.seed(&KEYS);
    lists(
        &world,
        &["-r"],
        "d*",
        &["d/1.txt", "d/2.bin", "d/e/3.txt", "dd/4.txt"],
    );
    lists(&world, &["-r"], "*/e", &["d/e/3.txt"]);
    lists(&world, &["-r"], "*/?.txt", &["d/1.txt", "dd/4.txt"]);
    lists(&world, &["-r"], "*/*/*", &["d/e/3.txt"]);
}

#[test]
fn what_is_not_there_is_an_empty_listing() {
    let world = World::new();
    lists(&world, &[], "", &[]);
    world.seed(&["abc", "abd/e"]);
    for path in ["ab", "ab/", "abcd", "abc/", "nothing/*", "*.txt", "abd/f"] {
        let arguments = if path == "abc/" { vec!["-d"] } else { vec![] };
        // Compat: one slash at the end means nothing.
        let expected: &[&str] = if path == "abc/" { &["abc"] } else { &[] };
        lists(&world, &arguments, path, expected);
        if path != "abc/" {
            lists(&world, &["-r"], path, &[]);
        }
    }
}

#[test]
fn columns_are_as_wide_as_their_widest_value() {
    let world = World::new();
    world.store("big", vec![0; 12345], &[]).unwrap();
    world.store("empty", "", &[]).unwrap();
    world.seed(&["dir/file"]);
    let lines = world.s4cmd(&["ls", &world.url("")]).succeeds();
    assert_eq!(lines[0], format!("{:16}   DIR {}", "", world.url("dir/")));
    assert_is_time(&lines[1][..16]);
    assert_eq!(lines[1][16..], format!(" 12345 {}", world.url("big")));
    assert_is_time(&lines[2][..16]);
    assert_eq!(lines[2][16..], format!("     0 {}", world.url("empty")));
    // The widths are those of this result only.
    let lines = world.s4cmd(&["ls", &world.url("empty")]).succeeds();
    assert_eq!(lines[0][16..], format!(" 0 {}", world.url("empty")));
    let lines = world.s4cmd(&["ls", &world.url("dir")]).succeeds();
    assert_eq!(lines[0][16..], format!(" 8 {}", world.url("dir/file")));
    let lines = world.s4cmd(&["ls", "-d", &world.url("dir")]).succeeds();
    assert_eq!(lines[0], format!("{:16} DIR {}", "", world.url("dir/")));
}

/// `YYYY-MM-DD HH:MM`, at most a day away.
#[track_caller]
fn assert_is_time(text: &str) {
    let time = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M", text).expect(text);
    let time = time.to_zoned(jiff::tz::TimeZone::UTC).unwrap();
    let distance = jiff::Timestamp::now().duration_since(time.timestamp());
    assert!(distance.abs().as_hours() < 24, "{text} is not about now");
}

/// Without versions each object has one, called `null`.
#[test]
fn what_has_no_versions_is_listed_as_one() {
    let world = World::new();
    world.write_all(&["d/a", "d/b"]);
    world
        .s4cmd(&["put", "-r", "d", &world.url("d/")])
        .succeeds();
    let lines = world
        .s4cmd(&["ls", "--versions", &world.url("d")])
        .succeeds();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains(" * ")), "{lines:?}");
    let arguments = ["ls", "--versions", "--json", &world.url("d/d/a")];
    let json: serde_json::Value =
        serde_json::from_str(&world.s4cmd(&arguments).succeeds()[0]).unwrap();
    assert_eq!(
        (&json["type"], &json["latest"], &json["version_id"]),
        (&"version".into(), &true.into(), &"null".into())
    );
}
