//! Connections in memory, whose other end is a script.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use s4cmd::net::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What comes, one part for each request, and in which way.
#[derive(Debug, Clone, Default)]
pub struct Script {
    parts: Vec<Bytes>,
    /// Bytes at a time.
    piece: usize,
    pub end: End,
    /// Answers before anything was asked.
    pub answers_first: bool,
}

/// What happens behind a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum End {
    #[default]
    Closed,
    Reset,
    /// Nothing, until something is asked again.
    Silence,
}

impl Script {
    pub fn new<'a>(behaviour: u8, parts: impl Iterator<Item = &'a [u8]>) -> Self {
        Self {
            parts: parts.take(MOST_PARTS).map(Bytes::copy_from_slice).collect(),
            piece: [usize::MAX, 1, 7, 64][usize::from(behaviour & 3)],
            end: [End::Closed, End::Reset, End::Silence, End::Closed]
                [usize::from(behaviour >> 2 & 3)],
            answers_first: behaviour & 0x20 != 0,
        }
    }

    pub fn parts(&self) -> impl Iterator<Item = &Bytes> {
        self.parts.iter()
    }
}

/// All connections of one input.
#[derive(Default)]
pub struct Wire {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    script: Script,
    /// The part that the next request gets.
    next: usize,
    connections: usize,
}

impl Wire {
    /// Begins a script.
    pub fn play(&self, script: Script) {
        *self.state() = State {
            script,
            ..State::default()
        };
    }

    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// A connection; there are none left when there is nothing left to say.
    pub fn connect(self: &Arc<Self>) -> io::Result<Box<dyn Stream>> {
        let mut state = self.state();
        state.connections += 1;
        if state.next >= state.script.parts.len() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let rest = state.script.answers_first.then(|| state.take()).flatten();
        Ok(Box::new(Connection {
            wire: Arc::clone(self),
            is_asked: rest.is_some(),
            rest: rest.unwrap_or_default(),
            piece: state.script.piece,
            end: state.script.end,
            reader: None,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self) -> Option<Bytes> {
        let part = self.script.parts.get(self.next).cloned();
        self.next += 1;
        part
    }
}

struct Connection {
    wire: Arc<Wire>,
    is_asked: bool,
    /// What is left of the part.
    rest: Bytes,
    piece: usize,
    end: End,
    reader: Option<Waker>,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.rest.is_empty() {
            let length = self.piece.min(buffer.remaining()).min(self.rest.len());
            let piece = self.rest.split_to(length);
            buffer.put_slice(&piece);
            return Poll::Ready(Ok(()));
        }
        match self.end {
            End::Closed if self.is_asked => Poll::Ready(Ok(())),
            End::Reset if self.is_asked => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            _ => {
                self.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        // A request begins with its method; what follows may be its body.
        let begins = METHODS.iter().any(|method| bytes.starts_with(method));
        if begins && self.rest.is_empty() && !(self.is_asked && self.end != End::Silence) {
            let part = self.wire.state().take();
            self.rest = part.unwrap_or_default();
            self.is_asked = true;
            if let Some(reader) = self.reader.take() {
                reader.wake();
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const METHODS: [&[u8]; 5] = [b"GET ", b"HEAD ", b"PUT ", b"POST ", b"DELETE "];
const MOST_PARTS: usize = 16;
