//! The little XML that S3 speaks: a reader with limits and a writer.

mod reader;
mod writer;

pub use reader::{Reader, XmlError};
pub use writer::{Writer, can_carry};
