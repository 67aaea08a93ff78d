//! Keys that are not names of files, and keys that only look as if something were wrong.

use crate::{
    differences::Difference,
    world::{World, noise},
};

/// Sends, shows, fetches, prints and deletes one object after the other, each among all others.
fn every_command_takes(world: &World, keys: &[&str]) {
    for (number, key) in keys.iter().enumerate() {
        let (name, content) = (format!("file-{number}"), noise(100 + number));
        world.write(&name, &content);
        let url = world.url(key);
        let line = format!("{name} => {}", shown(&url));
        world.s4cmd(&["put", &name, &url]).prints(&[line]);
    }
    let mut sorted = keys.to_vec();
    sorted.sort_unstable();
    assert_eq!(world.keys(), sorted);
    let listed = world.s4cmd(&["ls", "-r", &world.url("")]).succeeds();
    assert_eq!(listed.len(), keys.len());
    for key in &sorted {
        // Compat: the line loses the blanks at its end, even those of the key.
        let end = format!(" {}", shown(world.url(key).trim_end()));
        assert!(
            listed.iter().any(|line| line.ends_with(&end)),
            "{key:?} in {listed:#?}"
        );
    }
    for (number, key) in keys.iter().enumerate() {
        let (name, content) = (format!("back-{number}"), noise(100 + number));
        let url = world.url(key);
        let line = format!("{} => {name}", shown(&url));
        world.s4cmd(&["get", &url, &name]).prints(&[line]);
        assert!(world.read(&name) == content, "{key:?}");
        let run = world.s4cmd(&["cat", &url]);
        run.succeeds();
        assert!(run.stdout() == content, "{key:?}");
        let line = format!("Delete {}", shown(&url));
        world.s4cmd(&["del", &url]).prints(&[line]);
        sorted.retain(|other| other != key);
        assert_eq!(world.keys(), sorted, "after {key:?}");
    }
}

/// A line stays a line.
fn shown(text: &str) -> String {
    text.replace('\n', "\\n").replace('\r', "\\r")
}

#[test]
fn punctuation_is_nothing_special() {
    every_command_takes(
        &World::new(),
        &[
            "a b", "a+b", "a%b", "a%20b", "a%2Fb", "a%25b", "a&b=c;d", "a#b", "a:b@c", "a$b,c!d",
            "'a'", "\"a\"", "(a)", "<a>&amp;", "`a`", "{a}|^", "~a~", "=a=", "-a", "--force",
        ],
    );
}

#[test]
fn every_script_is_text() {
    every_command_takes(
        &World::new(),
        &[
            "grün/süß",
            "日本語/ファイル",
            "עברית",
            "emoji-🦀",
            "e\u{301}",
            "\u{e9}",
            "\u{2028}",
            "\u{feff}bom",
            "\u{fffd}",
            "\u{10ffff}",
            "ﬁ",
            "İ",
            "ß",
            "SS",
        ],
    );
}

#[test]
fn blanks_and_dots_at_the_ends_belong_to_the_key() {
    every_command_takes(
        &World::new(),
        &[
            " ", " a", "a ", "a  b", "a/ b", "c /b", "a.", ".a", "...", "a/...", ".a./.b.",
            "\u{a0}",
        ],
    );
}

#[test]
fn control_characters_are_bytes_of_the_key() {
    let world = World::new();
    let keys = [
        "a\tb",
        "a\u{1}b",
        "a\rb",
        "a\u{1b}[31mb",
        "a\u{7f}b",
        "a\u{85}b",
        "\u{1f}",
    ];
    every_command_takes(&world, &keys);
    // Together they are deleted one by one where XML cannot carry them.
    world.seed(&keys);
    let run = world.s4cmd(&["del", "-r", &world.url("")]);
    assert_eq!(run.succeeds().len(), keys.len());
    assert!(world.keys().is_empty());
}

#[test]
fn a_newline_is_a_byte_of_the_key() {
    let world = World::new();
    if world.differs(Difference::NewlinesAreNotFound) {
        world.write("f", "f");
        let line = world.s4cmd(&["put", "f", &world.url("a\nb")]).fails();
        assert!(line.contains("(404)") || line.contains("(405)"), "{line}");
        return;
    }
    every_command_takes(&world, &["a", "a\nb", "a\n", "\na", "a\r\nb"]);
}

