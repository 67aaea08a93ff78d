//! How long to wait, and when to stop trying.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// The wait before retry number `retry` (from 0): a random part of a window that doubles, so that
/// many clients do not come back together ("full jitter").
///
/// Source: the retry behaviour that the AWS SDKs document: cap 20 s, and a longer base when the
/// server asked to slow down.
pub(super) fn wait(retry: u32, throttled: bool, random: f64) -> Duration {
    let base = if throttled { 1.0 } else { 0.1 };
    let window = f64::min(base * 2_f64.powi(retry.min(16).cast_signed()), 20.0);
    Duration::from_secs_f64(window * random)
}

/// A process-wide budget of retries: against a server that is down, thousands of requests do not
/// each try to the end.
///
/// Source: the retry quota of the AWS SDKs' standard mode: 500 tokens, 5 for a retry, 10 after a
/// timeout; a request that went well in the end gives back what its last retry took, or one token
/// if it needed none.
#[derive(Debug)]
pub(super) struct RetryBudget {
    tokens: AtomicU32,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self {
            tokens: AtomicU32::new(CAPACITY),
        }
    }
}

impl RetryBudget {
    /// Takes the price of one retry and gives it; `None` if there is not enough left.
    pub(super) fn take(&self, timed_out: bool) -> Option<u32> {
        let price = if timed_out { 10 } else { 5 };
        self.change(|tokens| tokens.checked_sub(price))
            .then_some(price)
    }

    /// A request went well, of which the last retry had this price, if there was one.
    pub(super) fn give_back(&self, price: Option<u32>) {
        let price = price.unwrap_or(1);
        self.change(|tokens| (tokens < CAPACITY).then_some(CAPACITY.min(tokens + price)));
    }

    fn change(&self, change: impl FnMut(u32) -> Option<u32>) -> bool {
        self.tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, change)
            .is_ok()
    }
}

const CAPACITY: u32 = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_doubles_up_to_the_cap() {
        assert_eq!(wait(0, false, 1.0), Duration::from_millis(100));
        assert_eq!(wait(3, false, 1.0), Duration::from_millis(800));
        assert_eq!(wait(0, true, 0.5), Duration::from_millis(500));
        assert_eq!(wait(1000, true, 1.0), Duration::from_secs(20));
    }

    #[test]
    fn the_budget_ends_and_recovers() {
        let budget = RetryBudget::default();
        let taken = (0..1000).filter_map(|_| budget.take(false)).count();
        assert_eq!(taken, 100);
        for _ in 0..5 {
            budget.give_back(None);
        }
        assert_eq!((budget.take(false), budget.take(false)), (Some(5), None));
    }

    /// A third of all requests failing once is no reason to give up: it was after 150 of them.
    #[test]
    fn retries_that_help_cost_nothing_in_the_end() {
        let budget = RetryBudget::default();
        for _ in 0..10_000 {
            let price = budget.take(true);
            assert_eq!(price, Some(10));
            budget.give_back(price);
        }
    }
}
