//! A client's connection, with or without TLS, and what can be done to it below HTTP.

use std::future::poll_fn;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::pipe::Pipe;

/// One accepted connection.
pub enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Memory(Pipe),
}

impl Wire {
    fn stream(&mut self) -> Pin<&mut dyn Stream> {
        match self {
            Wire::Plain(stream) => Pin::new(stream),
            Wire::Tls(stream) => Pin::new(stream.as_mut()),
            Wire::Memory(pipe) => Pin::new(pipe),
        }
    }

    /// Writes all bytes, and waits until the kernel has them.
    pub async fn write_all(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let written = poll_fn(|cx| self.stream().poll_write(cx, bytes)).await?;
            if written == 0 {
                return Err(Error::from(ErrorKind::WriteZero));
            }
            bytes = &bytes[written..];
        }
        poll_fn(|cx| self.stream().poll_flush(cx)).await
    }

    /// Says properly that nothing more will come.
    pub async fn shutdown(&mut self) -> Result<()> {
        poll_fn(|cx| self.stream().poll_shutdown(cx)).await
    }

    /// Reads until nothing more comes, and throws it away.
    pub async fn drain(&mut self) -> Result<()> {
        let mut buffer = [0; 4096];
        loop {
            let mut read = ReadBuf::new(&mut buffer);
            poll_fn(|cx| self.stream().poll_read(cx, &mut read)).await?;
            if read.filled().is_empty() {
                return Ok(());
            }
        }
    }

    /// Makes the end of the connection, when this is dropped, a reset.
    pub fn reset_on_drop(&mut self) {
        let socket = match self {
            Wire::Plain(stream) => stream,
            Wire::Tls(stream) => stream.get_ref().0,
            Wire::Memory(pipe) => return pipe.reset_on_drop(),
        };
        let _ = socket.set_zero_linger();
    }
}

/// Both directions in one trait object.
trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        self.get_mut().stream().poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.get_mut().stream().poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.get_mut().stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.get_mut().stream().poll_shutdown(cx)
    }
}
