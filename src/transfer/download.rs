//! An object to a file: into a temporary file beside it, checked, and then put in its place.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use crate::{
    local::{
        Arrived, Directory, Hasher, SourceFile, TempFile, hash_composites, hash_region, is_missing,
    },
    plan::{etag::part_sizes, split::Split},
    s3::{
        op::{GetObject, HeadObjectOutput},
        request::Role,
        types::{ByteRange, ETag, Md5Digest},
    },
    transfer::{
        Compare, Download, Engine, Error, Overwrite, Proof, Version,
        compare::{self, Pair, Verdict},
        content::{check_listed, is_checkable, verify},
        engine::{Event, HASH_BUFFER, Outcome, STREAM_BUFFERS},
        parallel::run_all,
    },
};

pub(super) async fn run(engine: &Engine, download: &Download) -> Result<Outcome, Error> {
    if let Some(outcome) = without_transfer(engine, download).await? {
        return Ok(outcome);
    }
    let directory = download.target.parent().unwrap_or(Path::new(""));
    if engine.is_dry_run() {
        Directory::check(&download.root, directory)?;
        return Ok(Outcome::Done(Proof::default()));
    }
    let place = Place {
        directory: &Directory::create(&download.root, directory)?,
        name: download.target.file_name().unwrap_or_default(),
    };
    engine.clean_up(place.directory, directory);
    let mut tried = false;
    loop {
        match fetch(engine, download, place).await {
            Err(error) if !tried && error.is_worth_a_restart() => tried = true,
            Err(Error::Exists(_)) if download.overwrite == Overwrite::Skip => {
                return Ok(Outcome::Skipped);
            }
            other => return other.map(Outcome::Done),
        }
    }
}

/// Looks at the target as far as the rules need it. `None` means that the object is to be got.
async fn without_transfer(engine: &Engine, download: &Download) -> Result<Option<Outcome>, Error> {
    let there = match fs::symlink_metadata(&download.target) {
        Ok(there) => there,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(Error::target(&download.target)(error)),
    };
    // Also behind a link: /dev/stdout is one.
    if fs::metadata(&download.target).is_ok_and(|target| !target.is_file() && !target.is_dir()) {
        return Err(Error::Special(download.target.clone()));
    }
    if download.compare == Compare::Content {
        // What cannot be read is not the same.
        if let Ok(file) = SourceFile::open(&download.target) {
            let pair = Pair {
                engine,
                file: &file,
                url: &download.url(),
                role: Role::Source,
            };
            let (size, etag) = (download.source.size, download.source.etag.as_ref());
            if let Verdict::Same(proof) = pair.with_listed(size, etag).await? {
                return Ok(Some(Outcome::Synced(proof)));
            }
        }
    }
    match download.overwrite {
        Overwrite::Refuse => return Err(Error::Exists(download.target.display().to_string())),
        Overwrite::Skip => return Ok(Some(Outcome::Skipped)),
        Overwrite::Replace => {}
    }
    if there.is_dir() {
        let error = io::Error::from_raw_os_error(IS_A_DIRECTORY);
        return Err(Error::target(&download.target)(error));
    }
    Ok(None)
}

/// Where the file is to be.
#[derive(Clone, Copy)]
struct Place<'a> {
    directory: &'a Directory,
    name: &'a OsStr,
}

async fn fetch(engine: &Engine, download: &Download, place: Place<'_>) -> Result<Proof, Error> {
    let is_small = download.source.size < engine.options.max_single_download;
    let Fetched { temp, object, md5 } = match is_small {
        true => single(engine, download, place).await?,
        false => ranged(engine, download, place).await?,
    };
    let privilege = object
        .metadata("privilege")
        .and_then(|digits| u32::from_str_radix(digits, 8).ok());
    // Listings may have the time in finer steps than heads, and will be compared with it again.
    let listed = &download.source;
    let modified = listed.last_modified.filter(|_| listed.etag == object.etag);
    let modified = modified.or(object.last_modified).map(SystemTime::from);
    let replace = download.overwrite == Overwrite::Replace;
    let file = match temp.persist(privilege, modified, replace) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Error::Exists(download.target.display().to_string()));
        }
        persisted => persisted.map_err(Error::target(&download.target))?,
    };
    // What could not be checked proves nothing.
    Ok(match object.etag {
        Some(etag) if md5.is_some() => Proof {
            md5,
            source: Some(Version::Object(etag)),
            target: Some(Version::File(file)),
        },
        _ => Proof::default(),
    })
}

