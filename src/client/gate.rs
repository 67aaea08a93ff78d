//! How many requests are under way: at most so many, and fewer while the server asks for less.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// Lets requests pass. A server that asks to slow down halves what may pass at once; each ten
/// seconds that go well let one more pass, up to the number of the beginning.
///
/// Source: additive increase, multiplicative decrease (RFC 5681), of requests instead of bytes.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    semaphore: Arc<Semaphore>,
    state: Arc<Mutex<State>>,
    most: usize,
}

#[derive(Debug)]
struct State {
    /// How many may pass now.
    limit: usize,
    /// How many of those that passed before are to return without letting another one pass.
    surplus: usize,
    changed: Instant,
}

/// Held as long as a request is under way and its answer is being read.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Gate,
    permit: Option<OwnedSemaphorePermit>,
    since: Instant,
}

impl Gate {
    pub(super) fn new(most: usize) -> Self {
        let most = most.max(1);
        let state = State {
            limit: most,
            surplus: 0,
            changed: Instant::now(),
        };
        Self {
            semaphore: Arc::new(Semaphore::new(most)),
            state: Arc::new(Mutex::new(state)),
            most,
        }
    }

    #[allow(clippy::expect_used, reason = "nobody closes the semaphore")]
    pub(super) async fn pass(&self) -> Pass {
        let permits = Arc::clone(&self.semaphore);
        let permit = permits.acquire_owned().await;
        Pass {
            gate: self.clone(),
            permit: Some(permit.expect("the semaphore is never closed")),
            since: Instant::now(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    /// The server asked to slow down. Of all that were under way together only the first counts.
    pub(super) fn slow_down(&self) {
        let mut state = self.gate.state();
        if self.since <= state.changed {
            return;
        }
        let limit = (state.limit / 2).max(1);
        state.surplus += state.limit - limit;
        state.surplus -= self.gate.semaphore.forget_permits(state.surplus);
        state.limit = limit;
        state.changed = Instant::now();
    }

    /// All went well.
    pub(super) fn went_well(&self) {
        let mut state = self.gate.state();
        if state.limit == self.gate.most || state.changed.elapsed() < GROWTH {
            return;
        }
        state.limit += 1;
        state.changed = Instant::now();
        match state.surplus {
            0 => self.gate.semaphore.add_permits(1),
            _ => state.surplus -= 1,
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        if state.surplus > 0
            && let Some(permit) = self.permit.take()
        {
            state.surplus -= 1;
            permit.forget();
        }
    }
}

const GROWTH: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    async fn passes(gate: &Gate, count: usize) -> Vec<Pass> {
        let mut passes = Vec::new();
        for _ in 0..count {
            passes.push(gate.pass().await);
        }
        passes
    }

    fn is_open(gate: &Gate) -> bool {
        gate.semaphore.available_permits() > 0
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_server_gets_half_and_then_slowly_more() {
        let gate = Gate::new(8);
        tokio::time::advance(Duration::from_secs(1)).await;
        let mut all = passes(&gate, 8).await;
        // All eight are told the same: that is one message, not eight.
        all.iter().for_each(Pass::slow_down);
        all.truncate(4);
        assert!(!is_open(&gate));
        all.truncate(3);
        assert!(is_open(&gate));
        all.extend(passes(&gate, 1).await);
        assert!(!is_open(&gate));
        for _ in 0..100 {
            all[0].went_well();
        }
        assert!(!is_open(&gate), "only time lets more pass");
        for _ in 0..10 {
            tokio::time::advance(GROWTH).await;
            all[0].went_well();
        }
        drop(all);
        assert_eq!(gate.semaphore.available_permits(), 8);
    }

    /// What is under way for long returns after the growth that it should have made room for: it
    /// then took a place with it each time, until nothing passed at all.
    #[tokio::test(start_paused = true)]
    async fn growth_before_late_returns_loses_no_place() {
        let gate = Gate::new(3);
        tokio::time::advance(Duration::from_secs(1)).await;
        let all = passes(&gate, 3).await;
        all[0].slow_down();
        for _ in 0..2 {
            tokio::time::advance(GROWTH).await;
            all[0].went_well();
        }
        drop(all);
        assert_eq!(gate.semaphore.available_permits(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn one_always_passes() {
        let gate = Gate::new(3);
        for _ in 0..10 {
            tokio::time::advance(Duration::from_secs(1)).await;
            gate.pass().await.slow_down();
        }
        let all = passes(&gate, 1).await;
        assert!(!is_open(&gate));
        drop(all);
        assert!(is_open(&gate));
    }
}
