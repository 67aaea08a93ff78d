use std::{fmt, io};

use crate::{client::ClientError, transfer::Error};

/// What the user is told of a failure, by the classes of the original: the prefix is part of what
/// scripts look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The command line asks for something that makes no sense.
    InvalidArgument(String),
    /// Something went wrong on the way.
    Runtime(Cause, String),
    /// The server refused, or there was no way to it.
    Exception(Cause, String),
    /// The same, where the original did the work outside of its threads.
    MainException(Cause, String),
    /// The operating system refused: its error number, its text, and what it was about.
    Os(i32, String, String),
    /// A signal came.
    Interrupted,
}

/// Why something failed, as far as an exit status of its own tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Nothing of what follows.
    Other,
    /// The source, or the bucket, does not exist.
    Missing,
    /// What arrived or was stored is not what was sent.
    Damaged,
    /// Deletions were withheld.
    Withheld,
}

impl Failure {
    /// Something went wrong on the way.
    pub fn runtime(text: impl Into<String>) -> Self {
        Self::Runtime(Cause::Other, text.into())
    }

    /// A failure of an operation on `subject`.
    pub fn about(subject: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self::runtime(format!("{subject}: {error}"))
    }

    /// The same failure, with what it is about in front.
    pub fn on(self, subject: impl fmt::Display) -> Self {
        match self {
            Self::Runtime(cause, text) => Self::Runtime(cause, format!("{subject}: {text}")),
            Self::Exception(cause, text) => Self::Exception(cause, format!("{subject}: {text}")),
            other => other,
        }
    }

    /// Why.
    pub fn cause(&self) -> Cause {
        match self {
            Self::Runtime(cause, _) | Self::Exception(cause, _) | Self::MainException(cause, _) => {
                *cause
            }
            Self::Os(number, ..) if *number == NO_SUCH_FILE => Cause::Missing,
            Self::InvalidArgument(_) | Self::Os(..) | Self::Interrupted => Cause::Other,
        }
    }

    /// The same failure, as the original told it where it did the work outside of its threads.
    pub(super) fn in_main_thread(self) -> Self {
        match self {
            Self::Exception(cause, text) => Self::MainException(cause, text),
            other => other,
        }
    }

    /// A failure of the operating system on `subject`.
    pub fn os(subject: impl fmt::Display, error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(number) => {
                let text = error.to_string();
                let suffix = format!(" (os error {number})");
                let text = text.strip_suffix(&*suffix).unwrap_or(&text).to_owned();
                Self::Os(number, text, subject.to_string())
            }
            None => Self::about(subject, error),
        }
    }

    /// A failure of a job whose source is `source`.
    pub fn of_job(source: impl fmt::Display, error: &Error) -> Self {
        match (error, error.os_error()) {
            (Error::Client(error), _) => Self::from(error).on(source),
            (Error::NoBucket(_), _) => {
                Self::Exception(Cause::Missing, error.to_string()).on(source)
            }
            (Error::Exists(_) | Error::Special(_), _) => Self::runtime(error.to_string()),
            (Error::Damaged(_), _) => Self::Runtime(Cause::Damaged, error.to_string()).on(source),
            (Error::Gone, _) => Self::Runtime(Cause::Missing, error.to_string()).on(source),
            (Error::Target { path, error }, _) => Self::os(path.display(), error),
            (Error::Directory(_), _) => Self::about(source, error),
            (_, Some(os)) => Self::os(source, os),
            _ => Self::about(source, error),
        }
    }
}

impl From<&ClientError> for Failure {
    fn from(error: &ClientError) -> Self {
        let cause = match error.is_not_found() {
            true => Cause::Missing,
            false => Cause::Other,
        };
        match error {
            ClientError::Answer { .. } | ClientError::Transport { .. } => {
                Self::Exception(cause, error.to_string())
            }
            ClientError::Credentials(_) => Self::InvalidArgument(error.to_string()),
            _ => Self::runtime(error.to_string()),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::from(&error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidArgument(text) => write!(f, "[Invalid Argument] {text}"),
            Self::Runtime(_, text) => write!(f, "[Runtime Failure] {text}"),
            Self::Exception(_, text) => write!(f, "[Exception] {text}"),
            Self::MainException(_, text) => write!(f, "[Runtime Exception] {text}"),
            Self::Os(number, text, subject) => write!(f, "[OSError] {number}: {text}: {subject}"),
            Self::Interrupted => f.write_str("[Runtime Failure] Interrupted by user"),
        }
    }
}

/// `ENOENT`.
const NO_SUCH_FILE: i32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefixes_are_those_of_the_original() {
        let os = io::Error::from_raw_os_error(13);
        assert_eq!(
            Failure::os("f", &os).to_string(),
            "[OSError] 13: Permission denied: f"
        );
        let exists = Error::Exists("s3://b/k".into());
        let text = Failure::of_job("f", &exists).to_string();
        assert_eq!(text, "[Runtime Failure] File already exists: s3://b/k");
    }
}
