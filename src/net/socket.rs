//! A connection, whatever it is made of.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::{
    counter::Counter,
    net::{
        acknowledger::Acknowledged,
        line::Line,
        read_ahead::ReadAhead,
        throttle::{Limit, PORTION, Pace, Rates},
    },
};

/// Bytes in both directions.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

/// A stream, and what the HTTP client has to know of it.
pub(super) struct Socket {
    stream: Box<dyn Stream>,
    ahead: Option<ReadAhead>,
    acknowledged: Acknowledged,
    to_proxy: bool,
    written: Counter,
    /// Of all connections.
    line: Line,
    up: Pace,
    down: Pace,
}

/// What all connections share.
#[derive(Debug, Clone, Default)]
pub(super) struct Limits {
    up: Option<Limit>,
    down: Option<Limit>,
    line: Line,
}

impl Limits {
    pub(super) fn new(rates: Rates) -> Self {
        Self {
            up: rates.up.map(Limit::new),
            down: rates.down.map(Limit::new),
            line: Line::default(),
        }
    }

    pub(super) fn line(&self) -> &Line {
        &self.line
    }
}

impl Socket {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self {
            stream,
            ahead: None,
            acknowledged: Acknowledged::default(),
            to_proxy: false,
            written: Counter::default(),
            line: Line::default(),
            up: Pace::default(),
            down: Pace::default(),
        }
    }

    /// Keeps to the limits, and counts with the others.
    pub(super) fn within(self, limits: &Limits) -> Self {
        Self {
            line: limits.line.clone(),
            up: Pace::new(limits.up.clone()),
            down: Pace::new(limits.down.clone()),
            ..self
        }
    }

    pub(super) fn tcp(stream: TcpStream) -> Self {
        let acknowledged = Acknowledged::new(&stream);
        Self {
            acknowledged,
            ..Self::new(Box::new(stream))
        }
    }

    /// A proxy wants to be told the whole URL.
    pub(super) fn for_proxy(self) -> Self {
        Self {
            to_proxy: true,
            ..self
        }
    }

    /// For TLS.
    pub(super) fn reading_ahead(self) -> Self {
        Self {
            ahead: Some(ReadAhead::default()),
            ..self
        }
    }

    fn poll_stream(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = Pin::new(&mut self.stream);
        match &mut self.ahead {
            Some(ahead) => ahead.poll_read(stream, context, buffer),
            None => stream.poll_read(context, buffer),
        }
    }

    fn count(&mut self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(written)) = result {
            self.written.add(written as u64);
            self.line.sent().add(written as u64);
            self.up.moved(written);
        }
        result
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Socket")
    }
}

impl Connection for Socket {
    fn connected(&self) -> Connected {
        Connected::new()
            .proxy(self.to_proxy)
            .extra(self.written.clone())
            .extra(self.acknowledged.acknowledger())
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(most) = ready!(self.down.poll_portion(context, buffer.remaining())) else {
            let before = buffer.filled().len();
            ready!(self.poll_stream(context, buffer))?;
            let read = buffer.filled().len() - before;
            self.line.received().add(read as u64);
            return Poll::Ready(Ok(()));
        };
        let mut portion = [0; PORTION];
        let mut portion = ReadBuf::new(&mut portion[..most]);
        ready!(self.poll_stream(context, &mut portion))?;
        buffer.put_slice(portion.filled());
        self.line.received().add(portion.filled().len() as u64);
        self.down.moved(portion.filled().len());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let most = ready!(self.up.poll_portion(context, bytes.len()));
        let bytes = &bytes[..most.unwrap_or(bytes.len())];
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.count(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.up.is_limited() {
            let first = slices.iter().find(|slice| !slice.is_empty());
            return self.poll_write(context, first.map_or(&[], |slice| slice));
        }
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.count(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
