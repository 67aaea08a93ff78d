//! Calls that block, on the threads of the runtime.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use tokio::runtime::{Handle, RuntimeFlavor};

/// Runs a call of the file system where it stands. While such calls turn out to be slow, the
/// runtime is told each time to move its other work away.
///
/// Moving work costs more than a call that is answered from memory: it wakes other threads, and
/// what the call was for changes cores. (Source: measured; 5,000 small downloads took 120,000
/// wake-ups, and half of their time.) Where a disk or a network has to be waited for, it is what
/// keeps the connections going.
pub(crate) fn in_place<T>(call: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let result = if DELAY.load(Ordering::Relaxed) >= MANY {
        for_long(call)
    } else {
        call()
    };
    let delay = DELAY.load(Ordering::Relaxed);
    if started.elapsed() > SLOW {
        DELAY.store((delay + WEIGHT).min(MOST), Ordering::Relaxed);
    } else if delay > 0 {
        DELAY.store(delay - 1, Ordering::Relaxed);
    }
    result
}

/// Runs a call that surely takes long, or may never end, where it stands, telling the runtime to
/// move other work away. On a single-threaded runtime, as tests have, there is nobody to move the
/// work to, so the call just runs.
pub(crate) fn for_long<T>(call: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(call),
        _ => call(),
    }
}

/// What slow calls add up to and quick ones work off. Calls on several threads may overlook each
/// other: it is a guess.
static DELAY: AtomicU32 = AtomicU32::new(0);
/// One slow call among so many quick ones is a thread that had to wait for its turn on a processor.
const WEIGHT: u32 = 8;
const MANY: u32 = 2 * WEIGHT;
const MOST: u32 = 8 * WEIGHT;
const SLOW: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use std::thread::{self, ThreadId};

    use super::*;

    /// Whether the call ran, and something else meanwhile.
    async fn moves_work(call: fn(Box<dyn FnOnce() + Send>)) -> bool {
        let (send, receive) = std::sync::mpsc::channel();
        let blocked = tokio::spawn(async move {
            let other = tokio::spawn(async move { send.send(thread::current().id()) });
            let (told, heard) = std::sync::mpsc::channel::<Option<ThreadId>>();
            call(Box::new(move || {
                let _ = told.send(receive.recv_timeout(Duration::from_millis(200)).ok());
            }));
            let _ = other.await;
            heard.recv().ok().flatten().is_some()
        });
        blocked.await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn work_is_moved_away_from_long_calls_and_once_others_were_slow() {
        assert!(moves_work(for_long).await);
        for _ in 0..2 * MOST {
            in_place(|| {});
        }
        assert!(!moves_work(in_place).await, "only one was slow");
        for _ in 0..3 {
            in_place(|| thread::sleep(2 * SLOW));
        }
        assert!(moves_work(in_place).await);
    }
}
