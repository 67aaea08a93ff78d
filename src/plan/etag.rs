//! The size of the parts of an object, from what its ETag tells: how many they were.

use crate::plan::split::Split;

/// Part sizes in bytes that an object of `size` bytes may have been sent in if it was sent in
/// `parts` parts: those that tools use, the most likely ones first, at most 8. With each of them
/// the object does have that many parts. Empty if none of the usual sizes fits.
///
/// The part of an object in one part is the object, and that of an empty object is one byte.
pub fn part_sizes(size: u64, parts: u32) -> Vec<u64> {
    let parts = u64::from(parts);
    if parts == 1 {
        return vec![size.max(1)];
    }
    // Nothing has no parts, and no part is empty.
    if parts > size || parts == 0 {
        return Vec::new();
    }
    // From where `parts` parts are enough to where one less is not.
    let (low, high) = (size.div_ceil(parts), (size - 1) / (parts - 1));
    let mut fitting = Vec::new();
    let candidates = defaults(size)
        .into_iter()
        .chain(usual_mebibytes().map(|count| count * MIB))
        .chain(whole_mebibytes(low, high))
        .chain(USUAL_MB.iter().map(|count| count * 1_000_000))
        .chain([low.next_multiple_of(MIB)]);
    for candidate in candidates {
        if (low..=high).contains(&candidate) && !fitting.contains(&candidate) {
            fitting.push(candidate);
        }
    }
    fitting.truncate(MOST);
    fitting
}

/// What tools make of a size if nobody tells them otherwise.
fn defaults(size: u64) -> Vec<u64> {
    let least = size.div_ceil(MAX_PARTS);
    // aws-cli and boto3: doubled until the parts are few enough.
    let aws = doublings(8).find(|count| count * MIB >= least);
    // This tool and s5cmd, then rclone.
    let rounded = [50, 5].map(|asked| Split::for_upload(size, asked * MIB));
    let rounded = rounded.into_iter().flatten().map(|split| split.part_size());
    // mc, s3cmd, and the libraries of MinIO.
    let multiples = [16, 15, 5].map(|unit| least.next_multiple_of(unit * MIB));
    let fixed = [50, 15, 5].map(|count| count * MIB);
    let aws = aws.map(|count| count * MIB);
    aws.into_iter()
        .chain(rounded)
        .chain(multiples)
        .chain(fixed)
        .collect()
}

/// What people ask for, in MiB.
fn usual_mebibytes() -> impl Iterator<Item = u64> {
    let round = [10, 20, 25, 30, 40, 50, 60, 64, 80, 100, 128, 150];
    let large = [200, 250, 256, 300, 400, 500, 512];
    let doubled = [1, 5, 15].into_iter().flat_map(doublings);
    round.into_iter().chain(large).chain(doubled)
}

/// The number doubled again and again, as far as parts may be large in MiB.
fn doublings(first: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(first), |count| Some(count * 2))
        .take_while(|count| *count <= LARGEST)
}

/// All multiples of 1 MiB between the bounds, if they are few.
fn whole_mebibytes(low: u64, high: u64) -> impl Iterator<Item = u64> {
    let (first, last) = (low.div_ceil(MIB), (high / MIB).min(LARGEST));
    let are_few = (last + 1).saturating_sub(first) <= MOST as u64;
    let multiples = (first..=last).map(|count| count * MIB);
    multiples.take(if are_few { MOST } else { 0 })
}

/// What people ask for, in millions of bytes.
const USUAL_MB: &[u64] = &[
    5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 200, 250, 256, 500,
];

