//! temp
pub mod s3;
