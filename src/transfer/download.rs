//! An object to a file: into a temporary file beside it, checked, and then put in its place.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use crate::{
    local::{
        Hasher, SourceFile, TempFile, check_below, create_below, hash_composites, hash_region,
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
        engine::{HASH_BUFFER, Outcome, STREAM_BUFFERS},
        parallel::run_all,
    },
};

pub(super) async fn run(engine: &Engine, download: &Download) -> Result<Outcome, Error> {
    if let Some(outcome) = without_transfer(engine, download).await? {
        return Ok(outcome);
    }
    let directory = download.target.parent().unwrap_or(Path::new(""));
    if engine.is_dry_run() {
        check_below(&download.root, directory)?;
        return Ok(Outcome::Done(Proof::default()));
    }
    create_below(&download.root, directory)?;
    let mut tried = false;
    loop {
        match fetch(engine, download).await {
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
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
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

async fn fetch(engine: &Engine, download: &Download) -> Result<Proof, Error> {
    let temp = TempFile::create(&download.target).map_err(Error::target(&download.target))?;
    let Fetched { temp, object, md5 } = if download.source.size < engine.options.max_single_download
    {
        single(engine, download, temp).await?
    } else {
        ranged(engine, download, temp).await?
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
async fn single(engine: &Engine, download: &Download, temp: TempFile) -> Result<Fetched, Error> {
    let _buffers = engine.buffers.reserve(STREAM_BUFFERS).await;
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
            crate::blocking::in_place(|| hasher.update(&bytes));
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
async fn ranged(engine: &Engine, download: &Download, temp: TempFile) -> Result<Fetched, Error> {
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
        return single(engine, download, temp).await;
    };
    let task = RangeTask {
        engine: engine.clone(),
        bucket: download.bucket.clone(),
        key: download.source.key.clone(),
        target: download.target.clone(),
        etag,
        size: object.size,
        temp,
    };
    let task = Arc::new(task);
    let split = Split::for_download(object.size, engine.options.split_size);
    let tasks = split.ranges().map(|range| {
        let task = Arc::clone(&task);
        async move { task.receive(range).await }
    });
    run_all(tasks, engine.options.jobs, &engine.cancel).await?;
    let mut md5 = None;
    if is_checkable(&object) {
        let _buffer = engine.buffers.reserve(HASH_BUFFER).await;
        let hash = hash_region(task.temp.file(), 0, object.size, false);
        let hash = async { hash.await.map_err(Error::target(&download.target)) };
        let sum = engine.guard(hash).await?.md5;
        check(engine, download, &task.temp, &object, &sum).await?;
        md5 = Some(sum);
    }
    let task = Arc::try_unwrap(task).map_err(|_| Error::Cancelled)?;
    Ok(Fetched {
        temp: task.temp,
        object,
        md5,
    })
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
    async fn receive(&self, range: ByteRange) -> Result<(), Error> {
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
        while let Some(bytes) = stream.next().await? {
            self.temp
                .write_at(&bytes, offset)
                .map_err(Error::target(&self.target))?;
            offset += bytes.len() as u64;
        }
        Ok(())
    }
}

/// `EISDIR`.
const IS_A_DIRECTORY: i32 = 21;
