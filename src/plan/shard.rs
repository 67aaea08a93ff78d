//! The part of all names that one of several machines works on.

use md5_lanes::Md5;

/// One of `count` parts into which all names fall, by nothing but the name: whoever asks, whenever
/// and wherever, finds a name in the same part, and in no other.
///
/// Names that differ only by case are in the same part, so that what is said of such names on a
/// file system that takes them for one is seen by one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// The part with a number from 0; `None` if there are not so many.
    pub fn new(index: u64, count: u64) -> Option<Self> {
        (index < count).then_some(Self { index, count })
    }

    /// Whether a name, which is a path below the root of what is worked on, is in this part: the
    /// first eight bytes of the MD5 of its small letters, as a number, modulo the number of parts.
    pub fn has(self, name: &str) -> bool {
        let mut md5 = Md5::new();
        md5.update(name.to_lowercase().as_bytes());
        let number = u128::from_be_bytes(md5.finish()) >> 64;
        number % u128::from(self.count) == u128::from(self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part_of(name: &str, count: u64) -> Vec<u64> {
        let has = |index: &u64| Shard::new(*index, count).unwrap().has(name);
        (0..count).filter(has).collect()
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
            let found = [3, 5, 16].map(|count| part_of(name, count));
            assert_eq!(found, parts.map(|part| vec![part]), "{name}");
        }
    }

    #[test]
    fn parts_are_of_like_size() {
        for count in [1, 3, 16, 64] {
            let mut sizes = vec![0_u64; usize::try_from(count).unwrap()];
            for name in 0..20_000 {
                let [part] = part_of(&format!("run/{name:06}.fits"), count)[..] else {
                    panic!("not in one part");
                };
                sizes[usize::try_from(part).unwrap()] += 1;
            }
            let fair = 20_000 / count;
            let is_like = |size: &u64| size.abs_diff(fair) <= fair / 4;
            assert!(sizes.iter().all(is_like), "{sizes:?}");
        }
    }

    #[test]
    fn there_is_no_part_beyond_the_last() {
        assert!(Shard::new(2, 3).is_some());
        for (index, count) in [(3, 3), (0, 0)] {
            assert!(Shard::new(index, count).is_none(), "{index}/{count}");
        }
    }
}
