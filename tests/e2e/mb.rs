//! `mb`.

use crate::{differences::Difference, world::World};

#[test]
fn a_bucket_is_made() {
    let world = World::without_bucket();
    let url = format!("s3://{}", world.bucket());
    let lines = [format!("Creating {url}"), "Done.".to_owned()];
    assert_eq!(world.s4cmd(&["mb", &url]).succeeds(), lines);
    world.s4cmd(&["ls", &url]).prints::<&str>(&[]);
    assert!(world.keys().is_empty());
}

#[test]
fn what_follows_the_bucket_means_nothing() {
    let world = World::without_bucket();
    let lines = [
        format!("Creating s3://{}", world.bucket()),
        "Done.".to_owned(),
    ];
    assert_eq!(
        world.s4cmd(&["mb", &world.url("some/key")]).succeeds(),
        lines
    );
    assert!(world.keys().is_empty());
}

#[test]
fn a_bucket_is_not_made_twice() {
    let world = World::new();
    world.seed(&["kept"]);
    let url = format!("s3://{}", world.bucket());
    let run = world.s4cmd(&["mb", &url]);
    if world.differs(Difference::BucketsMayBeMadeAgain) {
        run.prints(&[format!("Creating {url}"), "Done.".to_owned()]);
        assert_eq!(world.keys(), ["kept"]);
        return;
    }
    let line = run.fails();
    let beginning = format!(
        "[Runtime Failure] Unable to create bucket {}: ",
        world.bucket()
    );
    assert!(line.starts_with(&beginning), "{line}");
    assert!(line.contains("BucketAlreadyOwnedByYou"), "{line}");
    run.has_lines(&[format!("Creating {url}")]);
    assert_eq!(world.keys(), ["kept"]);
}

#[test]
fn a_name_that_no_bucket_can_have_is_refused() {
    let world = World::without_bucket();
    let run = world.s4cmd(&["mb", "s3://Not_A_Bucket"]);
    if world.differs(Difference::NamesOfBucketsAreNotChecked) {
        run.succeeds();
        return;
    }
    let line = run.fails();
    let beginning = "[Runtime Failure] Unable to create bucket Not_A_Bucket: ";
    assert!(line.starts_with(beginning), "{line}");
}

#[test]
fn a_dry_run_makes_no_bucket() {
    let world = World::without_bucket();
    let url = format!("s3://{}", world.bucket());
    let lines = [format!("Creating {url}"), "Done.".to_owned()];
    assert_eq!(world.s4cmd(&["mb", "-n", &url]).succeeds(), lines);
    let line = world.s4cmd(&["ls", &url]).fails();
    assert!(line.contains("(NoSuchBucket)"), "{line}");
}

#[test]
fn the_operand_is_one_place_in_s3() {
    let world = World::without_bucket();
    let fails = |arguments: &[&str], text: &str| {
        world
            .s4cmd(arguments)
            .fails_with(&format!("[Invalid Argument] {text}"));
    };
    fails(&["mb"], "No s3 bucketname provided");
    fails(
        &["mb", "bucket"],
        "Invalid parameter: bucket, s3 path expected",
    );
    fails(
        &["mb", "s3://"],
        "Invalid parameter: s3://, s3 path expected",
    );
    fails(&["mb", "s3://a", "s3://b"], "Invalid number of parameters");
}
