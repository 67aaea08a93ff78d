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

/// The world's own credentials go before, as the environment is nearer.
fn with_s3cfg(settings: &str) -> World {
    let world = World::new();
    let text = format!("[default]\naccess_key = a\nsecret_key = s\n{settings}");
    world.home_file("own.s3cfg", &text);
    world.file("a.txt", "x");
    world.file("a.xyz", "x");
    world
}

#[test]
fn an_s3cfg_says_what_is_guessed_and_what_else_is_sent() {
    for (settings, expected) in [
        ("", [some("text/plain"), None]),
        (
            "default_mime_type = x/y\n",
            [some("text/plain"), some("x/y")],
        ),
        (
            "guess_mime_type = False\ndefault_mime_type = x/y\n",
            [some("x/y"), some("x/y")],
        ),
        ("guess_mime_type = False\n", [None, None]),
    ] {
        let world = with_s3cfg(settings);
        let config = world.outside("home/own.s3cfg");
        let line = format!("put a.txt a.xyz s3://bucket/ -p {}", config.display());
        world.run(&line).succeeds();
        assert_eq!(types(&world, &["a.txt", "a.xyz"]), expected, "{settings}");
    }
    let world = with_s3cfg("signature_v2 = True\n");
    let config = world.outside("home/own.s3cfg");
    let line = format!("put a.txt s3://bucket/ -p {}", config.display());
    world
        .run(&line)
        .succeeds()
        .says("signature_v2 in the s3cfg");
}
