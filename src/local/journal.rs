//! What this program has begun at a server and not ended: open multipart uploads cost money, and
//! after a kill nobody else knows which ones were ours.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::PathBuf,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rustix::fs::{FlockOperation, flock};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::blocking;

/// A directory with a small file for each multipart upload that is open, named after its target.
/// The file is locked as long as the run lives that opened the upload.
#[derive(Debug, Default)]
pub struct Journal {
    directory: Option<PathBuf>,
}

/// The place of one target in the journal. Until it is dropped nobody else has it.
#[derive(Debug)]
pub struct Entry {
    file: File,
    path: PathBuf,
    target: String,
    begun: Option<Begun>,
}

/// An upload that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Its identifier; `None` if the run was killed before it knew.
    pub upload_id: Option<String>,
    /// A digest of all that was said of the object when the upload was opened.
    pub request: String,
    /// Bytes of each part but the last one.
    pub part_size: u64,
    /// When it was asked for, in seconds since 1970 by this machine's clock.
    pub at: i64,
}

impl Journal {
    /// A journal in a directory, which is made when it is needed. Without one nothing is noted.
    pub fn new(directory: Option<PathBuf>) -> Self {
        Self { directory }
    }

    /// The place of a target. `None` if another run is at it, or nothing can be noted.
    pub fn open(&self, target: &str) -> Option<Entry> {
        let directory = self.directory.as_ref()?;
        blocking::in_place(|| {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true).mode(0o700).create(directory).ok()?;
            self.entry(target, true)
        })
    }

    /// The place of a target, if there is something in it.
    pub fn find(&self, target: &str) -> Option<Entry> {
        blocking::in_place(|| self.entry(target, false)).filter(|entry| entry.begun.is_some())
    }

    fn entry(&self, target: &str, create: bool) -> Option<Entry> {
        let name = URL_SAFE_NO_PAD.encode(&Sha256::digest(target)[..18]);
        let path = self.directory.as_ref()?.join(name);
        let mut options = File::options();
        options.read(true).write(true).create(create).mode(0o600);
        for _ in 0..ATTEMPTS {
            let file = options.open(&path).ok()?;
            flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
            // Who had it before may have removed it in between.
            if file.metadata().ok()?.nlink() == 0 {
                continue;
            }
            let mut text = String::new();
            (&file).take(MOST).read_to_string(&mut text).ok()?;
            return Some(Entry {
                begun: read(&text, target),
                file,
                path,
                target: target.to_owned(),
            });
        }
        None
    }
}

impl Entry {
    /// What an earlier run began and did not end.
    pub fn begun(&self) -> Option<&Begun> {
        self.begun.as_ref()
    }

    /// Notes an upload in place of what was there.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub fn write(&mut self, begun: Begun) -> io::Result<()> {
        let Begun {
            upload_id,
            request,
            part_size,
            at,
        } = &begun;
        let line = json!([FORM, self.target, upload_id, request, part_size, at]).to_string();
        blocking::in_place(|| {
            use std::os::unix::fs::FileExt as _;
            // A cut line counts for nothing, so the old one may go first.
            self.file.set_len(0)?;
            self.file.write_all_at(line.as_bytes(), 0)?;
            self.file.flush()
        })?;
        self.begun = Some(begun);
        Ok(())
    }

    /// The upload is completed or given up.
    pub fn remove(self) {
        let _ = blocking::in_place(|| fs::remove_file(&self.path));
    }
}

fn read(text: &str, target: &str) -> Option<Begun> {
    let fields: Vec<Value> = serde_json::from_str(text).ok()?;
    let [form, of, upload_id, request, part_size, at] = &fields[..] else {
        return None;
    };
    let is_it = form.as_u64() == Some(FORM) && of.as_str() == Some(target);
    is_it.then_some(())?;
    Some(Begun {
        upload_id: upload_id.as_str().map(str::to_owned),
        request: request.as_str()?.to_owned(),
        part_size: part_size.as_u64()?,
        at: at.as_i64()?,
    })
}

/// Of the file.
const FORM: u64 = 1;
/// Bytes; a key has at most 1,024, an identifier some hundred.
const MOST: u64 = 64 * 1024;
const ATTEMPTS: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(id: Option<&str>) -> Begun {
        Begun {
            upload_id: id.map(str::to_owned),
            request: "r".to_owned(),
            part_size: 5,
            at: 1_700_000_000,
        }
    }

    #[test]
    fn what_was_begun_is_found_by_the_next_run_only() {
        let home = tempfile::tempdir().unwrap();
        let journal = Journal::new(Some(home.path().join("a/b")));
        assert!(journal.find("t").is_none());
        let mut entry = journal.open("t").unwrap();
        assert_eq!(entry.begun(), None);
        entry.write(begun(None)).unwrap();
        entry.write(begun(Some("id"))).unwrap();
        assert!(journal.open("t").is_none(), "the run is alive");
        assert!(journal.open("other").is_some());
        drop(entry);
        let entry = journal.find("t").unwrap();
        assert_eq!(entry.begun(), Some(&begun(Some("id"))));
        entry.remove();
        assert!(journal.find("t").is_none());
    }

    #[test]
    fn a_cut_or_foreign_entry_counts_for_nothing() {
        let home = tempfile::tempdir().unwrap();
        let journal = Journal::new(Some(home.path().to_owned()));
        let mut entry = journal.open("t").unwrap();
        entry.write(begun(Some("id"))).unwrap();
        let path = entry.path.clone();
        drop(entry);
        let text = fs::read_to_string(&path).unwrap();
        for wrong in [
            &text[..text.len() - 1],
            "",
            "{}",
            "[1,2]",
            &text.replace("\"t\"", "\"u\""),
        ] {
            fs::write(&path, wrong).unwrap();
            assert!(journal.find("t").is_none(), "{wrong}");
            assert!(journal.open("t").is_some());
        }
    }

    #[test]
    fn without_a_place_nothing_is_noted() {
        assert!(Journal::default().open("t").is_none());
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("file"), "").unwrap();
        let journal = Journal::new(Some(home.path().join("file/below")));
        assert!(journal.open("t").is_none());
    }
}