/// What arrived, and its MD5 if the server gives one that it was checked against.
struct Fetched {
    temp: TempFile,
    object: HeadObjectOutput,
    md5: Option<Md5Digest>,
}

/// One stream, summed as it is written.
async fn single(engine: &Engine, download: &Download, place: Place<'_>) -> Result<Fetched, Error> {
    let _buffers = engine.buffers.reserve(STREAM_BUFFERS).await;
    let temp = TempFile::create(place.directory, place.name);
    let temp = temp.map_err(Error::target(&download.target))?;
    let key = &*download.source.key;
    let get = GetObject {
        bucket: &download.bucket,
        key,
        range: None,
        if_match: None,
    };
    // When this is dropped half-way, the temporary file goes with it.
    let receive = async {
        let mut stream = engine.client.open(&get).await?;
        check_listed(&download.source, &stream.head().object)?;
        let mut hasher = Hasher::new(false);
        let mut offset = 0;
        while let Some(bytes) = stream.next().await? {
            hasher.update(&bytes);
            temp.write_at(&bytes, offset)
                .map_err(Error::target(&download.target))?;
            offset += bytes.len() as u64;
        }
        let object = stream.head().object.clone();
        let md5 = hasher.finish().md5;
        check(engine, download, &temp, &object, &md5).await?;
        Ok::<_, Error>(Fetched {
            temp,
            md5: is_checkable(&object).then_some(md5),
            object,
        })
    };
    engine.guard(receive).await
}

/// Checks what arrived. The metadata of an object that was sent in parts may be left from an
/// earlier content; then its tag decides.
async fn check(
    engine: &Engine,
    download: &Download,
    temp: &TempFile,
    object: &HeadObjectOutput,
    md5: &Md5Digest,
) -> Result<(), Error> {
    let Err(damaged) = verify(object, md5) else {
        return Ok(());
    };
    let tag = object.etag.as_ref().filter(|_| !object.has_opaque_etag());
    let Some((digest, parts)) = tag.and_then(ETag::as_composite) else {
        return Err(damaged);
    };
    let sizes = part_sizes(object.size, parts);
    let hash = hash_composites(temp.file(), object.size, &sizes);
    let hash = async { hash.await.map_err(Error::target(&download.target)) };
    match engine.guard(hash).await?.contains(&digest) {
        true => Ok(()),
        false => Err(damaged),
    }
}

/// Many streams of one version, and the sum of the whole afterwards.
async fn ranged(engine: &Engine, download: &Download, place: Place<'_>) -> Result<Fetched, Error> {
    let missing = || {
        let gone = io::Error::new(io::ErrorKind::NotFound, "the object is gone");
        Error::target(&download.target)(gone)
    };
    let object = compare::head(engine, &download.url(), Role::Source)
        .await?
        .ok_or_else(missing)?;
    check_listed(&download.source, &object)?;
    let Some(etag) = object.etag.clone() else {
        // Ranges of what cannot be pinned could be of two versions.
        return single(engine, download, place).await;
    };
    let split = Split::for_download(object.size, engine.options.split_size);
    let temp = if engine.options.resume {
        let version = version(engine, download, &etag, split);
        TempFile::resume(place.directory, place.name, &version)
    } else {
        TempFile::create(place.directory, place.name)
    };
    let task = RangeTask {
        engine: engine.clone(),
        bucket: download.bucket.clone(),
        key: download.source.key.clone(),
        target: download.target.clone(),
        etag,
        size: object.size,
        temp: temp.map_err(Error::target(&download.target))?,
    };
    let task = Arc::new(task);
    let received = receive_all(&task, split).await;
    let received = match received {
        Ok(()) => summed(engine, download, &task.temp, &object).await,
        Err(error) => Err(error),
    };
    let md5 = match received {
        Ok(md5) => md5,
        Err(error) => {
            if error.may_be_resumed() && task.temp.keep() {
                let text = "what arrived is kept for a run with --resume";
                engine.tell(Event::Warning(format!("{}: {text}", task.target.display())));
            }
            return Err(error);
        }
    };
    let task = Arc::try_unwrap(task).map_err(|_| Error::Cancelled)?;
    Ok(Fetched {
        temp: task.temp,
        object,
        md5,
    })
}

