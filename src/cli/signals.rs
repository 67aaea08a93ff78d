//! SIGINT, SIGTERM and SIGHUP: stop taking work, clean up, and be gone in a few seconds.

use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Watches as long as it lives, and tells what came so far.
#[derive(Debug)]
pub(super) struct Watch {
    status: Arc<AtomicU8>,
    _end: DropGuard,
}

/// Watches for signals. The first one cancels the run, and if the run takes too long to clean up,
/// `overdue` is called. Further signals change nothing.
///
/// The watch has a thread and a runtime of its own: the workers of the run may all be stuck in
/// writing to a pipe that nobody reads.
///
/// # Errors
/// The system has no thread, or no more files, for it.
pub(super) fn watch(
    cancel: CancellationToken,
    overdue: impl FnOnce() + Send + 'static,
) -> io::Result<Watch> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let entered = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = match hangup_is_ignored() {
        true => None,
        false => Some(signal(SignalKind::hangup())?),
    };
    drop(entered);
    let (status, end) = (Arc::new(AtomicU8::new(0)), CancellationToken::new());
    let (first, ended) = (Arc::clone(&status), end.clone());
    let watching = async move {
        let signal = tokio::select! {
            _ = interrupt.recv() => INTERRUPTED,
            _ = terminate.recv() => 143,
            Some(_) = async { hangup.as_mut()?.recv().await } => 129,
            () = ended.cancelled() => return,
        };
        first.store(signal, Ordering::SeqCst);
        cancel.cancel();
        tokio::select! {
            () = tokio::time::sleep(DEADLINE) => overdue(),
            () = ended.cancelled() => {}
        }
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || runtime.block_on(watching))?;
    Ok(Watch {
        status,
        _end: end.drop_guard(),
    })
}

impl Watch {
    /// The exit status, if a signal came.
    pub(super) fn status(&self) -> Option<u8> {
        match self.status.load(Ordering::SeqCst) {
            0 => None,
            status => Some(status),
        }
    }
}

/// `nohup` means that the program goes on without its terminal; to watch for the signal would end
/// that. Where the system does not tell, the signal keeps its meaning.
fn hangup_is_ignored() -> bool {
    const SIGHUP: u64 = 1;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_none_or(|mask| mask & SIGHUP != 0)
}

/// The exit status after SIGINT.
pub(super) const INTERRUPTED: u8 = 130;
/// All of the engine's own deadlines are shorter.
const DEADLINE: Duration = Duration::from_millis(5500);
