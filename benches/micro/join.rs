//! Two listings side by side.

use std::hint::black_box;

use s4cmd::plan::merge::{Side, goes_on, next_side};

use crate::{
    benchmark::{Benchmark, Iteration},
    keys::keys,
};

const KEYS: usize = 100_000;

/// Two streams of so many keys, of which every tenth is on one side only.
pub(crate) const JOIN: Benchmark = Benchmark {
    name: "merge-join",
    item: "key",
    items: 2 * KEYS,
    is_pure: true,
    prepare,
};

fn prepare() -> Iteration {
    let keys = keys(KEYS + KEYS / 10);
    let without = |rest: usize| {
        let named = keys.iter().enumerate();
        let kept = named.filter(|(number, _)| number % 11 != rest);
        kept.map(|(_, key)| key.clone()).collect::<Vec<_>>()
    };
    let (sources, targets) = (without(3), without(7));
    Box::new(move || {
        let [source, target, both] = join(black_box(&sources), black_box(&targets));
        assert!(source == target && source == KEYS / 10);
        source + target + 2 * both
    })
}

/// How many are on one side, on the other, and on both; each page is checked for its order first,
/// as listings are.
fn join(sources: &[String], targets: &[String]) -> [usize; 3] {
    let mut found = [0; 3];
    let are_sorted =
        [sources, targets].map(|names| goes_on(None, names.iter().map(|name| &**name)));
    assert!(are_sorted == [true, true], "the keys are in byte order");
    let (mut sources, mut targets) = (sources.iter().peekable(), targets.iter().peekable());
    loop {
        let source = sources.peek().map(|name| name.as_str());
        let target = targets.peek().map(|name| name.as_str());
        let side = match next_side(source, target) {
            Side::Source => {
                sources.next();
                0
            }
            Side::Target => {
                targets.next();
                1
            }
            Side::Both => {
                sources.next();
                targets.next();
                2
            }
            Side::End => return found,
        };
        found[side] += 1;
    }
}
