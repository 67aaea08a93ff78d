//! What the connections of a client have in common.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::counter::Counter;

/// What is known of the way to the servers. Clones know the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    sent: Counter,
    received: Counter,
    /// In microseconds; 0 before there was a connection.
    shortest: Arc<AtomicU64>,
}

impl Line {
    /// What all connections sent.
    pub(crate) fn sent(&self) -> &Counter {
        &self.sent
    }

    /// What all connections received.
    pub(crate) fn received(&self) -> &Counter {
        &self.received
    }

    /// The bytes that all connections moved, both ways.
    pub(crate) fn moved(&self) -> u64 {
        self.sent.bytes() + self.received.bytes()
    }

    /// A connection was made within that time, as far as can be told.
    pub(crate) fn opened(&self, within: Duration) {
        let within = u64::try_from(within.as_micros()).unwrap_or(u64::MAX).max(1);
        let shorter = |shortest| (shortest == 0 || within < shortest).then_some(within);
        let _ = self
            .shortest
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, shorter);
    }

    /// The shortest time in which a connection was made, if one was: the way there and back, and
    /// the lookup of the name. A server on this machine is next to nothing away.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        let shortest = self.shortest.load(Ordering::Relaxed);
        (shortest > 0).then(|| Duration::from_micros(shortest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_time_counts() {
        let line = Line::default();
        assert_eq!(line.round_trip(), None);
        for (millis, shortest) in [(30, 30), (50, 30), (20, 20)] {
            line.opened(Duration::from_millis(millis));
            assert_eq!(line.round_trip(), Some(Duration::from_millis(shortest)));
        }
    }
}
