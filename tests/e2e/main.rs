//! The program as a user runs it, against a whole S3 server.
//!
//! By default that is the server of `tests/support`, inside the test process. Under
//! `tests/servers/with-server NAME -- cargo nextest run --test e2e` it is a real one, and the same
//! tests run unchanged: `differences.rs` lists all that may come out otherwise there.
//!
//! Each test has a world of its own (`world.rs`): a bucket, a home directory and a working
//! directory. Nothing is cleaned up on the server, which is thrown away.
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

mod acceptance;
mod access;
mod across;
mod buckets;
mod bugs;
mod cat;
mod copy;
mod del;
mod differences;
mod dsync;
mod du;
mod errors;
mod filters;
mod from_s3cmd;
mod get;
mod guard;
mod keys;
mod large;
mod ls;
mod mb;
mod multipart;
mod plans;
mod put;
mod removal;
mod settings;
mod sync_options;
mod verify;
mod world;
