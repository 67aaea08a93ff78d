//! Two streams of names side by side, and the guard against streams that are in no order. The
//! fields are the two lists, a line for each name.

use std::collections::BTreeSet;

use s4cmd::plan::merge::{Side, goes_on, next_side};

use super::input;

pub fn run(data: &[u8]) {
    let lists = input::texts::<2>(data, input::FIELD);
    let lists = lists
        .each_ref()
        .map(|list| list.split('\n').take(MOST_NAMES).collect::<Vec<_>>());
    let sorted = lists.each_ref().map(|list| {
        let set: BTreeSet<&str> = list.iter().copied().collect();
        set.into_iter().collect::<Vec<_>>()
    });
    let in_order = lists.each_ref().map(|list| guarded(list));
    assert!(sorted.iter().all(|list| guarded(list)));
    check_join(&sorted);
    if in_order == [true, true] {
        assert_eq!(lists, sorted);
    }
}

/// What the guard says of a list is what all its pairs say, in one page or in any two.
fn guarded(list: &[&str]) -> bool {
    let pairs = (0..list.len()).flat_map(|later| (0..later).map(move |earlier| (earlier, later)));
    let mut pairs = pairs.map(|(earlier, later)| (list[earlier], list[later]));
    let expected = pairs.all(|(earlier, later)| earlier.as_bytes() < later.as_bytes());
    assert_eq!(goes_on(None, list.iter().copied()), expected);
    for middle in 1..=list.len() {
        let (page, following) = list.split_at(middle);
        let is_first = goes_on(None, page.iter().copied());
        let is_second = goes_on(page.last().copied(), following.iter().copied());
        assert_eq!(is_first && is_second, expected);
    }
    expected
}

fn check_join(lists: &[Vec<&str>; 2]) {
    let [source, target] = lists;
    let (mut left, mut right) = (source.iter().peekable(), target.iter().peekable());
    let mut joined: [Vec<&str>; 3] = Default::default();
    let mut steps = 0;
    loop {
        steps += 1;
        assert!(steps <= source.len() + target.len() + 1);
        let heads = (
            left.peek().map(|name| **name),
            right.peek().map(|name| **name),
        );
        let (place, taken) = match next_side(heads.0, heads.1) {
            Side::End => break,
            Side::Source => (0, left.next()),
            Side::Target => (1, right.next()),
            Side::Both => {
                let (one, other) = (left.next(), right.next());
                assert_eq!(one, other);
                (2, one)
            }
        };
        joined[place].push(taken.expect("a name on that side"));
    }
    let sets = lists
        .each_ref()
        .map(|list| list.iter().copied().collect::<BTreeSet<_>>());
    let expected: [Vec<&str>; 3] = [
        sets[0].difference(&sets[1]).copied().collect(),
        sets[1].difference(&sets[0]).copied().collect(),
        sets[0].intersection(&sets[1]).copied().collect(),
    ];
    assert_eq!(joined, expected);
}

const MOST_NAMES: usize = 64;
