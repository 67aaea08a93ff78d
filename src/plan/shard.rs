//! The part of all names that one of several machines works on.

use md5_lanes::Md5;

/// One of the parts into which all names fall, by nothing but the name: whoever asks, whenever and
/// wherever, finds a name in the same part, and in no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shard {
    /// By the sum of the name: one of `count` parts of like size.
    Sum {
        /// Its number, from 0.
        index: u64,
        /// How many there are.
        count: u64,
    },
    /// By the place of the name in byte order: what is behind the one and up to the other, if there
    /// are such.
    Range {
        /// The last name that is not in it any more.
        behind: Option<String>,
        /// The last name that is still in it.
        up_to: Option<String>,
    },
}

impl Shard {
    /// The part with a number from 0; `None` if there are not so many.
    ///
    /// Names that differ only by case are in the same part, so that what is said of such names on a
    /// file system that takes them for one is seen by one machine.
    pub fn new(index: u64, count: u64) -> Option<Self> {
        (index < count).then_some(Self::Sum { index, count })
    }

    /// The part with a number from 0, of those into which `cuts` part all names: each is the last
    /// name of a part, but there is one part more. `None` if there are not so many, or the cuts are
    /// not in order.
    pub fn between(index: u64, cuts: &[String]) -> Option<Self> {
        let index = usize::try_from(index).ok()?;
        let is_part = index <= cuts.len() && cuts.is_sorted();
        is_part.then(|| Self::Range {
            behind: index
                .checked_sub(1)
                .and_then(|before| cuts.get(before).cloned()),
            up_to: cuts.get(index).cloned(),
        })
    }

    /// Whether a name, which is a path below the root of what is worked on, is in this part. Of
    /// parts by sums: whether the first eight bytes of the MD5 of its small letters, as a number,
    /// are `index` modulo `count`.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::Sum { index, count } => {
                let mut md5 = Md5::new();
                md5.update(name.to_lowercase().as_bytes());
                let number = u128::from_be_bytes(md5.finish()) >> 64;
                number % u128::from(*count) == u128::from(*index)
            }
            Self::Range { behind, up_to } => {
                let is_behind = |place: &String| name > place.as_str();
                behind.as_ref().is_none_or(is_behind) && !up_to.as_ref().is_some_and(is_behind)
            }
        }
    }

    /// Whether it may have anything below a directory, by its path with the slash at the end.
    pub fn may_have_below(&self, directory: &str) -> bool {
        match self {
            Self::Sum { .. } => true,
            Self::Range { behind, up_to } => {
                let may_be_behind =
                    |place: &String| directory > place.as_str() || place.starts_with(directory);
                behind.as_ref().is_none_or(may_be_behind)
                    && up_to
                        .as_ref()
                        .is_none_or(|place| directory <= place.as_str())
            }
        }
    }
}

/// Chooses names that part all of them into parts of like size, in memory that does not grow with
/// their number.
#[derive(Debug)]
pub struct Cuts {
    parts: usize,
    /// Of so many names one is kept, the last.
    stride: u64,
    seen: u64,
    kept: Vec<String>,
}

impl Cuts {
    /// For so many parts.
    pub fn new(parts: usize) -> Self {
        Self {
            parts,
            stride: 1,
            seen: 0,
            kept: Vec::new(),
        }
    }

    /// Takes the next name, in byte order.
    pub fn add(&mut self, name: &str) {
        self.seen += 1;
        if !self.seen.is_multiple_of(self.stride) {
            return;
        }
        self.kept.push(name.to_owned());
        if self.kept.len() >= self.parts.max(LEAST_KEPT) * OF_A_PART {
            let mut is_kept = false;
            self.kept.retain(|_| {
                is_kept = !is_kept;
                !is_kept
            });
            self.stride *= 2;
        }
    }

