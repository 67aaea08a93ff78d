//! The bugs of the Python original that the contract lists, by their numbers there: each test
//! fails on the wrong behaviour. Those that need a server that lies are in `tests/it/bugs.rs`.

use crate::world::{World, md5_hex, noise, run};

#[test]
fn b01_a_dry_run_deletes_nothing() {
    let world = World::new();
    world.seed(&["d/1", "d/2", "d/3"]);
    world.write_all(&["here/1", "here/x", "here/y"]);
    world
        .s4cmd(&["del", "-n", "-r", &world.url("d")])
        .deletes(&[world.url("d/1"), world.url("d/2"), world.url("d/3")]);
    let up = world.s4cmd(&["dsync", "-n", "-D", "here", &world.url("d")]);
    up.deletes(&[world.url("d/2"), world.url("d/3")]);
    let down = world.s4cmd(&["dsync", "-n", "-D", &world.url("d"), "here"]);
    down.deletes(&["here/x", "here/y"]);
    assert_eq!(world.keys(), ["d/1", "d/2", "d/3"]);
    assert_eq!(world.names("here"), ["1", "x", "y"]);
}

#[test]
fn b02_a_recursive_wildcard_deletes_nothing_above_its_depth() {
    let world = World::new();
    world.seed(&["top1", "top2", "x/a", "x/b", "y/a/1"]);
    world
        .s4cmd(&["del", "-r", &world.url("*/a")])
        .deletes(&[world.url("x/a"), world.url("y/a/1")]);
    assert_eq!(world.keys(), ["top1", "top2", "x/b"]);
}

#[test]
fn b03_an_object_moved_onto_itself_in_parts_is_still_there() {
    let world = World::new();
    let content = noise(6 << 20);
    world.store("k", &content, &[]).unwrap();
    let parts = [
        "--max-singlepart-copy-size",
        "1",
        "--multipart-split-size",
        "5242880",
        "-f",
    ];
    let url = world.url("k");
    let itself = [&["mv", &*url, &*url], &parts[..]].concat();
    world.s4cmd(&itself).fails();
    assert!(world.body("k") == content);
}

#[test]
fn b04_sync_with_a_slash_keeps_what_it_sent() {
    let world = World::new();
    world.write_all(&["d/1", "d/2"]);
    world.seed(&["p/d/old"]);
    world
        .s4cmd(&["sync", "-D", "d", &world.url("p/")])
        .deletes(&[world.url("p/d/old")]);
    assert_eq!(world.keys(), ["p/d/1", "p/d/2"]);
}

#[test]
fn b05_what_is_filtered_is_not_removed() {
    let world = World::new();
    world.seed(&["p/a", "p/b", "q/old"]);
    world.write_all(&["d/a", "d/b"]);
    for filter in [
        "--last-modified-before=2001-01-01",
        "--last-modified-after=2101-01-01",
    ] {
        world
            .s4cmd(&["dsync", "-D", filter, &world.url("p"), "d"])
            .fails_with("[Runtime Failure] d: nothing was deleted, because everything in the source was left out");
        world
            .s4cmd(&["dsync", "-D", filter, "d", &world.url("q")])
            .deletes::<&str>(&[]);
    }
    assert_eq!(world.names("d"), ["a", "b"]);
    assert_eq!(world.keys(), ["p/a", "p/b", "q/a", "q/b", "q/old"]);
}

#[test]
fn b06_what_could_not_be_read_is_not_removed() {
    let world = World::new();
    world.write_all(&["d/a", "d/secret/b"]);
    world.seed(&["p/a", "p/gone", "p/secret/b"]);
    world.set_mode("d/secret", 0o000);
    let mut command = world.unprivileged();
    let ended = run(command.args(["dsync", "-D", "d", &world.url("p")]));
    world.set_mode("d/secret", 0o700);
    let errors = ended.errors();
    assert!(ended.status() == 1 && errors.len() == 2, "{ended:?}");
    assert!(errors[0].contains("d/secret"), "{ended:?}");
    assert_eq!(world.keys(), ["p/a", "p/gone", "p/secret/b"]);
}

#[test]
fn b08_metadata_does_not_make_a_file_setuid() {
    let world = World::new();
    for privilege in ["4755", "2755", "6777", "104755"] {
        world.store("k", "k", &[("privilege", privilege)]).unwrap();
        world.s4cmd(&["get", "-f", &world.url("k"), "f"]).succeeds();
        assert_eq!(world.mode("f") & 0o7000, 0, "{privilege}");
    }
}

#[test]
fn b13_verbose_does_not_make_failures_successes() {
    let world = World::new();
    for options in [&["--verbose"][..], &["--debug"], &["--verbose", "--debug"]] {
        let missing = world.s4cmd(&[&["get", &*world.url("no"), "f"], options].concat());
        assert_eq!(missing.status(), 1, "{missing:?}");
        let refused = world.s4cmd(&[&["put", "missing", &*world.url("k")], options].concat());
        assert_eq!(refused.status(), 1, "{refused:?}");
    }
}

