//! The S3 protocol without input and output: operations become requests, answers become values.
//!
//! No sockets, no clock, no environment: whatever this layer needs is an argument, so all of it
//! is tested and fuzzed as plain functions.
//!
//! Source: the Amazon S3 API Reference, <https://docs.aws.amazon.com/AmazonS3/latest/API/>; each
//! operation's file names its page.

pub mod access_point;
pub mod acl;
pub mod api_option;
pub mod checksum;
pub mod encode;
pub mod endpoint;
pub mod error;
pub mod media_type;
pub mod op;
pub mod operation;
pub mod payload;
pub mod properties;
pub mod request;
pub mod sigv4;
pub mod time;
pub mod types;
pub mod xml;
