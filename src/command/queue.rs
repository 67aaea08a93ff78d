use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use crate::blocking;

/// Lines on their way to a stream that nobody watches. A thread of its own writes many of them at
/// once: to write each where it comes up would cost a call of the system, and a thread of the
/// runtime while the reader is slow.
pub(super) struct Queue {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// There is something to write.
    filled: Condvar,
    /// Something was written, or cannot be.
    emptied: Condvar,
}

#[derive(Default)]
struct State {
    pending: Vec<u8>,
    /// Whether the thread has taken something that may not be written yet.
    writes: bool,
    /// Whether somebody waits for everything to be written.
    is_urgent: bool,
    /// The queue is gone.
    ended: bool,
    error: Option<io::Error>,
    /// Nothing can be written any more.
    is_broken: bool,
}

impl Queue {
    /// A queue to a writer.
    ///
    /// # Errors
    /// The system has no thread for it; the writer comes back.
    pub(super) fn start<W: Write + Send + 'static>(writer: W) -> Result<Self, io::Error> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            filled: Condvar::new(),
            emptied: Condvar::new(),
        });
        let writing = Arc::clone(&shared);
        thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || write_all(&writing, writer))?;
        Ok(Self { shared })
    }

    /// Adds bytes, which are written soon. Waits while there is much to write already.
    ///
    /// # Errors
    /// What was added before could not be written; told once.
    pub(super) fn push(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.shared.lock();
        if state.pending.len() >= FULL {
            state = blocking::for_long(|| {
                let is_full = |state: &mut State| state.pending.len() >= FULL;
                let emptied = self.shared.emptied.wait_while(state, is_full);
                emptied.unwrap_or_else(PoisonError::into_inner)
            });
        }
        if state.pending.is_empty() {
            self.shared.filled.notify_one();
        }
        if !state.is_broken {
            state.pending.extend_from_slice(bytes);
        }
        state.error.take().map_or(Ok(()), Err)
    }

    /// Waits until everything is written, or nobody wants to wait any more.
    ///
    /// # Errors
    /// It could not be.
    pub(super) fn flush(&self, gives_up: impl Fn() -> bool) -> io::Result<()> {
        let mut state = self.shared.lock();
        state.is_urgent = true;
        self.shared.filled.notify_one();
        while (state.writes || !state.pending.is_empty()) && !gives_up() {
            let waited = self.shared.emptied.wait_timeout(state, MOMENT);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.is_urgent = false;
        state.error.take().map_or(Ok(()), Err)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.filled.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is to write, once there is some, or enough, of it; `None` at the end.
    fn take(&self, taken: &mut Vec<u8>) -> Option<()> {
        let is_empty = |state: &mut State| state.pending.is_empty() && !state.ended;
        let mut state = self
            .filled
            .wait_while(self.lock(), is_empty)
            .unwrap_or_else(PoisonError::into_inner);
        if state.pending.len() < ENOUGH && !state.is_urgent && !state.ended {
            let waited = self.filled.wait_timeout(state, SOON);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        if state.pending.is_empty() {
            return None;
        }
        std::mem::swap(&mut state.pending, taken);
        state.writes = true;
        Some(())
    }
}

fn write_all(shared: &Shared, mut writer: impl Write) {
    let mut taken = Vec::new();
    while shared.take(&mut taken).is_some() {
        let written = writer.write_all(&taken).and_then(|()| writer.flush());
        taken.clear();
        let mut state = shared.lock();
        state.writes = false;
        if let Err(error) = written {
            state.is_broken = true;
            state.pending.clear();
            state.error = Some(error);
        }
        shared.emptied.notify_all();
        if state.is_broken {
            return;
        }
    }
}

/// Bytes that wait to be written before those who add more have to wait.
const FULL: usize = 256 * 1024;
/// What is written at once without waiting for more.
const ENOUGH: usize = 16 * 1024;
/// How long is waited for more.
const SOON: Duration = Duration::from_millis(2);
/// How often those who wait look whether they still should.
const MOMENT: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes bytes one at a time and fails after some.
    #[derive(Clone)]
    struct Narrow(Arc<Mutex<Vec<u8>>>, usize);

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut written = self.0.lock().unwrap();
            if written.len() >= self.1 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            written.push(bytes[0]);
            Ok(1)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_is_written_in_order() {
        let writer = Narrow(Arc::default(), usize::MAX);
        let queue = Queue::start(writer.clone()).unwrap();
        let lines: Vec<String> = (0..50_000).map(|n| format!("{n}\n")).collect();
        for line in &lines {
            queue.push(line.as_bytes()).unwrap();
        }
        queue.flush(|| false).unwrap();
        assert_eq!(*writer.0.lock().unwrap(), lines.concat().into_bytes());
    }

    #[test]
    fn a_failure_is_told_once_and_nobody_waits_after_it() {
        let queue = Queue::start(Narrow(Arc::default(), 10)).unwrap();
        let pushed = (0..10_000).map(|_| queue.push(&[0; 1000]));
        let mut told = pushed.filter_map(Result::err).count();
        told += usize::from(queue.flush(|| false).is_err());
        assert_eq!(told, 1);
        queue.flush(|| false).unwrap();
    }

    #[test]
    fn who_gives_up_does_not_wait() {
        /// Never ends.
        struct Stuck;
        impl Write for Stuck {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                thread::sleep(Duration::from_secs(3600));
                Ok(0)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let queue = Queue::start(Stuck).unwrap();
        queue.push(b"x").unwrap();
        queue.flush(|| true).unwrap();
    }
}
