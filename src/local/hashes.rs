use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufWriter, Write},
    os::unix::{ffi::OsStrExt as _, fs::FileExt as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use md5::{Digest as _, Md5};
use thiserror::Error;

use crate::{
    blocking,
    local::{self, Attributes, Directory, Mode, Sorter, SourceFile, TempFile},
    s3::{payload::FileIdentity, types::Md5Digest},
};

/// Which sum of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sum {
    /// The MD5 of the content.
    Whole,
    /// The MD5 of the MD5s of parts of this many bytes.
    Parts(u64),
}

/// The sums of files that did not change since they were read: those of this run, a few of them,
/// and if there is a cache file those of earlier runs, all of them. Neither grows in memory.
#[derive(Debug, Default)]
pub struct Hashes {
    recent: Mutex<HashMap<(FileIdentity, Sum), Md5Digest>>,
    cache: Option<Cache>,
}

/// Why a cache file cannot be used.
#[derive(Debug, Error)]
pub enum CacheError {
    /// It is there, and is something else.
    #[error("\"{}\" is no hash cache: it would be overwritten", .0.display())]
    Foreign(PathBuf),
    /// The file system refused.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// A file of records of one length in the order of their keys. The key is a digest of all that
/// must not have changed (path, device, inode, size, times) and of the kind of sum, so that what
/// does not fit any more is simply not found.
#[derive(Debug)]
struct Cache {
    path: PathBuf,
    old: Option<File>,
    records: u64,
    today: u32,
    added: Mutex<Sorter>,
}

type Key = [u8; 16];

#[derive(Debug, Clone, Copy)]
struct Record {
    key: Key,
    sum: Md5Digest,
    /// The day when it was last of use, counted from 1970.
    day: u32,
}

impl Hashes {
    /// With a cache file, which need not exist.
    ///
    /// # Errors
    /// It cannot be read, or is no cache.
    pub fn with_cache(path: &Path) -> Result<Self, CacheError> {
        Ok(Self {
            cache: Some(Cache::open(path)?),
            ..Self::default()
        })
    }

    /// What is known of a file.
    pub fn get(&self, file: &SourceFile, sum: Sum) -> Option<Md5Digest> {
        let recent = self.recent().get(&(*file.identity(), sum)).copied();
        recent.or_else(|| blocking::in_place(|| self.cache.as_ref()?.get(file, sum)))
    }

    /// Keeps what was found out of a file.
    pub fn put(&self, file: &SourceFile, sum: Sum, digest: Md5Digest) {
        let mut recent = self.recent();
        if recent.len() >= RECENT {
            recent.clear();
        }
        recent.insert((*file.identity(), sum), digest);
        drop(recent);
        if let Some(cache) = &self.cache {
            cache.put(file, sum, digest);
        }
    }

    /// Writes the cache file, if there is to be one.
    ///
    /// # Errors
    /// The file system refused; the old file is as it was.
    pub fn save(&self) -> Result<(), CacheError> {
        let Some(cache) = &self.cache else {
            return Ok(());
        };
        blocking::in_place(|| cache.save()).map_err(|error| CacheError::Io {
            path: cache.path.clone(),
            error,
        })
    }

    fn recent(&self) -> MutexGuard<'_, HashMap<(FileIdentity, Sum), Md5Digest>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn directory_of(path: &Path) -> io::Result<Directory> {
    let parent = path.parent().unwrap_or(Path::new(""));
    Directory::open(parent, parent).map_err(io::Error::other)
}

/// A file to put in the place of one that the user named.
fn temp_file(directory: &Directory, path: &Path) -> io::Result<TempFile> {
    TempFile::create(directory, path.file_name().unwrap_or_default())
}

impl Cache {
    fn open(path: &Path) -> Result<Self, CacheError> {
        let io = |error| CacheError::Io {
            path: path.to_owned(),
            error,
        };
        let old = match File::open(path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(io(error)),
        };
        let directory = directory_of(path).map_err(io)?;
        local::remove_left(&directory, true);
        // That it cannot be written is better known before the work than after it.
        temp_file(&directory, path).map_err(io)?;
        let mut records = 0;
        if let Some(file) = &old {
            let metadata = file.metadata().map_err(io)?;
            let mut magic = [0; MAGIC.len()];
            let known = metadata.is_file()
                && (metadata.len() == 0
                    || file.read_exact_at(&mut magic, 0).is_ok() && magic == *MAGIC);
            if !known {
                return Err(CacheError::Foreign(path.to_owned()));
            }
            records = metadata.len().saturating_sub(MAGIC.len() as u64) / Record::LEN as u64;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let days = now.map_or(0, |now| now.as_secs() / DAY);
        Ok(Self {
            path: path.to_owned(),
            old,
            records,
            today: u32::try_from(days).unwrap_or(u32::MAX),
            added: Mutex::default(),
        })
    }

    fn get(&self, file: &SourceFile, sum: Sum) -> Option<Md5Digest> {
        let key = key(file, sum)?;
        let (mut low, mut high) = (0, self.records);
        while low < high {
            let middle = low + (high - low) / 2;
            let record = self.record(middle)?;
            match record.key.cmp(&key) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    if record.day != self.today {
                        self.keep(&key, &record.sum);
                    }
                    return Some(record.sum);
                }
            }
        }
        None
    }