/// How many sizes are worth a try.
const MOST: usize = 8;
const MAX_PARTS: u64 = 10_000;
const MIB: u64 = 1024 * 1024;
/// What a part can be, in MiB.
const LARGEST: u64 = 5120;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_defaults_of_tools_are_found_around_every_boundary() {
        for (tool, part) in [
            ("aws-cli", 8),
            ("s5cmd, s4cmd", 50),
            ("s3cmd", 15),
            ("rclone", 5),
            ("mc", 16),
        ] {
            let part = part * MIB;
            for boundary in (part..=300 * MIB).step_by(usize::try_from(part).unwrap()) {
                for size in [boundary - 1, boundary, boundary + 1] {
                    let parts = size.div_ceil(part);
                    let found = part_sizes(size, u32::try_from(parts).unwrap());
                    let expected = if parts == 1 { size } else { part };
                    assert!(found.contains(&expected), "{tool}: {size}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn the_defaults_of_tools_grow_with_large_objects() {
        for (tool, size, part) in [
            ("aws-cli", 80_000 * MIB, 8),
            ("aws-cli", 80_000 * MIB + 1, 16),
            ("aws-cli", 3_000_000 * MIB, 512),
            ("this one", 500_000 * MIB, 50),
            ("this one", 600 * 1024 * MIB, 62),
            ("rclone", 123_456 * MIB, 13),
            ("mc", 161_000 * MIB, 32),
            ("mc", 600_000 * MIB, 64),
        ] {
            let parts = u32::try_from(size.div_ceil(part * MIB)).unwrap();
            let found = part_sizes(size, parts);
            assert!(found.contains(&(part * MIB)), "{tool}: {size}: {found:?}");
        }
    }

    #[test]
    fn what_people_ask_for_is_found() {
        for part in [64 * MIB, 100 * MIB, 256 * MIB, 100_000_000, 5_000_000, MIB] {
            let found = part_sizes(part * 7 + 5, 8);
            assert!(found.contains(&part), "{part}: {found:?}");
        }
    }

    /// Sizes that no part can have were counted among the possible ones, which were then too many.
    #[test]
    fn what_no_part_can_be_crowds_nothing_out() {
        let found = part_sizes(3_141_957_280_000, 586);
        assert!(found.contains(&(5116 * MIB)), "{found:?}");
    }

    #[test]
    fn the_most_likely_size_is_the_first() {
        assert_eq!(part_sizes(20 * MIB, 3)[0], 8 * MIB);
        assert_eq!(part_sizes(110 * MIB, 3)[0], 50 * MIB);
    }

    #[test]
    fn extremes_have_sane_answers() {
        assert_eq!(part_sizes(0, 1), [1]);
        assert_eq!(part_sizes(7, 1), [7]);
        assert_eq!(part_sizes(u64::MAX, 1), [u64::MAX]);
        for (size, parts) in [(0, 0), (0, 2), (7, 0), (7, 8)] {
            assert!(part_sizes(size, parts).is_empty(), "{size} {parts}");
        }
        for parts in [0, 1, 2, 3, 10_000, u32::MAX - 1, u32::MAX] {
            part_sizes(u64::MAX, parts);
            part_sizes(u64::from(parts), parts);
        }
    }

    proptest! {
        #[test]
        fn all_sizes_give_the_right_number_of_parts(
            size in prop_oneof![any::<u64>(), 0..1_u64 << 32, 0..100_u64],
            parts in prop_oneof![any::<u32>(), 0..10_001_u32, 0..20_u32],
        ) {
            let found = part_sizes(size, parts);
            prop_assert!(found.len() <= MOST);
            for part in found {
                prop_assert_eq!(size.div_ceil(part).max(1), u64::from(parts));
            }
        }

        #[test]
        fn whole_mebibytes_are_found_where_there_are_few(
            count in 1..600_u64,
            parts in 2..10_001_u64,
            rest in 1..=MIB,
        ) {
            let part = count * MIB;
            let size = part * (parts - 1) + rest.min(part);
            let (low, high) = (size.div_ceil(parts), (size - 1) / (parts - 1));
            prop_assume!(high / MIB - (low - 1) / MIB <= MOST as u64);
            let found = part_sizes(size, u32::try_from(parts).unwrap());
            prop_assert!(found.contains(&part), "{:?}", found);
        }
    }
}
