//! Copies between two servers, whose bytes come through here.

use crate::{
    run::{Run, World, content},
    server::{Action, Config, Fault, S3Server},
};

/// A world whose server is the target, and the server of the sources.
struct Stores {
    world: World,
    sources: S3Server,
}

impl Stores {
    fn new() -> Self {
        let sources = S3Server::start_with(Config {
            access_key: "otherkey".to_owned(),
            secret_key: "othersecret".to_owned(),
            ..Config::default()
        });
        sources.store().create_bucket("from");
        let world = World::new();
        let profile = format!(
            "[profile other]\naws_access_key_id = otherkey\n\
             aws_secret_access_key = othersecret\nendpoint_url = {}\n",
            sources.endpoint()
        );
        world.home_file(".aws/config", &profile);
        Self { world, sources }
    }

    /// Runs a command line with the other server as that of the sources.
    fn run(&self, line: &str) -> Run {
        self.world.run(&format!("{line} --source-profile other"))
    }

    #[track_caller]
    fn assert_same(&self, from: &str, to: &str) {
        let source = self.sources.store().get("from", from).unwrap();
        let target = self.world.server.store().get("bucket", to).unwrap();
        assert!(source.body == target.body, "{to}: another content");
        for (name, value) in &source.headers {
            assert_eq!(target.headers.get(name), Some(value), "{to}: {name}");
        }
    }
}

const HEADERS: [(&str, &str); 3] = [
    ("content-type", "text/x"),
    ("x-amz-meta-a", "b"),
    ("x-amz-storage-class", "STANDARD_IA"),
];

/// More than three parts of 5 MiB.
const LARGE: usize = 17 << 20;

#[test]
fn small_and_large_objects_arrive_with_what_belongs_to_them() {
    let stores = Stores::new();
    let store = stores.sources.store();
    store.put_with("from", "d/empty", "", &HEADERS);
    store.put_with("from", "d/small", "content", &HEADERS);
    store.put_with("from", "d/large", content(LARGE, 1), &HEADERS);
    let replaced = "--API-MetadataDirective REPLACE --API-ContentType text/y";
    let run = stores.run(&format!(
        "cp s3://from/d/small s3://bucket/replaced {replaced}"
    ));
    assert!(run.status.success(), "{run:#?}");
    let replaced = stores
        .world
        .server
        .store()
        .get("bucket", "replaced")
        .unwrap();
    assert_eq!(replaced.headers["content-type"], "text/y");
    assert!(!replaced.headers.contains_key("x-amz-meta-a"));
    stores.sources.clear_requests();
    let run = stores.run("cp -r s3://from/d s3://bucket/e");
    assert!(run.status.success(), "{run:#?}");
    for name in ["empty", "small", "large"] {
        stores.assert_same(&format!("d/{name}"), &format!("e/{name}"));
    }
    let copies = stores.world.server.requests_of("CopyObject");
    assert!(copies.is_empty(), "the other server's objects are not here");
    stores.world.assert_clean();
    // Each byte came once.
    let read: u64 = stores.sources.requests_of("GetObject").len() as u64;
    assert_eq!(read, 2 + 4);
}

#[test]
fn a_second_sync_finds_nothing_to_do() {
    let stores = Stores::new();
    let store = stores.sources.store();
    store.put("from", "small", "content");
    store.put("from", "large", content(LARGE, 1));
    let run = stores.run("dsync s3://from s3://bucket");
    assert!(run.status.success(), "{run:#?}");
    stores.sources.clear_requests();
    let run = stores.run("dsync s3://from s3://bucket --stats");
    assert!(run.status.success(), "{run:#?}");
    assert!(
        stores.sources.requests_of("GetObject").is_empty(),
        "{run:#?}"
    );
}

#[test]
fn a_move_deletes_at_the_other_server() {
    let stores = Stores::new();
    stores.sources.store().put("from", "k", "content");
    let run = stores.run("mv s3://from/k s3://bucket/k");
    assert!(run.status.success(), "{run:#?}");
    assert!(stores.sources.store().get("from", "k").is_none());
    assert_eq!(stores.world.server.store().body("bucket", "k"), "content");
}

#[test]
fn the_same_name_at_another_server_is_another_object() {
    let stores = Stores::new();
    stores.sources.store().put("bucket", "k", "content");
    for line in [
        "cp s3://bucket/k s3://bucket/k",
        "dsync s3://bucket s3://bucket",
        "dsync s3://bucket s3://bucket --verify",
        "cp -r -f s3://bucket s3://bucket/d/",
    ] {
        let run = stores.run(line);
        assert!(run.status.success(), "{run:#?}");
    }
    assert_eq!(stores.world.server.store().body("bucket", "k"), "content");
}

#[test]
fn what_is_damaged_on_the_way_is_not_stored() {
    for size in [1000, LARGE] {
        let stores = Stores::new();
        stores.sources.store().put("from", "k", content(size, 1));
        let fault = Fault::always("GetObject", Action::CorruptBody { at: 5 });
        stores.sources.faults().push(fault);
        let run = stores.run("cp s3://from/k s3://bucket/k");
        assert_eq!(run.status.code(), Some(1), "{run:#?}");
        assert!(run.stderr.contains("MD5"), "{run:#?}");
        assert!(stores.world.server.store().get("bucket", "k").is_none());
        stores.world.assert_clean();
    }
}

#[test]
fn broken_connections_are_resumed() {
    let stores = Stores::new();
    stores.sources.store().put("from", "k", content(LARGE, 1));
    for (server, operation) in [
        (&stores.sources, "GetObject"),
        (&stores.world.server, "UploadPart"),
    ] {
        let status = Action::Status {
            status: 503,
            code: "SlowDown",
        };
        server.faults().push(Fault::times(2, operation, status));
    }
    let run = stores.run("cp s3://from/k s3://bucket/k");
    assert!(run.status.success(), "{run:#?}");
    stores.assert_same("k", "k");
}

#[test]
fn a_source_that_changes_meanwhile_is_not_mixed() {
    let stores = Stores::new();
    stores.sources.store().put("from", "k", content(LARGE, 1));
    let replaced = Fault::once("GetObject", Action::ReplaceObject);
    stores.sources.faults().push(replaced);
    let run = stores.run("cp s3://from/k s3://bucket/k");
    assert!(run.status.success(), "it is begun anew: {run:#?}");
    stores.assert_same("k", "k");
    stores.world.assert_clean();
}

#[test]
fn little_memory_is_enough_or_more_is_asked_for() {
    let stores = Stores::new();
    stores.sources.store().put("from", "k", content(LARGE, 1));
    let run = stores.run("cp s3://from/k s3://bucket/k --max-memory 8m");
    assert!(run.status.success(), "{run:#?}");
    stores.assert_same("k", "k");
    let run = stores.run("cp s3://from/k s3://bucket/l --max-memory 4m");
    assert_eq!(run.status.code(), Some(1), "{run:#?}");
    assert!(run.stderr.contains("--max-memory"), "{run:#?}");
}
