//! A connection in memory: what a socket does, on whatever clock the runtime has.

use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// One end of a connection. Dropping it closes the connection.
pub struct Pipe {
    sent: Arc<Mutex<Half>>,
    received: Arc<Mutex<Half>>,
    resets: bool,
}

/// One direction.
#[derive(Default)]
struct Half {
    bytes: BytesMut,
    /// Nothing more will be written.
    ended: bool,
    /// Nobody will read any more.
    abandoned: bool,
    /// The connection was reset: what was not read is lost.
    reset: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// How much is on its way before a writer has to wait, as in the buffers of sockets.
const CAPACITY: usize = 64 << 10;

impl Pipe {
    /// Both ends of a new connection.
    pub fn pair() -> (Pipe, Pipe) {
        let (there, back) = (Arc::<Mutex<Half>>::default(), Arc::default());
        let end = |sent: &Arc<Mutex<Half>>, received: &Arc<Mutex<Half>>| Pipe {
            sent: Arc::clone(sent),
            received: Arc::clone(received),
            resets: false,
        };
        (end(&there, &back), end(&back, &there))
    }

    /// Makes the end of the connection, when this is dropped, a reset.
    pub fn reset_on_drop(&mut self) {
        self.resets = true;
    }
}

impl Half {
    fn wake_reader(&mut self) {
        self.reader.take().into_iter().for_each(Waker::wake);
    }

    fn wake_writer(&mut self) {
        self.writer.take().into_iter().for_each(Waker::wake);
    }
}

fn lock(half: &Mutex<Half>) -> MutexGuard<'_, Half> {
    half.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Pipe {
    fn drop(&mut self) {
        for (half, is_sent) in [(&self.sent, true), (&self.received, false)] {
            let mut half = lock(half);
            half.reset |= self.resets;
            match is_sent {
                true => half.ended = true,
                false => half.abandoned = true,
            }
            half.wake_reader();
            half.wake_writer();
        }
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let mut half = lock(&self.received);
        if half.reset {
            return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
        }
        if half.bytes.is_empty() && !half.ended {
            half.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let len = half.bytes.len().min(buffer.remaining());
        buffer.put_slice(&half.bytes[..len]);
        half.bytes.advance(len);
        half.wake_writer();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let mut half = lock(&self.sent);
        if half.reset {
            return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
        }
        if half.abandoned || half.ended {
            return Poll::Ready(Err(Error::from(ErrorKind::BrokenPipe)));
        }
        let len = bytes.len().min(CAPACITY - half.bytes.len());
        if len == 0 && !bytes.is_empty() {
            half.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        half.bytes.extend_from_slice(&bytes[..len]);
        half.wake_reader();
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        let mut half = lock(&self.sent);
        half.ended = true;
        half.wake_reader();
        Poll::Ready(Ok(()))
    }
}
