//! TLS: whom the program trusts, and what it says when it does not.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{
    run::{Run, World, content},
    server::{Action, Certificate, Config, Fault},
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

/// What a server shows, and the program is told to trust.
fn showing(certificate: Certificate) -> World {
    let mut world = World::with(Config {
        tls: true,
        certificate,
        ..Config::default()
    });
    world.server.store().put("bucket", "key", "x");
    let path = bundle(&world);
    world.set("AWS_CA_BUNDLE", path.to_str().unwrap());
    world
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

/// Without TLS anybody could change the bytes on their way, so the signature is also of them.
#[test]
fn what_is_sent_in_the_open_is_signed_with_its_sum() {
    let world = World::new();
    world.file("small", "small");
    world.file("large", content(300_000, 1));
    world.file("parts", content(6_000_000, 2));
    let line = "put small large parts s3://bucket/ --max-singlepart-upload-size 1000000 \
                --multipart-split-size 5242880";
    world.run(line).succeeds();
    for (operation, count) in [("PutObject", 2), ("UploadPart", 2)] {
        let sent = world.server.requests_of(operation);
        assert_eq!(sent.len(), count);
        for request in sent {
            // Whether it is the right one, the server looks at.
            let sum = request.header("x-amz-content-sha256");
            assert_eq!(sum.len(), 64, "{operation}: {sum}");
        }
    }
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

#[test]
fn expired_and_self_signed_certificates_are_accepted_only_if_asked_for() {
    for certificate in [Certificate::Expired, Certificate::SelfSigned] {
        let world = showing(certificate);
        distrusts(&world, world.run("ls s3://bucket"));
        world.run("ls s3://bucket --ignore-certificate").succeeds();
    }
}

/// What a server of TLS 1.0 and 1.1 only says to a hello of 1.2 or 1.3: a fatal alert,
/// `protocol_version`.
#[test]
fn a_server_of_old_versions_is_told_once() {
    const ALERT: [u8; 7] = [0x15, 0x03, 0x02, 0x00, 0x02, 0x02, 0x46];
    for option in ["", " --ignore-certificate"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepted = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&accepted);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                counter.fetch_add(1, Ordering::SeqCst);
                let mut hello = [0; 4096];
                let _ = stream.read(&mut hello);
                let _ = stream.write_all(&ALERT);
            }
        });
        let line = format!("ls s3://bucket --endpoint-url https://localhost:{port}{option}");
        let run = World::new().run(&line).fails().in_one_line().within(5);
        run.says("no TLS connection");
        assert_eq!(accepted.load(Ordering::SeqCst), 1, "it tried again");
    }
}

#[test]
fn a_server_that_asks_for_a_certificate_gets_one() {
    let mut world = World::with(Config {
        tls: true,
        asks_clients: true,
        ..Config::default()
    });
    world.server.store().put("bucket", "key", "x");
    let path = bundle(&world);
    world.set("AWS_CA_BUNDLE", path.to_str().unwrap());
    let [certificate, key] = world.server.client_pems().unwrap();
    world.file("both.pem", format!("{certificate}{key}"));
    world.file("key.pem", &key);
    world.file("cert.pem", &certificate);
    for options in [
        "--client-cert both.pem",
        "--client-cert cert.pem --client-key key.pem",
        "--client-cert both.pem --ignore-certificate",
    ] {
        let run = world.run(&format!("cat s3://bucket/key {options}"));
        assert_eq!(run.succeeds().stdout, "x", "{options}");
    }
    world.run("cat s3://bucket/key -t 0").fails();
    for (options, text) in [
        ("--client-cert missing.pem", "missing.pem"),
        ("--client-cert key.pem", "no certificate in PEM form"),
        (
            "--client-cert cert.pem",
            "cannot use the client certificate \"cert.pem\"",
        ),
    ] {
        let run = world.run(&format!("cat s3://bucket/key {options}")).fails();
        run.says(text);
    }
    let run = world.run("cat s3://bucket/key --client-key key.pem");
    assert_eq!(run.status.code(), Some(2));
}
