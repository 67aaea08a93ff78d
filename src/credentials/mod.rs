//! Where the keys come from, and new ones before they end. Nothing here reads the environment or
//! guesses a home directory: both are arguments, so every order of sources is tested.

mod access;
mod chain;
mod container;
mod environment;
mod ini;
mod instance;
mod issued;
mod process;
mod profile;
mod provider;
mod role;
mod route;
mod s3cfg;
mod source;
mod sso;
mod token_service;

pub use access::{Access, Ask};
pub use chain::{CredentialsError, Flags, Resolved, is_open, is_true, resolve};
pub use container::Container;
pub use environment::Environment;
pub use instance::Instance;
pub use process::Process;
pub use profile::{Profile, Profiles};
pub use provider::Provider;
pub use role::{AssumeRole, WebIdentity};
pub use s3cfg::{Habits, S3cfg};
pub use source::Source;
pub use sso::Sso;

pub use crate::s3::sigv4::Credentials;
