//! No secret in any output, whatever is said and whatever fails.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
};

use crate::{
    matrix::status,
    run::{Run, Running, World, content},
    server::{Action, Config, Fault},
};

const SECRET: &str = "CanarySecretKey0123456789abcdefghijklmno";
const TOKEN: &str = "CanarySessionToken/0123456789+abcdef==";
const CUSTOMER_KEY: &str = "CanaryCustomerKey0123456789abcde";

/// What must not appear: each as it is, and as headers carry it.
const CANARIES: [&str; 5] = [
    SECRET,
    "CanarySessionToken",
    CUSTOMER_KEY,
    "Q2FuYXJ5Q3VzdG9tZXJLZXkwMTIzNDU2Nzg5YWJjZGU",
    "Signature=",
];

fn world(tls: bool) -> World {
    let mut world = World::with(Config {
        secret_key: SECRET.to_owned(),
        session_token: Some(TOKEN.to_owned()),
        tls,
        ..Config::default()
    });
    if let Some(pem) = world.server.ca_pem() {
        let path = world.outside("ca.pem");
        std::fs::write(&path, pem).unwrap();
        world.set("AWS_CA_BUNDLE", path.to_str().unwrap());
    }
    world.file("file", content(1000, 1));
    world.file("big", content(6 << 20, 1));
    world.file("here/x", "x");
    world.server.store().put("bucket", "d/x", "y");
    world.server.store().put("bucket", "key", "y");
    world
}

#[track_caller]
fn keeps_secrets(run: Run) -> Run {
    for canary in CANARIES {
        assert!(!run.stdout.contains(canary), "{canary}: {run:#?}");
        assert!(!run.stderr.contains(canary), "{canary}: {run:#?}");
    }
    run
}

const COMMANDS: [&str; 19] = [
    "ls",
    "ls -r s3://bucket",
    "mb s3://bucket-new",
    "put -f file s3://bucket/new",
    "put -f big s3://bucket/new --max-singlepart-upload-size 1",
    "get -f s3://bucket/new got",
    "get -f s3://bucket/new got --max-singlepart-download-size 1",
    "cat s3://bucket/d/x",
    "dsync here s3://bucket/d",
    "dsync -D s3://bucket/d here",
    "dsync -D s3://bucket/d s3://bucket/e",
    "sync -D here s3://bucket/d/",
    "cp s3://bucket/new s3://bucket/copy",
    "cp s3://bucket/new s3://bucket/parts --max-singlepart-copy-size 1",
    "mv s3://bucket/copy s3://bucket/moved",
    "du -r s3://bucket",
    "_totalsize s3://bucket",
    "del s3://bucket/key",
    "del -r s3://bucket/d",
];

#[test]
fn debugging_shows_every_request_and_no_secret() {
    let world = world(false);
    for command in COMMANDS {
        world.server.clear_requests();
        let run = keeps_secrets(
            world
                .run(&format!("{command} --debug --verbose"))
                .succeeds(),
        );
        let lines = run
            .stderr
            .lines()
            .filter(|line| line.contains("S3APICALL "))
            .count();
        assert_eq!(lines, world.server.requests().len(), "{command}: {run:#?}");
    }
}

#[test]
fn the_customers_key_is_not_shown() {
    let world = world(true);
    let key = format!("--API-SSECustomerAlgorithm AES256 --API-SSECustomerKey {CUSTOMER_KEY}");
    for command in [
        "put -f file s3://bucket/new",
        "get -f s3://bucket/new got",
        "put -f big s3://bucket/new --max-singlepart-upload-size 1",
        "get -f s3://bucket/new got --max-singlepart-download-size 1",
        "cp -f s3://bucket/key s3://bucket/sealed",
        "ls -r s3://bucket",
        "cat s3://bucket/sealed",
        "du s3://bucket/sealed",
        "del s3://bucket/sealed",
    ] {
        keeps_secrets(
            world
                .run(&format!("{command} {key} --debug --verbose"))
                .succeeds(),
        );
    }
    assert!(world.read("got") == world.read("big"));
    let source = key.replace("--API-SSE", "--API-CopySourceSSE");
    for options in ["", "--max-singlepart-copy-size 1"] {
        let line = format!("cp -f s3://bucket/new s3://bucket/plain {options} {source} --debug");
        keeps_secrets(world.run(&line).succeeds());
    }
    // A key that the server refuses is not quoted either.
    let wrong = format!(
        "get -f s3://bucket/new got --debug --API-SSECustomerAlgorithm AES256 \
                         --API-SSECustomerKey {CUSTOMER_KEY}x"
    );
    keeps_secrets(world.run(&wrong).fails());
}

