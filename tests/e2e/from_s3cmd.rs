//! The table of README.md for those who come from s3cmd: what it says works, in its order.

use std::process::Stdio;

use crate::world::{World, run};

/// The second cells of the table.
fn lines() -> Vec<String> {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let rows = readme.lines().filter(|line| line.starts_with("| `s3cmd "));
    let cell = |row: &str| {
        let (_, cell) = row.rsplit_once(" | `s4cmd ")?;
        Some(cell.strip_suffix("` |").unwrap().to_owned())
    };
    rows.filter_map(cell).collect()
}

#[test]
fn every_row_works() {
    let lines = lines();
    assert!(lines.len() > 30, "{lines:#?}");
    let world = World::without_bucket();
    for (name, content) in [
        ("photo.jpg", "photo"),
        ("site/index.html", "<p>"),
        ("site/a/b.css", "p {}"),
    ] {
        world.write(name, content);
    }
    let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal":
        {"AWS": "*"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::BUCKET/*"}]}"#;
    world.write("policy.json", policy.replace("BUCKET", world.bucket()));
    for line in lines {
        let line = line.replace("s3://bucket", &format!("s3://{}", world.bucket()));
        let mut command = world.command();
        let done = run(command.args(line.split(' ')).stdin(Stdio::null()));
        assert_eq!(done.status(), 0, "{line}: {:?}", done.errors());
    }
    let restored = world.tree("restored");
    let names: Vec<_> = restored.keys().map(String::as_str).collect();
    assert_eq!(names, ["a/b.css", "index.html"]);
    assert_eq!(world.tree("mirror"), world.tree("site"));
    assert_eq!(world.read("copy.jpg"), b"photo");
}
