//! Sorting more than memory holds. The first byte is the number of bytes that are kept, each
//! further line a record of a key and a value with a tab between.

use s4cmd::local::{Record, Sorter};

pub fn run(data: &[u8]) {
    let Some((run_bytes, lines)) = data.split_first() else {
        return;
    };
    let mut sorter = Sorter::with_runs_of(usize::from(*run_bytes) * 4);
    let mut records = Vec::new();
    for line in lines.split(|byte| *byte == b'\n').take(MOST_RECORDS) {
        let mut fields = line.splitn(2, |byte| *byte == b'\t');
        let (key, value) = (
            fields.next().unwrap_or_default(),
            fields.next().unwrap_or_default(),
        );
        sorter.push(key, value).unwrap();
        let (key, value) = (key.to_vec(), value.to_vec());
        records.push(Record { key, value });
    }
    assert_eq!(sorter.len(), records.len() as u64);
    let sorted: Vec<Record> = sorter.finish().unwrap().map(Result::unwrap).collect();
    // Each goes behind the last one that is not greater.
    let mut expected: Vec<Record> = Vec::new();
    for record in records {
        let smaller = expected.iter().take_while(|other| other.key <= record.key);
        expected.insert(smaller.count(), record);
    }
    assert_eq!(sorted, expected);
}

const MOST_RECORDS: usize = 200;
