//! `la`, `rb` and `signurl`.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::{differences::Difference, world::World};

#[test]
fn all_buckets_are_listed_one_after_the_other() {
    let world = World::new();
    world.seed(&["d/1", "f"]);
    let ends_with = |lines: &[String], url: &str| lines.iter().any(|line| line.ends_with(url));
    // Other tests remove buckets meanwhile, which is a failure here.
    let lines = world.s4cmd(&["la"]).lines();
    assert!(
        ends_with(&lines, &format!(" DIR {}", world.url("d/"))),
        "{lines:?}"
    );
    assert!(
        ends_with(&lines, &format!(" {}", world.url("f"))),
        "{lines:?}"
    );
    let lines = world.s4cmd(&["la", "-r"]).lines();
    assert!(ends_with(&lines, &world.url("d/1")), "{lines:?}");
}

#[test]
fn only_an_empty_bucket_is_removed() {
    let world = World::new();
    world.seed(&["d/1", "f"]);
    let bucket = world.url("");
    let line = world.s4cmd(&["rb", &bucket]).fails();
    assert!(line.contains("Unable to remove bucket"), "{line}");
    let line = world.s4cmd(&["rb", &world.url("f")]).fails();
    assert!(line.contains("rb removes buckets"), "{line}");
    world.s4cmd(&["rb", "-f", "-n", &bucket]).succeeds();
    assert_eq!(world.keys(), ["d/1", "f"]);
    let lines = world.s4cmd(&["rb", "-f", &bucket]).succeeds();
    assert!(
        lines.contains(&format!("Delete {}", world.url("f"))),
        "{lines:?}"
    );
    assert_eq!(lines.last().unwrap(), "Done.");
    world.s4cmd(&["ls", &bucket]).fails();
}

#[test]
fn a_signed_url_is_good_for_one_object_and_one_purpose() {
    let world = World::new();
    world.seed(&["a b+c"]);
    let sign = |options: &[&str]| {
        let url = world.url("a b+c");
        let words = [&["signurl", &url], options].concat();
        world.s4cmd(&words).succeeds().remove(0)
    };
    let get = sign(&["--expires-in", "10m"]);
    assert!(get.contains("X-Amz-Expires=600&"), "{get}");
    let put = sign(&["--method", "PUT"]);
    assert!(put.contains("X-Amz-Expires=3600&"), "{put}");
    if world.differs(Difference::SignedUrlsAreAnError) {
        assert_eq!(request("GET", &get, "").0, 500);
    } else {
        assert_eq!(request("GET", &get, ""), (200, "a b+c".to_owned()));
        assert_eq!(request("PUT", &get, "new").0, 403);
        assert_eq!(request("PUT", &put, "new").0, 200);
        assert_eq!(world.body("a b+c"), b"new");
    }
    let line = world.s4cmd(&["signurl", &world.url("")]).fails();
    assert!(line.contains("is a bucket"), "{line}");
    let run = world.s4cmd(&["signurl", &world.url("x"), "--expires-in", "8d"]);
    run.is_wrong_usage("option --expires-in: invalid value: '8d' (from one second to seven days)");
}

/// Sends a request without any signature of its own.
fn request(method: &str, url: &str, body: &str) -> (u16, String) {
    let rest = url.strip_prefix("http://").unwrap();
    let (authority, target) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    let len = body.len();
    let head = format!(
        "{method} /{target} HTTP/1.1\r\nHost: {authority}\r\nContent-Length: {len}\r\n\
         Connection: close\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap();
    (status.parse().unwrap(), body.to_owned())
}
