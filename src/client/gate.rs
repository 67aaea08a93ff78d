//! How many requests are under way: at most so many, as many as make it faster, and fewer while
//! the server asks for less.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use crate::{net::Line, s3::operation::OperationKind};

/// Lets requests pass. It begins with a few, and while more are waiting it tries how many make
/// bytes move faster: each doubling that does is followed by another one, the first that does not
/// is taken back, and tried again after a rest that gets longer each time. More than that only wait
/// for each other, in the server or here, and take memory. Where the way is long, all that may pass
/// do so soon: it is the way that they wait for. Of small ones as many do as move a few megabytes
/// together, and at most those that a server nearby would get: they take little memory, and it has
/// less work with many that come together.
/// A server that asks to slow down halves what may pass at once; from then on each ten seconds
/// that go well let one more pass.
///
/// Source: additive increase, multiplicative decrease (RFC 5681), of requests instead of bytes.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    semaphore: Arc<Semaphore>,
    state: Arc<Mutex<State>>,
    most: usize,
    /// The most for a server that is next to this machine.
    most_near: usize,
    /// What all requests share.
    line: Line,
}

#[derive(Debug)]
struct State {
    /// How many may pass now.
    limit: usize,
    /// How many of those that passed before are to return without letting another one pass.
    surplus: usize,
    changed: Instant,
    pace: Pace,
    /// How long the next rest is.
    rest: Duration,
    /// When the present measurement began, and what had been moved by then.
    measured: (Instant, u64),
    /// Requests that went well since.
    answered: u64,
}

/// What is being found out.
#[derive(Debug)]
enum Pace {
    /// Nothing yet: connections are being made. Later, whether more are faster than what is known.
    Begins(Option<Known>),
    /// Whether they are.
    Climbs(Option<Known>),
    /// Nothing: what there is is enough.
    Rests,
    /// Whether the server is content again.
    Recovers,
}

/// So many requests moved so many bytes in a second.
#[derive(Debug, Clone, Copy)]
struct Known {
    limit: usize,
    rate: f64,
}

/// Held as long as a request is under way and its answer is being read.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Gate,
    permit: Option<OwnedSemaphorePermit>,
    since: Instant,
}

impl Gate {
    /// So many may pass, or so many if the server is near.
    pub(super) fn new(most: usize, most_near: usize, line: Line) -> Self {
        let most = most.max(1);
        let limit = most.min(FIRST);
        let now = Instant::now();
        let state = State {
            limit,
            surplus: 0,
            changed: now,
            pace: Pace::Begins(None),
            rest: FIRST_REST,
            measured: (now, line.moved()),
            answered: 0,
        };
        Self {
            semaphore: Arc::new(Semaphore::new(limit)),
            state: Arc::new(Mutex::new(state)),
            most,
            most_near: most_near.clamp(1, most),
            line,
        }
    }

    #[allow(clippy::expect_used, reason = "nobody closes the semaphore")]
    pub(super) async fn pass(&self) -> Pass {
        let permit = Arc::clone(&self.semaphore).acquire_owned();
        tokio::pin!(permit);
        let permit = loop {
            match timeout(MEASUREMENT, &mut permit).await {
                Ok(permit) => break permit.expect("the semaphore is never closed"),
                // What is under way may take minutes.
                Err(_) => self.adapt(),
            }
        };
        Pass {
            gate: self.clone(),
            permit: Some(permit),
            since: Instant::now(),
        }
    }

    /// How many may pass now.
    pub(super) fn limit(&self) -> usize {
        self.state().limit
    }