/// What a part of a file is worth to a later run only if it is the same then. In one line.
fn version(engine: &Engine, download: &Download, etag: &ETag, split: Split) -> String {
    let endpoint = engine.client.endpoint().to_string();
    let (size, part_size) = (download.source.size, split.part_size());
    serde_json::json!([
        endpoint,
        download.bucket,
        download.source.key,
        etag.to_string(),
        size,
        part_size,
    ])
    .to_string()
}

/// Gets all ranges that are not there yet.
async fn receive_all(task: &Arc<RangeTask>, split: Split) -> Result<(), Error> {
    let there = task.kept(split).await?;
    let missing = (0..).zip(split.ranges());
    let missing = missing.filter(|(index, _)| !there.contains(index));
    let tasks = missing.map(|(index, range)| {
        let task = Arc::clone(task);
        async move { task.receive(index, range).await }
    });
    run_all(tasks, task.engine.options.jobs, &task.engine.cancel).await?;
    let len = task.temp.file().metadata().map(|metadata| metadata.len());
    if len.map_err(Error::target(&task.target))? != task.size {
        return Err(Error::Damaged(
            "what arrived has another size than the object",
        ));
    }
    Ok(())
}

/// The MD5 of all that arrived, if the server gives one that it was checked against.
async fn summed(
    engine: &Engine,
    download: &Download,
    temp: &TempFile,
    object: &HeadObjectOutput,
) -> Result<Option<Md5Digest>, Error> {
    if !is_checkable(object) {
        return Ok(None);
    }
    let _buffer = engine.buffers.reserve(HASH_BUFFER).await;
    let hash = hash_region(temp.file(), 0, object.size, false);
    let hash = async { hash.await.map_err(Error::target(&download.target)) };
    let md5 = engine.guard(hash).await?.md5;
    check(engine, download, temp, object, &md5).await?;
    Ok(Some(md5))
}

struct RangeTask {
    engine: Engine,
    bucket: String,
    key: String,
    target: PathBuf,
    etag: ETag,
    size: u64,
    temp: TempFile,
}

impl RangeTask {
    /// The ranges, by their numbers from 0, that an earlier run got and that are still what it got.
    async fn kept(&self, split: Split) -> Result<HashSet<u64>, Error> {
        let mut kept = HashSet::new();
        for part in self.temp.arrived() {
            let Some(range) = split.range(part.index) else {
                continue;
            };
            let hash = hash_region(self.temp.file(), range.start, range.len(), false);
            let hash = async { Ok::<_, Error>(hash.await.ok()) };
            let sum = self.engine.guard(hash).await?;
            if sum.is_some_and(|sum| sum.md5 == part.md5) {
                kept.insert(part.index);
            }
        }
        Ok(kept)
    }

    async fn receive(&self, index: u64, range: ByteRange) -> Result<(), Error> {
        let _buffers = self.engine.buffers.reserve(STREAM_BUFFERS).await;
        let get = GetObject {
            bucket: &self.bucket,
            key: &self.key,
            range: Some(range),
            if_match: Some(&self.etag),
        };
        let mut stream = self.engine.client.open(&get).await?;
        if stream.head().object.size != self.size {
            return Err(Error::Damaged(
                "the object changed its size while it was read",
            ));
        }
        let mut offset = range.start;
        let mut hasher = self.temp.takes_notes().then(|| Hasher::new(false));
        while let Some(bytes) = stream.next().await? {
            if let Some(hasher) = &mut hasher {
                hasher.update(&bytes);
            }
            self.temp
                .write_at(&bytes, offset)
                .map_err(Error::target(&self.target))?;
            offset += bytes.len() as u64;
        }
        if let Some(hasher) = hasher {
            let md5 = hasher.finish().md5;
            self.temp.note(Arrived { index, md5 });
        }
        Ok(())
    }
}

/// `EISDIR`.
const IS_A_DIRECTORY: i32 = 21;
