//! TLS: whom the program trusts, and what it says when it does not.

use std::{net::TcpListener, path::PathBuf, time::Duration};

use crate::{
    run::{Run, World, content},
    server::{Action, Config, Fault},
};

fn world() -> World {
    let world = World::with(Config {
        tls: true,
        ..Config::default()
    });
    world
        .server
        .store()
        .put("bucket", "key", content(300_000, 1));
    world
}

/// The bundle with the server's authority.
fn bundle(world: &World) -> PathBuf {
    let path = world.outside("ca.pem");
    std::fs::write(&path, world.server.ca_pem().unwrap()).unwrap();
    path
}

fn trusting() -> World {
    let mut world = world();
    let path = bundle(&world);
    world.set("AWS_CA_BUNDLE", path.to_str().unwrap());
    world
}

#[test]
fn a_server_whose_authority_is_given_is_trusted() {
    let world = trusting();
    world.run("get s3://bucket/key file").succeeds();
    assert!(world.read("file").unwrap() == content(300_000, 1));
    world.run("put file s3://bucket/new").succeeds();
    assert!(world.server.store().body("bucket", "new") == content(300_000, 1));
    // The channel protects the bytes: they are not summed once more for the signature.
    let put = &world.server.requests_of("PutObject")[0];
    assert_eq!(put.header("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
    assert_ne!(put.header("content-md5"), "");
}

#[test]
fn faults_are_survived_over_tls_as_well() {
    let actions = vec![
        Action::ResetBefore,
        Action::CloseBefore,
        Action::Garbage,
        Action::ShortBody { bytes: 100_000 },
        Action::ResetMidBody {
            after_bytes: 100_000,
        },
        Action::CloseAfter,
        Action::LostReply,
    ];
    crate::run::each(actions, |action| {
        let world = trusting();
        world.server.faults().push(Fault::once("GetObject", action));
        world.run("get s3://bucket/key file").succeeds();
        assert!(world.read("file").unwrap() == content(300_000, 1));
    });
}

/// One line about the certificate, and not a second attempt.
fn distrusts(world: &World, run: Run) {
    let run = run.fails().in_one_line().within(5);
    assert!(run.stderr.contains("certificate"), "{run:#?}");
    assert!(run.stderr.contains("localhost"), "{run:#?}");
    assert!(world.server.requests().is_empty());
    assert_eq!(world.server.connections(), 1, "it tried again");
}

#[test]
fn a_server_of_an_unknown_authority_is_not_trusted() {
    let world = world();
    distrusts(&world, world.run("ls s3://bucket"));
}

#[test]
fn a_bundle_replaces_the_other_authorities() {
    let (mut world, other) = (world(), trusting());
    let path = bundle(&other);
    world.set("AWS_CA_BUNDLE", path.to_str().unwrap());
    distrusts(&world, world.run("ls s3://bucket"));
}

#[test]
fn a_certificate_for_another_name_is_not_trusted() {
    let world = trusting();
    let line = format!(
        "ls s3://bucket --endpoint-url https://127.0.0.2:{}",
        world.server.port()
    );
    let run = world.run(&line).fails().in_one_line().within(5);
    assert!(run.stderr.contains("127.0.0.2"), "{run:#?}");
}

#[test]
fn every_certificate_is_accepted_if_asked_for() {
    let world = world();
    world
        .run("get --ignore-certificate s3://bucket/key file")
        .succeeds();
    assert!(world.read("file").unwrap() == content(300_000, 1));
}

#[test]
fn a_bundle_that_cannot_be_used_is_named() {
    let mut world = world();
    let nothing = world.outside("nothing.pem");
    let empty = world.outside("empty.pem");
    let text = world.outside("text.pem");
    std::fs::write(&empty, "").unwrap();
    std::fs::write(&text, "no certificate\n").unwrap();
    for path in [nothing, empty, text, world.path("")] {
        let path = path.to_str().unwrap().to_owned();
        world.set("AWS_CA_BUNDLE", path.clone());
        let run = world.run("ls s3://bucket").fails().in_one_line().within(5);
        assert!(run.stderr.contains(&path), "{run:#?}");
    }
    assert_eq!(world.server.connections(), 0);
}

#[test]
fn http_on_a_tls_port_is_told() {
    let world = world();
    let line = format!(
        "ls s3://bucket --endpoint-url http://localhost:{}",
        world.server.port()
    );
    world
        .run(&format!("{line} -t 1 --retry-delay 1"))
        .fails()
        .in_one_line()
        .within(20);
}

#[test]
fn https_on_a_plain_port_is_told() {
    let world = World::new();
    let line = format!(
        "ls s3://bucket --endpoint-url https://localhost:{}",
        world.server.port()
    );
    let run = world.run(&line).fails().in_one_line().within(10);
    assert!(run.stderr.contains("http"), "{run:#?}");
}

#[test]
fn a_peer_that_never_shakes_hands_is_left() {
    // It accepts, and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let world = World::new();
    let line = format!("ls s3://bucket -t 0 --endpoint-url https://localhost:{port}");
    let run = world.run(&line).fails().in_one_line();
    assert!(run.took < Duration::from_secs(35), "{run:#?}");
}
