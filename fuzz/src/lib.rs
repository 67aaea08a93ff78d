//! The targets, compiled once for all fuzzers.

#[path = "../../tests/fuzz/targets/mod.rs"]
pub mod targets;
