use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::transfer::Ended;

/// What became of everything that a command came across: nothing may be lost on the way.
#[derive(Debug, Default)]
pub struct Tally {
    listed: AtomicU64,
    transferred: AtomicU64,
    equal: AtomicU64,
    skipped: AtomicU64,
    deleted: AtomicU64,
    failed: AtomicU64,
}

impl Tally {
    /// Begins anew, where everything is read once more.
    pub(super) fn begin(&self) {
        self.counters()
            .iter()
            .for_each(|counter| counter.store(0, Ordering::Relaxed));
    }

    /// Counts names that were come across. Each of them ends as one of the others.
    pub(super) fn list(&self, names: u64) {
        add(&self.listed, names);
    }

    /// Counts how a job ended.
    pub(super) fn end(&self, ended: Ended) {
        match ended {
            Ended::Done => add(&self.transferred, 1),
            Ended::Synced => self.equal(),
            Ended::Skipped => self.skip(1),
            Ended::Failed => self.fail(1),
        }
    }

    /// Counts what needs no transfer.
    pub(super) fn equal(&self) {
        add(&self.equal, 1);
    }

    /// Counts what was not meant.
    pub(super) fn skip(&self, names: u64) {
        add(&self.skipped, names);
    }

    /// Counts what was deleted.
    pub(super) fn delete(&self) {
        add(&self.deleted, 1);
    }

    /// Counts what failed.
    pub(super) fn fail(&self, names: u64) {
        add(&self.failed, names);
    }

    /// Counts what another one counted.
    pub(super) fn add(&self, other: &Self) {
        for (counter, more) in self.counters().into_iter().zip(other.counters()) {
            add(counter, get(more));
        }
    }

    /// Whether everything that was listed ended in one way.
    pub fn adds_up(&self) -> bool {
        let [listed, ends @ ..] = self.counters().map(get);
        listed == ends.iter().sum::<u64>()
    }

    /// What was listed, and the ways in which that ended.
    pub(super) fn by_name(&self) -> impl Iterator<Item = (&'static str, u64)> {
        NAMES.into_iter().zip(self.counters().map(get))
    }

    /// What was listed, and then the ways in which that ends.
    fn counters(&self) -> [&AtomicU64; 6] {
        [
            &self.listed,
            &self.transferred,
            &self.equal,
            &self.skipped,
            &self.deleted,
            &self.failed,
        ]
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [listed, transferred, equal, skipped, deleted, failed] = self.counters().map(get);
        write!(
            f,
            "{listed} listed = {transferred} transferred + {equal} equal + {skipped} skipped + \
             {deleted} deleted + {failed} failed"
        )
    }
}

/// Of the counters.
const NAMES: [&str; 6] = [
    "listed",
    "transferred",
    "equal",
    "skipped",
    "deleted",
    "failed",
];

fn add(counter: &AtomicU64, names: u64) {
    counter.fetch_add(names, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
