//! What a request carries as its body. A payload is a value that is cheap to clone, so every
//! attempt of a request sends the same bytes again.

use std::{fs::File, sync::Arc};

use bytes::Bytes;

use crate::s3::types::Sha256Digest;

/// The body of a request.
#[derive(Debug, Clone, Default)]
pub enum Payload {
    /// No body.
    #[default]
    Empty,
    /// Bytes in memory: documents and small objects.
    Bytes(Bytes),
    /// A region of an open file, read while it is sent; nothing of it is held in memory.
    File(FileRegion),
}

impl Payload {
    /// The number of bytes; goes out as `Content-Length`.
    pub fn len(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(region) => region.len,
        }
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A region of an open file. The file stays open, and is the same file whatever happens to its
/// name, as long as a clone lives.
#[derive(Debug, Clone)]
pub struct FileRegion {
    /// The open file; read at offsets, so that regions can share it.
    pub file: Arc<File>,
    /// The first byte of the region.
    pub offset: u64,
    /// The number of bytes.
    pub len: u64,
}

/// What `x-amz-content-sha256` says of the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadHash {
    /// The digest of the payload, which the signature then covers.
    Sha256(Sha256Digest),
    /// `UNSIGNED-PAYLOAD`: for TLS, where the channel protects the bytes.
    Unsigned,
}
