//! `info`, `modify`, `getacl`, `setacl` and `policy`.

use crate::{differences::Difference, world::World};

fn has(lines: &[String], text: &str) -> bool {
    lines.iter().any(|line| line.contains(text))
}

#[test]
fn objects_and_buckets_tell_what_they_are() {
    let world = World::new();
    let file = world.write("page.html", "<p>");
    let url = world.url("page.html");
    let metadata = "{\"color\": \"red\"}";
    let put = [
        "put",
        &file.to_string_lossy(),
        &url,
        "--API-Metadata",
        metadata,
    ];
    world.s4cmd(&put).succeeds();
    let lines = world.s4cmd(&["info", &url]).succeeds();
    assert_eq!(lines[0], format!("{url} (object):"));
    for text in [
        "File size: 3",
        "MIME type: text/html",
        "Storage:   STANDARD",
        "MD5 sum:   ",
        "x-amz-meta-color: red",
    ] {
        assert!(has(&lines, text), "{text}: {lines:#?}");
    }
    let object = world.s4cmd(&["info", "--json", &url]).succeeds();
    let object: serde_json::Value = serde_json::from_str(&object[0]).unwrap();
    assert_eq!(
        (&object["type"], &object["size"]),
        (&"object-info".into(), &3.into())
    );
    assert_eq!(object["headers"]["x-amz-meta-color"], "red");
    let lines = world.s4cmd(&["info", &world.url("")]).succeeds();
    assert!(
        has(&lines, "(bucket):") && has(&lines, "Policy:    none"),
        "{lines:#?}"
    );
    let lines = world.s4cmd(&["info", &world.url("*.html")]).succeeds();
    assert_eq!(lines[0], format!("{url} (object):"));
    let line = world.s4cmd(&["info", &world.url("missing")]).fails();
    assert!(line.contains(&world.url("missing")), "{line}");
}

#[test]
fn objects_are_modified_where_they_are() {
    let world = World::new();
    world.seed(&["d/1", "d/e/2", "top"]);
    let cache = |key: &str| {
        let headers = world.head(key).headers;
        headers
            .get("cache-control")
            .map(|value| value.to_str().unwrap().to_owned())
    };
    let change = ["--API-CacheControl", "max-age=60"];
    let modify = |words: &[&str]| world.s4cmd(&[&["modify"], words, &change].concat());
    modify(&["-n", &world.url("top")]).succeeds();
    assert_eq!(cache("top"), None);
    modify(&[&world.url("top")]).succeeds();
    assert_eq!(cache("top").as_deref(), Some("max-age=60"));
    assert_eq!(world.body("top"), b"top");
    modify(&["-r", &world.url("d")]).succeeds();
    assert_eq!(cache("d/1").as_deref(), Some("max-age=60"));
    assert_eq!(cache("d/e/2").as_deref(), Some("max-age=60"));
    assert_eq!(world.body("d/e/2"), b"d/e/2");
    let line = world.s4cmd(&["modify", &world.url("top")]).fails();
    assert!(
        line.contains("modify needs what is to be changed"),
        "{line}"
    );
}

#[test]
fn lists_are_set_and_changed() {
    let world = World::new();
    world.seed(&["d/1", "d/2", "top"]);
    let url = |key| world.url(key);
    let acl = |key| world.s4cmd(&["getacl", &url(key)]).succeeds();
    let is_public = |key| has(&acl(key), "anon: READ");
    assert!(has(&acl("top"), ": FULL_CONTROL"), "{:?}", acl("top"));
    world
        .s4cmd(&["setacl", "-n", &url("top"), "--acl-public"])
        .succeeds();
    assert!(!is_public("top"));
    let lines = world
        .s4cmd(&["setacl", &url("top"), "--acl-public"])
        .succeeds();
    assert_eq!(lines, [format!("{}: ACL set", url("top"))]);
    assert!(is_public("top") && !is_public("d/1"));
    world
        .s4cmd(&["setacl", &url("top"), "--acl-private"])
        .succeeds();
    assert!(!is_public("top"));
    world
        .s4cmd(&["setacl", "-r", &url("d"), "--acl-grant", "read:anon"])
        .succeeds();
    if world.differs(Difference::ListsInDocumentsAreNotKept) {
        assert!(!is_public("d/1"));
        return;
    }
    assert!(is_public("d/1") && is_public("d/2") && !is_public("top"));
    world
        .s4cmd(&["setacl", &url("d/1"), "--acl-revoke", "all:anon"])
        .succeeds();
    assert!(!is_public("d/1") && is_public("d/2"));
    assert!(has(&acl("d/1"), ": FULL_CONTROL"));
    let line = world.s4cmd(&["setacl", &url("top")]).fails();
    assert!(line.contains("setacl needs --acl"), "{line}");
}

#[test]
fn a_policy_is_set_shown_and_removed() {
    let world = World::new();
    let bucket = world.url("");
    let policy = format!(
        "{{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Effect\": \"Allow\", \
         \"Principal\": {{\"AWS\": \"*\"}}, \"Action\": \"s3:GetObject\", \
         \"Resource\": \"arn:aws:s3:::{}/*\"}}]}}",
        world.bucket()
    );
    let file = world.write("policy.json", &policy);
    let file = file.to_string_lossy();
    let line = world.s4cmd(&["policy", "get", &bucket]).fails();
    assert!(line.contains("NoSuchBucketPolicy"), "{line}");
    world
        .s4cmd(&["policy", "set", "-n", &bucket, &file])
        .succeeds();
    world.s4cmd(&["policy", "get", &bucket]).fails();
    world.s4cmd(&["policy", "set", &bucket, &file]).succeeds();
    let shown = world.s4cmd(&["policy", "get", &bucket]).succeeds().concat();
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["Version"], "2012-10-17");
    let lines = world.s4cmd(&["info", &bucket]).succeeds();
    assert!(has(&lines, "Policy:    yes"), "{lines:#?}");
    world.s4cmd(&["policy", "del", &bucket]).succeeds();
    world.s4cmd(&["policy", "get", &bucket]).fails();
    let broken = world.write("broken.json", "{");
    let line = world
        .s4cmd(&["policy", "set", &bucket, &broken.to_string_lossy()])
        .fails();
    assert!(line.contains("no JSON object"), "{line}");
}
