use std::{
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, binary_heap::PeekMut},
    fs::File,
    io::{self, BufWriter, Write as _},
    mem,
    os::unix::fs::FileExt as _,
    vec,
};

/// One record: a key that it is sorted by and whatever else belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is sorted by.
    pub key: Vec<u8>,
    /// The rest.
    pub value: Vec<u8>,
}

/// Sorts any number of records in bounded memory. What does not fit is kept in one temporary file
/// without a name, so that nothing is left of it, however the program ends. It blocks.
#[derive(Debug)]
pub struct Sorter {
    run_bytes: usize,
    run: Run,
    spilled: Option<Spilled>,
    len: u64,
}

impl Default for Sorter {
    fn default() -> Self {
        Self::with_runs_of(RUN)
    }
}

impl Sorter {
    /// Keeps this many bytes in memory, and at least one record.
    pub fn with_runs_of(run_bytes: usize) -> Self {
        Self {
            run_bytes,
            run: Run::default(),
            spilled: None,
            len: 0,
        }
    }

    /// Adds a record. After an error nothing more can be done with the sorter.
    ///
    /// # Errors
    /// The temporary file cannot be made or written, or the record has more than 4 GiB.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        let bytes = HEADER.saturating_add(key.len()).saturating_add(value.len());
        let filled = self.run.bytes.len();
        if filled > 0 && bytes > self.run_bytes.saturating_sub(filled) {
            self.spill()?;
        }
        self.run.push(key, value)?;
        self.len += 1;
        Ok(())
    }

    /// How many records were added.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether none was added.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The records in the byte order of their keys. Equal keys keep the order they were added in.
    ///
    /// # Errors
    /// The temporary file cannot be written or read.
    pub fn finish(mut self) -> io::Result<Sorted> {
        if self.spilled.is_some() {
            self.spill()?;
        }
        Ok(Sorted(match self.spilled {
            Some(spilled) => Source::Merge(Merge::new(spilled)?),
            None => Source::Memory(self.run.into_sorted()),
        }))
    }

    fn spill(&mut self) -> io::Result<()> {
        let spilled = match self.spilled.take() {
            Some(spilled) => spilled,
            None => Spilled::new().map_err(told)?,
        };
        let spilled = self.spilled.insert(spilled);
        spilled.write(&mut self.run).map_err(told)
    }
}

/// The records of a [`Sorter`], in order. The first error is the last item.
#[derive(Debug)]
pub struct Sorted(Source);

#[derive(Debug)]
enum Source {
    Memory(SortedRun),
    Merge(Merge),
}

impl Iterator for Sorted {
    type Item = io::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Memory(run) => run.next().map(Ok),
            Source::Merge(merge) => {
                let next = merge.next().map_err(told);
                if next.is_err() {
                    merge.heads.clear();
                }
                next.transpose()
            }
        }
    }
}

/// Records in memory, one behind the other: the lengths of the key and the value, the key, the
/// value.
#[derive(Debug, Default)]
struct Run {
    bytes: Vec<u8>,
    /// Where they begin.
    starts: Vec<u32>,
}

impl Run {
    fn push(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        let short = |len: usize| u32::try_from(len).map_err(|_| io::ErrorKind::InvalidInput);
        let (start, lengths) = (
            short(self.bytes.len())?,
            [short(key.len())?, short(value.len())?],
        );
        self.starts.push(start);
        self.bytes
            .extend(lengths.map(u32::to_le_bytes).as_flattened());
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(value);
        Ok(())
    }

    fn sort(&mut self) {
        let Self { bytes, starts } = self;
        // It is stable, and so equal keys keep their order.
        starts.sort_by(|a, b| parts(bytes, *a).0.cmp(parts(bytes, *b).0));
    }

    fn into_sorted(mut self) -> SortedRun {
        self.sort();
        SortedRun {
            bytes: self.bytes,
            starts: self.starts.into_iter(),
        }
    }
}

/// Records that never left the memory.
#[derive(Debug)]
struct SortedRun {
    bytes: Vec<u8>,
    starts: vec::IntoIter<u32>,
}

impl Iterator for SortedRun {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let (key, value) = parts(&self.bytes, self.starts.next()?);
        Some(Record {
            key: key.to_vec(),
            value: value.to_vec(),
        })
    }
}

/// The key and the value of the record that begins at `start`.
fn parts(bytes: &[u8], start: u32) -> (&[u8], &[u8]) {
    let record = bytes.get(start as usize..).unwrap_or_default();
    let Some((header, rest)) = record.split_first_chunk() else {
        return Default::default();
    };
    let (key_len, value_len) = lengths(*header);
    let (key, rest) = rest.split_at(key_len.min(rest.len()));
    (key, &rest[..value_len.min(rest.len())])
}

fn lengths(header: [u8; HEADER]) -> (usize, usize) {
    let [a, b, c, d, e, f, g, h] = header;
    let length = |bytes| u32::from_le_bytes(bytes) as usize;
    (length([a, b, c, d]), length([e, f, g, h]))
}

