//! Which parts of a download are in its temporary file, for a later run.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read as _, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use rustix::fs::OFlags;

use crate::{local::Directory, s3::types::Md5Digest};

/// A part that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrived {
    /// Counted from 0.
    pub index: u64,
    /// Of its bytes.
    pub md5: Md5Digest,
}

/// A text file: one line that says of what, and one for each part, with its number and the MD5 of
/// its bytes in base64. Lines are appended; one that was cut off counts for nothing.
#[derive(Debug)]
pub(super) struct PartMap {
    file: File,
    arrived: Vec<Arrived>,
    added: AtomicBool,
}

impl PartMap {
    pub(super) fn create(directory: &Directory, name: &OsStr, version: &str) -> io::Result<Self> {
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL;
        let file = directory.open_file(name, flags)?;
        let written = (&file).write_all(format!("{version}\n").as_bytes());
        // Without its first line it is of no use.
        written.inspect_err(|_| remove(directory, name))?;
        Ok(Self {
            file,
            arrived: Vec::new(),
            added: AtomicBool::new(false),
        })
    }

    /// Reads the map of an earlier run; `None` if it is of something else.
    pub(super) fn open(directory: &Directory, name: &OsStr, version: &str) -> Option<Self> {
        let flags = OFlags::RDWR | OFlags::APPEND;
        let file = directory.open_file(name, flags).ok()?;
        let mut text = String::new();
        (&file).take(MOST).read_to_string(&mut text).ok()?;
        let lines = text.strip_prefix(version)?.strip_prefix('\n')?;
        let whole = &lines[..lines.rfind('\n').map_or(0, |end| end + 1)];
        if whole.len() < lines.len() {
            // What is appended has to begin on a line of its own.
            (&file).write_all(b"\n").ok()?;
        }
        let arrived: Vec<Arrived> = whole.lines().filter_map(parse).collect();
        Some(Self {
            file,
            arrived,
            added: AtomicBool::new(false),
        })
    }

    pub(super) fn arrived(&self) -> &[Arrived] {
        &self.arrived
    }

    /// A note that cannot be taken only means that the part is fetched once more.
    pub(super) fn add(&self, part: Arrived) {
        let line = format!("{} {}\n", part.index, STANDARD_NO_PAD.encode(part.md5));
        if (&self.file).write_all(line.as_bytes()).is_ok() {
            self.added.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn is_of_use(&self) -> bool {
        !self.arrived.is_empty() || self.added.load(Ordering::Relaxed)
    }
}

pub(super) fn remove(directory: &Directory, name: &OsStr) {
    let _ = directory.remove(name);
}

fn parse(line: &str) -> Option<Arrived> {
    let (index, md5) = line.split_once(' ')?;
    Some(Arrived {
        index: index.parse().ok()?,
        md5: STANDARD_NO_PAD.decode(md5).ok()?.try_into().ok()?,
    })
}

/// Bytes; a line has some 40, and nobody has more than a million parts.
const MOST: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_line_that_was_cut_off_counts_for_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let at = Directory::open(directory.path(), directory.path()).unwrap();
        let name = OsStr::new("m");
        let (one, two) = (
            Arrived {
                index: 1,
                md5: [1; 16],
            },
            Arrived {
                index: 2,
                md5: [2; 16],
            },
        );
        PartMap::create(&at, name, "v").unwrap().add(one);
        let path = directory.path().join("m");
        let mut text = fs::read_to_string(&path).unwrap();
        text.push_str("5 BQUFBQUFBQUFBQUFBQUFB");
        fs::write(&path, text).unwrap();
        let map = PartMap::open(&at, name, "v").unwrap();
        assert_eq!(map.arrived(), [one]);
        map.add(two);
        drop(map);
        let map = PartMap::open(&at, name, "v").unwrap();
        assert_eq!(map.arrived(), [one, two]);
        assert!(PartMap::open(&at, name, "v2").is_none());
        assert!(PartMap::open(&at, name, "").is_none());
    }
}