    /// A file that was changed a moment before it was opened may have been changed again meanwhile
    /// without its times showing it: some file systems have them in seconds.
    fn put(&self, file: &SourceFile, sum: Sum, digest: Md5Digest) {
        let opened = file.opened().duration_since(UNIX_EPOCH);
        let opened = opened.map_or(0, |opened| opened.as_secs());
        let changed = u64::try_from(file.identity().changed()).unwrap_or(u64::MAX);
        if changed.saturating_add(SETTLED) <= opened
            && let Some(key) = key(file, sum)
        {
            self.keep(&key, &digest);
        }
    }

    /// What cannot be kept is only found out again.
    fn keep(&self, key: &Key, digest: &Md5Digest) {
        let _ = blocking::in_place(|| self.added().push(key, digest));
    }

    fn added(&self) -> MutexGuard<'_, Sorter> {
        self.added.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, index: u64) -> Option<Record> {
        let mut bytes = [0; Record::LEN];
        let offset = MAGIC.len() as u64 + index * Record::LEN as u64;
        self.old.as_ref()?.read_exact_at(&mut bytes, offset).ok()?;
        Record::from_bytes(&bytes)
    }

    /// Merges what is new into what was there, without what was of no use for long.
    fn save(&self) -> io::Result<()> {
        let new = std::mem::take(&mut *self.added());
        if new.is_empty() {
            return Ok(());
        }
        let temp = temp_file(&directory_of(&self.path)?, &self.path)?;
        let mut writer = BufWriter::new(temp.file());
        writer.write_all(MAGIC)?;
        let mut new = new.finish()?.peekable();
        let mut next_new = move |limit: Option<&Key>| -> io::Result<Option<Record>> {
            let is_next = |record: &io::Result<local::Record>| match (record, limit) {
                (Ok(record), Some(limit)) => record.key.as_slice() <= limit.as_slice(),
                _ => true,
            };
            let Some(record) = new.next_if(is_next).transpose()? else {
                return Ok(None);
            };
            Ok(Record::from_parts(&record.key, &record.value, self.today))
        };
        let mut last = None;
        let mut write = |record: Record| -> io::Result<()> {
            if last.replace(record.key) == Some(record.key) {
                return Ok(());
            }
            writer.write_all(&record.to_bytes())
        };
        for index in 0..self.records {
            let Some(old) = self.record(index) else { break };
            while let Some(record) = next_new(Some(&old.key))? {
                write(record)?;
            }
            if old.day.saturating_add(KEPT_DAYS) >= self.today {
                write(old)?;
            }
        }
        while let Some(record) = next_new(None)? {
            write(record)?;
        }
        writer.flush()?;
        drop(writer);
        let attributes = Attributes {
            mode: Some(0o600),
            ..Attributes::default()
        };
        temp.persist(Mode::Masked, &attributes, true).map(drop)
    }
}

impl Record {
    const LEN: usize = 36;

    fn from_bytes(bytes: &[u8; Self::LEN]) -> Option<Self> {
        let (key, rest) = bytes.split_at_checked(16)?;
        let (sum, day) = rest.split_at_checked(16)?;
        Self::from_parts(key, sum, u32::from_be_bytes(day.try_into().ok()?))
    }

