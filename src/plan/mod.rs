//! Decisions, as pure functions: which keys a pattern means, what goes where, what differs, and
//! how a size is cut into parts.

pub mod difference;
pub mod etag;
pub mod filter;
pub mod fnmatch;
pub mod merge;
pub mod paths;
pub mod pattern;
pub mod rules;
pub mod shard;
pub mod split;
