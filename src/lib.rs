//! s4cmd: a command line tool for S3 and every S3-compatible store, and the client under it.
//!
//! # The map
//!
//! ```text
//! main -> cli -> command -> transfer -> client -> s3
//!                   |           |          |-> net
//!                   |           |          `-> credentials -> s3, net
//!                   |-> plan    |-> plan
//!                   `-> local <-'
//! ```
//!
//! | module | what it is | may use |
//! |---|---|---|
//! | [`s3`] | the protocol, without input and output: operations, signing, XML | nothing |
//! | [`net`] | HTTP over sockets, knows no S3 | `blocking`, `counter` |
//! | [`credentials`] | where the keys come from, and new ones before they end | `s3`, `net` |
//! | [`client`] | one method for each S3 call: signs, retries, settles, lists | `s3`, `net`, `credentials` |
//! | [`plan`] | decisions, as pure functions: patterns, paths, parts, merging | `s3` (values) |
//! | [`local`] | files: walking, sorting, hashing, temporary files | `s3` (values), `plan`, `blocking` |
//! | [`transfer`] | the engine: bounded, cancellable uploads, downloads, deletes | `client`, `local`, `plan`, `s3`, `location` |
//! | [`command`] | one file for each subcommand | everything above |
//! | [`cli`] | arguments, settings, streams, signals, exit status | everything |
//! | [`location`] | `s3://bucket/key` or a path | nothing |
//!
//! An arrow that is not in this table is an error: `tests/layering.rs` looks for them.
//!
//! * One place signs and retries: `client/call.rs`. One place decides on retries:
//!   `client/retry.rs`. One place prints: `command/output.rs`. One place exits: `main.rs`.
//! * A dry run cannot change anything: the client refuses to build such a request.
//! * `s3`, `plan` and `local/order.rs` have no sockets, no clock and no environment.
//!
//! # In scope
//!
//! Moving objects, listing, synchronising, and what people need around that, with every store
//! that speaks S3. The operations of S3 that this takes, and no others.
//!
//! # Out of scope
//!
//! Being an SDK, other cloud storage protocols, mounting, servers, Windows.

mod blocking;
pub mod cli;
pub mod client;
pub mod command;
mod counter;
pub mod credentials;
pub mod local;
pub mod location;
pub mod net;
pub mod plan;
pub mod s3;
pub mod transfer;
