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

/// What slow calls add up to and quick ones work off. Threads may overlook each other's: it is a
/// guess.
struct Delays(AtomicU32);

impl Delays {
    fn are_usual(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= MANY
    }

    fn note(&self, took: Duration) {
        let sum = self.0.load(Ordering::Relaxed);
        if took > SLOW {
            self.0.store((sum + WEIGHT).min(MOST), Ordering::Relaxed);
        } else if sum > 0 {
            self.0.store(sum - 1, Ordering::Relaxed);
        }
    }
}

/// One slow call among so many quick ones is a thread that had to wait for its turn on a processor.
const WEIGHT: u32 = 8;
const MANY: u32 = 2 * WEIGHT;
const MOST: u32 = 8 * WEIGHT;
const SLOW: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_call_now_and_then_is_not_usual() {
        let (slow, quick) = (2 * SLOW, SLOW / 2);
        let delays = Delays(AtomicU32::new(0));
        for call in 0..1000 {
            delays.note(if call % 10 == 0 { slow } else { quick });
            assert!(!delays.are_usual());
        }
        for _ in 0..20 {
            delays.note(slow);
        }
        assert!(delays.are_usual());
        (0..MOST).for_each(|_| delays.note(quick));
        assert!(!delays.are_usual());
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
