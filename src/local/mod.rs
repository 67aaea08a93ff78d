//! Files: walking, reading, hashing, and writing so that nothing half-done is ever seen.

mod attributes;
mod crc64;
mod directory;
mod entries;
mod hash;
mod hashes;
mod input;
mod journal;
mod order;
mod owner;
mod part_map;
mod source;
mod spill;
mod temp;
mod temp_name;
mod umask;
mod walk;

pub use attributes::Attributes;
pub use crc64::Crc64;
pub use directory::{Directory, DirectoryError, is_missing};
pub use hash::{
    Digests, Hasher, PartSum, PartSums, crc64_nvme, hash_composites, hash_on, hash_parts,
    hash_region, read_region, sha256, sha256_region,
};
pub use hashes::{CacheError, Hashes, Sum};
pub use input::{read_input, spool_input};
pub use journal::{Begun, Entry as JournalEntry, Journal};
pub use md5_lanes::Md5;
pub use order::order_key;
pub use owner::{Owner, OwnerError};
pub use part_map::Arrived;
pub use source::{SourceError, SourceFile};
pub use spill::{Record, Sorted, Sorter};
pub use temp::{Mode, TempFile, is_temporary, remove_left};
pub use walk::{Found, Links, LocalFile, WalkOptions, walk};
