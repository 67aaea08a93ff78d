//! What a request carries as its body. A payload is a value that is cheap to clone, so every
//! attempt of a request sends the same bytes again.

use std::{
    fs::{File, Metadata},
    sync::Arc,
};

use bytes::Bytes;

use crate::{counter::Counter, s3::types::Sha256Digest};

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

impl FileRegion {
    /// The same region; what is read of it is counted there.
    pub fn counted(mut self, sent: &Counter) -> Self {
        self.sent = sent.clone();
        self
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
    /// The file as it was when its bytes were summed. If it is another one when the last byte is
    /// to be sent, sending fails, and the server throws away what it got.
    pub identity: FileIdentity,
    /// Counts what is read to be sent, in all attempts.
    pub sent: Counter,
}

/// What changes about a file when somebody writes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileIdentity {
    /// Bytes.
    pub len: u64,
    device: u64,
    inode: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    /// The same of the last change of the content or of the file's properties.
    changed: (i64, i64),
}

impl FileIdentity {
    /// Takes it from what the file system says of the open file.
    pub fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            len: metadata.len(),
            device: metadata.dev(),
            inode: metadata.ino(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// The same in bytes, for keeping.
    pub fn to_bytes(&self) -> [u8; 56] {
        let (modified, changed) = (self.modified, self.changed);
        let mut bytes = [0; 56];
        let numbers = [
            self.len.to_le_bytes(),
            self.device.to_le_bytes(),
            self.inode.to_le_bytes(),
            modified.0.to_le_bytes(),
            modified.1.to_le_bytes(),
            changed.0.to_le_bytes(),
            changed.1.to_le_bytes(),
        ];
        for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number);
        }
        bytes
    }

    /// Seconds since 1970 of the last change of anything about the file.
    pub fn changed(&self) -> i64 {
        self.changed.0
    }
}

/// What `x-amz-content-sha256` says of the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadHash {
    /// The digest of the payload, which the signature then covers.
    Sha256(Sha256Digest),
    /// `UNSIGNED-PAYLOAD`: for TLS, where the channel protects the bytes.
    Unsigned,
}
