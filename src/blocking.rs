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
    let result = if DELAYS.are_usual() {
        for_long(call)
    } else {
        call()
    };
    DELAYS.note(started.elapsed());
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

static DELAYS: Delays = Delays(AtomicU32::new(0));

/// The milliseconds that calls took, less one for each of them: what is left says that they take
/// longer than that on average. To count the slow ones would not do: where all processors are busy,
/// one call in ten has to wait for its turn, and to move work away then makes more threads that wait
/// for theirs. Threads may overlook each other's: it is a guess.
struct Delays(AtomicU32);

impl Delays {
    fn are_usual(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= MANY
    }

    fn note(&self, took: Duration) {
        let (before, took) = (self.0.load(Ordering::Relaxed), took.as_millis());
        let took = u32::try_from(took).unwrap_or(MOST).min(MOST);
        let after = (before + took).saturating_sub(1).min(MOST);
        if after != before {
            self.0.store(after, Ordering::Relaxed);
        }
    }
}

/// More than a few turns of other threads.
const MANY: u32 = 16;
const MOST: u32 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_call_now_and_then_is_not_usual() {
        let (turn, quick) = (Duration::from_millis(4), Duration::from_micros(100));
        let delays = Delays(AtomicU32::new(0));
        for call in 0..1000 {
            delays.note(if call % 5 == 0 { turn } else { quick });
            assert!(!delays.are_usual());
        }
        for slow in [
            Duration::from_millis(2),
            Duration::from_secs(1),
            Duration::MAX,
        ] {
            for _ in 0..20 {
                delays.note(slow);
            }
            assert!(delays.are_usual());
            (0..MOST).for_each(|_| delays.note(quick));
            assert!(!delays.are_usual());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn other_work_goes_on_during_a_long_call() {
        let (send, receive) = std::sync::mpsc::channel();
        let blocked = tokio::spawn(async move {
            tokio::spawn(async move { send.send(()) });
            for_long(|| receive.recv_timeout(Duration::from_secs(30)))
        });
        assert_eq!(blocked.await.unwrap(), Ok(()));
    }
}
