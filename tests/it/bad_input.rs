//! Names that are traps, and documents that are weapons.

use std::{fs, os::unix::ffi::OsStrExt as _, os::unix::fs::PermissionsExt as _};

use crate::{
    run::{World, all_files, content, each},
    server::{Action, Fault},
};

/// Keys that no file may get, beside one that is harmless.
const TRAPS: [&str; 10] = [
    "d/../escaped",
    "d/../../escaped",
    "d/x/../../../escaped",
    "d//absolute",
    "d//etc/escaped",
    "d/./dot",
    "d/x//y",
    "d/nul\u{0}escaped",
    "d/..",
    "d/.",
];

#[test]
fn keys_cannot_lead_out_of_the_target() {
    for line in [
        "get -r s3://bucket/d target/d",
        "dsync s3://bucket/d target/d",
    ] {
        let world = World::new();
        for key in TRAPS {
            world.server.store().put("bucket", key, "trap");
        }
        world.server.store().put("bucket", "d/good", "good");
        let run = world.run(line).fails();
        assert_eq!(
            all_files(&world.outside("")),
            ["work/target/d/good"],
            "{run:#?}"
        );
        assert_eq!(run.stderr.lines().count(), TRAPS.len(), "{run:#?}");
    }
}

#[test]
fn single_keys_cannot_lead_out_of_the_target_either() {
    for key in ["..", "d/..", "d/../..", "."] {
        let world = World::new();
        world.file("target/x", "x");
        world.server.store().put("bucket", key, "trap");
        let run = world
            .run(&format!("get -f s3://bucket/{key} target"))
            .fails();
        assert_eq!(all_files(&world.outside("")), ["work/target/x"], "{run:#?}");
        assert!(world.path("target").is_dir());
    }
}

#[test]
fn strange_but_harmless_names_are_files() {
    let names = [
        "a b",
        "-r",
        "*",
        "~",
        "a\\b",
        "...",
        "..a",
        "é\u{1F600}",
        "a:b",
        "%2e%2e",
        "a\tb",
    ];
    let world = World::new();
    for name in names {
        world
            .server
            .store()
            .put("bucket", &format!("d/{name}"), name);
    }
    world.run("get -r s3://bucket/d d").succeeds();
    for name in names {
        assert_eq!(
            world.read(&format!("d/{name}")).as_deref(),
            Some(name.as_bytes())
        );
    }
}

#[test]
fn an_object_and_a_directory_of_one_name_do_not_destroy_each_other() {
    let world = World::new();
    world.server.store().put("bucket", "d/a", "file");
    world.server.store().put("bucket", "d/a/b", "below");
    let run = world
        .run("get -c 1 -r s3://bucket/d d")
        .fails()
        .in_one_line();
    let files = all_files(&world.path("d"));
    assert!(files == ["a"] || files == ["a/b"], "{run:#?}");
}

#[test]
fn setuid_bits_of_the_metadata_are_not_set() {
    for (privilege, expected) in [
        ("6777", 0o755),
        ("4755", 0o755),
        ("600", 0o600),
        ("99", 0o644),
    ] {
        let world = World::new();
        let metadata = [("x-amz-meta-privilege", privilege)];
        world
            .server
            .store()
            .put_with("bucket", "key", "x", &metadata);
        let mut command = world.command_of("sh");
        command.args(["-c", "umask 022; exec \"$0\" get s3://bucket/key file"]);
        command.arg(env!("CARGO_BIN_EXE_s4cmd"));
        crate::run::Running::spawn(&mut command).wait().succeeds();
        let mode = fs::metadata(world.path("file"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o7777, expected, "{privilege}");
    }
}

#[test]
fn names_cannot_write_lines_of_their_own() {
    let world = World::new();
    let key = "d/a\n[Runtime Failure] forged\rx";
    world.server.store().put("bucket", key, "x");
    let run = world.run("ls -r s3://bucket/d").succeeds();
    assert_eq!(run.stdout.lines().count(), 1, "{run:#?}");
    let run = world.run("get -r s3://bucket/d d").succeeds();
    assert_eq!(run.stdout.lines().count(), 1, "{run:#?}");
    let run = world.run("del -r s3://bucket/d").succeeds();
    assert_eq!(run.stdout.lines().count(), 1, "{run:#?}");
}

fn listing(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<ListBucketResult><Name>bucket</Name>{inside}</ListBucketResult>"
    )
}

