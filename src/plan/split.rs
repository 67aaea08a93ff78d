//! How a size is cut into parts.

use crate::s3::types::{ByteRange, PartNumber};

/// A size cut into equal parts; the last one may be smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    size: u64,
    part_size: u64,
}

impl Split {
    /// For a multipart upload: parts of the size asked for, but within what S3 takes (5 MiB to
    /// 5 GiB, at most 10,000 of them). `None` for an object that S3 cannot hold.
    ///
    /// Source: S3 User Guide, "Amazon S3 multipart upload limits".
    pub fn for_upload(size: u64, asked: u64) -> Option<Self> {
        let enough = size
            .div_ceil(u64::from(PartNumber::MAX))
            .next_multiple_of(MIB);
        let part_size = asked.max(MIN_PART).max(enough).min(MAX_PART);
        let split = Self { size, part_size };
        (split.count() <= u64::from(PartNumber::MAX)).then_some(split)
    }

    /// For ranged reads, which have no limits.
    pub fn for_download(size: u64, asked: u64) -> Self {
        Self {
            size,
            part_size: asked.max(1),
        }
    }

    /// The size of every part but the last one.
    pub fn part_size(&self) -> u64 {
        self.part_size
    }

    /// The number of parts; none for a size of 0.
    pub fn count(&self) -> u64 {
        self.size.div_ceil(self.part_size)
    }

    /// The parts in order.
    pub fn ranges(self) -> impl Iterator<Item = ByteRange> {
        (0..self.count()).filter_map(move |index| self.range(index))
    }

    /// One part, by its number from 0; `None` if there is none with this number.
    pub fn range(self, index: u64) -> Option<ByteRange> {
        let start = index.checked_mul(self.part_size)?;
        let end = start.saturating_add(self.part_size).min(self.size);
        (start < end).then(|| ByteRange::new(start, end))?
    }
}

/// The largest object that one PutObject or CopyObject takes.
pub const MAX_SINGLE: u64 = MAX_PART;

const MIB: u64 = 1024 * 1024;
const MIN_PART: u64 = 5 * MIB;
const MAX_PART: u64 = 5 * 1024 * MIB;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_grow_where_ten_thousand_are_not_enough() {
        // The original uploaded 488 GiB and then failed.
        let split = Split::for_upload(600 * 1024 * MIB, 50 * MIB).unwrap();
        assert_eq!(split.part_size, 62 * MIB);
        assert!(split.count() <= 10_000);
        assert!(
            Split::for_upload(50_000 * 1024 * MIB, 5 * MIB).is_some(),
            "48.8 TiB"
        );
        assert!(Split::for_upload(u64::MAX, 5 * MIB).is_none());
        assert_eq!(Split::for_upload(MIB, 1).unwrap().part_size, MIN_PART);
    }

    #[test]
    fn nothing_has_no_parts() {
        assert_eq!(Split::for_download(0, 10).ranges().count(), 0);
    }

    proptest! {
        #[test]
        fn ranges_cover_the_size_without_gaps(size in 0..10_000_000_u64, asked in 1000..9_000_000_u64) {
            let mut at = 0;
            for range in Split::for_download(size, asked).ranges() {
                prop_assert_eq!(range.start, at);
                prop_assert!(range.len() <= asked);
                at = range.end;
            }
            prop_assert_eq!(at, size);
        }
    }
}
