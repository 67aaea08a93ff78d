//! How many requests begin in a second.

use std::{num::NonZeroU64, time::Duration};

use tokio::time::sleep_until;

use crate::net::Schedule;

/// Gives turns, evenly spaced.
#[derive(Debug)]
pub(super) struct Turns {
    /// `None`: everybody at once.
    every: Option<Duration>,
    schedule: Schedule,
}

impl Turns {
    /// So many in a second.
    pub(super) fn new(rate: Option<NonZeroU64>) -> Self {
        let every = |rate: NonZeroU64| Duration::from_nanos(1_000_000_000 / rate.get());
        Self {
            every: rate.map(every),
            schedule: Schedule::new(CREDIT),
        }
    }

    /// Waits for a turn.
    pub(super) async fn take(&self) {
        if let Some(every) = self.every {
            sleep_until(self.schedule.take(every)).await;
        }
    }
}

const CREDIT: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

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
