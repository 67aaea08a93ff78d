//! One benchmark, and how its time is taken.

use std::time::{Duration, Instant};

/// A benchmark of which nothing is prepared yet.
#[derive(Debug)]
pub(crate) struct Benchmark {
    pub(crate) name: &'static str,
    /// What is done many times in one iteration: the time of one of these is what is told.
    pub(crate) item: &'static str,
    /// How many of them.
    pub(crate) items: usize,
    /// Whether it does the same instructions each time: no other threads, no files, no clock.
    pub(crate) is_pure: bool,
    pub(crate) prepare: fn() -> Iteration,
}

/// Does the work once, and gives how many items came out: what does nothing is not fast.
pub(crate) type Iteration = Box<dyn FnMut() -> usize>;

impl Benchmark {
    /// A line for programs: the name, the items in an iteration, and what can be expected of it.
    pub(crate) fn description(&self) -> String {
        let kind = if self.is_pure { "pure" } else { "threads" };
        format!("{} {} {kind} {}", self.name, self.items, self.item)
    }

    /// Does so many iterations.
    pub(crate) fn repeat(&self, iterations: usize) {
        let mut iteration = (self.prepare)();
        for _ in 0..iterations {
            self.once(&mut iteration);
        }
    }

    /// Takes the time, and gives the line of the table.
    pub(crate) fn time(&self) -> String {
        let mut iteration = (self.prepare)();
        let started = Instant::now();
        self.once(&mut iteration);
        // The first is slower than the others, so there are rather too many of them than too few.
        let iterations = ROUND.as_nanos() / started.elapsed().as_nanos().max(1) + 1;
        let mut rounds = [0.0; ROUNDS];
        for round in &mut rounds {
            let started = Instant::now();
            for _ in 0..iterations {
                self.once(&mut iteration);
            }
            *round = started.elapsed().as_nanos() as f64;
        }
        rounds.sort_unstable_by(f64::total_cmp);
        let of_item = rounds[ROUNDS / 2] / (iterations as f64 * self.items as f64);
        let iterations = iterations * ROUNDS as u128;
        let Self { name, item, .. } = self;
        format!("{name:18} {iterations:>10} {of_item:>12.1}  ({item})")
    }

    fn once(&self, iteration: &mut Iteration) {
        let done = iteration();
        assert!(done == self.items, "{}: {done} {}s", self.name, self.item);
    }
}

const ROUNDS: usize = 7;
/// Long enough for the clock, and for what else the machine does.
const ROUND: Duration = Duration::from_millis(100);
