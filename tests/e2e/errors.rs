//! Failures: one clear line, the right status, and nothing half done.

use std::{
    fs,
    net::TcpListener,
    time::{Duration, Instant},
};

use crate::world::{World, run};

#[test]
fn a_refused_connection_is_told_with_the_address() {
    let world = World::without_bucket();
    world.write_all(&["f"]);
    // Free a moment ago, so nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let started = Instant::now();
    for arguments in [
        vec!["ls", "s3://b"],
        vec!["put", "f", "s3://b/k"],
        vec!["get", "s3://b/k", "out"],
        vec!["cat", "s3://b/k"],
        vec!["del", "s3://b/k"],
        vec!["dsync", "s3://b/k", "out"],
    ] {
        let mut command = world.command();
        let line = run(command.args(arguments).args(["--endpoint-url", &endpoint])).fails();
        let beginning = format!("cannot connect to {endpoint}: ");
        assert!(
            line.starts_with("[Exception] ") && line.contains(&beginning),
            "{line}"
        );
        assert!(line.contains("Connection refused"), "{line}");
    }
    assert!(started.elapsed() < Duration::from_secs(60));
    assert_eq!(world.names(""), ["f"]);
}

#[test]
fn an_unknown_host_is_told_with_its_name() {
    let world = World::without_bucket();
    let endpoint = "http://no-such-host.invalid:9000";
    let line = world
        .s4cmd(&["ls", "-t", "0", "--endpoint-url", endpoint])
        .fails();
    let beginning = format!("[Runtime Exception] cannot connect to {endpoint}: ");
    assert!(line.starts_with(&beginning), "{line}");
    assert!(
        line.contains("cannot find the host \"no-such-host.invalid\""),
        "{line}"
    );
}

#[test]
fn https_to_a_plain_server_is_told_as_such() {
    let world = World::new();
    let endpoint = world.endpoint().replace("http://", "https://");
    let line = world
        .s4cmd(&["ls", "-t", "0", "--endpoint-url", &endpoint])
        .fails();
    assert!(line.starts_with("[Runtime Exception] "), "{line}");
    assert!(line.contains("is it plain http?"), "{line}");
}

#[test]
fn a_missing_bucket_is_named_as_the_original_did() {
    let world = World::without_bucket();
    world.write_all(&["f", "d/1", "d/2"]);
    let missing = world.url("k");
    for arguments in [
        vec!["ls", &*missing],
        vec!["ls", "-r", &missing],
        vec!["get", &missing],
        vec!["cat", &missing],
        vec!["del", &missing],
        vec!["del", "-r", &missing],
        vec!["dsync", &missing, "out"],
        vec!["dsync", "d", &missing],
    ] {
        let line = world.s4cmd(&arguments).fails();
        let text = "An error occurred (NoSuchBucket) when calling the ListObjects operation: ";
        let about = format!("[Exception] {missing}");
        assert!(line.starts_with(&about) && line.contains(text), "{line}");
    }
    let line = world.s4cmd(&["put", "f", &missing]).fails();
    let text = "An error occurred (NoSuchBucket) when calling the PutObject operation: ";
    assert!(
        line.starts_with(&format!("[Exception] f: {text}")),
        "{line}"
    );
    let run = world.s4cmd(&["put", "-r", "d", &missing]);
    assert_eq!(
        (run.status(), run.errors().len(), run.lines().len()),
        (1, 2, 0),
        "{run:?}"
    );
    assert_eq!(world.names(""), ["d/1", "d/2", "f"]);
}

#[test]
fn a_wrong_secret_is_refused() {
    let world = World::new();
    world.write_all(&["f", "d/1"]);
    world.seed(&["k"]);
    let fails = |arguments: &[&str], code: &str| {
        let mut command = world.command();
        let line = run(command.env("S3_SECRET_KEY", "wrong").args(arguments)).fails();
        // Compat: buckets were listed outside of the threads.
        let prefix = match arguments {
            ["ls"] => "[Runtime Exception] ",
            ["mb", _] => "[Runtime Failure] Unable to create bucket ",
            _ => "[Exception] ",
        };
        assert!(line.starts_with(prefix), "{line}");
        assert!(
            line.contains(&format!("An error occurred ({code}) ")),
            "{line}"
        );
    };
    let key = world.url("k");
    fails(&["ls"], "SignatureDoesNotMatch");
    fails(&["ls", &key], "SignatureDoesNotMatch");
    fails(&["get", &key], "SignatureDoesNotMatch");
    fails(&["cat", &key], "SignatureDoesNotMatch");
    fails(&["del", &key], "SignatureDoesNotMatch");
    fails(&["dsync", "d", &key], "SignatureDoesNotMatch");
    fails(
        &["put", "-f", "f", &world.url("new")],
        "SignatureDoesNotMatch",
    );
    // An answer to HEAD has no text.
    fails(&["put", "f", &world.url("new")], "403");
    let bucket = format!("{}-other", world.bucket());
    fails(&["mb", &format!("s3://{bucket}")], "SignatureDoesNotMatch");
    assert_eq!(world.keys(), ["k"]);
    assert_eq!(world.names(""), ["d/1", "f"]);
}

#[test]
fn an_unknown_access_key_is_refused() {
    let world = World::new();
    world.seed(&["k"]);
    let mut command = world.command();
    let run = run(command
        .env("S3_ACCESS_KEY", "NOBODYSKEY")
        .args(["ls", &world.url("")]));
    let line = run.fails();
    assert!(line.contains("(InvalidAccessKeyId)"), "{line}");
}