#[test]
fn long_keys_are_taken_up_to_1024_bytes() {
    let world = World::new();
    let component = "c".repeat(200) + "/";
    let ascii = component.repeat(5) + &"d".repeat(19);
    let wide = ("é".repeat(100) + "/").repeat(5) + &"d".repeat(19);
    assert_eq!((ascii.len(), wide.len()), (1024, 1024));
    every_command_takes(&world, &[&ascii, &wide, &ascii[..1023], &"n".repeat(255)]);
}

#[test]
fn a_component_may_be_longer_than_any_name_of_a_file() {
    let world = World::new();
    let long = "k".repeat(1024);
    if world.differs(Difference::ComponentsAreAtMost255Bytes) {
        world.write("f", "f");
        let line = world.s4cmd(&["put", "f", &world.url(&long)]).fails();
        assert!(line.contains("KeyTooLongError"), "{line}");
        return;
    }
    every_command_takes(&world, &[&long, &"é".repeat(512), &"s".repeat(256)]);
    // Under its own name it cannot arrive, but the others can.
    world.seed(&["d/1"]);
    world
        .store(&format!("d/{}", "k".repeat(300)), "", &[])
        .unwrap();
    let run = world.s4cmd(&["get", "-r", &world.url("d"), "out"]);
    let line = run.fails();
    assert!(line.contains("File name too long"), "{line}");
    run.has_lines(&world.downloads(&[("d/1", "out/1")]));
    assert_eq!(world.names("out"), ["1"]);
}

#[test]
fn empty_components_are_components() {
    let world = World::new();
    if world.differs(Difference::SlashesAreMerged) {
        world.write("f", "f");
        world.s4cmd(&["put", "f", &world.url("a//b")]).succeeds();
        world.s4cmd(&["put", "f", &world.url("/c")]).succeeds();
        assert_eq!(world.keys(), ["a/b", "c"]);
        return;
    }
    every_command_takes(&world, &["a/b", "a//b", "a///b", "/a", "//a", "a/c//d//e"]);
    world.seed(&["//k", "/k", "k"]);
    world.s4cmd(&["del", "-r", &world.url("/")]).prints(&[
        format!("Delete {}", world.url("k")),
        format!("Delete {}", world.url("/k")),
        format!("Delete {}", world.url("//k")),
    ]);
}

#[test]
fn dots_are_not_resolved() {
    let world = World::new();
    if world.differs(Difference::DotsAreRefused) {
        world.write("f", "f");
        for key in ["..", "a/../b", "a/./b"] {
            let line = world.s4cmd(&["put", "f", &world.url(key)]).fails();
            assert!(line.contains("(400)") || line.contains("Invalid"), "{line}");
        }
        assert!(world.keys().is_empty());
        return;
    }
    every_command_takes(&world, &["b", "a/../b", "a/./b", "../b", "./b"]);
    // Neither an object nor a directory of the same name is in the way of these.
    every_command_takes(&World::new(), &["..", ".", "a/..", "a/."]);
}

#[test]
fn a_backslash_is_not_a_slash() {
    let world = World::new();
    if world.differs(Difference::BackslashesAreSlashes) {
        world.write("f", "f");
        world.s4cmd(&["put", "f", &world.url("a\\b")]).succeeds();
        assert_eq!(world.keys(), ["a/b"]);
        return;
    }
    every_command_takes(&world, &["a\\b", "a/b", "\\", "..\\a", "C:\\a"]);
    world.seed(&["d/a\\b"]);
    let lines = world.downloads(&[("d/a\\b", "out/a\\b")]);
    world
        .s4cmd(&["get", "-r", &world.url("d"), "out"])
        .prints(&lines);
    assert_eq!(world.names("out"), ["a\\b"]);
}

#[test]
fn brackets_alone_are_no_wildcard() {
    every_command_takes(&World::new(), &["[a]", "a", "[", "]", "x[!b]y", "[a/b]"]);
}

#[test]
fn a_key_with_wildcards_is_matched_by_itself() {
    // There is no way to escape them: they also match others.
    for key in ["a*b", "a?b", "*", "??", "d/*/?"] {
        let world = World::new();
        every_command_takes(&world, &[key]);
    }
    let world = World::new();
    world.seed(&["a*b", "a?b", "axb", "axxb"]);
    let lines = ["a*b", "a?b", "axb"].map(|key| format!("Delete {}", world.url(key)));
    world.s4cmd(&["del", &world.url("a?b")]).prints(&lines);
    assert_eq!(world.keys(), ["axxb"]);
}

