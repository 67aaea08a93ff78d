//! The engine that moves bytes: it takes jobs as fast as it finishes them, keeps within its
//! bounds, and leaves nothing behind when it is stopped.
//!
//! Three bounds, taken in this order, so that nothing can wait in a circle: job slots (open files
//! and temporary names), bytes of buffers, requests on the wire (in the client).

mod compare;
mod content;
mod copy;
mod copy_parts;
mod delete;
mod download;
mod engine;
mod error;
mod job;
mod multipart;
mod parallel;
mod permits;
mod upload;
mod upload_parts;

pub use content::{check_listed, verify};
pub use delete::Deleter;
pub use engine::{Engine, Event, Report, Summary, TransferOptions};
pub use error::Error;
pub use job::{Afterwards, Compare, Copy, Download, Job, Overwrite, Target, Upload};
