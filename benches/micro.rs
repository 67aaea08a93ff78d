//! How long the parts of the program take that everything else is made of: the signer, the XML
//! that is written and read, the join of two listings, and transfers over connections in memory.
//!
//! `cargo bench --bench micro [-- [OPTIONS] NAME...]`, by default all; `--list` tells the names.
//! Prints the median of several rounds.
//!
//! `--iterations N` does each so many times and takes no time: for counting instructions, as
//! `benches/instructions` does.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "this is a program for developers"
)]

#[path = "micro/benchmark.rs"]
mod benchmark;
#[path = "micro/bodies.rs"]
mod bodies;
#[path = "micro/join.rs"]
mod join;
#[path = "micro/keys.rs"]
mod keys;
#[path = "micro/listing.rs"]
mod listing;
#[path = "micro/options.rs"]
mod options;
#[path = "../tests/support/server/mod.rs"]
mod server;
#[path = "micro/signer.rs"]
mod signer;
#[path = "micro/transfers.rs"]
mod transfers;

use std::process::ExitCode;

use benchmark::Benchmark;
use options::{Options, Work};

const BENCHMARKS: [Benchmark; 11] = [
    signer::SIGN,
    signer::CANONICAL,
    bodies::DELETE,
    bodies::COMPLETE,
    bodies::WRITE,
    listing::PARSE,
    join::JOIN,
    transfers::PUT_SMALL,
    transfers::GET_SMALL,
    transfers::PUT_LARGE,
    transfers::GET_LARGE,
];

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1), &BENCHMARKS) {
        Ok(options) => options,
        Err(problem) => {
            println!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    match options.work {
        Work::List => {
            for benchmark in options.chosen {
                println!("{}", benchmark.description());
            }
        }
        Work::Count(iterations) => {
            for benchmark in options.chosen {
                benchmark.repeat(iterations);
            }
        }
        Work::Time => {
            println!("name               iterations  ns per item");
            for benchmark in options.chosen {
                println!("{}", benchmark.time());
            }
        }
    }
    ExitCode::SUCCESS
}
