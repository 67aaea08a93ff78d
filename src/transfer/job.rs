use std::path::PathBuf;

use crate::{location::S3Url, s3::op::ListedObject};

/// One thing to do.
#[derive(Debug, Clone)]
pub enum Job {
    /// A file to an object.
    Upload(Upload),
    /// An object to a file.
    Download(Download),
    /// An object to an object, within the store.
    Copy(Copy),
}

/// A file to an object.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The file.
    pub source: PathBuf,
    /// The object.
    pub target: S3Url,
    /// What is known of the object.
    pub known: Target,
    /// If the object is there.
    pub overwrite: Overwrite,
    /// If the object may be the same.
    pub compare: Compare,
}

/// An object to a file.
#[derive(Debug, Clone)]
pub struct Download {
    /// The bucket.
    pub bucket: String,
    /// The object, as it was listed.
    pub source: ListedObject,
    /// The directory below which no link is followed; the user named it.
    pub root: PathBuf,
    /// The file, at or below the root's directory.
    pub target: PathBuf,
    /// If the file is there.
    pub overwrite: Overwrite,
    /// If the file may be the same.
    pub compare: Compare,
}

/// An object to an object, within the store.
#[derive(Debug, Clone)]
pub struct Copy {
    /// The bucket.
    pub bucket: String,
    /// The object, as it was listed.
    pub source: ListedObject,
    /// The new object.
    pub target: S3Url,
    /// What is known of the target.
    pub known: Target,
    /// If the target is there.
    pub overwrite: Overwrite,
    /// If the target may be the same.
    pub compare: Compare,
    /// What becomes of the source.
    pub afterwards: Afterwards,
}

/// What becomes of the source of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// It stays.
    Keep,
    /// It goes, once the copy is known to be right: a move.
    Delete,
}

/// What is known of the target of an upload or a copy.
#[derive(Debug, Clone)]
pub enum Target {
    /// Nothing: the server is asked if it matters.
    Unknown,
    /// It was not in a complete listing.
    Absent,
    /// It was listed.
    Listed(ListedObject),
}

/// What to do about a target that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// Fail.
    Refuse,
    /// Replace it.
    Replace,
}

/// Whether to look if the transfer is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Transfer in any case.
    Nothing,
    /// Not if the content is the same, by size and MD5.
    Content,
}

impl Job {
    /// What is moved, as it is shown.
    pub fn source_name(&self) -> String {
        match self {
            Self::Upload(upload) => upload.source.display().to_string(),
            Self::Download(download) => download.url().to_string(),
            Self::Copy(copy) => copy.source_url().to_string(),
        }
    }

    /// Where to, as it is shown.
    pub fn target_name(&self) -> String {
        match self {
            Self::Upload(upload) => upload.target.to_string(),
            Self::Download(download) => download.target.display().to_string(),
            Self::Copy(copy) => copy.target.to_string(),
        }
    }
}

impl Copy {
    /// The object that is copied.
    pub fn source_url(&self) -> S3Url {
        S3Url {
            bucket: self.bucket.clone(),
            key: self.source.key.clone(),
        }
    }
}

impl Download {
    /// The object.
    pub fn url(&self) -> S3Url {
        S3Url {
            bucket: self.bucket.clone(),
            key: self.source.key.clone(),
        }
    }
}
