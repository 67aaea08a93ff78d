//! What the fuzzers run, and what `tests/corpora.rs` replays: one file for each target, whose
//! `run` takes any bytes and panics where a property does not hold.
//!
//! Each target has a model of its own that is slow and plain, and knows nothing of the code that
//! it is compared with. `input`, `answer` and `xml` are shared by several of them.

// Targets are programs that end where something is wrong, and each program uses some of this.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod answer;
mod files;
mod fnmatch;
mod ini;
mod input;
mod xml;

pub mod api_map;
pub mod aws_files;
pub mod canonical_request;
pub mod complete_xml;
pub mod dates;
pub mod delete_xml;
pub mod endpoint;
pub mod error_xml;
pub mod etag_parts;
pub mod hash_cache;
pub mod http_response;
pub mod key_to_path;
pub mod list_xml;
pub mod merge_join;
pub mod other_xml;
pub mod proxies;
pub mod response_headers;
pub mod rules;
pub mod s3_url;
pub mod s3cfg;
pub mod sort;
pub mod words;
