//! Uploads get the media type that their name speaks for, unless somebody knows better.

use crate::run::{World, content};

fn types(world: &World, keys: &[&str]) -> Vec<Option<String>> {
    let of = |key: &&str| {
        let object = world.server.store().get("bucket", key).unwrap();
        object.headers.get("content-type").cloned()
    };
    keys.iter().map(of).collect()
}

fn some(media_type: &str) -> Option<String> {
    Some(media_type.to_owned())
}

#[test]
fn names_speak_for_what_is_sent() {
    let world = World::new();
    world.file("page.html", "<p>");
    world.file("d/big.PNG", content(6 << 20, 1));
    world.file("d/unknown.xyz", "x");
    world.run("put page.html s3://bucket/about").succeeds();
    world.run("put page.html s3://bucket/a.txt").succeeds();
    world
        .run_reading("page.html", "put - s3://bucket/in.css")
        .succeeds();
    let parts = "--max-singlepart-upload-size 1 --multipart-split-size 5242880";
    world
        .run(&format!("dsync d s3://bucket/d {parts}"))
        .succeeds();
    let keys = ["about", "a.txt", "in.css", "d/big.PNG", "d/unknown.xyz"];
    let expected = [
        some("text/html"),
        some("text/plain"),
        some("text/css"),
        some("image/png"),
        None,
    ];
    assert_eq!(types(&world, &keys), expected);
}

#[test]
fn what_the_user_says_counts_more() {
    let world = World::new();
    world.file("page.html", "<p>");
    let none = "put page.html s3://bucket/none --no-guess-mime-type";
    world.run(none).succeeds();
    let own = "put page.html s3://bucket/own --API-ContentType text/x";
    world.run(own).succeeds();
    assert_eq!(types(&world, &["none", "own"]), [None, some("text/x")]);
}