    /// Looks whether more would be faster, if it was long enough since the last time.
    fn adapt(&self) {
        let (mut state, now) = (self.state(), Instant::now());
        let (since, before) = state.measured;
        let moved = self.line.moved();
        let round_trip = self.line.round_trip();
        let is_long = round_trip.is_some_and(|way| way >= LONG);
        let is_near = round_trip.is_some_and(|way| way < NEAR);
        let most = if is_near { self.most_near } else { self.most };
        if let Pace::Begins(None) | Pace::Climbs(None) = state.pace {
            let answered = state.answered;
            if is_long && answered >= FIRST as u64 {
                self.raise_to(&mut state, most);
            } else if answered >= SEVERAL {
                let each = ((moved - before) / answered).max(1);
                let fitting = usize::try_from(TOGETHER / each).unwrap_or(usize::MAX);
                self.raise_to(&mut state, fitting.min(self.most_near));
            }
        }
        if now < since + MEASUREMENT {
            return;
        }
        state.measured = (now, moved);
        state.answered = 0;
        if let Pace::Recovers = state.pace {
            if state.changed + GROWTH <= now && state.limit < most {
                self.raise(&mut state, 1);
            }
            return;
        }
        if self.semaphore.available_permits() > 0 {
            // Nobody waits.
            return;
        }
        #[allow(clippy::cast_precision_loss, reason = "a rate")]
        let rate = (moved - before) as f64 / (now - since).as_secs_f64();
        match state.pace {
            Pace::Begins(None) if is_long && state.limit < most => self.raise_to(&mut state, most),
            Pace::Begins(known) => state.pace = Pace::Climbs(known),
            Pace::Climbs(Some(known)) if rate < known.rate * GAIN => {
                state.pace = Pace::Rests;
                self.lower(&mut state, known.limit);
            }
            Pace::Climbs(_) if state.limit < most => {
                let limit = state.limit;
                state.pace = Pace::Begins(Some(Known { limit, rate }));
                self.raise(&mut state, limit.min(most - limit));
            }
            Pace::Climbs(_) => {
                state.pace = Pace::Rests;
                state.changed = now;
            }
            Pace::Rests if state.changed + state.rest <= now => {
                state.pace = Pace::Climbs(None);
                state.rest = (2 * state.rest).min(LAST_REST);
            }
            Pace::Rests | Pace::Recovers => {}
        }
    }

    fn lower(&self, state: &mut State, limit: usize) {
        state.surplus += state.limit - limit;
        state.surplus -= self.semaphore.forget_permits(state.surplus);
        state.limit = limit;
        state.changed = Instant::now();
    }

    fn raise_to(&self, state: &mut State, limit: usize) {
        if let Some(more) = limit.checked_sub(state.limit)
            && more > 0
        {
            state.pace = Pace::Begins(None);
            self.raise(state, more);
        }
    }

    fn raise(&self, state: &mut State, more: usize) {
        let late = more.min(state.surplus);
        state.surplus -= late;
        self.semaphore.add_permits(more - late);
        state.limit += more;
        state.changed = Instant::now();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    /// The server asked to slow down. Of all that were under way together only the first counts.
    pub(super) fn slow_down(&self) {
        let mut state = self.gate.state();
        if self.since <= state.changed && matches!(state.pace, Pace::Recovers) {
            return;
        }
        state.pace = Pace::Recovers;
        let half = (state.limit / 2).max(1);
        self.gate.lower(&mut state, half);
    }

    /// All went well. An answer about a batch of keys says as much as many do: those who delete
    /// move nothing, and wait for a server that takes one key after the other.
    pub(super) fn went_well(&self, operation: OperationKind) {
        self.gate.state().answered += match operation {
            OperationKind::DeleteObjects => SEVERAL,
            _ => 1,
        };
        self.gate.adapt();
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

/// Enough to keep two cores busy with a server on the same machine.
const FIRST: usize = 8;
/// Longer than an answer from afar takes.
const MEASUREMENT: Duration = Duration::from_millis(250);
/// Twice as many are to be so much faster; less is chance.
const GAIN: f64 = 1.15;
/// No network is in between, or hardly any.
const NEAR: Duration = Duration::from_micros(500);
/// A way that requests spend most of their time on: neither server nor client has much to do then.
const LONG: Duration = Duration::from_millis(10);
/// Requests that show of what kind they are.
const SEVERAL: u64 = 32;
/// Bytes of requests under way and their answers.
const TOGETHER: u64 = 4 * 1024 * 1024;
const FIRST_REST: Duration = Duration::from_secs(2);
const LAST_REST: Duration = Duration::from_secs(16);
const GROWTH: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: usize = 64;
    const GET: OperationKind = OperationKind::GetObject;

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
        let gate = Gate::new(8, 8, Line::default());
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
            all[0].went_well(GET);
        }
        assert!(!is_open(&gate), "only time lets more pass");
        for _ in 0..10 {
            tokio::time::advance(GROWTH).await;
            all[0].went_well(GET);
        }
        drop(all);
        assert_eq!(gate.semaphore.available_permits(), 8);
    }

