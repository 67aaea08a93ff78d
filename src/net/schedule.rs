use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// What happens one after the other, each of it for a time of its own.
#[derive(Debug)]
pub(crate) struct Schedule {
    next: Mutex<Instant>,
    credit: Duration,
}

impl Schedule {
    /// Timers are late by a millisecond or more, and that must not lower the rate: who comes late
    /// still gets the time of up to `credit` ago. What was not used before that is lost, or else
    /// it would all go at once.
    pub(crate) fn new(credit: Duration) -> Self {
        Self {
            next: Mutex::new(Instant::now()),
            credit,
        }
    }

    /// Takes the next free time; gives when it begins.
    pub(crate) fn take(&self, time: Duration) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let earliest = Instant::now().checked_sub(self.credit);
        let begin = earliest.map_or(*next, |earliest| next.max(earliest));
        *next = begin + time;
        begin
    }
}
