//! Where the program learns what to do: options, environment, files.

use std::fs;

use crate::world::{World, run};

#[test]
fn options_stand_anywhere_and_may_be_short() {
    let world = World::new();
    world.write_all(&["d/1", "-odd"]);
    let lines = world.uploads(&[("d/1", "x/1")]);
    world
        .s4cmd(&["-r", "put", "d", &world.url("x")])
        .prints(&lines);
    world
        .s4cmd(&["put", "-rfc2", "d", &world.url("x")])
        .prints(&lines);
    world
        .s4cmd(&["put", "d", "--rec", &world.url("x"), "--forc"])
        .prints(&lines);
    let lines = world.uploads(&[("-odd", "odd")]);
    world
        .s4cmd(&["put", "--", "-odd", &world.url("odd")])
        .prints(&lines);
    assert_eq!(world.keys(), ["odd", "x/1"]);
}

#[test]
fn options_of_the_environment_stand_in_front() {
    let world = World::new();
    world.write_all(&["a b/1", "f"]);
    let with = |options: &str, arguments: &[&str]| {
        run(world.command().env("S4CMD_OPTS", options).args(arguments))
    };
    let lines = world.uploads(&[("a b/1", "x/1")]);
    with("--recursive -n", &["put", "a b", &world.url("x")]).prints(&lines);
    assert!(world.keys().is_empty());
    with("-r", &["put", "a b", &world.url("x")]).prints(&lines);
    // They are split as by a shell, and the command line wins.
    let options = "--endpoint-url 'http://127.0.0.1:1/not here'";
    let run_with = with(
        options,
        &["ls", &world.url("x/"), "--endpoint-url", world.endpoint()],
    );
    assert_eq!(run_with.succeeds().len(), 1);
    let closed = with("--retry '", &["ls"]);
    assert_eq!(closed.status(), 2, "{closed:?}");
    assert!(
        closed.errors().concat().contains("S4CMD_OPTS"),
        "{closed:?}"
    );
    // A mark that ends the options of the line does not reach them.
    with("-f", &["put", "--", "a b/1", &world.url("x/1")]).succeeds();
}

#[test]
fn the_number_of_threads_comes_from_the_line_or_the_environment() {
    let world = World::new();
    let with = |threads: &str, arguments: &[&str]| {
        let mut command = world.command();
        run(command
            .env("S4CMD_NUM_THREADS", threads)
            .arg("ls")
            .arg(world.url(""))
            .args(arguments))
    };
    with("3", &[]).prints::<&str>(&[]);
    let threads = |run: crate::world::Run| run.errors().concat();
    assert!(threads(with("3", &["--verbose"])).contains("3 threads"));
    assert!(threads(with("3", &["--verbose", "-c", "5"])).contains("5 threads"));
    for bad in ["0", "many", "-1", "100000"] {
        let line = with(bad, &[]).fails();
        let beginning = "[Invalid Argument] S4CMD_NUM_THREADS must be a number from 1 to ";
        assert!(line.starts_with(beginning) && line.contains(bad), "{line}");
    }
    let line = with("3", &["-c", "0"]).fails();
    assert!(
        line.starts_with("[Invalid Argument] --num-threads must be"),
        "{line}"
    );
}

#[test]
fn keys_on_the_command_line_beat_all_others() {
    let world = World::new();
    world.seed(&["k"]);
    let mut command = world.bare_command();
    command
        .env("S3_ACCESS_KEY", "wrong")
        .env("S3_SECRET_KEY", "wrong")
        .args(["ls", &world.url(""), "--endpoint-url", world.endpoint()])
        .args(["--region", world.region()])
        .args([
            "--access-key",
            world.access_key(),
            "--secret-key",
            world.secret_key(),
        ]);
    assert_eq!(run(&mut command).succeeds().len(), 1);
}

#[test]
fn the_usual_variables_of_aws_are_enough() {
    let world = World::new();
    world.seed(&["k"]);
    let mut command = world.bare_command();
    command
        .env("AWS_ENDPOINT_URL_S3", world.endpoint())
        .env("AWS_DEFAULT_REGION", world.region())
        .env("AWS_ACCESS_KEY_ID", world.access_key())
        .env("AWS_SECRET_ACCESS_KEY", world.secret_key())
        .args(["ls", &world.url("")]);
    assert_eq!(run(&mut command).succeeds().len(), 1);
}

#[test]
fn the_configuration_of_s3cmd_is_enough() {
    let world = World::new();
    world.seed(&["k"]);
    let host = world.endpoint().strip_prefix("http://").unwrap();
    let text = format!(
        "# of s3cmd\n[default]\naccess_key = {}\nsecret_key = {}\nhost_base = {host}\n\
         host_bucket = {host}\nuse_https = False\nverbosity = WARNING\n",
        world.access_key(),
        world.secret_key()
    );
    let list = |arguments: &[&str]| {
        let mut command = world.bare_command();
        run(command.args(["ls", &world.url("")]).args(arguments))
    };
    world.write_secrets(".s3cfg", &text);
    assert_eq!(list(&[]).succeeds().len(), 1);
    fs::rename(world.home(".s3cfg"), world.home("other.cfg")).unwrap();
    assert!(list(&[]).fails().contains("no credentials"));
    let other = world.home("other.cfg");
    assert_eq!(
        list(&["--config", other.to_str().unwrap()])
            .succeeds()
            .len(),
        1
    );
    assert_eq!(list(&["-p", other.to_str().unwrap()]).succeeds().len(), 1);
}

#[test]
fn a_profile_of_aws_is_enough() {
    let world = World::new();
    world.seed(&["k"]);
    fs::create_dir(world.home(".aws")).unwrap();
    let credentials = format!(
        "[default]\naws_access_key_id = wrong\naws_secret_access_key = wrong\n\n\
         [test]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        world.access_key(),
        world.secret_key()
    );
    world.write_secrets(".aws/credentials", &credentials);
    let config = format!(
        "[profile test]\nregion = {}\nendpoint_url = {}\n",
        world.region(),
        world.endpoint()
    );
    fs::write(world.home(".aws/config"), config).unwrap();
    let mut named = world.bare_command();
    let run_named = run(named
        .env("AWS_PROFILE", "test")
        .args(["ls", &world.url("")]));
    assert_eq!(run_named.succeeds().len(), 1);
    let mut flagged = world.bare_command();
    let run_flagged = run(flagged.args(["ls", &world.url(""), "--profile", "test"]));
    assert_eq!(run_flagged.succeeds().len(), 1);
}

#[test]
fn debug_shows_every_request_but_no_secret() {
    let world = World::new();
    world.write_all(&["f"]);
    let run = world.s4cmd(&["put", "f", &world.url("k"), "--debug"]);
    assert_eq!(run.status(), 0, "{run:?}");
    run.has_lines(&world.uploads(&[("f", "k")]));
    assert_eq!(
        (run.requests("HeadObject"), run.requests("PutObject")),
        (1, 1),
        "{run:?}"
    );
    let errors = run.errors().concat();
    assert!(
        !errors.contains(world.secret_key()) && !errors.contains("Signature="),
        "{errors}"
    );
}
