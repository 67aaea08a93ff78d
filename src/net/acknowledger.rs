//! Acknowledgements that are not put off.

use std::{
    os::fd::{AsFd, OwnedFd},
    sync::{Arc, Weak},
};

/// Has what came over a connection acknowledged at once.
///
/// A system that has nothing to send puts acknowledgements off, by 40 ms on Linux; and a server
/// that has not switched Nagle's algorithm off keeps the end of an answer back until the piece
/// before it is acknowledged. Together they make each small answer take 40 ms. Linux forgets the
/// wish after a while, so it has to be told again.
///
/// Source: RFC 896; RFC 9293, 3.8.6.3; tcp(7), `TCP_QUICKACK`.
#[derive(Debug, Clone, Default)]
pub(super) struct Acknowledger(Option<Weak<OwnedFd>>);

/// What the connection keeps: the socket is closed with it.
#[derive(Debug, Default)]
pub(super) struct Acknowledged(Option<Arc<OwnedFd>>);

impl Acknowledged {
    /// Of a socket. Where it cannot be had a second time, nothing is hurried.
    pub(super) fn new(socket: &impl AsFd) -> Self {
        match cfg!(target_os = "linux") {
            true => Self(socket.as_fd().try_clone_to_owned().map(Arc::new).ok()),
            false => Self(None),
        }
    }

    pub(super) fn acknowledger(&self) -> Acknowledger {
        Acknowledger(self.0.as_ref().map(Arc::downgrade))
    }
}

impl Acknowledger {
    pub(super) fn acknowledge(&self) {
        #[cfg(target_os = "linux")]
        if let Some(socket) = self.0.as_ref().and_then(Weak::upgrade) {
            // Without it all is slower, but the same.
            let _ = rustix::net::sockopt::set_tcp_quickack(&socket, true);
        }
    }
}
