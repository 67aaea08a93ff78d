use std::{io, path::PathBuf};

use thiserror::Error;

use crate::{
    client::{ClientError, TransportErrorKind},
    local::{DirectoryError, SourceError},
    plan::paths::UnsafeName,
    s3::{error::ServiceError, operation::OperationKind},
};

/// Why a job failed. The job's names are added where it is reported.
#[derive(Debug, Error)]
pub enum Error {
    /// The server, or the way to it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The target is there, and it was not said that it may be replaced.
    #[error("File already exists: {0}")]
    Exists(String),
    /// The target is a device, a pipe or a socket: a file in its place would break what uses it.
    #[error("{} is there and no regular file: it is not replaced", .0.display())]
    Special(PathBuf),
    /// The file to send.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The standard input.
    #[error("the standard input: {0}")]
    Input(io::Error),
    /// The file to write.
    #[error("{}: {error}", .path.display())]
    Target {
        /// The file, or its temporary name.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The directory to write into.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The key cannot be a file name.
    #[error(transparent)]
    Name(#[from] UnsafeName),
    /// What arrived is not what was sent.
    #[error("the content is damaged: {0}")]
    Damaged(&'static str),
    /// The source of a copy between stores has no tag, which would hold its version.
    #[error("the store gives it no ETag: it cannot be read in parts")]
    Unpinned,
    /// A part that passes through here is larger than what may be held.
    #[error("its parts are of {} MiB: give --max-memory {}m", .0 >> 20, (.0 >> 20) * 5 / 4 + 2)]
    NeedsMemory(u64),
    /// More than 10,000 parts of 5 GiB.
    #[error("the file is larger than an object can be (48.8 TiB)")]
    TooLarge,
    /// An option that would be sent with each part although it is about the whole.
    #[error("--{0} cannot be used with a multipart upload: it would be wrong for every part")]
    NotForParts(&'static str),
    /// The multipart upload failed, and giving it up failed as well.
    #[error("{cause}; the multipart upload {upload_id} is still open: {error}")]
    NotAborted {
        /// Why it was to be given up.
        cause: Box<Error>,
        /// Its identifier.
        upload_id: String,
        /// Why it is still there.
        error: String,
    },
    /// A key that the server neither deleted nor refused to delete.
    #[error("{code}: {message}")]
    NotDeleted {
        /// The server's code.
        code: String,
        /// Its text.
        message: String,
    },
    /// A copy or a move onto itself.
    #[error("source and target are the same object")]
    SameObject,
    /// What a server says to this operation, as a dry run predicts it.
    #[error(
        "An error occurred (NoSuchBucket) when calling the {0} operation: The specified bucket \
         does not exist"
    )]
    NoBucket(OperationKind),
    /// An end of a transfer is not what it was when that was planned.
    #[error("{0} was changed after it was planned")]
    NotAsPlanned(String),
    /// The source of a copy vanished after it was listed.
    #[error("the object does not exist any more")]
    Gone,
    /// A move that did not get to its end.
    #[error("copied, but the source was not deleted: {0}")]
    SourceKept(String),
    /// The run was stopped.
    #[error("interrupted")]
    Cancelled,
}

impl Error {
    /// A failure to write `path`.
    pub(super) fn target(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |error| Self::Target { path, error }
    }

    /// Whether beginning again may help: another version of the object came in between, or a byte
    /// was damaged on the way.
    pub(super) fn is_worth_a_restart(&self) -> bool {
        matches!(self, Self::Damaged(_)) || self.is_condition() || self.ended_the_upload()
    }

    /// Whether a multipart upload has to be sent anew because of another write at the same time.
    pub(super) fn ended_the_upload(&self) -> bool {
        matches!(self, Self::Client(error) if error
            .service()
            .is_some_and(ServiceError::ended_the_upload))
    }

    /// Whether what was done so far is of use to a run that goes on with it: only the way to the
    /// server failed, or the time.
    pub(super) fn may_be_resumed(&self) -> bool {
        match self {
            Self::Cancelled => true,
            Self::Client(ClientError::Transport { error, .. }) => {
                error.kind() != TransportErrorKind::Body
            }
            Self::Client(error) => error
                .service()
                .is_some_and(|refusal| refusal.is_transient() || refusal.is_about_credentials()),
            _ => false,
        }
    }

    /// Whether a condition of the request was not met.
    pub(super) fn is_condition(&self) -> bool {
        matches!(self, Self::Client(error) if error
            .service()
            .is_some_and(|service| service.status == http::StatusCode::PRECONDITION_FAILED))
    }

    /// The failure of the operating system behind this one, if it is one.
    pub fn os_error(&self) -> Option<&io::Error> {
        match self {
            Self::Source(SourceError::Io(error))
            | Self::Target { error, .. }
            | Self::Directory(DirectoryError::Io { error, .. }) => Some(error),
            _ => None,
        }
    }
}
