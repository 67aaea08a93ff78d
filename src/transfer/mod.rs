//! The engine that moves bytes: it takes jobs as fast as it finishes them, keeps within its
//! bounds, and leaves nothing behind when it is stopped.
//!
//! Three bounds, taken in this order, so that nothing can wait in a circle: job slots (open files
//! and temporary names), bytes of buffers, requests on the wire (in the client).

mod check;
mod compare;
mod content;
mod copy;
mod copy_parts;
mod delete;
mod download;
mod download_ranges;
mod engine;
mod error;
mod follow;
mod held;
mod job;
mod joint_sums;
mod meter;
mod multipart;
mod ordered_sum;
mod parallel;
mod permits;
mod proof;
mod reader;
mod relay;
mod stream;
mod swept;
mod unfinished;
mod upload;
mod upload_parts;

pub use check::Checked;
pub use copy::changes_objects;
pub use delete::Deleter;
pub use engine::{Ended, Engine, Event, Report, TransferOptions, resume_panic};
pub use error::Error;
pub use job::{
    Afterwards, Check, Compare, Copy, Download, End, Job, Overwrite, StreamUpload, Target, Upload,
};
pub use meter::Meter;
pub use permits::ByteBudget;
pub use proof::{Proof, Version};
pub use reader::ObjectReader;