    /// What is under way for long returns after the growth that it should have made room for: it
    /// then took a place with it each time, until nothing passed at all.
    #[tokio::test(start_paused = true)]
    async fn growth_before_late_returns_loses_no_place() {
        let gate = Gate::new(3, 3, Line::default());
        tokio::time::advance(Duration::from_secs(1)).await;
        let all = passes(&gate, 3).await;
        all[0].slow_down();
        for _ in 0..2 {
            tokio::time::advance(GROWTH).await;
            all[0].went_well(GET);
        }
        drop(all);
        assert_eq!(gate.semaphore.available_permits(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn one_always_passes() {
        let gate = Gate::new(3, 3, Line::default());
        for _ in 0..10 {
            tokio::time::advance(Duration::from_secs(1)).await;
            gate.pass().await.slow_down();
        }
        let all = passes(&gate, 1).await;
        assert!(!is_open(&gate));
        drop(all);
        assert!(is_open(&gate));
    }

    /// How many pass in the end where so many at once move all that can be moved, in many answers or
    /// in parts of few.
    async fn limit_for(most: usize, enough: usize, answers: usize, way: Duration) -> usize {
        let line = Line::default();
        line.opened(way);
        let gate = Gate::new(most, MANY, line.clone());
        let mut all = passes(&gate, FIRST).await;
        for _ in 0..40 {
            line.received().add(all.len().min(enough) as u64 * 1000);
            tokio::time::advance(MEASUREMENT).await;
            all.iter()
                .take(answers)
                .for_each(|pass| pass.went_well(GET));
            all.clear();
            while is_open(&gate) {
                all.extend(passes(&gate, 1).await);
            }
        }
        all.len()
    }

    #[tokio::test(start_paused = true)]
    async fn more_pass_as_long_as_that_moves_more() {
        assert_eq!(
            limit_for(32, 1, 1, NEAR).await,
            FIRST,
            "never more than needed"
        );
        assert_eq!(limit_for(32, 13, 1, NEAR).await, 16);
        assert!(limit_for(32, 100, 1, NEAR).await > 30);
    }

    #[tokio::test(start_paused = true)]
    async fn the_less_each_moves_the_more_pass_soon() {
        let cases = [
            (16, MANY),
            (64, MANY),
            (256, 16),
            (512, FIRST),
            (8192, FIRST),
        ];
        for (bytes, limit) in cases.map(|(kib, limit)| (kib * 1024, limit)) {
            let line = Line::default();
            let gate = Gate::new(2 * MANY, MANY, line.clone());
            for answered in 1..=SEVERAL {
                assert_eq!(gate.state().limit, FIRST, "{answered}");
                line.received().add(bytes);
                gate.pass().await.went_well(GET);
            }
            assert_eq!(gate.state().limit, limit, "{bytes}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_deletions_pass_after_the_first() {
        let gate = Gate::new(32, 32, Line::default());
        gate.pass().await.went_well(OperationKind::DeleteObjects);
        assert_eq!(gate.state().limit, 32);
    }

    #[tokio::test(start_paused = true)]
    async fn over_a_long_way_all_pass_soon() {
        for (millis, limit) in [(9, FIRST), (10, 2 * MANY)] {
            let far = || {
                let line = Line::default();
                line.opened(Duration::from_millis(millis));
                Gate::new(2 * MANY, MANY, line)
            };
            let gate = far();
            let all = passes(&gate, FIRST).await;
            all.iter().for_each(|pass| pass.went_well(GET));
            assert_eq!(gate.limit(), limit);
            // Where each takes long, not even so many are waited for.
            let gate = far();
            let all = passes(&gate, FIRST).await;
            tokio::time::advance(MEASUREMENT).await;
            all[0].went_well(GET);
            assert_eq!(gate.limit(), limit);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn small_ones_climb_on_from_many_where_the_server_is_not_near() {
        let most = 4 * MANY;
        for (enough, way, limit) in [
            (MANY, NEAR, MANY),
            (most, NEAR, most),
            (most, NEAR / 2, MANY),
        ] {
            assert_eq!(limit_for(most, enough, usize::MAX, way).await, limit);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_wait_for_long_requests_find_out_as_well() {
        let gate = Gate::new(32, 32, Line::default());
        let first = passes(&gate, FIRST).await;
        let began = Instant::now();
        // Nothing moves at all, so nothing gets slower.
        let next = passes(&gate, 1).await;
        assert!(began.elapsed() < 5 * MEASUREMENT);
        drop((first, next));
    }
}
