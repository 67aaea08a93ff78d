//! Files: walking, reading, hashing, and writing so that nothing half-done is ever seen.

mod directory;
mod hash;
mod order;
mod source;
mod temp;
mod umask;
mod walk;

pub use directory::{DirectoryError, check_below, create_below};
pub use hash::{Digests, Hasher, hash_parts, hash_region, sha256_region};
pub use order::key_order;
pub use source::{SourceError, SourceFile};
pub use temp::TempFile;
pub use walk::{Found, LocalFile, walk};