    /// The last name of each part but the last one. With fewer names than parts some of these have
    /// nothing.
    pub fn finish(self) -> Vec<String> {
        let Self { parts, kept, .. } = self;
        let cut = |part: usize| {
            let end = kept.len() * part / parts;
            kept.get(end.saturating_sub(1)).cloned().unwrap_or_default()
        };
        (1..parts).map(cut).collect()
    }
}

/// Names that are kept for each part, at most; half of it at least.
const OF_A_PART: usize = 128;
/// As if there were so many parts.
const LEAST_KEPT: usize = 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part_of(name: &str, parts: &[Shard]) -> Vec<usize> {
        let parts = parts.iter().enumerate();
        let has = parts.filter(|(_, part)| part.has(name));
        has.map(|(index, _)| index).collect()
    }

    fn by_sum(count: u64) -> Vec<Shard> {
        (0..count)
            .map(|index| Shard::new(index, count).unwrap())
            .collect()
    }

    fn by_cuts(cuts: &[String]) -> Vec<Shard> {
        let parts = 0..=cuts.len() as u64;
        parts
            .map(|index| Shard::between(index, cuts).unwrap())
            .collect()
    }

    /// Runs of one job may be of different versions of the program.
    #[test]
    fn the_part_of_a_name_never_changes() {
        for (name, parts) in [
            ("", [2, 3, 4]),
            ("a", [0, 0, 8]),
            ("d/\u{e9}", [0, 3, 11]),
            ("D/\u{c9}", [0, 3, 11]),
        ] {
            let found = [3, 5, 16].map(|count| part_of(name, &by_sum(count)));
            assert_eq!(found, parts.map(|part| vec![part]), "{name}");
        }
    }

    #[test]
    fn parts_are_of_like_size() {
        let names: Vec<_> = (0..20_000).map(|n| format!("run/{n:06}.fits")).collect();
        for count in [1, 3, 16, 64] {
            let mut cuts = Cuts::new(count);
            names.iter().for_each(|name| cuts.add(name));
            for parts in [by_sum(count as u64), by_cuts(&cuts.finish())] {
                let mut sizes = vec![0_usize; count];
                for name in &names {
                    let [part] = part_of(name, &parts)[..] else {
                        panic!("not in one part");
                    };
                    sizes[part] += 1;
                }
                let fair = names.len() / count;
                let is_like = |size: &usize| size.abs_diff(fair) <= fair / 4;
                assert!(sizes.iter().all(is_like), "{sizes:?}");
            }
        }
    }

    #[test]
    fn there_is_no_part_beyond_the_last() {
        assert!(Shard::new(2, 3).is_some());
        for (index, count) in [(3, 3), (0, 0)] {
            assert!(Shard::new(index, count).is_none(), "{index}/{count}");
        }
        let cuts = ["a".to_owned(), "b".to_owned()];
        assert!(Shard::between(2, &cuts).is_some());
        assert!(Shard::between(3, &cuts).is_none());
        let wrong = ["b".to_owned(), "a".to_owned()];
        assert!(Shard::between(0, &wrong).is_none());
    }

    #[test]
    fn few_names_are_parted_all_the_same() {
        for count in 0..10 {
            let mut cuts = Cuts::new(7);
            let names: Vec<_> = (0..count).map(|n| n.to_string()).collect();
            names.iter().for_each(|name| cuts.add(name));
            let parts = by_cuts(&cuts.finish());
            assert_eq!(parts.len(), 7);
            for name in &names {
                assert_eq!(part_of(name, &parts).len(), 1, "{name}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_part_may_have_something_below_the_directories_of_its_names(
            mut cuts in proptest::collection::vec("[a-c/.]{0,4}", 0..4),
            name in "[a-c/.]{0,6}",
        ) {
            cuts.sort();
            let parts = by_cuts(&cuts);
            let [part] = part_of(&name, &parts)[..] else {
                panic!("not in one part");
            };
            let ends = name.match_indices('/').map(|(at, _)| at + 1);
            for end in ends.chain([0]) {
                prop_assert!(parts[part].may_have_below(&name[..end]), "{}", &name[..end]);
            }
        }
    }
}