    fn from_parts(key: &[u8], sum: &[u8], day: u32) -> Option<Self> {
        let (key, sum) = (key.try_into().ok()?, sum.try_into().ok()?);
        Some(Self { key, sum, day })
    }

    fn to_bytes(self) -> Vec<u8> {
        [&self.key[..], &self.sum, &self.day.to_be_bytes()].concat()
    }
}

/// `None` for a file whose place cannot be told.
fn key(file: &SourceFile, sum: Sum) -> Option<Key> {
    let path = std::path::absolute(file.path()).ok()?;
    let part = match sum {
        Sum::Whole => 0,
        Sum::Parts(size) => size,
    };
    let mut digest = Md5::new();
    digest.update(file.identity().to_bytes());
    digest.update(part.to_be_bytes());
    digest.update(path.as_os_str().as_bytes());
    Some(digest.finalize().into())
}

const MAGIC: &[u8; 16] = b"s4cmd hashes 1\n\0";
/// Sums that are remembered without a file.
const RECENT: usize = 4096;
const DAY: u64 = 24 * 60 * 60;
/// Seconds without a change after which times can be relied on.
const SETTLED: u64 = 2;
const KEPT_DAYS: u32 = 180;

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use super::*;

    fn file(directory: &Path, name: &str) -> SourceFile {
        let path = directory.join(name);
        fs::write(&path, name).unwrap();
        SourceFile::open(&path).unwrap()
    }

    #[test]
    fn sums_outlive_the_run_and_not_the_content() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cache");
        let files: Vec<_> = (0..40)
            .map(|n| file(directory.path(), &n.to_string()))
            .collect();
        std::thread::sleep(Duration::from_millis(SETTLED * 1000 + 1000));
        let again = |file: &SourceFile| SourceFile::open(file.path()).unwrap();
        let files: Vec<_> = files.iter().map(again).collect();
        for half in [&files[..20], &files[20..]] {
            let hashes = Hashes::with_cache(&path).unwrap();
            for (n, file) in (0..).zip(half) {
                assert_eq!(hashes.get(file, Sum::Whole), None);
                hashes.put(file, Sum::Whole, [n; 16]);
                hashes.put(file, Sum::Parts(5), [n + 100; 16]);
                assert_eq!(hashes.get(file, Sum::Whole), Some([n; 16]));
            }
            hashes.save().unwrap();
        }
        let len = fs::metadata(&path).unwrap().len();
        assert_eq!(len, 16 + 80 * 36);
        let hashes = Hashes::with_cache(&path).unwrap();
        for (n, file) in (0..20).cycle().zip(&files) {
            assert_eq!(hashes.get(file, Sum::Whole), Some([n; 16]));
            assert_eq!(hashes.get(file, Sum::Parts(5)), Some([n + 100; 16]));
            assert_eq!(hashes.get(file, Sum::Parts(6)), None);
        }
        fs::write(files[0].path(), "1").unwrap();
        let changed = SourceFile::open(files[0].path()).unwrap();
        assert_eq!(hashes.get(&changed, Sum::Whole), None);
        // What was changed a moment ago is not relied on in another run.
        hashes.put(&changed, Sum::Whole, [9; 16]);
        assert_eq!(hashes.get(&changed, Sum::Whole), Some([9; 16]));
        hashes.save().unwrap();
        let hashes = Hashes::with_cache(&path).unwrap();
        assert_eq!(hashes.get(&changed, Sum::Whole), None);
    }

    #[test]
    fn a_damaged_cache_is_only_a_loss_and_another_file_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cache");
        let file = file(directory.path(), "f");
        for content in [&b""[..], MAGIC, b"s4cmd hashes 1\n\0 cut"] {
            fs::write(&path, content).unwrap();
            let hashes = Hashes::with_cache(&path).unwrap();
            assert_eq!(hashes.get(&file, Sum::Whole), None);
        }
        for content in ["x", "a longer text that is no cache"] {
            fs::write(&path, content).unwrap();
            let error = Hashes::with_cache(&path).unwrap_err().to_string();
            assert!(error.contains("is no hash cache"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert!(matches!(
            Hashes::with_cache(directory.path()),
            Err(CacheError::Foreign(_))
        ));
    }
}
