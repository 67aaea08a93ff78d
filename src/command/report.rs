use std::{
    fmt,
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::{Value, json};

use crate::{
    blocking,
    command::{Failure, dsync::facts_of, record::Record},
    plan::difference::Facts,
    s3::{
        encode,
        types::{ETag, Md5Digest},
    },
    transfer::{Check, End},
};

/// What a verification found of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The contents are the same.
    Verified,
    /// The sizes are the same, and that is all that the store can tell.
    SizeOnly,
    /// Only the source has it.
    Missing,
    /// Only the target has it.
    Extra,
    /// Both have it, and it is not the same.
    Differ,
    /// It could not be compared, or not even be seen.
    Failed,
}

impl State {
    /// Those that are always counted in the last line.
    const SHOWN: [Self; 5] = [
        Self::Verified,
        Self::SizeOnly,
        Self::Missing,
        Self::Extra,
        Self::Differ,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::SizeOnly => "size-only",
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Differ => "differ",
            Self::Failed => "failed",
        }
    }

    /// What is wrong, if anything is.
    pub(super) fn problem(
        self,
        source: impl fmt::Display,
        target: impl fmt::Display,
    ) -> Option<String> {
        match self {
            // What failed is told as a failure of its own.
            Self::Verified | Self::SizeOnly | Self::Failed => None,
            Self::Missing => Some(format!("{target}: missing, it is only at {source}")),
            Self::Extra => Some(format!("{target}: extra, it is not at {source}")),
            Self::Differ => Some(format!("{target}: differs from {source}")),
        }
    }
}

/// Counts what was found, and writes a line of JSON for each name if somebody wants that.
#[derive(Debug)]
pub(super) struct Report {
    counts: [AtomicU64; 6],
    file: Option<(PathBuf, Mutex<BufWriter<File>>)>,
}

impl Report {
    pub(super) fn new(path: Option<&Path>) -> Result<Self, Failure> {
        let create = |path: &Path| -> Result<_, Failure> {
            let file = File::create(path).map_err(|error| Failure::os(path.display(), &error))?;
            Ok((path.to_owned(), Mutex::new(BufWriter::new(file))))
        };
        Ok(Self {
            counts: Default::default(),
            file: path.map(create).transpose()?,
        })
    }

    /// Adds a name.
    pub(super) fn add(
        &self,
        state: State,
        name: &str,
        facts: Facts<'_>,
        md5: Option<Md5Digest>,
    ) -> Result<(), Failure> {
        self.counts[state as usize].fetch_add(1, Ordering::Relaxed);
        let Some((path, file)) = &self.file else {
            return Ok(());
        };
        let md5 = md5.or_else(|| facts.etag?.as_md5());
        let line = json!({
            "name": name,
            "state": state.name(),
            "size": facts.size,
            "mtime": facts.modified.map(|time| time.to_string()),
            "md5": md5.map(|md5| encode::hex(&md5)),
            "etag": facts.etag.map(ETag::unquoted),
        });
        let written = blocking::in_place(|| writeln!(lock(file), "{line}"));
        written.map_err(|error| Failure::os(path.display(), &error))
    }

    /// Adds a name whose contents were compared.
    pub(super) fn add_check(
        &self,
        state: State,
        check: &Check,
        md5: Option<Md5Digest>,
    ) -> Result<(), Failure> {
        let ends = [&check.target, &check.source];
        let listed = ends.into_iter().find_map(|end| match end {
            End::Object(_, listed) => Some(listed),
            End::File(_) => None,
        });
        // One of them is an object.
        let nothing = Facts {
            size: 0,
            modified: None,
            etag: None,
        };
        let facts = listed.map_or(nothing, facts_of);
        self.add(state, &check.name, facts, md5)
    }

    fn count(&self, state: State) -> u64 {
        self.counts[state as usize].load(Ordering::Relaxed)
    }

    /// Whether there was nothing on either side.
    pub(super) fn is_empty(&self) -> bool {
        let mut counts = self.counts.iter();
        counts.all(|count| count.load(Ordering::Relaxed) == 0)
    }

    /// Writes what is left to write.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        let Some((path, file)) = &self.file else {
            return Ok(());
        };
        let flushed = blocking::in_place(|| lock(file).flush());
        flushed.map_err(|error| Failure::os(path.display(), &error))
    }
}

fn lock(file: &Mutex<BufWriter<File>>) -> MutexGuard<'_, BufWriter<File>> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Record for &Report {
    fn text(&self) -> String {
        let counts = State::SHOWN.map(|state| format!("{} {}", self.count(state), state.name()));
        let counts = counts.join(", ");
        match self.count(State::Failed) {
            0 => counts,
            failed => format!("{counts}, {failed} failed"),
        }
    }

    fn json(&self) -> Option<Value> {
        let states = State::SHOWN.into_iter().chain([State::Failed]);
        let counts = states.map(|state| (state.name().to_owned(), self.count(state).into()));
        let kind = ("type".to_owned(), "verification".into());
        Some(Value::Object(counts.chain([kind]).collect()))
    }
}
