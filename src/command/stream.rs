//! One of the two streams that a command writes to.

use std::{
    fmt::{self, Write as _},
    io::{self, Write},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{blocking, command::queue::Queue};

/// One stream.
pub struct Stream {
    sink: Sink,
    is_terminal: bool,
    closed: AtomicBool,
}

/// Where the bytes of a stream go.
enum Sink {
    /// Written where they come up.
    Direct(Mutex<Box<dyn Write + Send>>),
    /// Written by a thread of its own.
    Queued(Queue),
}

impl Stream {
    /// A stream to a writer.
    pub fn new(writer: impl Write + Send + 'static, is_terminal: bool) -> Self {
        Self {
            sink: Sink::Direct(Mutex::new(Box::new(writer))),
            is_terminal,
            closed: AtomicBool::new(false),
        }
    }

    /// A stream to a file or a pipe, which is written to by a thread of its own.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub fn queued(writer: impl Write + Send + 'static) -> io::Result<Self> {
        Ok(Self {
            sink: Sink::Queued(Queue::start(writer)?),
            is_terminal: false,
            closed: AtomicBool::new(false),
        })
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.unless_gone(match &self.sink {
            Sink::Queued(queue) => queue.push(bytes),
            // A reader that does not read blocks the writer, so other work is moved away first.
            Sink::Direct(writer) => blocking::for_long(|| {
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                writer.write_all(bytes).and_then(|()| writer.flush())
            }),
        })
    }

    pub(super) fn finish(&self, gives_up: impl Fn() -> bool) -> io::Result<()> {
        match &self.sink {
            Sink::Queued(queue) => self.unless_gone(queue.flush(gives_up)),
            Sink::Direct(_) => Ok(()),
        }
    }

    /// Whether somebody watches.
    pub(super) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Whether the reader went away.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// A reader that went away is no failure, but there is nobody to write for.
    fn unless_gone(&self, written: io::Result<()>) -> io::Result<()> {
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed.store(true, Ordering::Relaxed);
                Ok(())
            }
            other => other,
        }
    }

    pub(super) fn is_stuck(&self) -> bool {
        matches!(&self.sink, Sink::Direct(writer) if writer.try_lock().is_err())
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("is_terminal", &self.is_terminal)
            .finish_non_exhaustive()
    }
}

/// Names come from strangers: on a terminal no control character of theirs is obeyed, and
/// elsewhere at least a line stays a line.
pub(super) fn escaped(line: &str, is_terminal: bool) -> String {
    let mut escaped = String::with_capacity(line.len() + 1);
    for character in line.chars() {
        match character {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push('\t'),
            control if is_terminal && control.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\x{:02x}", u32::from(control));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_command_a_terminal_or_break_a_line() {
        let name = "a\n\u{1b}[31mb\u{9b}c\td";
        assert_eq!(escaped(name, true), "a\\n\\x1b[31mb\\x9bc\td");
        assert_eq!(escaped(name, false), "a\\n\u{1b}[31mb\u{9b}c\td");
    }
}
