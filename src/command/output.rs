use std::{
    fmt::{self, Write as _},
    io::{self, Write},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use crate::{blocking, command::Failure, location::S3Url, transfer::Error};

/// The two streams that a command writes to. Lines from many jobs never mix, and a reader that
/// goes away (`| head`) is not an error.
#[derive(Debug)]
pub struct Output {
    out: Stream,
    err: Stream,
    failures: AtomicU64,
    told_broken: AtomicBool,
}

/// One stream.
pub struct Stream {
    writer: Mutex<Box<dyn Write + Send>>,
    is_terminal: bool,
    closed: AtomicBool,
}

impl Output {
    /// Writes lines to `out` and failures to `err`.
    pub fn new(out: Stream, err: Stream) -> Self {
        Self {
            out,
            err,
            failures: AtomicU64::new(0),
            told_broken: AtomicBool::new(false),
        }
    }

    /// Writes one line; control characters in it, which can only be from names, are escaped. If
    /// that fails (a full disk behind a redirection), it is a failure, told once.
    pub fn line(&self, line: impl fmt::Display) {
        if let Err(error) = self.out.line(&line.to_string())
            && !self.told_broken.swap(true, Ordering::Relaxed)
        {
            self.failure(&Failure::os("standard output", &error));
        }
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// The stream cannot take them; not if the reader went away, see [`Output::is_closed`].
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        self.out.write(bytes)
    }

    /// Whether the reader of the output went away.
    pub fn is_closed(&self) -> bool {
        self.out.closed.load(Ordering::Relaxed)
    }

    /// Tells of a failure and counts it.
    pub fn failure(&self, failure: &Failure) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        self.note(failure);
    }

    /// Tells what became of an object that was to be deleted.
    pub(super) fn deleted(&self, object: &S3Url, result: Result<(), Error>) {
        match result {
            Ok(()) => self.line(format_args!("Delete {object}")),
            Err(error) => self.failure(&Failure::about(object, error)),
        }
    }

    /// Tells of something that is not a failure.
    pub fn note(&self, note: impl fmt::Display) {
        // There is nobody to tell that telling failed.
        let _ = self.err.line(&note.to_string());
    }

    /// [`Output::note`], unless the stream is stuck: for the last words of a run that may have
    /// been stopped because of that.
    pub fn last_note(&self, note: impl fmt::Display) {
        if self.err.writer.try_lock().is_ok() {
            self.note(note);
        }
    }

    /// How many failures there were.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }
}

impl Stream {
    /// A stream to a writer.
    pub fn new(writer: impl Write + Send + 'static, is_terminal: bool) -> Self {
        Self {
            writer: Mutex::new(Box::new(writer)),
            is_terminal,
            closed: AtomicBool::new(false),
        }
    }

    fn line(&self, line: &str) -> io::Result<()> {
        let mut line = escaped(line, self.is_terminal);
        line.push('\n');
        self.write(line.as_bytes())
    }

    /// A reader that does not read blocks the writer, so other work is moved away first.
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        blocking::in_place(|| {
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            match writer.write_all(bytes).and_then(|()| writer.flush()) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    self.closed.store(true, Ordering::Relaxed);
                    Ok(())
                }
                other => other,
            }
        })
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
fn escaped(line: &str, is_terminal: bool) -> String {
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