#[test]
fn failures_tell_no_secret() {
    let echo = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>".to_owned();
    let actions = vec![
        status(403, "SignatureDoesNotMatch"),
        status(403, "InvalidAccessKeyId"),
        status(500, "InternalError"),
        Action::Garbage,
        Action::CloseBefore,
        Action::Canned {
            status: 403,
            body: echo,
        },
        Action::Redirect {
            status: 307,
            location: "http://127.0.0.1:1/".to_owned(),
        },
    ];
    crate::run::each(actions, |action| {
        let world = world(false);
        for operation in ["PutObject", "GetObject", "ListObjectsV2"] {
            world
                .server
                .faults()
                .push(Fault::always(operation, action.clone()));
        }
        for command in ["ls s3://bucket", "put -f file s3://bucket/new"] {
            keeps_secrets(world.run(&format!("{command} --debug -t 0")).fails());
            keeps_secrets(world.run(&format!("{command} -t 0")).fails());
        }
    });
}

#[test]
fn wrong_usage_tells_no_secret() {
    let world = world(false);
    for line in [
        format!("ls --secret-key {SECRET} --access-key a s3://bucket -t 0 --debug"),
        format!("ls --secret-key {SECRET} s3://bucket --debug"),
        format!("ls --secret-key {SECRET} --bogus"),
        format!("nothing --secret-key {SECRET}"),
        format!("ls --secret-key {SECRET} --endpoint-url ftp://x"),
    ] {
        let run = keeps_secrets(world.run(&line));
        assert_ne!(run.status.code(), Some(0));
    }
    // Credentials in the endpoint are refused, and not shown.
    let line = format!("ls --endpoint-url http://user:{SECRET}@127.0.0.1:1 -t 0 --debug");
    keeps_secrets(world.run(&line).fails());
}

#[test]
fn credentials_that_no_header_can_carry_are_refused_without_being_shown() {
    for variable in ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"] {
        let mut world = world(false);
        world.set(variable, format!("{SECRET}\nx-injected: 1"));
        keeps_secrets(world.run("ls s3://bucket --debug").fails().in_one_line());
        assert!(world.server.requests().is_empty());
    }
}

#[test]
fn a_file_with_secrets_that_others_can_read_is_named() {
    let files = [
        (".s3cfg", "[default]\naccess_key = a\nsecret_key = s\n"),
        (
            ".aws/credentials",
            "[default]\naws_access_key_id = a\naws_secret_access_key = s\n",
        ),
    ];
    for (name, text) in files {
        let world = World::new();
        let path = world.outside("home").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        for (mode, warns) in [(0o644, true), (0o640, true), (0o600, false)] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let mut command = world.command();
            command.args(["ls", "s3://bucket"]);
            for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
                command.env_remove(variable);
            }
            let run = Running::spawn(&mut command).wait();
            let text = format!("chmod 600 {}", path.display());
            assert_eq!(run.stderr.contains(&text), warns, "{mode:o} {run:#?}");
        }
    }
}

#[test]
fn keys_to_encrypt_with_do_not_go_over_the_network_in_plain_text() {
    let world = World::new();
    world.file("f", "x");
    let line = "put f s3://bucket/f --API-SSECustomerAlgorithm AES256 --API-SSECustomerKey 01234567890123456789012345678901";
    let elsewhere = "--endpoint-url http://192.0.2.1:9";
    world
        .run(&format!("{line} {elsewhere}"))
        .fails()
        .within(2)
        .says("would be sent in plain text");
    world.run(line).succeeds();
}
