//! `dsync` of a million files with a million objects: how long it takes, and that its memory does
//! not grow with their number.
//!
//! `cargo bench --bench million_keys [-- KEYS...]`, by default 100,000 and 1,000,000. With
//! `--profile dev` it is built in seconds, but the program takes half as much memory again.
//!
//! The store is a formula in this process, so that what is measured is the program, as a process
//! of its own. The files are real, but empty. `S4CMD` names another program to measure.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "this is a program for developers"
)]

#[path = "million_keys/child.rs"]
mod child;
#[path = "million_keys/names.rs"]
mod names;
#[path = "support/process.rs"]
mod process;
#[path = "million_keys/store.rs"]
mod store;

use std::{env, path::Path, process::ExitCode, time::Instant};

use child::Measured;
use names::Names;
use store::Store;

/// What no number of keys may need.
const PEAK_KIB: u64 = 64 << 10;
/// By how much the largest number of keys may exceed the smallest.
const GROWTH_KIB: u64 = 8 << 10;

/// What is measured: the options, and whether the store has a tenth more than the files.
const RUNS: [(&[&str], bool); 3] = [
    (&["--size-only"], false),
    (&["--size-only", "-D"], false),
    (&["--size-only", "-n", "-D"], true),
];

fn main() -> ExitCode {
    // Cargo puts its own `--bench` in front.
    let named = env::args().skip(1).filter(|argument| argument != "--bench");
    let mut counts: Vec<usize> = named
        .map(|text| text.parse().expect("a number of keys"))
        .collect();
    if counts.is_empty() {
        counts = vec![100_000, 1_000_000];
    }
    counts.sort_unstable();
    assert!(
        counts.iter().all(|count| *count <= names::MOST),
        "not more than {} keys",
        names::MOST
    );

    let mut failures = Vec::new();
    let mut peaks = [const { Vec::new() }; RUNS.len()];
    println!("options                 keys     extra  seconds  CPU s  requests  peak MiB");
    for keys in counts {
        let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        let started = Instant::now();
        let tree = scratch.path().join("tree");
        names::make_files(keys, &tree).expect("files");
        let made = started.elapsed();
        for (run, (options, extra)) in RUNS.iter().enumerate() {
            let names = Names {
                files: keys,
                extra: if *extra { keys / 10 } else { 0 },
            };
            let (measured, problems) = measure(options, names, &tree, scratch.path());
            peaks[run].push(measured.peak_kib);
            let line = format!("{} with {keys} keys", options.join(" "));
            failures.extend(problems.iter().map(|problem| format!("{line}: {problem}")));
        }
        let started = Instant::now();
        scratch.close().expect("the files removed");
        println!(
            "({keys} files made in {:.1} s, removed in {:.1} s)",
            made.as_secs_f64(),
            started.elapsed().as_secs_f64()
        );
    }
    for ((options, _), peaks) in RUNS.iter().zip(&peaks) {
        if let [fewest, .., most] = peaks[..]
            && most > fewest + GROWTH_KIB
        {
            let options = options.join(" ");
            failures.push(format!("{options}: from {fewest} to {most} KiB"));
        }
    }
    for failure in &failures {
        println!("FAILED  {failure}");
    }
    match failures.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Runs the program, prints its line of the table and tells what is not as it must be.
fn measure(options: &[&str], names: Names, tree: &Path, scratch: &Path) -> (Measured, Vec<String>) {
    let program = env::var("S4CMD").unwrap_or_else(|_| env!("CARGO_BIN_EXE_s4cmd").to_owned());
    let store = Store::start(names);
    let measured = child::run(&program, options, tree, &store.endpoint(), scratch);
    let (listings, others) = store.requests();
    println!(
        "{:20} {:>9} {:>8} {:>8.1} {:>6.1} {listings:>9} {:>9.1}",
        options.join(" "),
        names.files,
        names.extra,
        measured.seconds,
        measured.cpu_seconds,
        measured.peak_kib as f64 / 1024.0,
    );

    let mut problems = Vec::new();
    let mut check = |right: bool, problem: String| {
        if !right {
            problems.push(problem);
        }
    };
    check(
        measured.success,
        format!("it failed: {}", measured.errors.trim_end()),
    );
    check(
        measured.peak_kib < PEAK_KIB,
        format!("it needed {} KiB", measured.peak_kib),
    );
    check(
        measured.synced == names.files,
        format!("{} lines say (synced)", measured.synced),
    );
    check(
        measured.other_lines == names.extra,
        format!("{} other lines", measured.other_lines),
    );
    check(others.is_empty(), format!("it also sent {others:?}"));
    (measured, problems)
}
