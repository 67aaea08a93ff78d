//! Reads ahead of those who ask for little.

use std::{
    io,
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, ReadBuf};

/// What was read of a stream and not asked for yet. While the stream has nothing, it takes no memory.
///
/// TLS asks for 4 KiB, which is four calls of the system for each record.
#[derive(Debug, Default)]
pub(super) struct ReadAhead {
    buffer: Vec<u8>,
    unread: Range<usize>,
}

impl ReadAhead {
    pub(super) fn poll_read(
        &mut self,
        stream: Pin<&mut impl AsyncRead>,
        context: &mut Context<'_>,
        wanted: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.unread.is_empty() {
            self.unread = 0..ready!(self.poll_fill(stream, context))?;
        }
        let len = self.unread.len().min(wanted.remaining());
        wanted.put_slice(&self.buffer[self.unread.start..][..len]);
        self.unread.start += len;
        Poll::Ready(Ok(()))
    }

    fn poll_fill(
        &mut self,
        stream: Pin<&mut impl AsyncRead>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.buffer.resize(MOST, 0);
        let mut buffer = ReadBuf::new(&mut self.buffer);
        let read = stream.poll_read(context, &mut buffer);
        let len = buffer.filled().len();
        if read.is_pending() {
            self.buffer = Vec::new();
        }
        read.map_ok(|()| len)
    }
}

/// Four records of TLS.
const MOST: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test]
    async fn what_was_read_is_given_out_in_pieces_and_then_forgotten() {
        let content: Vec<u8> = (0..3 * MOST + 77).map(|n| (n % 251) as u8).collect();
        let (mut here, mut there) = tokio::io::duplex(2 * MOST);
        let sent = content.clone();
        let sending = tokio::spawn(async move {
            there.write_all(&sent).await.unwrap();
            there
        });
        let (mut ahead, mut received) = (ReadAhead::default(), Vec::new());
        while received.len() < content.len() {
            let mut piece = [0; 4096];
            let mut wanted = ReadBuf::new(&mut piece);
            poll_fn(|context| ahead.poll_read(Pin::new(&mut here), context, &mut wanted))
                .await
                .unwrap();
            assert!(!wanted.filled().is_empty());
            received.extend_from_slice(wanted.filled());
        }
        assert_eq!(received, content);
        let there = sending.await.unwrap();
        let mut piece = [0; 1];
        let mut next = async || {
            let mut wanted = ReadBuf::new(&mut piece);
            poll_fn(|context| {
                let read = ahead.poll_read(Pin::new(&mut here), context, &mut wanted);
                Poll::Ready((read.is_pending(), ahead.buffer.capacity()))
            })
            .await
        };
        assert_eq!(next().await, (true, 0), "nothing comes");
        drop(there);
        assert_eq!(next().await, (false, MOST), "the end is none of it");
    }
}
