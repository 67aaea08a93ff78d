//! When to stop for good: nothing more can succeed, or nothing did for too long.

use std::{
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::client::ClientError;

/// Whether the way to the server, or the right to use it, is lost. From then on every request
/// fails at once with the error that it was lost with.
#[derive(Debug, Default)]
pub(super) struct Outage {
    over: OnceLock<ClientError>,
    failing_since: Mutex<Option<Instant>>,
}

impl Outage {
    /// The error that ended everything.
    pub(super) fn check(&self) -> Result<(), ClientError> {
        self.over.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// An attempt succeeded.
    pub(super) fn succeeded(&self) {
        *self
            .failing_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// An attempt failed that began at `started`. Gives whether more of them make sense.
    pub(super) fn failed(&self, started: Instant) -> bool {
        let mut since = self
            .failing_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match *since {
            // What took so long moved bytes: it would have been cut off otherwise.
            Some(_) if started.elapsed() > LONG => *since = Some(Instant::now()),
            Some(since) => return since.elapsed() < DEADLINE,
            None => *since = Some(Instant::now()),
        }
        true
    }

    /// Nothing can succeed after this error.
    pub(super) fn end(&self, error: &ClientError) {
        let _ = self.over.set(error.clone());
    }
}

/// How long everything may fail.
const DEADLINE: Duration = Duration::from_secs(600);
/// Longer than any silence is allowed to be.
const LONG: Duration = Duration::from_secs(301);

#[cfg(test)]
mod tests {
    use super::*;

    async fn wait(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn ten_minutes_of_failures_are_enough() {
        let outage = Outage::default();
        assert!(outage.failed(Instant::now()));
        wait(500).await;
        assert!(outage.failed(Instant::now()));
        outage.succeeded();
        wait(500).await;
        assert!(outage.failed(Instant::now()), "it begins anew");
        wait(601).await;
        assert!(!outage.failed(Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn slow_is_not_down() {
        let outage = Outage::default();
        for _ in 0..10 {
            let started = Instant::now();
            wait(1000).await;
            assert!(outage.failed(started));
        }
    }
}
