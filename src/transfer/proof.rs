use md5::{Digest as _, Md5};

use crate::s3::{
    payload::FileIdentity,
    types::{ETag, Md5Digest},
};

/// Which versions of the two ends are known to have the same content, and its MD5 where that was
/// made on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// Of the content.
    pub md5: Option<Md5Digest>,
    /// What was read.
    pub source: Option<Version>,
    /// What was written, or was there already.
    pub target: Option<Version>,
}

/// One state of a file or an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// A file, by all that changes when it is written to.
    File(FileIdentity),
    /// An object, by its tag.
    Object(ETag),
}

impl Version {
    /// The same in few bytes, for keeping.
    pub fn digest(&self) -> Md5Digest {
        match self {
            Self::File(identity) => Md5::digest(identity.to_bytes()).into(),
            Self::Object(etag) => Md5::digest(etag.unquoted()).into(),
        }
    }
}
