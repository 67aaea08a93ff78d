//! `dsync --plan`, `apply`, `run`, `--preserve` and `--shard`, as a store takes them.

use std::fs;

use crate::world::World;

#[test]
fn a_plan_is_applied_and_a_change_is_seen() {
    let world = World::new();
    world.write_all(&["s/new", "s/d/other"]);
    for (key, content) in [("t/d/other", "xx"), ("t/gone", "3"), ("t/changed", "4")] {
        let file = world.write("content", content);
        let put = ["put", &*file.to_string_lossy(), &world.url(key)];
        world.s4cmd(&put).succeeds();
    }
    let (plan, target) = (world.path("plan"), world.url("t"));
    let plan = plan.to_string_lossy();
    let source = world.path("s").to_string_lossy().into_owned();
    world
        .s4cmd(&["dsync", "-D", "--plan", &plan, &source, &target])
        .succeeds();
    let other = world.write("content", "y");
    let put = [
        "put",
        "-f",
        &*other.to_string_lossy(),
        &world.url("t/changed"),
    ];
    world.s4cmd(&put).succeeds();
    let line = world.s4cmd(&["apply", &plan]).fails();
    assert!(line.contains("t/changed"), "{line}");
    let listed = world.s4cmd(&["ls", "-r", &target]).succeeds();
    let names: Vec<_> = listed
        .iter()
        .filter_map(|line| line.rsplit_once("/t/").map(|(_, name)| name))
        .collect();
    assert_eq!(names, ["changed", "d/other", "new"], "{listed:?}");
    // All but that was done, and is not done again.
    world.s4cmd(&["apply", &plan]).fails();
    let copy = world.url("u");
    world
        .s4cmd(&["dsync", "--plan", &plan, &target, &copy])
        .succeeds();
    world.s4cmd(&["apply", &plan]).succeeds();
    let same = world.s4cmd(&["verify", &target, &copy]).succeeds();
    assert!(same.last().unwrap().contains("3 verified"), "{same:?}");
}

#[test]
fn a_script_is_run() {
    let world = World::new();
    world.write_all(&["a"]);
    let script = format!(
        "put a {0}\ncp {0} {1}\ndel {0}\nls {2}\n",
        world.url("1"),
        world.url("2"),
        world.url("")
    );
    let script = world.write("script", &script);
    let script = script.to_string_lossy();
    let lines = world.s4cmd(&["run", &script]).succeeds();
    assert!(
        lines.last().unwrap().ends_with(&world.url("2")),
        "{lines:?}"
    );
}

#[test]
fn times_and_permissions_are_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let file = world.write("f", "content");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o727)).unwrap();
    let name = file.to_string_lossy();
    let url = world.url("f");
    world.s4cmd(&["put", "--preserve", &name, &url]).succeeds();
    let got = world.path("got");
    let name = got.to_string_lossy();
    world.s4cmd(&["get", "--preserve", &url, &name]).succeeds();
    let of = |path| {
        let metadata = fs::metadata(path).unwrap();
        (metadata.permissions().mode(), metadata.modified().unwrap())
    };
    assert_eq!(of(&got), of(&file));
}

#[test]
fn shards_are_the_whole() {
    let world = World::new();
    let names: Vec<_> = (0..30).map(|n| format!("s/{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.write_all(&names);
    let source = world.path("s").to_string_lossy().into_owned();
    let cuts = world.s4cmd(&["cuts", "3", &source]).succeeds();
    let cuts = world.write("cuts", cuts.join("\n"));
    let cuts = cuts.to_string_lossy();
    let target = world.url("t");
    let shards = [0, 1, 2].map(|index| format!("{index}/3"));
    for shard in &shards {
        let sync = ["dsync", &source, &target, "--shard", shard];
        world.s4cmd(&sync).succeeds();
    }
    let listed = shards.iter().map(|shard| {
        let list = ["ls", "-r", &target, "--cuts", &cuts, "--shard", shard];
        world.s4cmd(&list).succeeds().len()
    });
    assert_eq!(listed.collect::<Vec<_>>(), [10, 10, 10]);
}
