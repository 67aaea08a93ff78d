//! Sums of what is being received, made from the file, close behind those who write it: from
//! memory, that is. There, and not where bytes arrive, because streams come in turns and MD5 is
//! made of many parts at once, in a quarter of the time.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
    fs::File,
    io,
    ops::Range,
};

use tokio::sync::mpsc;

use crate::{
    local::{Md5, PartSum, hash_on, read_region},
    plan::split::Split,
    s3::types::Md5Digest,
    transfer::{Engine, engine::HASH_BUFFER},
};

/// How much of a range is in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    /// From 0.
    pub(super) index: u64,
    /// Bytes from its beginning.
    pub(super) len: u64,
}

/// How much is to arrive before it is worth to tell it.
pub(super) const STEP: u64 = 1024 * 1024;

/// Sums the whole, each range once it is there; `None` if not all come.
pub(super) async fn whole(
    engine: &Engine,
    file: &File,
    ranges: Split,
    mut told: mpsc::UnboundedReceiver<Progress>,
) -> io::Result<Option<Md5Digest>> {
    let (mut md5, mut there) = (Md5::new(), HashSet::new());
    for (index, range) in (0..).zip(ranges.ranges()) {
        while !there.remove(&index) {
            let Some(progress) = told.recv().await else {
                return Ok(None);
            };
            let range = ranges.range(progress.index);
            if range.is_some_and(|range| range.len() == progress.len) {
                there.insert(progress.index);
            }
        }
        // Not before: those who receive need some, too, and would never get it from those who wait.
        let _buffer = engine.buffers.reserve(HASH_BUFFER).await;
        let update = |chunk: &[u8]| md5.update(chunk);
        read_region(file, range.start, range.len(), update).await?;
    }
    Ok(Some(md5.finish()))
}

/// Sums the parts, as many as can be at once; `None` if not all come. Parts and ranges need not
/// begin at the same places.
pub(super) async fn parts(
    engine: &Engine,
    file: &File,
    (ranges, parts): (Split, Split),
    mut told: mpsc::UnboundedReceiver<Progress>,
) -> io::Result<Option<Vec<Md5Digest>>> {
    let mut arriving = Arriving::default();
    let mut is_over = false;
    while !is_over {
        match told.recv().await {
            None => is_over = true,
            Some(progress) => {
                arriving.note(progress, ranges, parts);
                while let Ok(progress) = told.try_recv() {
                    arriving.note(progress, ranges, parts);
                }
            }
        }
        loop {
            let (sums, len) = arriving.next(is_over);
            if sums.is_empty() {
                break;
            }
            let _buffers = engine.buffers.reserve(PARTS_BUFFERS).await;
            let mut sums: Vec<_> = sums.into_iter().map(|sum| (file, sum)).collect();
            hash_on(&mut sums, len).await?;
            arriving.take_complete();
        }
    }
    let all = arriving.digests.len() as u64 == parts.count();
    Ok(all.then(|| arriving.digests.into_values().collect()))
}

/// The parts that are not summed to their ends.
#[derive(Default)]
struct Arriving {
    /// Of each range, how much there is.
    there: HashMap<u64, u64>,
    open: Vec<Part>,
    digests: BTreeMap<u64, Md5Digest>,
}

struct Part {
    number: u64,
    sum: PartSum,
    /// Up to where it is in the file without a gap.
    arrived: u64,
}

impl Part {
    /// Bytes that are in the file and not summed.
    fn behind(&self) -> u64 {
        self.arrived - self.sum.rest().start
    }

    fn is_worth_it(&self) -> bool {
        let has_arrived = self.arrived == self.sum.rest().end;
        self.behind() >= STEP || (has_arrived && self.behind() > 0)
    }
}

impl Arriving {
    fn note(&mut self, progress: Progress, ranges: Split, parts: Split) {
        let Some(range) = ranges.range(progress.index) else {
            return;
        };
        self.there.insert(progress.index, progress.len);
        let arrived = range.start + progress.len;
        let first = range.start / parts.part_size();
        let begun = (first..).map_while(|number| Some((number, parts.range(number)?)));
        for (number, part) in begun.take_while(|(_, part)| part.start < arrived) {
            if self.digests.contains_key(&number) {
                continue;
            }
            let known = self.open.iter().position(|open| open.number == number);
            let known = known.unwrap_or_else(|| {
                self.open.push(Part {
                    number,
                    sum: PartSum::new(part),
                    arrived: part.start,
                });
                self.open.len() - 1
            });
            let from = self.open[known].arrived;
            self.open[known].arrived = self.without_gap(from..part.end, ranges);
        }
    }

    /// Up to where all from the beginning of a stretch is in the file.
    fn without_gap(&self, stretch: Range<u64>, ranges: Split) -> u64 {
        let mut at = stretch.start;
        while at < stretch.end {
            let index = at / ranges.part_size();
            let len = self.there.get(&index).copied().unwrap_or_default();
            let arrived = index * ranges.part_size() + len;
            if arrived <= at {
                break;
            }
            at = arrived;
        }
        at.min(stretch.end)
    }

    /// What is to be summed now, and by how many bytes each.
    fn next(&mut self, is_over: bool) -> (Vec<&mut PartSum>, u64) {
        self.open
            .sort_unstable_by_key(|part| Reverse(part.behind()));
        let behind: u64 = self.open.iter().map(Part::behind).sum();
        let worth_it = self.open.iter().filter(|part| part.is_worth_it()).count();
        if worth_it < AT_ONCE && behind < FAR && !is_over {
            return (Vec::new(), 0);
        }
        let chosen = self.open.iter_mut().filter(|part| part.is_worth_it());
        let chosen: Vec<_> = chosen.take(AT_ONCE).collect();
        let len = chosen.iter().map(|part| part.behind()).min();
        let sums = chosen.into_iter().map(|part| &mut part.sum).collect();
        (sums, len.unwrap_or_default().min(TURN))
    }

