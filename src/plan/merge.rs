//! The heart of a synchronisation: two streams of names in the same order, walked side by side.

use std::cmp::Ordering;

/// Whether names go on in byte order behind `last`, each once. What is concluded from the order
/// of a stream is void where this is not so.
pub fn goes_on<'a>(last: Option<&'a str>, names: impl IntoIterator<Item = &'a str>) -> bool {
    let all = last.into_iter().chain(names);
    all.is_sorted_by(|one, next| one < next)
}

/// Which side has the next name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Only the source: it is new, or was removed from the target.
    Source,
    /// Both: to be compared.
    Both,
    /// Only the target: it is extra.
    Target,
    /// Both streams are at their ends.
    End,
}

/// Compares the heads of the two streams. The caller takes the next of each side named.
///
/// Both must be in byte order; a stream that is not makes names look one-sided that are not.
pub fn next_side(source: Option<&str>, target: Option<&str>) -> Side {
    match (source, target) {
        (None, None) => Side::End,
        (Some(_), None) => Side::Source,
        (None, Some(_)) => Side::Target,
        (Some(source), Some(target)) => match source.as_bytes().cmp(target.as_bytes()) {
            Ordering::Less => Side::Source,
            Ordering::Equal => Side::Both,
            Ordering::Greater => Side::Target,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    type Names = BTreeSet<String>;

    fn join(source: &Names, target: &Names) -> (Names, Names, Names) {
        let (mut only_source, mut both, mut only_target) = Default::default();
        let (mut left, mut right) = (source.iter().peekable(), target.iter().peekable());
        let add = |set: &mut Names, name: Option<&String>| {
            set.extend(name.cloned());
        };
        loop {
            let heads = (
                left.peek().map(|s| s.as_str()),
                right.peek().map(|s| s.as_str()),
            );
            match next_side(heads.0, heads.1) {
                Side::Source => add(&mut only_source, left.next()),
                Side::Target => add(&mut only_target, right.next()),
                Side::Both => {
                    add(&mut both, left.next());
                    right.next();
                }
                Side::End => return (only_source, both, only_target),
            }
        }
    }

    #[test]
    fn names_go_on_where_each_is_behind_the_one_before() {
        for (last, names, expected) in [
            (None, &[][..], true),
            (None, &["", "a", "a-b", "a/b"][..], true),
            (None, &["a/b", "a-b"], false),
            (None, &["a", "a"], false),
            (Some("a"), &[], true),
            (Some("a"), &["b"], true),
            (Some("a"), &["a"], false),
            (Some("b"), &["a"], false),
        ] {
            let names = names.iter().copied();
            assert_eq!(goes_on(last, names.clone()), expected, "{last:?} {names:?}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_set_operations(
            source in proptest::collection::btree_set("[a-c/-]{1,4}", 0..20),
            target in proptest::collection::btree_set("[a-c/-]{1,4}", 0..20),
        ) {
            let (only_source, both, only_target) = join(&source, &target);
            prop_assert_eq!(only_source, &source - &target);
            prop_assert_eq!(both, &source & &target);
            prop_assert_eq!(only_target, &target - &source);
        }
    }
}
