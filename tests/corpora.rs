//! The inputs that fuzzing found worth keeping, once more through the targets that they are for:
//! without a fuzzer, as any other test. New inputs are made by `fuzz/run`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

#[path = "fuzz/targets/mod.rs"]
mod targets;

/// A test for each target, and the list of all of them.
macro_rules! targets {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                replay(stringify!($name), targets::$name::run);
            }
        )*

        const TARGETS: &[&str] = &[$(stringify!($name)),*];
    };
}

targets!(
    api_map,
    aws_files,
    canonical_request,
    complete_xml,
    dates,
    delete_xml,
    endpoint,
    error_xml,
    etag_parts,
    hash_cache,
    http_response,
    key_to_path,
    list_xml,
    merge_join,
    other_xml,
    proxies,
    response_headers,
    rules,
    s3_url,
    s3cfg,
    sort,
    words,
);

#[test]
fn every_target_has_a_fuzzer_and_a_corpus() {
    let fuzzers = names("fuzz_targets").into_iter();
    let fuzzers: Vec<String> = fuzzers
        .map(|name| name.strip_suffix(".rs").expect("a source").to_owned())
        .collect();
    assert_eq!(fuzzers, TARGETS);
    assert_eq!(names("corpus"), TARGETS);
}

/// Runs a target with each file of its corpus, and names the files with which it failed.
fn replay(name: &str, run: fn(&[u8])) {
    let corpus = folder("corpus").join(name);
    let names = names(&format!("corpus/{name}"));
    assert!(!names.is_empty(), "{}: nothing to replay", corpus.display());
    let fails = |name: &String| {
        let data = fs::read(corpus.join(name)).unwrap();
        catch_unwind(AssertUnwindSafe(|| run(&data))).is_err()
    };
    let failed: Vec<&String> = names.iter().filter(|name| fails(name)).collect();
    assert!(failed.is_empty(), "{name} failed with {failed:?}");
}

/// What is in a directory of the fuzzers, in order.
fn names(directory: &str) -> Vec<String> {
    let entries = fs::read_dir(folder(directory)).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz")
        .join(name)
}
