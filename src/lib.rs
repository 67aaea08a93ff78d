//! temp
mod blocking;
pub mod client;
pub mod credentials;
pub mod local;
pub mod location;
pub mod net;
pub mod plan;
pub mod s3;
pub mod transfer;