#[test]
fn hostile_documents_are_refused_in_little_time() {
    let attributes: String = (0..80_000).map(|n| format!(" a{n}=\"\"")).collect();
    let lol = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let documents = vec![
        (
            "entities",
            format!("{lol}<ListBucketResult><Name>&b;</Name></ListBucketResult>"),
        ),
        (
            "a file",
            "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><ListBucketResult>\
                    <Name>&a;</Name></ListBucketResult>"
                .to_owned(),
        ),
        (
            "depth",
            listing(&("<a>".repeat(100_000) + &"</a>".repeat(100_000))),
        ),
        ("attributes", listing(&format!("<a{attributes}/>"))),
        (
            "a huge key",
            listing(&format!(
                "<Contents><Key>{}</Key></Contents>",
                "k".repeat(20 << 20)
            )),
        ),
        (
            "no size",
            listing("<IsTruncated>false</IsTruncated><Contents><Key>k</Key></Contents>"),
        ),
        (
            "a negative size",
            listing("<Contents><Key>k</Key><Size>-1</Size></Contents>"),
        ),
        ("another root", "<ListAllMyBucketsResult/>".to_owned()),
        ("html", "<html><body>login</body></html>".to_owned()),
        ("zeros", "\0".repeat(1000)),
        ("no end", listing("").replace("</ListBucketResult>", "")),
    ];
    each(documents, |(_, body)| {
        let world = World::new();
        let canned = Action::Canned { status: 200, body };
        world
            .server
            .faults()
            .push(Fault::always("ListObjectsV2", canned));
        let run = world
            .run("get -r s3://bucket/d d -t 0")
            .fails()
            .in_one_line()
            .within(20);
        assert!(run.stderr.len() < 2000, "{} bytes", run.stderr.len());
        assert!(!run.stderr.contains("root:"), "{run:#?}");
        assert!(all_files(&world.path("")).is_empty());
    });
}

#[test]
fn an_error_document_may_be_anything() {
    let documents = vec![
        String::new(),
        "<Error/>".to_owned(),
        "<Error><Code></Code></Error>".to_owned(),
        format!(
            "<Error><Code>X</Code><Message>{}</Message></Error>",
            "m".repeat(1 << 20)
        ),
        "<Error><Code>A\u{1b}[31m</Code><Message>two\nlines</Message></Error>".to_owned(),
        "{\"json\": true}".to_owned(),
    ];
    each(documents, |body| {
        let world = World::new();
        let canned = Action::Canned { status: 403, body };
        world
            .server
            .faults()
            .push(Fault::always("ListObjectsV2", canned));
        world.run("ls s3://bucket").fails().in_one_line().within(10);
    });
}

#[test]
fn endpoints_that_make_no_sense_are_refused_before_anything_is_sent() {
    let world = World::new();
    for url in [
        "ftp://x",
        "http://",
        "http://a b",
        "https://x/?q",
        "http://h:99999",
        "http://[::1",
    ] {
        let run = world
            .run_words(&["ls", "--endpoint-url", url])
            .fails()
            .within(5);
        assert!(
            run.stderr.starts_with("[Invalid Argument]"),
            "{url}: {run:#?}"
        );
    }
}

#[test]
fn headers_cannot_be_smuggled_in() {
    let world = World::new();
    world.file("file", "x");
    for value in ["a\nx-injected: 1", "a\r\nx-injected: 1", "a\u{0}"] {
        for option in [
            "--API-ContentType",
            "--API-CacheControl",
            "--API-StorageClass",
        ] {
            // The system does not let a NUL into an argument.
            if !value.contains('\0') {
                let words = ["put", "file", "s3://bucket/k", option, value];
                world.run_words(&words).fails().in_one_line().within(5);
            }
        }
    }
    let metadata = "{\"a\": \"b\\r\\nx-injected: 1\"}";
    let words = ["put", "file", "s3://bucket/k", "--API-Metadata", metadata];
    world.run_words(&words).fails().in_one_line();
    assert!(
        world
            .server
            .requests()
            .iter()
            .all(|seen| seen.method != "PUT")
    );
}

#[test]
fn arguments_that_are_not_utf_8_are_an_error_and_no_panic() {
    let world = World::new();
    let bad = std::ffi::OsStr::from_bytes(b"bad\xff");
    fs::write(world.path(bad), "x").unwrap();
    let run = world.run_words(&[
        std::ffi::OsStr::new("put"),
        bad,
        std::ffi::OsStr::new("s3://bucket/k"),
    ]);
    assert!(matches!(run.status.code(), Some(1 | 2)), "{run:#?}");
    assert!(!run.stderr.contains("panicked"), "{run:#?}");
    world.file("d/good", "x");
    fs::write(world.path("d").join(bad), "x").unwrap();
    world
        .run("put -r d s3://bucket/d")
        .fails()
        .in_one_line()
        .says("UTF-8");
    assert_eq!(world.server.store().keys("bucket"), ["d/good"]);
}

#[test]
fn no_output_is_no_panic() {
    let world = World::new();
    for n in 0..200 {
        world
            .server
            .store()
            .put("bucket", &format!("d/{n}"), content(10_000, n));
    }
    for (line, status) in [("ls -r s3://bucket", 0), ("cat s3://bucket/d/*", 0)] {
        let script = format!("\"$0\" {line} | head -c 10 > /dev/null; echo ${{PIPESTATUS[0]}} >&2");
        let mut command = world.command_of("bash");
        command
            .args(["-c", &script])
            .arg(env!("CARGO_BIN_EXE_s4cmd"));
        let run = crate::run::Running::spawn(&mut command).wait();
        assert_eq!(run.stderr.trim(), status.to_string(), "{run:#?}");
    }
    // A full disk behind the output is a failure that is told.
    let mut command = world.command_of("sh");
    command.args(["-c", "exec \"$0\" cat s3://bucket/d/1 > /dev/full"]);
    command.arg(env!("CARGO_BIN_EXE_s4cmd"));
    crate::run::Running::spawn(&mut command)
        .wait()
        .fails()
        .in_one_line();
}
