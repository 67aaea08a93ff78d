//! Bodies in both directions.

use std::{
    fs::File,
    future::poll_fn,
    io,
    os::unix::fs::FileExt as _,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::{
    blocking,
    counter::Counter,
    net::{
        acknowledger::Acknowledger,
        error::{FileError, TransportError, TransportErrorKind},
    },
};

/// The body of a request, made anew for every attempt.
#[derive(Debug)]
pub struct RequestBody {
    source: Source,
    remaining: u64,
    sent: Counter,
}

enum Source {
    Bytes(Bytes),
    File {
        file: Arc<File>,
        offset: u64,
        buffer: BytesMut,
        unchanged: Unchanged,
    },
}

type Unchanged = Box<dyn Fn(&File) -> io::Result<bool> + Send + Sync>;

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Bytes(_) => "Bytes",
            Self::File { .. } => "File",
        })
    }
}

impl RequestBody {
    /// Bytes in memory; they go to the socket without a copy.
    pub fn bytes(bytes: Bytes) -> Self {
        let remaining = bytes.len() as u64;
        Self {
            source: Source::Bytes(bytes),
            remaining,
            sent: Counter::default(),
        }
    }

    /// `len` bytes of a file from `offset`, read in chunks of 256 KiB while they are sent. A file
    /// that ends early fails the request, and so does one that is not `unchanged` when the last
    /// chunk was read: then the server never gets the whole.
    pub fn file(
        file: Arc<File>,
        offset: u64,
        len: u64,
        unchanged: impl Fn(&File) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        let unchanged = Box::new(unchanged);
        let source = Source::File {
            file,
            offset,
            buffer: BytesMut::new(),
            unchanged,
        };
        Self {
            source,
            remaining: len,
            sent: Counter::default(),
        }
    }

    /// The same body; what is read of it is counted there.
    pub fn counted(self, sent: Counter) -> Self {
        Self { sent, ..self }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = FileError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, FileError>>> {
        if self.remaining == 0 {
            return Poll::Ready(None);
        }
        let remaining = self.remaining;
        let chunk = match &mut self.source {
            Source::Bytes(bytes) => std::mem::take(bytes),
            Source::File {
                file,
                offset,
                buffer,
                unchanged,
            } => {
                let want = remaining.min(CHUNK as u64) as usize;
                let chunk = read_chunk(file, *offset, want, buffer).and_then(|chunk| {
                    let is_last = chunk.len() as u64 == remaining;
                    if is_last && !unchanged(file).map_err(FileError)? {
                        return Err(FileError::changed());
                    }
                    Ok(chunk)
                });
                match chunk {
                    Ok(chunk) => {
                        *offset += chunk.len() as u64;
                        chunk
                    }
                    Err(error) => return Poll::Ready(Some(Err(error))),
                }
            }
        };
        self.remaining -= chunk.len() as u64;
        self.sent.add(chunk.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

/// Reads one chunk; the buffer gets its memory back once the chunk before is on the wire.
fn read_chunk(
    file: &File,
    offset: u64,
    want: usize,
    buffer: &mut BytesMut,
) -> Result<Bytes, FileError> {
    buffer.resize(want, 0);
    let read = blocking::in_place(|| {
        loop {
            match file.read_at(buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    });
    match read {
        Ok(0) => Err(FileError::changed()),
        Ok(read) => Ok(buffer.split_to(read).freeze()),
        Err(error) => Err(FileError(error)),
    }
}

/// The body of an answer.
#[derive(Debug)]
pub struct ResponseBody {
    incoming: Incoming,
    idle: Duration,
    acknowledger: Acknowledger,
}

impl ResponseBody {
    pub(super) fn new(incoming: Incoming, idle: Duration, acknowledger: Acknowledger) -> Self {
        Self {
            incoming,
            idle,
            acknowledger,
        }
    }

    /// The next bytes; `None` after the last. Drop each frame before asking for the next: only
    /// then can its buffer be used again.
    ///
    /// # Errors
    /// The connection broke, or nothing came for the idle time.
    pub async fn next(&mut self) -> Result<Option<Bytes>, TransportError> {
        loop {
            let frame = poll_fn(|context| {
                let frame = Pin::new(&mut self.incoming).poll_frame(context);
                if frame.is_pending() {
                    self.acknowledger.acknowledge();
                }
                frame
            });
            let frame = tokio::time::timeout(self.idle, frame).await;
            let frame = frame.map_err(|_| {
                let message = format!("no data for {} seconds", self.idle.as_secs());
                TransportError::new(TransportErrorKind::Timeout, message)
            })?;
            match frame {
                None => return Ok(None),
                Some(Err(error)) => return Err(TransportError::from_hyper(&error)),
                Some(Ok(frame)) => {
                    // Trailers carry nothing that is asked for.
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// The whole rest, of at most `limit` bytes.
    ///
    /// # Errors
    /// As [`ResponseBody::next`], and a body over the limit.
    pub async fn collect(&mut self, limit: usize) -> Result<Bytes, TransportError> {
        let mut collected = BytesMut::new();
        while let Some(data) = self.next().await? {
            if collected.len() + data.len() > limit {
                let message = format!("the answer is longer than {limit} bytes");
                return Err(TransportError::new(TransportErrorKind::Protocol, message));
            }
            collected.extend_from_slice(&data);
        }
        Ok(collected.freeze())
    }
}

/// What is read at once of a body, from a file or from a connection.
///
/// Source: measured; 256 KiB reads cost no more than reads of whole parts.
pub(super) const CHUNK: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use http_body_util::BodyExt as _;

    use super::*;

    async fn read_all(mut body: RequestBody) -> Result<Vec<u8>, FileError> {
        let mut all = Vec::new();
        while let Some(frame) = body.frame().await {
            all.extend_from_slice(&frame?.into_data().unwrap());
        }
        Ok(all)
    }

    #[tokio::test]
    async fn a_region_is_sent_whole() {
        let mut file = tempfile::tempfile().unwrap();
        let content: Vec<u8> = (0..CHUNK * 2 + 77).map(|n| (n % 251) as u8).collect();
        file.write_all(&content).unwrap();
        let file = Arc::new(file);
        let len = content.len() as u64;
        let whole = RequestBody::file(Arc::clone(&file), 0, len, |_| Ok(true));
        assert_eq!(whole.size_hint().exact(), Some(len));
        assert_eq!(read_all(whole).await.unwrap(), content);
        let inner = RequestBody::file(file, 5, len - 10, |_| Ok(true));
        assert_eq!(
            read_all(inner).await.unwrap(),
            content[5..content.len() - 5]
        );
    }

    #[tokio::test]
    async fn a_file_that_shrank_or_changed_fails_the_request() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"short").unwrap();
        let file = Arc::new(file);
        let longer = RequestBody::file(Arc::clone(&file), 0, 6, |_| Ok(true));
        assert!(read_all(longer).await.is_err());
        let changed = RequestBody::file(Arc::clone(&file), 0, 5, |_| Ok(false));
        assert!(read_all(changed).await.is_err());
        // Not to know is something else than to know better.
        let unseen = |_: &File| Err(io::ErrorKind::PermissionDenied.into());
        let unseen = read_all(RequestBody::file(file, 0, 5, unseen)).await;
        let FileError(error) = unseen.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }
}
