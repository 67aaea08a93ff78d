//! The subcommands: one file each, over what they share.

mod cat;
mod del;
mod dsync;
mod failure;
mod get;
mod ls;
mod mb;
mod operands;
mod output;
mod put;
mod session;
mod walk;

pub use failure::Failure;
pub use operands::Command;
pub use output::{Output, Stream};
pub use session::{Options, Session};
