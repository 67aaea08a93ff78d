//! Where the keys come from. Nothing here reads the environment or guesses a home directory: both
//! are arguments, so every order of sources is tested.

mod chain;
mod environment;
mod ini;
mod profile;
mod s3cfg;

pub use chain::{CredentialsError, Flags, Resolved, resolve};
pub use environment::Environment;
pub use profile::{Profile, Profiles};
pub use s3cfg::S3cfg;

pub use crate::s3::sigv4::Credentials;