    fn take_complete(&mut self) {
        let complete = self.open.extract_if(.., |part| part.sum.rest().is_empty());
        let complete = complete.map(|part| (part.number, part.sum.finish()));
        self.digests.extend(complete);
    }
}

/// Parts that are summed at once.
const AT_ONCE: usize = 8;
/// Some 5 ms of hashing, for each of them.
const TURN: u64 = 1024 * 1024;
/// How far all together may be behind for the sake of more at once.
const FAR: u64 = 128 * 1024 * 1024;
/// What they hold.
const PARTS_BUFFERS: u64 = 2 * HASH_BUFFER;

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    /// So many bytes of each range have arrived, in parts of 3 MiB and ranges of 6.
    fn arriving(lens: &[u64]) -> Arriving {
        let size = 6 * MIB * lens.len() as u64;
        let (ranges, parts) = (
            Split::for_download(size, 6 * MIB),
            Split::for_download(size, 3 * MIB),
        );
        let mut arriving = Arriving::default();
        for (index, len) in (0..).zip(lens) {
            arriving.note(Progress { index, len: *len }, ranges, parts);
        }
        arriving
    }

    #[test]
    fn few_parts_wait_for_more_but_not_for_ever() {
        let count = |lens: &[u64], is_over| arriving(lens).next(is_over).0.len();
        assert_eq!(count(&[2 * MIB; 7], false), 0);
        assert_eq!(count(&[2 * MIB; 7], true), 7);
        assert_eq!(count(&[2 * MIB; 8], false), 8);
        // Both parts of four ranges.
        assert_eq!(count(&[6 * MIB; 4], false), 8);
        let far = [2 * MIB, 2 * MIB];
        let mut arriving = arriving(&far);
        arriving.open[0].arrived += FAR;
        assert_eq!(arriving.next(false).0.len(), 2);
    }

    #[test]
    fn no_more_is_summed_than_all_of_them_have() {
        let mut lens = [3 * MIB; 8];
        lens[5] = MIB + 1;
        let mut arriving = arriving(&lens);
        assert_eq!(arriving.next(false).1, MIB);
        lens[5] = 5;
        let mut few = self::arriving(&lens);
        assert_eq!(few.next(true).0.len(), 7, "a few bytes wait for the rest");
    }

    #[test]
    fn what_arrives_behind_a_gap_is_not_summed_before_the_gap_is_closed() {
        let (ranges, parts) = (Split::for_download(20, 4), Split::for_download(20, 10));
        let mut arriving = Arriving::default();
        let mut note = |index, len| {
            arriving.note(Progress { index, len }, ranges, parts);
            let mut open: Vec<_> = arriving
                .open
                .iter()
                .map(|p| (p.number, p.arrived))
                .collect();
            open.sort_unstable();
            open
        };
        assert_eq!(note(1, 4), [(0, 0)]);
        assert_eq!(note(2, 1), [(0, 0)]);
        assert_eq!(note(0, 3), [(0, 3)]);
        assert_eq!(note(0, 4), [(0, 9)]);
        // The range reaches into the next part.
        assert_eq!(note(2, 4), [(0, 10), (1, 12)]);
        assert_eq!(note(4, 4), [(0, 10), (1, 12)]);
        assert_eq!(note(3, 4), [(0, 10), (1, 20)]);
    }

    #[test]
    fn a_part_of_many_ranges_grows_as_they_come_and_ends_with_it() {
        let (ranges, parts) = (Split::for_download(24, 2), Split::for_download(24, 13));
        let mut arriving = Arriving::default();
        for index in [5, 3, 4, 1, 2] {
            arriving.note(Progress { index, len: 2 }, ranges, parts);
            assert_eq!(arriving.open[0].arrived, 0, "its beginning is missing");
        }
        arriving.note(Progress { index: 0, len: 1 }, ranges, parts);
        assert_eq!(arriving.open[0].arrived, 1);
        arriving.note(Progress { index: 0, len: 2 }, ranges, parts);
        assert_eq!(arriving.open[0].arrived, 12);
        // One byte of the seventh range is of this part, the other one of the next.
        arriving.note(Progress { index: 6, len: 1 }, ranges, parts);
        assert_eq!((arriving.open[0].arrived, arriving.open.len()), (13, 1));
        arriving.note(Progress { index: 6, len: 2 }, ranges, parts);
        assert_eq!(arriving.open[1].arrived, 14);
        for index in 7..12 {
            arriving.note(Progress { index, len: 2 }, ranges, parts);
        }
        assert_eq!(arriving.open[1].arrived, 24);
    }

    /// The end of the object was looked for in the last range, which ends there, for ever.
    #[test]
    fn a_last_range_that_is_smaller_is_the_end() {
        let split = Split::for_download(6, 4);
        let mut arriving = Arriving::default();
        for (index, len) in [(0, 4), (1, 2)] {
            arriving.note(Progress { index, len }, split, split);
        }
        assert_eq!(arriving.next(true).0.len(), 2);
    }

    #[test]
    fn a_part_that_arrived_is_summed_to_its_end_however_small() {
        let (ranges, parts) = (Split::for_download(7, 7), Split::for_download(7, 3));
        let mut arriving = Arriving::default();
        arriving.note(Progress { index: 0, len: 7 }, ranges, parts);
        let (sums, len) = arriving.next(true);
        assert_eq!((sums.len(), len), (3, 1));
    }
}
