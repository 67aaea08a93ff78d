use thiserror::Error;

use crate::{
    credentials::CredentialsError,
    net::{TransportError, TransportErrorKind},
    s3::{
        error::{AnswerError, ServiceError},
        operation::OperationKind,
        request::RequestError,
    },
};

/// Why a call failed, after all retries.
#[derive(Debug, Clone, Error)]
pub enum ClientError {
    /// The request cannot be built from the values given.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// There are no credentials, or no more.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// Something is to be signed, and this client does not sign.
    #[error("a signature needs credentials")]
    Unsigned,
    /// The credentials cannot be sent as a header.
    #[error("the access key or the session token has characters that no header can carry")]
    UnsendableCredentials,
    /// This is a dry run.
    #[error("{0} was not sent: this is a dry run")]
    DryRun(OperationKind),
    /// The server's answer is a failure, or not an answer.
    #[error("{error}")]
    Answer {
        /// What it said.
        error: AnswerError,
        /// Whether an attempt may have been carried out all the same.
        ambiguous: bool,
    },
    /// There was no whole answer.
    #[error("{}", transport_text(*operation, endpoint, error))]
    Transport {
        /// What was asked for.
        operation: OperationKind,
        /// Where.
        endpoint: String,
        /// What happened.
        error: TransportError,
        /// Whether an attempt may have been carried out all the same.
        ambiguous: bool,
    },
    /// The listing goes in a circle or has no next page where it says that it has.
    #[error("the listing of \"{bucket}\" cannot be trusted: {reason}")]
    Listing {
        /// The bucket.
        bucket: String,
        /// What is wrong.
        reason: &'static str,
    },
}

/// Says what was tried, and what the user can do where that is known.
fn transport_text(operation: OperationKind, endpoint: &str, error: &TransportError) -> String {
    match error.kind() {
        TransportErrorKind::Connect => format!("cannot connect to {endpoint}: {error}"),
        TransportErrorKind::Tls if error.is_certificate() => format!(
            "the certificate of {endpoint} is not trusted: {error} (give its authority with \
             AWS_CA_BUNDLE, or use --ignore-certificate)"
        ),
        TransportErrorKind::Tls => {
            format!("no TLS connection with {endpoint}: {error} (is it plain http?)")
        }
        _ => format!("{operation} at {endpoint} failed: {error}"),
    }
}

impl ClientError {
    /// The failure that the server reported, if it did.
    pub fn service(&self) -> Option<&ServiceError> {
        match self {
            Self::Answer { error, .. } => error.service(),
            _ => None,
        }
    }

    /// Whether the server says that the thing asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        self.service().is_some_and(ServiceError::is_not_found)
    }

    /// The same error for another request, of which attempts may have been carried out.
    pub(super) fn after(mut self, attempted: bool) -> Self {
        if let Self::Answer { ambiguous, .. } | Self::Transport { ambiguous, .. } = &mut self {
            *ambiguous = attempted;
        }
        self
    }

    /// Whether the operation may have been carried out although it failed.
    pub fn is_ambiguous(&self) -> bool {
        match self {
            Self::Answer { ambiguous, .. } | Self::Transport { ambiguous, .. } => *ambiguous,
            _ => false,
        }
    }
}
