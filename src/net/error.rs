//! What can go wrong between two programs.

use std::{error::Error, fmt, io};

use hyper_util::client::legacy;

/// A failure of the transport.
#[derive(Debug, Clone)]
pub struct TransportError {
    kind: TransportErrorKind,
    message: String,
}

/// The classes of failures, by what they say of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// No connection: nothing was sent.
    Connect,
    /// The TLS handshake failed: nothing was sent, and trying again changes nothing.
    Tls,
    /// Nothing moved for too long. The request may have been carried out.
    Timeout,
    /// The connection broke. The request may have been carried out.
    Interrupted,
    /// The connection was closed before any byte of an answer, as idle connections are. The
    /// request may have been carried out.
    Closed,
    /// The peer does not speak HTTP, or the answer breaks its rules.
    Protocol,
    /// The request's own body could not be read (the file, not the network).
    Body,
}

impl TransportError {
    pub(super) fn new(kind: TransportErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// The class.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Whether the server may have carried out the request all the same.
    pub fn is_ambiguous(&self) -> bool {
        use TransportErrorKind::*;
        matches!(self.kind, Timeout | Interrupted | Closed | Protocol)
    }

    /// Whether the handshake failed because the server's certificate is not trusted.
    pub fn is_certificate(&self) -> bool {
        self.kind == TransportErrorKind::Tls && self.message.contains("certificate")
    }

    /// An answer that ended before its announced length.
    pub fn cut() -> Self {
        Self::new(TransportErrorKind::Interrupted, "the answer ended early")
    }

    /// An answer that is longer than announced.
    pub fn excess() -> Self {
        Self::new(
            TransportErrorKind::Protocol,
            "the answer is longer than announced",
        )
    }

    pub(super) fn from_legacy(error: &legacy::Error) -> Self {
        let connecting = error.is_connect();
        Self::from_chain(error, connecting)
    }

    pub(super) fn from_hyper(error: &hyper::Error) -> Self {
        Self::from_chain(error, false)
    }

    fn from_chain(error: &(dyn Error + 'static), connecting: bool) -> Self {
        let chain: Vec<&(dyn Error + 'static)> =
            std::iter::successors(Some(error), |error| (*error).source()).collect();
        let innermost = chain.last().map(ToString::to_string).unwrap_or_default();
        let kind = if connecting {
            connect_kind(&chain)
        } else {
            exchange_kind(&chain)
        };
        let message = match kind {
            TransportErrorKind::Closed => "the connection was closed without an answer".to_owned(),
            _ => innermost,
        };
        Self { kind, message }
    }
}

/// The file behind a request's body could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct FileError(pub(super) io::Error);

impl FileError {
    pub(super) fn changed() -> Self {
        Self(io::Error::other("the file changed while it was read"))
    }
}

fn connect_kind(chain: &[&(dyn Error + 'static)]) -> TransportErrorKind {
    if find::<rustls::Error>(chain).is_some() {
        TransportErrorKind::Tls
    } else {
        TransportErrorKind::Connect
    }
}

fn exchange_kind(chain: &[&(dyn Error + 'static)]) -> TransportErrorKind {
    use TransportErrorKind::*;
    if find::<FileError>(chain).is_some() {
        return Body;
    }
    if find::<rustls::Error>(chain).is_some() {
        return Interrupted;
    }
    match find::<hyper::Error>(chain) {
        Some(error) if error.is_incomplete_message() || error.is_canceled() => Closed,
        Some(error) if error.is_parse() => Protocol,
        Some(error) if error.is_timeout() => Timeout,
        _ => Interrupted,
    }
}

/// Looks through the chain, also inside `io::Error`s, which hide what they carry from `source`.
fn find<'a, E: Error + 'static>(chain: &[&'a (dyn Error + 'static)]) -> Option<&'a E> {
    chain.iter().find_map(|error| unpacked(*error))
}

/// An `io::Error` may be packed into another one: the TLS connector does so.
fn unpacked<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    if let Some(found) = error.downcast_ref::<E>() {
        return Some(found);
    }
    unpacked(error.downcast_ref::<io::Error>()?.get_ref()?)
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for TransportError {}

#[cfg(test)]
impl TransportError {
    /// An error for tests of what is made of it.
    pub(crate) fn of_kind(kind: TransportErrorKind) -> Self {
        Self::new(kind, "as in a test")
    }
}
