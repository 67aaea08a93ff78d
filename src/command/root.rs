use std::path::{Path, PathBuf};

use crate::{
    command::Failure,
    local::Directory,
    location::{Location, S3Url},
    transfer::Job,
};

/// Whether a path leads to a directory.
///
/// # Errors
/// It cannot be looked at. To take that for no directory would be to send, to delete or to miss
/// what nobody asked for.
pub(super) fn is_directory(path: impl AsRef<Path>) -> Result<bool, Failure> {
    let path = path.as_ref();
    Directory::is_at(path).map_err(|error| Failure::os(path.display(), &error))
}

/// A directory, as one side of a synchronisation: what is in it has names that are paths from it.
#[derive(Debug, Clone)]
pub(super) enum Root {
    /// In the file system.
    Files(PathBuf),
    /// In S3; its key is empty or ends in a slash.
    Objects(S3Url),
}

impl Root {
    pub(super) fn of(location: &Location) -> Self {
        match location {
            Location::Local(path) => Self::Files(path.into()),
            Location::S3(url) => Self::Objects(url.join("")),
        }
    }

    /// What a name is called on this side.
    pub(super) fn place(&self, name: &str) -> String {
        match self {
            Self::Files(root) => root.join(name).display().to_string(),
            Self::Objects(url) => url.with_key(format!("{}{name}", url.key)).to_string(),
        }
    }

    /// The name of what a job writes, if that is here.
    pub(super) fn name_of<'a>(&self, job: &'a Job) -> Option<&'a str> {
        match (self, job) {
            (Self::Objects(url), Job::Upload(upload)) => upload.target.key.strip_prefix(&*url.key),
            (Self::Objects(url), Job::Copy(copy)) => copy.target.key.strip_prefix(&*url.key),
            (Self::Files(root), Job::Download(job)) => job.target.strip_prefix(root).ok()?.to_str(),
            _ => None,
        }
    }
}
