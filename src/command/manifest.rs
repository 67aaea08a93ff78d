//! `--emit-batch-manifest`: what would be copied, as the list that S3 Batch Operations takes, so
//! that the service does it.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use crate::{
    command::{Command, Failure, Session, carry_out, draft::Draft, record::Record},
    location::{Location, S3Url},
    s3::encode,
    transfer::{Afterwards, Copy},
};

/// The lists as they grow. They get their names when everything is on them.
///
/// Source: S3 User Guide, "Specifying a manifest" (bucket and key, which is URL-encoded) and "Copy
/// objects" (up to 5 GB, to a prefix in front of the whole key).
#[derive(Debug)]
pub(super) struct Manifest {
    path: PathBuf,
    /// Until they are finished.
    lists: Mutex<Option<Lists>>,
}

#[derive(Debug)]
struct Lists {
    main: List,
    /// What Batch Operations cannot copy.
    large: Option<List>,
    /// The bucket, and what is in front of the keys.
    target: Option<S3Url>,
}

#[derive(Debug)]
struct List {
    file: Draft,
    md5: Md5,
    objects: u64,
    size: u64,
}

/// Carries out a command up to its copies, and writes those down.
pub(super) async fn instead_of(
    session: &Session,
    command: &Command,
    path: &Path,
) -> Result<(), Failure> {
    refuse(session, command)?;
    let manifest = Arc::new(Manifest::new(path)?);
    let mut session = session.clone();
    session.options.manifest = None;
    session.manifest = Some(Arc::clone(&manifest));
    carry_out(&session, command).await?;
    session.is_whole("list", path)?;
    let lists = manifest.lists().take();
    let written = lists.map(|lists| lists.finish(path));
    let written = written.transpose();
    let written = written.map_err(|error| Failure::os(path.display(), &error))?;
    for list in written.iter().flatten() {
        session.output.line(list);
    }
    Ok(())
}

fn refuse(session: &Session, command: &Command) -> Result<(), Failure> {
    let is_copy = matches!(
        command,
        Command::Copy {
            afterwards: Afterwards::Keep,
            ..
        } | Command::Dsync {
            source: Location::S3(_),
            target: Location::S3(_),
        }
    );
    let text = if !is_copy || session.transfer.relay {
        "--emit-batch-manifest is for cp and dsync within one store"
    } else if session.options.delete.is_some() {
        "--emit-batch-manifest cannot be used with -D: S3 Batch Operations does not delete"
    } else {
        return Ok(());
    };
    Err(Failure::InvalidArgument(text.to_owned()))
}

impl Manifest {
    fn new(path: &Path) -> Result<Self, Failure> {
        Ok(Self {
            path: path.to_owned(),
            lists: Mutex::new(Some(Lists::new(path)?)),
        })
    }

    /// Adds a copy.
    pub(super) fn add(&self, copy: &Copy) -> Result<(), Failure> {
        let prefix = copy.target.key.strip_suffix(&*copy.source.key);
        let target = prefix.map(|prefix| copy.target.with_key(prefix));
        let mut lists = self.lists();
        let Some(lists) = &mut *lists else {
            return Ok(());
        };
        let known = lists.target.get_or_insert_with(|| {
            let at_root = || copy.target.with_key("");
            target.clone().unwrap_or_else(at_root)
        });
        if target.as_ref() != Some(known) {
            let text = format!(
                "S3 Batch Operations cannot copy it to {}: it puts whole keys behind one prefix",
                copy.target
            );
            return Err(Failure::about(copy.source_url(), text));
        }
        let Lists { main, large, .. } = lists;
        let list = match copy.source.size > LARGEST {
            true => match large {
                Some(large) => Ok(large),
                None => List::new(&self.path).map(|list| large.insert(list)),
            },
            false => Ok(main),
        };
        let added = list.and_then(|list| list.add(copy));
        added.map_err(|error| Failure::os(self.path.display(), &error))
    }

    fn lists(&self) -> MutexGuard<'_, Option<Lists>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lists {
    fn new(path: &Path) -> Result<Self, Failure> {
        let list = List::new(path);
        Ok(Self {
            main: list.map_err(|error| Failure::os(path.display(), &error))?,
            large: None,
            target: None,
        })
    }

    fn finish(self, path: &Path) -> io::Result<Vec<Written>> {
        let mut written = vec![self.main.finish(path, self.target.clone())?];
        if let Some(large) = self.large {
            let mut name = path.as_os_str().to_owned();
            name.push(OF_LARGE);
            written.push(large.finish(Path::new(&name), None)?);
        }
        Ok(written)
    }
}

impl List {
    fn new(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: Draft::of(path)?,
            md5: Md5::new(),
            objects: 0,
            size: 0,
        })
    }

    fn add(&mut self, copy: &Copy) -> io::Result<()> {
        let line = format!("{},{}\n", copy.bucket, encode::path(&copy.source.key));
        self.file.write_all(line.as_bytes())?;
        self.md5.update(&line);
        self.objects += 1;
        self.size = self.size.saturating_add(copy.source.size);
        Ok(())
    }

    fn finish(self, path: &Path, target: Option<S3Url>) -> io::Result<Written> {
        self.file.keep_as(path)?;
        Ok(Written {
            path: path.display().to_string(),
            objects: self.objects,
            size: self.size,
            etag: encode::hex(&self.md5.finalize()),
            target,
        })
    }
}

/// A list that is there.
struct Written {
    path: String,
    objects: u64,
    size: u64,
    /// What the list will have as an object.
    etag: String,
    /// Where its objects are to go; none for those that are too large.
    target: Option<S3Url>,
}

impl Record for &Written {
    fn text(&self) -> String {
        let Written {
            path,
            objects,
            size,
            etag,
            ..
        } = self;
        let what = match &self.target {
            Some(target) => format!("to copy to {target}"),
            None if *objects == 0 => "to copy".to_owned(),
            None => "over 5 GB, which S3 Batch Operations does not copy".to_owned(),
        };
        format!("{path}: {objects} object(s), {size} bytes, {what}; ETag {etag}")
    }

    fn json(&self) -> Option<Value> {
        Some(json!({
            "type": "manifest",
            "file": self.path,
            "objects": self.objects,
            "size": self.size,
            "etag": self.etag,
            "target": self.target.as_ref().map(S3Url::to_string),
        }))
    }
}

/// Bytes of an object that can be copied.
const LARGEST: u64 = 5_000_000_000;
const OF_LARGE: &str = ".over-5gb";