#[test]
fn without_credentials_nothing_is_sent() {
    let world = World::without_bucket();
    let line = run(world.bare_command().args(["ls"])).fails();
    assert!(
        line.starts_with("[Invalid Argument] no credentials: "),
        "{line}"
    );
    let line = run(world.bare_command().args(["ls", "--access-key", "a"])).fails();
    let text = "--access-key and --secret-key must be given together";
    assert_eq!(line, format!("[Invalid Argument] {text}"));
    let line = run(world.bare_command().args(["ls", "--profile", "none"])).fails();
    assert!(
        line.contains("the profile \"none\" is neither in"),
        "{line}"
    );
}

#[test]
fn a_malformed_configuration_is_an_error_with_its_line() {
    let world = World::without_bucket();
    fs::write(
        world.home(".s3cfg"),
        "[default]\naccess_key = a\nnonsense\n",
    )
    .unwrap();
    // Whoever has keys in the environment does not need it.
    world.s4cmd(&["ls"]).succeeds();
    let line = run(world.bare_command().arg("ls")).fails();
    assert!(
        line.starts_with("[Invalid Argument] cannot use the configuration file "),
        "{line}"
    );
    assert!(
        line.contains(".s3cfg\": ") && line.contains("line 3"),
        "{line}"
    );
    fs::remove_file(world.home(".s3cfg")).unwrap();
    world.write("my.cfg", [0xff, 0xfe]);
    let line = world.s4cmd(&["ls", "-p", "my.cfg"]).fails();
    assert!(line.contains("\"my.cfg\": "), "{line}");
}

#[test]
fn wrong_operands_are_status_1() {
    let world = World::without_bucket();
    let fails = |line: &str, text: &str| {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        world
            .s4cmd(&arguments)
            .fails_with(&format!("[Invalid Argument] {text}"));
    };
    fails("", "No command provided");
    fails("foo", "Unknown command foo");
    fails("ls a b", "Invalid number of parameters");
    fails("put f", "Invalid number of parameters");
    fails("get", "Invalid number of parameters");
    fails("get s3://b/k a b", "Invalid number of parameters");
    fails("cat", "Invalid number of parameters");
    fails("del", "Invalid number of parameters");
    fails("dsync d", "Invalid number of parameters");
    fails("ls b", "Invalid parameter: b, s3 path expected");
    fails("ls S3://b", "Invalid parameter: S3://b, s3 path expected");
    fails(
        "put s3://a/k s3://b/k",
        "Invalid parameter: s3://a/k, local path expected",
    );
    fails("put f g", "Invalid parameter: g, s3 path expected");
    fails("get f g", "Invalid parameter: f, s3 path expected");
    fails(
        "get s3://b/k s3://b/l",
        "Invalid parameter: s3://b/l, local path expected",
    );
}

#[test]
fn wrong_options_are_status_2_in_the_form_of_optparse() {
    let world = World::without_bucket();
    let fails = |arguments: &[&str], text: &str| {
        let run = world.s4cmd(arguments);
        assert_eq!(run.status(), 2, "{run:?}");
        let errors = run.errors();
        assert_eq!(
            (&*errors[0], &*errors[1], errors.len()),
            ("Usage: s4cmd [options]", "", 3)
        );
        assert!(
            errors[2].starts_with("s4cmd: error: ") && errors[2].contains(text),
            "{run:?}"
        );
        run.has_lines::<&str>(&[]);
    };
    fails(&["--bogus", "ls"], "no such option: --bogus");
    fails(&["ls", "-Z"], "no such option: -Z");
    fails(
        &["ls", "--retry", "many"],
        "option --retry: invalid integer value: 'many'",
    );
    fails(&["ls", "--retry"], "--retry option requires 1 argument");
    fails(&["ls", "--API-Metadata", "{"], "API-Metadata");
}

#[test]
fn help_and_version_are_no_failures() {
    let world = World::without_bucket();
    let help = world.s4cmd(&["--help"]).succeeds().join("\n");
    for word in ["--recursive", "--endpoint-url", "dsync"] {
        assert!(help.contains(word), "{word}");
    }
    let version = format!("s4cmd version {}", env!("CARGO_PKG_VERSION"));
    world.s4cmd(&["--version"]).prints(&[version]);
}

#[test]
fn finer_exit_statuses_are_told_if_asked_for() {
    let world = World::new();
    world.write_all(&["d/a", "f"]);
    world.make_directory("empty");
    world.seed(&["k", "p/extra"]);
    let url = |key| world.url(key);
    let status = |line: &[&str], extended: i32| {
        let plain = world.s4cmd(line).status();
        assert_eq!(plain, extended.min(1), "{line:?}");
        let run = world.s4cmd(&[line, &["--exit-codes", "extended"]].concat());
        assert_eq!(run.status(), extended, "{run:?}");
    };
    status(&["ls", &url("k")], 0);
    status(&["put", "f", &url("k")], 1);
    status(&["put", "-f", "f", "missing", &url("new/")], 3);
    status(&["get", &url("missing"), "g"], 4);
    status(&["put", "missing", &url("new")], 4);
    status(&["get", "s3://no-such-bucket-of-mine/k", "g"], 4);
    status(&["sync", "-D", "empty", &url("p")], 6);
    let wrong = world.s4cmd(&["ls", "--exit-codes", "many"]);
    assert_eq!(wrong.status(), 2);
    let text = "option --exit-codes: invalid choice: 'many' (choose from plain, extended)";
    assert!(wrong.errors()[2].ends_with(text), "{wrong:?}");
}
