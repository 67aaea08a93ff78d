//! The file of `--hash-cache`. A record whose first byte is 0xEE is one of the file that is asked
//! for: its key is not known to who writes inputs.

use std::{fs, path::Path};

use md5::{Digest as _, Md5};
use s4cmd::local::{Hashes, SourceFile, Sum};

use super::files;

pub fn run(data: &[u8]) {
    let source = files::path("source");
    if !source.exists() {
        fs::write(&source, "content").unwrap();
    }
    let source = SourceFile::open(&source).unwrap();
    let key = key(&source, 0);
    let mut content = data.to_vec();
    let written = content.get_mut(MAGIC.len()..).unwrap_or_default();
    for record in written.chunks_exact_mut(LENGTH) {
        if record[0] == 0xee {
            record[..key.len()].copy_from_slice(&key);
        }
    }
    let path = files::written("cache", &content);
    let is_cache = content.is_empty() || content.starts_with(MAGIC);
    let hashes = Hashes::with_cache(&path);
    assert_eq!(hashes.is_ok(), is_cache);
    let Ok(hashes) = hashes else {
        assert_eq!(fs::read(&path).unwrap(), content);
        return;
    };
    let records = records(&content);
    let sum = hashes.get(&source, Sum::Whole);
    check(&records, &key, sum);
    check(
        &records,
        &self::key(&source, 77),
        hashes.get(&source, Sum::Parts(77)),
    );
    hashes.save().unwrap();
    check_saved(&path, &content, &source, sum);
}

type Record<'a> = (&'a [u8], &'a [u8]);

fn records(content: &[u8]) -> Vec<Record<'_>> {
    let records = content
        .get(MAGIC.len()..)
        .unwrap_or_default()
        .chunks_exact(LENGTH);
    records
        .map(|record| (&record[..16], &record[16..32]))
        .collect()
}

/// What is found is there, and what is there is found if the file is in order.
fn check(records: &[Record<'_>], key: &[u8], sum: Option<[u8; 16]>) {
    let mut of_key = records.iter().filter(|(other, _)| *other == key).peekable();
    let is_ordered = records.is_sorted_by(|one, next| one.0 < next.0);
    match sum {
        Some(sum) => assert!(of_key.any(|(_, other)| *other == sum)),
        None => assert!(of_key.peek().is_none() || !is_ordered),
    }
}

/// A file that is in order stays so, and what was found in it is found again.
fn check_saved(path: &Path, before: &[u8], source: &SourceFile, sum: Option<[u8; 16]>) {
    let after = fs::read(path).unwrap();
    let [old, new] = [before, &after].map(records);
    if sum.is_none() {
        assert_eq!(after, before);
    }
    if old.is_sorted_by(|one, next| one.0 < next.0) {
        assert!(new.is_sorted_by(|one, next| one.0 < next.0));
        assert!(new.len() <= old.len());
        let hashes = Hashes::with_cache(path).unwrap();
        assert_eq!(hashes.get(source, Sum::Whole), sum);
    }
}

fn key(source: &SourceFile, part: u64) -> [u8; 16] {
    let mut digest = Md5::new();
    digest.update(source.identity().to_bytes());
    digest.update(part.to_be_bytes());
    digest.update(source.path().as_os_str().as_encoded_bytes());
    digest.finalize().into()
}

const MAGIC: &[u8] = b"s4cmd hashes 1\n\0";
const LENGTH: usize = 36;