/// Sorted runs in a file, one behind the other.
#[derive(Debug)]
struct Spilled {
    file: File,
    /// Where they end.
    ends: Vec<u64>,
}

impl Spilled {
    fn new() -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile()?,
            ends: Vec::new(),
        })
    }

    /// Sorts a run, writes it and empties it.
    fn write(&mut self, run: &mut Run) -> io::Result<()> {
        run.sort();
        let mut end = self.ends.last().copied().unwrap_or(0);
        let mut writer = BufWriter::with_capacity(WRITE, &self.file);
        for start in run.starts.drain(..) {
            let (key, value) = parts(&run.bytes, start);
            let len = HEADER + key.len() + value.len();
            let start = start as usize;
            writer.write_all(&run.bytes[start..start + len])?;
            end += len as u64;
        }
        writer.flush()?;
        run.bytes.clear();
        self.ends.push(end);
        Ok(())
    }
}

/// Reads all runs at once, the least record first.
#[derive(Debug)]
struct Merge {
    file: File,
    runs: Vec<RunReader>,
    heads: BinaryHeap<Reverse<Head>>,
}

impl Merge {
    fn new(spilled: Spilled) -> io::Result<Self> {
        let Spilled { file, ends } = spilled;
        let starts = [0].into_iter().chain(ends.iter().copied());
        let runs = starts.zip(&ends);
        let mut runs: Vec<_> = runs
            .map(|(start, end)| RunReader::new(start, *end))
            .collect();
        let mut heads = BinaryHeap::with_capacity(runs.len());
        for (run, reader) in runs.iter_mut().enumerate() {
            if let Some(record) = reader.next(&file).map_err(told)? {
                heads.push(Reverse(Head { record, run }));
            }
        }
        Ok(Self { file, runs, heads })
    }

    fn next(&mut self) -> io::Result<Option<Record>> {
        let Some(mut least) = self.heads.peek_mut() else {
            return Ok(None);
        };
        let run = least.0.run;
        let following = match self.runs.get_mut(run) {
            Some(reader) => reader.next(&self.file)?,
            None => None,
        };
        Ok(Some(match following {
            Some(record) => mem::replace(&mut least.0.record, record),
            None => PeekMut::pop(least).0.record,
        }))
    }
}

/// The first record of a run that was not given yet.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    record: Record,
    run: usize,
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        // Of equal keys those of the earlier run were added earlier.
        (&self.record.key, self.run).cmp(&(&other.record.key, other.run))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Reads a run block by block.
#[derive(Debug)]
struct RunReader {
    /// Where the next block begins, and the run ends.
    offset: u64,
    end: u64,
    block: Vec<u8>,
    /// How much of the block was taken.
    taken: usize,
}

impl RunReader {
    fn new(offset: u64, end: u64) -> Self {
        Self {
            offset,
            end,
            block: Vec::new(),
            taken: 0,
        }
    }

    fn next(&mut self, file: &File) -> io::Result<Option<Record>> {
        if self.remaining() == 0 {
            return Ok(None);
        }
        let mut header = [0; HEADER];
        self.check(HEADER)?;
        self.fill(file, &mut header)?;
        let (key_len, value_len) = lengths(header);
        // Before so much memory is asked for.
        self.check(key_len.saturating_add(value_len))?;
        let (mut key, mut value) = (vec![0; key_len], vec![0; value_len]);
        self.fill(file, &mut key)?;
        self.fill(file, &mut value)?;
        Ok(Some(Record { key, value }))
    }

    /// Bytes of the run that were not taken yet.
    fn remaining(&self) -> u64 {
        self.end - self.offset + (self.block.len() - self.taken) as u64
    }

    fn check(&self, wanted: usize) -> io::Result<()> {
        if wanted as u64 > self.remaining() {
            let text = "a record is longer than its run";
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        Ok(())
    }

    /// Takes bytes, of which there are enough.
    fn fill(&mut self, file: &File, mut out: &mut [u8]) -> io::Result<()> {
        while !out.is_empty() {
            if self.taken == self.block.len() {
                self.read_block(file)?;
            }
            let rest = &self.block[self.taken..];
            let len = rest.len().min(out.len());
            let (now, later) = out.split_at_mut(len);
            now.copy_from_slice(&rest[..len]);
            self.taken += len;
            out = later;
        }
        Ok(())
    }

    fn read_block(&mut self, file: &File) -> io::Result<()> {
        let left = usize::try_from(self.end - self.offset).unwrap_or(BLOCK);
        if left == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.block.resize(left.min(BLOCK), 0);
        file.read_exact_at(&mut self.block, self.offset)?;
        self.offset += self.block.len() as u64;
        self.taken = 0;
        Ok(())
    }
}

/// Says which file it was, because the user named another one.
fn told(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("temporary file: {error}"))
}

