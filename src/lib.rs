//! temp
mod blocking;
pub mod client;
pub mod credentials;
pub mod net;
pub mod s3;
