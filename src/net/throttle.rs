//! Limits on the bytes in a second, over all connections together.

use std::{
    num::NonZeroU64,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::net::Schedule;

/// Bytes in a second that the network may be asked to move; `None` is as many as it can.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// To the server.
    pub up: Option<NonZeroU64>,
    /// From the server.
    pub down: Option<NonZeroU64>,
}

/// A limit in one direction, that all connections share.
#[derive(Debug, Clone)]
pub(super) struct Limit {
    rate: NonZeroU64,
    schedule: Arc<Schedule>,
}

impl Limit {
    pub(super) fn new(rate: NonZeroU64) -> Self {
        Self {
            rate,
            schedule: Arc::new(Schedule::new(CREDIT)),
        }
    }

    /// Counts bytes; gives when the next ones may go.
    fn count(&self, bytes: usize) -> Instant {
        let nanoseconds = bytes as u128 * NANOSECONDS / u128::from(self.rate.get());
        let takes = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        self.schedule.take(takes) + takes
    }

    /// How much goes at once: little enough that many connections at a low rate each get something
    /// every few seconds, and none of them looks dead.
    fn portion(&self) -> usize {
        let share = usize::try_from(self.rate.get() / 32).unwrap_or(PORTION);
        share.clamp(LEAST, PORTION)
    }
}

/// One direction of one connection.
#[derive(Debug, Default)]
pub(super) struct Pace {
    limit: Option<Limit>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    pub(super) fn new(limit: Option<Limit>) -> Self {
        Self { limit, pause: None }
    }

    pub(super) fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// How many of so many bytes may be moved, as soon as any may be.
    pub(super) fn poll_portion(
        &mut self,
        context: &mut Context<'_>,
        bytes: usize,
    ) -> Poll<Option<usize>> {
        let Some(limit) = &self.limit else {
            return Poll::Ready(None);
        };
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        Poll::Ready(Some(limit.portion().min(bytes)))
    }

    /// So many were.
    pub(super) fn moved(&mut self, bytes: usize) {
        let Some(limit) = &self.limit else { return };
        let next = limit.count(bytes);
        if next > Instant::now() {
            self.pause = Some(Box::pin(sleep_until(next)));
        }
    }
}

const NANOSECONDS: u128 = 1_000_000_000;
const CREDIT: Duration = Duration::from_millis(50);
/// Bytes.
pub(super) const PORTION: usize = 16 * 1024;
const LEAST: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(rate: u64) -> Limit {
        Limit::new(NonZeroU64::new(rate).unwrap())
    }

    /// Moves bytes over several connections; gives the seconds that it took.
    async fn moving(limit: &Limit, connections: usize, bytes: usize) -> f64 {
        let start = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..connections {
            let mut pace = Pace::new(Some(limit.clone()));
            tasks.spawn(async move {
                let mut left = bytes;
                while left > 0 {
                    let portion = std::future::poll_fn(|cx| pace.poll_portion(cx, left)).await;
                    pace.moved(portion.unwrap());
                    left -= portion.unwrap();
                }
            });
        }
        tasks.join_all().await;
        start.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_that_of_all_connections_together() {
        for (rate, connections, bytes) in [
            (1024, 1, 10_240),
            (1 << 20, 10, 1 << 20),
            (100 << 20, 3, 300 << 20),
        ] {
            let took = moving(&limit(rate), connections, bytes).await;
            let expected = (connections * bytes) as f64 / rate as f64;
            assert!(
                (0.9 * expected - 0.6..1.1 * expected).contains(&took),
                "{rate}: {took} s"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_no_credit() {
        let limit = limit(100_000);
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert!(moving(&limit, 1, 500_000).await > 4.5);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_nothing_waits() {
        let mut pace = Pace::default();
        let portion = std::future::poll_fn(|cx| pace.poll_portion(cx, 1 << 30)).await;
        assert_eq!(portion, None);
    }
}
