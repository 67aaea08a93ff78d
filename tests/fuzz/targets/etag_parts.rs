//! In which parts an object may have been sent. The numbers are a size, a number of parts, and
//! what somebody may have asked a tool for.

use s4cmd::plan::etag::part_sizes;

use super::input;

pub fn run(data: &[u8]) {
    let mut numbers = input::numbers(data);
    let mut number = || numbers.next().unwrap_or_default();
    let (size, parts, asked) = (number(), number(), number());
    check(size, u32::try_from(parts % (1 << 32)).unwrap());
    check(size, u32::try_from(parts % 10_000).unwrap());
    if size == 0 || size > LARGEST {
        return;
    }
    for part in defaults(size) {
        sent_in(size, part, true);
    }
    // In whole MiB, whatever they are, if that leaves few possibilities.
    let part = asked % 5120 * MIB;
    if part >= 5 * MIB && size.div_ceil(part) <= 10_000 {
        sent_in(size, part, false);
    }
    for part in USUAL {
        if size.div_ceil(*part) <= 10_000 {
            sent_in(size, *part, false);
        }
    }
}

/// With each of the sizes the object does have that many parts.
fn check(size: u64, parts: u32) -> Vec<u64> {
    let found = part_sizes(size, parts);
    assert!(found.len() <= 8);
    for (index, part) in found.iter().enumerate() {
        assert_eq!(size.div_ceil(*part).max(1), u64::from(parts));
        assert!(!found[..index].contains(part));
    }
    found
}

/// An object that was sent in such parts. What is a default is always found; anything else if few
/// sizes are possible.
fn sent_in(size: u64, part: u64, is_default: bool) {
    let parts = size.div_ceil(part);
    let found = check(size, u32::try_from(parts).unwrap());
    let expected = if parts == 1 { size } else { part };
    if found.contains(&expected) {
        return;
    }
    assert!(!is_default, "{size} in parts of {part}: {found:?}");
    // All sizes in whole MiB that give this number of parts.
    let possible = (1..=5120).map(|count| count * MIB);
    let possible = possible.filter(|other| size.div_ceil(*other) == parts);
    let is_whole = part.is_multiple_of(MIB);
    assert!(
        found.len() == 8 || is_whole && possible.count() > 8,
        "{size} in parts of {part}: {found:?}"
    );
}

/// What tools send an object of this size in if nobody tells them otherwise.
fn defaults(size: u64) -> Vec<u64> {
    let mut defaults = Vec::new();
    // aws-cli doubles its 8 MiB.
    let mut part = 8 * MIB;
    while size.div_ceil(part) > 10_000 {
        part *= 2;
    }
    defaults.push(part);
    // s4cmd and s5cmd, rclone, mc and s3cmd take the next whole number of something.
    for (first, step) in [(50, 1), (5, 1), (16, 16), (15, 15), (5, 5)] {
        let mut part = first * MIB;
        if size.div_ceil(part) > 10_000 {
            part = size.div_ceil(10_000).div_ceil(step * MIB) * step * MIB;
        }
        defaults.push(part);
    }
    defaults
}

const USUAL: &[u64] = &[
    64 * MIB,
    100 * MIB,
    128 * MIB,
    256 * MIB,
    512 * MIB,
    5_000_000,
    8_000_000,
    10_000_000,
    100_000_000,
];
const MIB: u64 = 1024 * 1024;
/// What S3 holds.
const LARGEST: u64 = 5 * 1024 * 1024 * MIB;