#[test]
fn names_that_differ_only_for_machines_are_different() {
    let world = World::new();
    let keys = [
        "t/A",
        "t/a",
        "t/e\u{301}",
        "t/é",
        "t/ﬁ",
        "t/fi",
        "t/a ",
        "t/a.",
    ];
    world.seed(&keys);
    let run = world.s4cmd(&["get", "-r", &world.url("t"), "out"]);
    assert_eq!(run.succeeds().len(), keys.len());
    for key in keys {
        assert_eq!(world.read(key.replace("t/", "out/")), key.as_bytes());
    }
    let run = world.s4cmd(&["dsync", "out", &world.url("t")]);
    assert!(
        run.succeeds()
            .iter()
            .all(|line| line.ends_with(" (synced)")),
        "{run:?}"
    );
    world.s4cmd(&["del", &world.url("t/é")]).succeeds();
    assert_eq!(world.keys().len(), keys.len() - 1);
    assert!(world.keys().contains(&"t/e\u{301}".to_owned()));
}

#[test]
fn names_of_files_become_keys_as_they_are() {
    let world = World::new();
    let names = [
        " lead", "#", "%", "*", "-", "?", "[x]", "a\tb", "a b", "a%20b", "a&b", "a+b", "e\u{301}",
        "s3:", "trail ", "{y}", "~", "\u{e9}",
    ];
    for name in names {
        world.write(format!("d/{name}/{name}"), name);
    }
    let root = world.url("p");
    assert_eq!(
        world.s4cmd(&["put", "-r", "d", &root]).succeeds().len(),
        names.len()
    );
    let mut keys = names.map(|name| format!("p/{name}/{name}"));
    keys.sort();
    assert_eq!(world.keys(), keys);
    world.s4cmd(&["get", "-r", &root, "back"]).succeeds();
    assert_eq!(world.tree("d"), world.tree("back"));
    let lines = world.s4cmd(&["dsync", "back", &root]).succeeds();
    assert!(
        lines.iter().all(|line| line.ends_with(" (synced)")),
        "{lines:#?}"
    );
}

#[test]
fn nothing_is_written_outside_the_target() {
    let world = World::new();
    world.seed(&["t/good", "t/sub/good", "t/..hidden", "t/...", "t/sub/a..b"]);
    let good = ["...", "..hidden", "good", "sub/a..b", "sub/good"];
    let mut bad = Vec::new();
    if !world.differs(Difference::DotsAreRefused) {
        bad.extend([
            "t/../evil",
            "t/sub/../../evil",
            "t/..",
            "t/sub/.",
            "t/./evil",
        ]);
    }
    if !world.differs(Difference::SlashesAreMerged) {
        bad.extend(["t//evil", "t/sub//evil", "t//etc/evil"]);
    }
    if world.differs(Difference::DataOfFoldersIsLost) {
        world.store("lost/", "data", &[]).unwrap();
        assert_eq!(world.body("lost/"), b"");
    } else {
        bad.push("t/folder-with-data/");
    }
    world.seed(&bad);
    for command in ["get", "dsync"] {
        let target = format!("{command}-out");
        let source = world.url("t");
        let run = world.s4cmd(&[command, "-r", &source, &target]);
        let lines: Vec<String> = good
            .iter()
            .map(|name| format!("{} => {target}/{name}", world.url(&format!("t/{name}"))))
            .collect();
        run.has_lines(&lines);
        let errors = run.errors();
        assert_eq!(errors.len(), bad.len(), "{run:?}");
        assert_eq!(run.status(), i32::from(!bad.is_empty()));
        for key in &bad {
            let beginning = format!("[Runtime Failure] {}: ", world.url(key));
            assert!(
                errors.iter().any(|line| line.starts_with(&beginning)),
                "{key}: {run:?}"
            );
        }
        assert_eq!(world.names(&target), good);
    }
    assert!(!world.exists("evil"));
    assert_eq!(world.names("").len(), 2 * good.len());
}

#[test]
fn single_files_are_not_written_outside_the_target_either() {
    let world = World::new();
    if world.differs(Difference::DotsAreRefused) {
        return;
    }
    world.seed(&["a/..", "a/."]);
    world.make_directory("d/e");
    for key in ["a/..", "a/."] {
        let line = world.s4cmd(&["get", &world.url(key), "d/e"]).fails();
        assert!(line.contains("which no local file can have"), "{line}");
    }
    assert_eq!(world.names(""), ["d/e/"]);
    // Under another name the same object is as good as any.
    world
        .s4cmd(&["get", &world.url("a/.."), "d/e/f"])
        .succeeds();
    assert_eq!(world.read("d/e/f"), b"a/..");
}
