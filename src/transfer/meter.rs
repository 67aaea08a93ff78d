use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::counter::Counter;

/// How far a job is, for people who wait. Clones are of the same job.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    /// Bytes; 0 as long as it is not known.
    total: Arc<AtomicU64>,
    moved: Counter,
}

impl Meter {
    /// Of a job that has so many bytes to move.
    pub(super) fn of(total: u64) -> Self {
        let meter = Self::default();
        meter.expect(total);
        meter
    }

    /// Says how many bytes there are.
    pub(super) fn expect(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// What counts the bytes that were moved, also those of attempts that failed.
    pub(super) fn moved(&self) -> &Counter {
        &self.moved
    }

    /// How many bytes there are; 0 if that is not known.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// How many of them were moved.
    pub fn done(&self) -> u64 {
        match self.total() {
            0 => self.moved.bytes(),
            total => self.moved.bytes().min(total),
        }
    }

    /// Whether both are of the same job.
    pub fn is_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.total, &other.total)
    }
}
