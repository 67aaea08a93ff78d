//! Files: walking, reading, hashing, and writing so that nothing half-done is ever seen.

mod directory;
mod entries;
mod hash;
mod hashes;
mod order;
mod owner;
mod source;
mod spill;
mod temp;
mod umask;
mod walk;

pub use directory::{DirectoryError, check_below, create_below};
pub use hash::{
    Digests, Hasher, crc64_nvme, hash_composites, hash_parts, hash_region, sha256_region,
};
pub use hashes::{CacheError, Hashes, Sum};
pub use order::order_key;
pub use owner::{Owner, OwnerError};
pub use source::{SourceError, SourceFile};
pub use spill::{Record, Sorted, Sorter};
pub use temp::TempFile;
pub use walk::{Found, Links, LocalFile, WalkOptions, walk};
