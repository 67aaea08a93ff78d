//! Random histories: commands one after the other, in a world where any request may be spoiled and
//! others write at the same time, beside a model of what there should be.
//!
//! `S4CMD_HISTORIES` says how many there are, `S4CMD_SEED` runs one of them alone and tells each of
//! its steps.

mod chance;
mod check;
mod history;
mod model;
mod steps;

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use history::{History, Tally};

const USUAL: u64 = 200;
/// Commands in a history.
const STEPS: usize = 50;

/// Without faults everything is as the model says: it would prove nothing if that were wrong.
#[test]
fn the_model_is_right() {
    run_all(0..40, |seed| History::new(seed).without_faults());
}

#[test]
fn whatever_happens_nothing_is_lost() {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    if let Some(seed) = number("S4CMD_SEED") {
        History::new(seed).aloud().run(STEPS).unwrap();
        return;
    }
    let count = number("S4CMD_HISTORIES").unwrap_or(USUAL);
    let tally = run_all(0..count, History::new);
    println!("{count} histories: {tally:?}");
    // They would not prove much if faults were rare, or if nothing ever succeeded or failed.
    let steps = count * STEPS as u64;
    assert!(tally.faults > steps / 2, "{tally:?}");
    assert!(
        tally.succeeded > steps / 3 && tally.failed > steps / 20,
        "{tally:?}"
    );
}

/// Side by side. All seeds that fail are told.
fn run_all(seeds: std::ops::Range<u64>, make: impl Fn(u64) -> History + Sync) -> Tally {
    let next = AtomicU64::new(seeds.start);
    let (sum, failures) = (Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if !seeds.contains(&seed) {
                        break;
                    }
                    match make(seed).run(STEPS) {
                        Ok(tally) => sum.lock().unwrap().add(&tally),
                        Err(text) => failures.lock().unwrap().push(text),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let shown = failures.iter().take(20).cloned().collect::<Vec<_>>();
    assert!(
        failures.is_empty(),
        "{} histories fail\n{}",
        failures.len(),
        shown.join("\n")
    );
    sum.into_inner().unwrap()
}
