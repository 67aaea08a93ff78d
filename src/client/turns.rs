//! How many requests begin in a second.

use std::{
    num::NonZeroU64,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// Gives turns, evenly spaced.
#[derive(Debug)]
pub(super) struct Turns {
    /// `None`: everybody at once.
    every: Option<Duration>,
    next: Mutex<Instant>,
}

impl Turns {
    /// So many in a second.
    pub(super) fn new(rate: Option<NonZeroU64>) -> Self {
        let every = |rate: NonZeroU64| Duration::from_nanos(1_000_000_000 / rate.get());
        Self {
            every: rate.map(every),
            next: Mutex::new(Instant::now()),
        }
    }

    /// Waits for a turn.
    pub(super) async fn take(&self) {
        let Some(every) = self.every else { return };
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            // Timers are late; that must not lower the rate.
            let earliest = Instant::now().checked_sub(CREDIT);
            let turn = earliest.map_or(*next, |earliest| next.max(earliest));
            *next = turn + every;
            turn
        };
        sleep_until(turn).await;
    }
}

const CREDIT: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_come_at_the_rate_however_many_wait() {
        let turns = Turns::new(NonZeroU64::new(50));
        let start = Instant::now();
        for _ in 0..50 {
            tokio::join!(turns.take(), turns.take());
        }
        let took = start.elapsed();
        assert!((1900..2050).contains(&took.as_millis()), "{took:?}");
        // A pause is no credit.
        tokio::time::sleep(Duration::from_secs(60)).await;
        let start = Instant::now();
        for _ in 0..50 {
            turns.take().await;
        }
        assert!(start.elapsed() > Duration::from_millis(900));
    }
}
