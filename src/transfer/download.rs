//! An object to a file: into a temporary file beside it, checked, and then put in its place.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    local::{Hasher, SourceFile, TempFile, check_below, create_below, hash_region},
    plan::split::Split,
    s3::{
        op::{GetObject, HeadObjectOutput},
        request::Role,
        types::{ByteRange, ETag},
    },
    transfer::{
        Compare, Download, Engine, Error, Overwrite, compare,
        content::{check_listed, is_checkable, verify},
        engine::{HASH_BUFFER, Outcome, STREAM_BUFFERS},
        parallel::run_all,
    },
};

pub(super) async fn run(engine: &Engine, download: &Download) -> Result<Outcome, Error> {
    if is_done_already(engine, download).await? {
        return Ok(Outcome::Synced);
    }
    let directory = download.target.parent().unwrap_or(Path::new(""));
    if engine.is_dry_run() {
        check_below(&download.root, directory)?;
        return Ok(Outcome::Done);
    }
    create_below(&download.root, directory)?;
    let mut tried = false;
    loop {
        match fetch(engine, download).await {
            Err(error) if !tried && error.is_worth_a_restart() => tried = true,
            other => return other.map(|()| Outcome::Done),
        }
    }
}

async fn is_done_already(engine: &Engine, download: &Download) -> Result<bool, Error> {
    let there = match fs::symlink_metadata(&download.target) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(false),
        Err(error) => return Err(Error::target(&download.target)(error)),
    };
    // Also behind a link: /dev/stdout is one.
    if fs::metadata(&download.target).is_ok_and(|target| !target.is_file() && !target.is_dir()) {
        return Err(Error::Special(download.target.clone()));
    }
    if download.compare == Compare::Content {
        // What cannot be read is not the same.
        if let Ok(file) = SourceFile::open(&download.target) {
            let url = download.url();
            if compare::same_as_listed(engine, &file, &url, &download.source, Role::Source).await? {
                return Ok(true);
            }
        }
    }
    if download.overwrite == Overwrite::Refuse {
        return Err(Error::Exists(download.target.display().to_string()));
    }
    if there.is_dir() {
        let error = io::Error::from_raw_os_error(IS_A_DIRECTORY);
        return Err(Error::target(&download.target)(error));
    }
    Ok(false)
}

async fn fetch(engine: &Engine, download: &Download) -> Result<(), Error> {
    let temp = TempFile::create(&download.target).map_err(Error::target(&download.target))?;
    let (temp, object) = if download.source.size < engine.options.max_single_download {
        single(engine, download, temp).await?
    } else {
        ranged(engine, download, temp).await?
    };
    let privilege = object
        .metadata("privilege")
        .and_then(|digits| u32::from_str_radix(digits, 8).ok());
    match temp.persist(privilege, download.overwrite == Overwrite::Replace) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(Error::Exists(download.target.display().to_string()))
        }
        persisted => persisted.map_err(Error::target(&download.target)),
    }
}

/// One stream, summed as it is written.
async fn single(
    engine: &Engine,
    download: &Download,
    temp: TempFile,
) -> Result<(TempFile, HeadObjectOutput), Error> {
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
        verify(&object, &hasher.finish().md5)?;
        Ok::<_, Error>((temp, object))
    };
    engine.guard(receive).await
}

/// Many streams of one version, and the sum of the whole afterwards.
async fn ranged(
    engine: &Engine,
    download: &Download,
    temp: TempFile,
) -> Result<(TempFile, HeadObjectOutput), Error> {
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
    if is_checkable(&object) {
        let _buffer = engine.buffers.reserve(HASH_BUFFER).await;
        let hash = hash_region(task.temp.file(), 0, object.size, false);
        let hash = async { hash.await.map_err(Error::target(&download.target)) };
        verify(&object, &engine.guard(hash).await?.md5)?;
    }
    let task = Arc::try_unwrap(task).map_err(|_| Error::Cancelled)?;
    Ok((task.temp, object))
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
