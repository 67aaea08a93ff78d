use std::{fmt, path::PathBuf};

use crate::{
    location::S3Url,
    s3::{op::ListedObject, request::Condition},
};

/// One thing to do.
#[derive(Debug, Clone)]
pub enum Job {
    /// A file to an object.
    Upload(Upload),
    /// The standard input to an object.
    StreamUpload(StreamUpload),
    /// An object to a file.
    Download(Download),
    /// An object to an object, within the store.
    Copy(Copy),
    /// Two ends that should be the same: nothing is transferred.
    Check(Check),
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

/// The standard input to an object.
#[derive(Debug, Clone)]
pub struct StreamUpload {
    /// The object.
    pub target: S3Url,
    /// If the object is there.
    pub overwrite: Overwrite,
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
    /// Whether only this version of the object is wanted.
    pub pinned: bool,
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

/// Two ends that should have the same content.
#[derive(Debug, Clone)]
pub struct Check {
    /// The name below both roots.
    pub name: String,
    /// One end.
    pub source: End,
    /// The other.
    pub target: End,
    /// Whether the target was the same once, in a version that is not there any more.
    pub was_same: bool,
}

/// One end of a comparison.
#[derive(Debug, Clone)]
pub enum End {
    /// A file.
    File(PathBuf),
    /// An object, as it was listed.
    Object(S3Url, ListedObject),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Object(url, _) => url.fmt(f),
        }
    }
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
    /// Leave it alone, whatever it is, also if it comes meanwhile. That is no failure.
    Skip,
    /// Replace it if both ends are what the job says of them, and fail if one is not.
    AsPlanned,
}

impl Overwrite {
    /// On what a write depends, of which `known` says what is there.
    pub(super) fn condition(self, known: &Target) -> Condition<'_> {
        match (self, known) {
            (Self::Skip, _) | (Self::AsPlanned, Target::Absent) => Condition::New,
            (Self::AsPlanned, Target::Listed(object)) => object
                .etag
                .as_ref()
                .map_or(Condition::Always, Condition::Unchanged),
            _ => Condition::Always,
        }
    }
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
    /// Bytes that are to be moved, as far as that is known before it is begun.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Upload(_) | Self::StreamUpload(_) | Self::Check(_) => 0,
            Self::Download(download) => download.source.size,
            Self::Copy(copy) => copy.source.size,
        }
    }

    /// What is moved, as it is shown.
    pub fn source_name(&self) -> String {
        match self {
            Self::Upload(upload) => upload.source.display().to_string(),
            Self::StreamUpload(_) => "-".to_owned(),
            Self::Download(download) => download.url().to_string(),
            Self::Copy(copy) => copy.source_url().to_string(),
            Self::Check(check) => check.source.to_string(),
        }
    }

    /// Where to, as it is shown.
    pub fn target_name(&self) -> String {
        match self {
            Self::Upload(upload) => upload.target.to_string(),
            Self::StreamUpload(upload) => upload.target.to_string(),
            Self::Download(download) => download.target.display().to_string(),
            Self::Copy(copy) => copy.target.to_string(),
            Self::Check(check) => check.target.to_string(),
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
