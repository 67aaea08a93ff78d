//! SIGINT and SIGTERM: stop taking work, clean up, and be gone in a few seconds.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What came so far.
#[derive(Debug, Clone)]
pub(super) struct Interrupted {
    status: Arc<AtomicU8>,
    cancel: CancellationToken,
}

/// Watches for signals; the first one cancels the run. Further ones change nothing: the cleaning
/// up is under way and has its own deadline.
pub(super) fn watch(cancel: CancellationToken) -> Interrupted {
    let interrupted = Interrupted {
        status: Arc::default(),
        cancel,
    };
    for (kind, status) in [
        (SignalKind::interrupt(), 130),
        (SignalKind::terminate(), 143),
    ] {
        // Without a handler the system's default applies: the process ends at once.
        let Ok(mut stream) = signal(kind) else {
            continue;
        };
        let Interrupted {
            status: first,
            cancel,
        } = interrupted.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                let _ = first.compare_exchange(0, status, Ordering::SeqCst, Ordering::SeqCst);
                cancel.cancel();
            }
        });
    }
    interrupted
}

impl Interrupted {
    /// The exit status, if a signal came.
    pub(super) fn status(&self) -> Option<u8> {
        match self.status.load(Ordering::SeqCst) {
            0 => None,
            status => Some(status),
        }
    }

    /// Waits until the cleaning up has taken too long.
    pub(super) async fn overdue(&self) {
        self.cancel.cancelled().await;
        tokio::time::sleep(DEADLINE).await;
    }
}

/// All of the engine's own deadlines are shorter.
const DEADLINE: Duration = Duration::from_millis(5500);
