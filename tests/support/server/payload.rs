//! The bytes of objects and answers, which may be more than fits into memory.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};

/// Bytes in memory, or zeros in place of bytes that were discarded.
#[derive(Clone)]
pub enum Payload {
    Bytes(Bytes),
    Zeros(u64),
}

/// How much is handed to the connection at a time.
const CHUNK: usize = 64 << 10;
static ZEROS: [u8; CHUNK] = [0; CHUNK];

impl Payload {
    pub fn empty() -> Payload {
        Payload::Bytes(Bytes::new())
    }

    pub fn len(&self) -> u64 {
        match self {
            Payload::Bytes(bytes) => bytes.len() as u64,
            Payload::Zeros(len) => *len,
        }
    }

    /// The part that starts at `first` and is `len` long.
    pub fn slice(&self, first: u64, len: u64) -> Payload {
        match self {
            Payload::Bytes(bytes) => {
                let first = first as usize;
                Payload::Bytes(bytes.slice(first..first + len as usize))
            }
            Payload::Zeros(_) => Payload::Zeros(len),
        }
    }

    /// All bytes in memory, for those who must look at them.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Payload::Bytes(bytes) => bytes.clone(),
            Payload::Zeros(len) => Bytes::from(vec![0; *len as usize]),
        }
    }

    /// Several payloads in a row; zeros anywhere make all of it zeros.
    pub fn concat(parts: &[Payload]) -> Payload {
        let len = parts.iter().map(Payload::len).sum::<u64>();
        if parts.iter().any(|part| matches!(part, Payload::Zeros(_))) {
            return Payload::Zeros(len);
        }
        let mut all = BytesMut::with_capacity(len as usize);
        for part in parts {
            all.extend_from_slice(&part.to_bytes());
        }
        Payload::Bytes(all.freeze())
    }

    /// Takes the next chunk off the front; None at the end.
    pub fn take_chunk(&mut self) -> Option<Bytes> {
        match self {
            Payload::Bytes(bytes) if bytes.is_empty() => None,
            Payload::Bytes(bytes) => Some(bytes.split_to(bytes.len().min(CHUNK))),
            Payload::Zeros(0) => None,
            Payload::Zeros(left) => {
                let len = (*left).min(CHUNK as u64);
                *left -= len;
                Some(Bytes::from_static(&ZEROS[..len as usize]))
            }
        }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.take_chunk().map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.len() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len())
    }
}
