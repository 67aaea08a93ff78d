use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::s3::operation::OperationKind;

/// How many requests were sent. Clones count the same.
#[derive(Debug, Clone, Default)]
pub struct Traffic(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    sent: [AtomicU64; OperationKind::ALL.len()],
    again: AtomicU64,
}

impl Traffic {
    /// Counts an attempt, and whether it is not the first one.
    pub(super) fn count(&self, kind: OperationKind, is_again: bool) {
        self.0.sent[kind as usize].fetch_add(1, Ordering::Relaxed);
        self.0
            .again
            .fetch_add(u64::from(is_again), Ordering::Relaxed);
    }

    /// The operations that were sent, and how often, every attempt counted.
    pub fn requests(&self) -> impl Iterator<Item = (OperationKind, u64)> + '_ {
        let count = |kind: OperationKind| self.0.sent[kind as usize].load(Ordering::Relaxed);
        let all = OperationKind::ALL.into_iter();
        all.map(move |kind| (kind, count(kind)))
            .filter(|(_, count)| *count > 0)
    }

    /// How many of the attempts were not the first of their request.
    pub fn retries(&self) -> u64 {
        self.0.again.load(Ordering::Relaxed)
    }
}