/// Bytes of records in memory before they are written.
const RUN: usize = 4 * 1024 * 1024;
/// Of each run this much is in memory while they are merged.
const BLOCK: usize = 8 * 1024;
const WRITE: usize = 64 * 1024;
/// The lengths of the key and the value.
const HEADER: usize = 8;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use proptest::{collection::vec, prelude::*};

    use super::*;

    type Pair = (Vec<u8>, Vec<u8>);

    fn sorter(run_bytes: usize, pairs: &[Pair]) -> Sorter {
        let mut sorter = Sorter::with_runs_of(run_bytes);
        for (key, value) in pairs {
            sorter.push(key, value).unwrap();
        }
        sorter
    }

    fn pairs(sorted: Sorted) -> Vec<Pair> {
        sorted
            .map(|record| record.map(|record| (record.key, record.value)).unwrap())
            .collect()
    }

    fn merge(sorted: &Sorted) -> &Merge {
        match &sorted.0 {
            Source::Merge(merge) => merge,
            Source::Memory(_) => panic!("nothing was spilled"),
        }
    }

    /// Of `count` records, which spill for sure.
    fn spilled(count: u32) -> Sorted {
        let numbers = (0..count).rev();
        let pairs: Vec<_> = numbers
            .map(|number| (number.to_be_bytes().to_vec(), vec![7; 100]))
            .collect();
        sorter(1000, &pairs).finish().unwrap()
    }

    proptest! {
        #[test]
        fn many_runs_are_as_a_stable_sort(
            keys in vec(vec(any::<u8>(), 0..4), 0..200),
            run_bytes in 0_usize..300,
        ) {
            let numbered = keys.into_iter().enumerate();
            let mut records: Vec<Pair> = numbered
                .map(|(number, key)| (key, number.to_string().into_bytes()))
                .collect();
            let sorter = sorter(run_bytes, &records);
            prop_assert_eq!(sorter.len(), records.len() as u64);
            prop_assert_eq!(sorter.is_empty(), records.is_empty());
            let sorted = pairs(sorter.finish().unwrap());
            records.sort_by(|a, b| a.0.cmp(&b.0));
            prop_assert_eq!(sorted, records);
        }
    }

    #[test]
    fn nothing_sorts_to_nothing() {
        assert!(pairs(Sorter::default().finish().unwrap()).is_empty());
    }

    #[test]
    fn records_larger_than_blocks_and_runs_come_back_whole() {
        let large = |byte: u8, len: usize| (vec![byte; len], vec![byte + 1; len / 2]);
        let mut records = vec![
            large(5, BLOCK * 3),
            large(1, 1),
            large(4, BLOCK),
            (Vec::new(), Vec::new()),
            large(2, BLOCK - 2 * HEADER),
            large(3, BLOCK * 9 + 1),
        ];
        let sorted = pairs(sorter(BLOCK * 2, &records).finish().unwrap());
        records.sort();
        assert_eq!(sorted, records);
    }

    #[test]
    fn what_is_in_order_already_stays_so() {
        let numbers = 0..3000_u32;
        let records: Vec<Pair> = numbers
            .map(|number| (number.to_be_bytes().to_vec(), Vec::new()))
            .collect();
        assert_eq!(pairs(sorter(100, &records).finish().unwrap()), records);
    }

    #[test]
    fn little_needs_no_file_and_the_file_of_much_has_no_name() {
        let little = sorter(1000, &[(vec![1], vec![2])]).finish().unwrap();
        assert!(matches!(little.0, Source::Memory(_)));
        let much = spilled(100);
        assert_eq!(merge(&much).file.metadata().unwrap().nlink(), 0);
        assert!(merge(&much).runs.len() > 10);
        assert_eq!(pairs(much).len(), 100);
    }

    #[test]
    fn memory_does_not_grow_with_the_records() {
        let mut sorter = Sorter::default();
        for number in 0..200_000_u32 {
            sorter.push(&number.to_be_bytes(), &[0; 50]).unwrap();
            assert!(sorter.run.bytes.len() <= RUN);
        }
        let sorted = sorter.finish().unwrap();
        assert_eq!(merge(&sorted).runs.len(), 3);
        assert_eq!(sorted.map(Result::unwrap).count(), 200_000);
    }

    #[test]
    fn a_file_that_was_cut_is_an_error_and_then_the_end() {
        let numbers = 0..2000_u32;
        let records: Vec<Pair> = numbers
            .map(|number| (number.to_be_bytes().to_vec(), vec![0; 100]))
            .collect();
        let mut sorted = sorter(BLOCK * 4, &records).finish().unwrap();
        merge(&sorted).file.set_len(BLOCK as u64 + 1).unwrap();
        let error = sorted.find_map(Result::err).unwrap();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert!(error.to_string().starts_with("temporary file: "), "{error}");
        assert!(sorted.next().is_none());
    }

    #[test]
    fn lengths_that_cannot_be_are_an_error() {
        for (header, end) in [(&[0xff; HEADER], 1000), (&[0; HEADER], 5)] {
            let file = tempfile::tempfile().unwrap();
            file.set_len(1000).unwrap();
            file.write_all_at(header, 0).unwrap();
            let ends = vec![end];
            let error = Merge::new(Spilled { file, ends }).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }
}