#[test]
fn b14_a_percent_sign_is_a_character() {
    let world = World::new();
    world.seed(&["100%", "%s%d"]);
    let url = |key| world.url(key);
    world
        .s4cmd(&["cp", &url("100%"), &url("%d")])
        .prints(&[format!("{} => {}", url("100%"), url("%d"))]);
    world.s4cmd(&["mv", &url("%s%d"), &url("50%/")]).succeeds();
    world
        .s4cmd(&["du", &url("100%")])
        .prints(&[format!("4\t{}", url("100%"))]);
    assert_eq!(world.keys(), ["%d", "100%", "50%/%s%d"]);
}

#[test]
fn b15_markers_of_folders_do_not_stop_a_run() {
    let world = World::new();
    world.store("d/", "", &[]).unwrap();
    world.store("d/e/", "", &[]).unwrap();
    world.seed(&["d/1"]);
    world
        .s4cmd(&["get", "-r", &world.url("d"), "got"])
        .succeeds();
    world
        .s4cmd(&["dsync", &world.url("d"), "synced"])
        .succeeds();
    for root in ["got", "synced"] {
        assert_eq!(world.names(root), ["1", "e/"]);
    }
}

#[test]
fn b16_cat_gives_the_bytes_and_nothing_else() {
    let world = World::new();
    let content = b"b'\0\xff\r\n\x1b no newline at the end";
    world.store("k", content, &[]).unwrap();
    let cat = world.s4cmd(&["cat", &world.url("k")]);
    cat.succeeds();
    assert_eq!(cat.stdout(), content);
}

#[test]
fn b17_metadata_is_added_to_what_is_written_anyway() {
    let world = World::new();
    world.write("f", "f");
    world
        .s4cmd(&[
            "put",
            "f",
            &world.url("k"),
            "--API-Metadata",
            "{\"own\": \"1\"}",
        ])
        .succeeds();
    let head = world.head("k");
    assert_eq!(head.metadata("own"), Some("1"));
    assert_eq!(head.metadata("md5"), Some(&*md5_hex(b"f")));
    assert!(head.metadata("privilege").is_some());
}

#[test]
fn b18_copies_look_at_what_is_there() {
    let world = World::new();
    world.seed(&["p/a", "b"]);
    let exists = format!("[Runtime Failure] File already exists: {}", world.url("b"));
    world
        .s4cmd(&["cp", &world.url("p/a"), &world.url("b")])
        .fails_with(&exists);
    for command in ["dsync", "sync"] {
        let run = || world.s4cmd(&[command, &*world.url("p"), &*world.url(command), "--debug"]);
        assert_eq!(run().requests("CopyObject"), 1);
        assert_eq!(run().requests("CopyObject"), 0, "a second time");
    }
}

#[test]
fn b26_a_bucket_is_a_directory_and_du_needs_a_path() {
    let world = World::new();
    world.write("f", "f");
    let bucket = format!("s3://{}", world.bucket());
    world
        .s4cmd(&["put", "f", &bucket])
        .prints(&[format!("f => {bucket}/f")]);
    world
        .s4cmd(&["du"])
        .fails_with("[Invalid Argument] Invalid number of parameters");
}

#[test]
fn b27_missing_directories_of_a_target_are_made() {
    let world = World::new();
    world.seed(&["k"]);
    world
        .s4cmd(&["get", &world.url("k"), "no/such/f"])
        .succeeds();
    assert_eq!(world.read("no/such/f"), b"k");
}

#[test]
fn b28_the_true_error_is_told_and_odd_metadata_is_no_obstacle() {
    let world = World::new();
    for privilege in ["", "rwx", "99", "-1", "99999999999999999999"] {
        world.store("k", "k", &[("privilege", privilege)]).unwrap();
        world.s4cmd(&["get", "-f", &world.url("k"), "f"]).succeeds();
        assert_eq!(world.read("f"), b"k", "{privilege}");
    }
    world.write("file", "f");
    let told = world.s4cmd(&["get", &world.url("k"), "file/below"]).fails();
    assert!(
        told.contains("Unable to create directory (file)") && !told.contains(".tmp"),
        "{told}"
    );
}

#[test]
fn b29_the_command_line_wins_and_a_percent_sign_in_a_file_is_read() {
    let world = World::new();
    world.seed(&["d/1"]);
    let mut command = world.command();
    command.env("S4CMD_OPTS", "--endpoint-url http://127.0.0.1:1 -t 0");
    let words = ["ls", &world.url("d/1"), "--endpoint-url", world.endpoint()];
    run(command.args(words)).succeeds();

    let config = format!(
        "[default]\naccess_key = {}\nsecret_key = {}\ncomment = 100%\n",
        world.access_key(),
        world.secret_key()
    );
    world.write_secrets(".s3cfg", &config);
    let mut command = world.bare_command();
    command
        .env("AWS_ENDPOINT_URL", world.endpoint())
        .env("AWS_REGION", world.region());
    run(command.args(["ls", &world.url("d/1")])).succeeds();
}
