//! What the program does when something goes wrong: servers that fail, lie or stall, networks that
//! break, files that change, names that are traps, and signals.
//!
//! The program runs as a user runs it, against the server of `tests/support`, which is told what
//! to spoil. Whatever it is, nine things must hold: success means that every byte is right;
//! failure leaves what was there; nothing is deleted on a guess; no litter; an end in bounded time
//! and requests; nothing outside the target; no secret in the output; bounded memory; and what was
//! done is not reported as a failure because an answer was lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub
)]

#[path = "../support/server/mod.rs"]
mod server;

mod matrix;
mod run;

mod bad_input;
mod bugs;
mod checksums;
mod completions;
mod copies;
mod credentials;
mod disk;
mod dry_run;
mod faults_delete;
mod faults_download;
mod faults_list;
mod faults_upload;
mod filters;
mod guard;
mod jumps;
mod kills;
mod limits;
mod listings;
mod local;
mod manifest;
mod media_types;
mod memory;
mod no_md5;
mod no_overwrite;
mod order;
mod output;
mod parts;
mod plans;
mod preserve;
mod programs;
mod proofs;
mod proxy;
mod races;
mod ranges;
mod resume;
mod retries;
mod script;
mod secrets;
mod settling;
mod shards;
mod signals;
mod stats;
mod streams;
mod sync;
mod tags;
mod terminal;
mod tls;
mod trust;
mod two_stores;
mod verify;
