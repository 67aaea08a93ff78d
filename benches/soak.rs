//! Hours of `put`, `get`, `dsync` and `del` of many small files, against a store that fails in a
//! few of a hundred requests: whether all arrives, and whether memory and open files stay flat.
//!
//! `cargo bench --bench soak [-- OPTIONS]`, where the options are `--minutes` (20), `--objects`
//! (200,000), `--faults` (in a hundred requests: 3), `--seed` (random) and `--scratch` (a directory
//! for the files: in `target`). `S4CMD` names another program to run: with `--profile dev` this
//! one is built in seconds, but takes half as much memory again.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "this is a program for developers"
)]

#[path = "soak/child.rs"]
mod child;
#[path = "soak/faults.rs"]
mod faults;
#[path = "soak/options.rs"]
mod options;
#[path = "support/process.rs"]
mod process;
#[path = "../tests/support/server/mod.rs"]
mod server;
#[path = "soak/steps.rs"]
mod steps;
#[path = "soak/traffic.rs"]
mod traffic;
#[path = "soak/tree.rs"]
mod tree;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use options::Options;
use steps::{STEPS, Soak};

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            println!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    println!(
        "{} objects, {} minutes, faults in {} % of the requests, seed {}",
        options.objects, options.minutes, options.faults, options.seed
    );
    let started = Instant::now();
    let time = Duration::from_secs(60 * options.minutes);
    let scratch = tempfile::tempdir_in(&options.scratch).expect("a directory");
    let mut soak = Soak::new(options, scratch.path());
    println!(
        "({:.1} s to make the files)",
        started.elapsed().as_secs_f64()
    );
    println!(
        "run              exit  seconds requests  faults retries  peak MiB  MiB 2nd  MiB last  files"
    );
    let mut failures = Vec::new();
    let mut runs = 0;
    for step in STEPS.iter().cycle() {
        failures.extend(soak.run(step));
        runs += 1;
        if started.elapsed() > time || failures.len() > MOST_FAILURES {
            break;
        }
    }
    for failure in &failures {
        println!("FAILED  {failure}");
    }
    println!(
        "{runs} runs in {:.0} s, {} failures",
        started.elapsed().as_secs_f64(),
        failures.len()
    );
    match failures.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Enough to see what goes wrong.
const MOST_FAILURES: usize = 20;
