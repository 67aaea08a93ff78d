//! A large object: many streams of one version, summed while they arrive where that can be.

use std::{
    collections::{BTreeMap, HashSet},
    fs::File,
    io,
    path::PathBuf,
    sync::Arc,
};

use tokio::sync::mpsc;

use crate::{
    local::{Arrived, Crc64, Hasher, PartSums, TempFile, hash_region, read_region},
    plan::{etag::part_sizes, split::Split},
    s3::{
        op::{GetObject, HeadObject, HeadObjectOutput},
        request::Role,
        types::{ByteRange, Checksum, ETag, Md5Digest, composite},
    },
    transfer::{
        Download, Engine, Error, compare,
        content::{check_listed, is_checkable},
        download::{Fetched, Place, check, has_tag, single},
        engine::{Event, HASH_BUFFER, STREAM_BUFFERS},
        parallel::run_all,
    },
};

pub(super) async fn fetch(
    engine: &Engine,
    download: &Download,
    place: Place<'_>,
) -> Result<Fetched, Error> {
    let object = head(engine, download).await?;
    check_listed(&download.source, &object)?;
    let Some(etag) = object.etag.clone() else {
        // Ranges of what cannot be pinned could be of two versions.
        return single(engine, download, place).await;
    };
    let check = Check::of(engine, &object);
    let split = check.split(object.size, engine.options.split_size);
    let temp = if engine.options.resume {
        let version = version(engine, download, &etag, split);
        TempFile::resume(place.directory, place.name, &version)
    } else {
        TempFile::create(place.directory, place.name)
    };
    let task = Arc::new(RangeTask {
        engine: engine.clone(),
        bucket: download.bucket.clone(),
        key: download.source.key.clone(),
        target: download.target.clone(),
        etag,
        size: object.size,
        temp: temp.map_err(Error::target(&download.target))?,
        check,
    });
    let received = match receive_all(&task, split).await {
        Ok(received) => checked(engine, download, &task, &object, received).await,
        Err(error) => Err(error),
    };
    let (is_checked, md5) = match received {
        Ok(checked) => checked,
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
        is_checked,
        md5,
    })
}

/// The object as it is now, with its checksums if the server knows what is meant by that.
async fn head(engine: &Engine, download: &Download) -> Result<HeadObjectOutput, Error> {
    if engine.options.verify {
        let ask = HeadObject {
            bucket: &download.bucket,
            key: &download.source.key,
            role: Role::Source,
            checksums: true,
        };
        if let Some(object) = compare::question(engine, Role::Source, &ask).await? {
            return Ok(object);
        }
    }
    let object = compare::head(engine, &download.url(), Role::Source).await?;
    object.ok_or_else(|| {
        let gone = io::Error::new(io::ErrorKind::NotFound, "the object is gone");
        Error::target(&download.target)(gone)
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

/// By what it is seen that all arrived as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// By the CRC of the whole, from those of the ranges.
    Crc(u64),
    /// By the tag, from the MD5s of parts of so many bytes.
    Parts(u64, Md5Digest),
    /// By the MD5 of the whole, which has to be made from its beginning to its end, behind those
    /// who receive.
    Whole,
    /// By nothing but the size.
    Size,
}

impl Check {
    /// The one that costs least.
    fn of(engine: &Engine, object: &HeadObjectOutput) -> Self {
        let options = &engine.options;
        if !options.verify {
            return Self::Size;
        }
        if let Some(Checksum::Crc64Nvme(crc)) = object.checksum() {
            return Self::Crc(crc);
        }
        let tag = object.etag.as_ref().filter(|_| !object.has_opaque_etag());
        if let Some((digest, parts)) = tag.and_then(ETag::as_composite)
            && let Some(size) = part_size(object.size, parts, options.split_size)
        {
            return Self::Parts(size, digest);
        }
        match is_checkable(object) {
            true => Self::Whole,
            false => Self::Size,
        }
    }

    /// Ranges of about the size that is asked for, each of whole parts.
    fn split(self, size: u64, asked: u64) -> Split {
        let asked = match self {
            Self::Parts(part, _) => part.saturating_mul((asked / part).max(1)),
            _ => asked,
        };
        Split::for_download(size, asked)
    }

    /// A sum of one range.
    fn sum(self) -> RangeSum {
        match self {
            Self::Crc(_) => RangeSum::Crc(Crc64::default()),
            Self::Parts(size, _) => RangeSum::Parts(PartSums::new(size)),
            Self::Whole | Self::Size => RangeSum::Nothing,
        }
    }
}

/// The size of the parts that an object was probably sent in, unless they are much larger than the
/// ranges that are asked for.
fn part_size(size: u64, parts: u32, asked: u64) -> Option<u64> {
    let sizes = part_sizes(size, parts);
    let ours = Split::for_upload(size, asked).map(|split| split.part_size());
    let is_ours = |size: &&u64| Some(**size) == ours;
    let likely = sizes.iter().find(is_ours).or(sizes.first())?;
    (*likely <= asked.saturating_mul(MUCH)).then_some(*likely)
}

enum RangeSum {
    Nothing,
    Crc(Crc64),
    Parts(PartSums),
}

impl RangeSum {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Nothing => {}
            Self::Crc(crc) => crc.update(bytes),
            Self::Parts(parts) => parts.update(bytes),
        }
    }

    fn parts(self) -> Vec<Md5Digest> {
        match self {
            Self::Parts(parts) => parts.finish(),
            _ => Vec::new(),
        }
    }
}

/// A range that is in the file, and its sum.
type Received = (ByteRange, RangeSum);

/// Gets all ranges that are not there yet. Gives what they come to, in order, and the MD5 of the
/// whole where that is what it is checked by.
async fn receive_all(
    task: &Arc<RangeTask>,
    split: Split,
) -> Result<(Vec<Received>, Option<Md5Digest>), Error> {
    let mut all = task.kept(split).await?;
    let (tell, told) = mpsc::unbounded_channel();
    // Nobody hears it unless the whole is summed.
    for index in all.keys() {
        let _ = tell.send(*index);
    }
    let there: HashSet<u64> = all.keys().copied().collect();
    let missing = (0..).zip(split.ranges());
    let missing = missing.filter(|(index, _)| !there.contains(index));
    let tasks = missing.map(move |(index, range)| {
        let (task, tell) = (Arc::clone(task), tell.clone());
        async move {
            let received = task.receive(index, range).await?;
            let _ = tell.send(index);
            Ok((index, received))
        }
    });
    let receive = run_all(tasks, task.engine.options.jobs, &task.engine.cancel);
    let whole = async {
        if task.check != Check::Whole {
            return Ok(None);
        }
        let md5 = follow(&task.engine, task.temp.file(), split, told);
        let md5 = async { md5.await.map_err(Error::target(&task.target)) };
        task.engine.guard(md5).await
    };
    // Those who receive are never left alone: they hold the file.
    let (received, md5) = tokio::join!(receive, whole);
    all.extend(received?);
    let len = task.temp.file().metadata().map(|metadata| metadata.len());
    if len.map_err(Error::target(&task.target))? != task.size {
        return Err(Error::Damaged(
            "what arrived has another size than the object",
        ));
    }
    Ok((all.into_values().collect(), md5?))
}

/// Sums the whole, each range once it is there; `None` if not all come.
async fn follow(
    engine: &Engine,
    file: &File,
    split: Split,
    mut told: mpsc::UnboundedReceiver<u64>,
) -> io::Result<Option<Md5Digest>> {
    let (mut hasher, mut there) = (Hasher::new(false), HashSet::new());
    for (index, range) in (0..).zip(split.ranges()) {
        while !there.remove(&index) {
            let Some(index) = told.recv().await else {
                return Ok(None);
            };
            there.insert(index);
        }
        // Not before: those who receive need some, too, and would never get it from those who wait.
        let _buffer = engine.buffers.reserve(HASH_BUFFER).await;
        let update = |chunk: &[u8]| hasher.update(chunk);
        read_region(file, range.start, range.len(), update).await?;
    }
    Ok(Some(hasher.finish().md5))
}

/// Whether the composite tag shows that what arrived is right; if the server does not say how it
/// was made, it may be that it cannot.
async fn by_tag(
    engine: &Engine,
    download: &Download,
    temp: &TempFile,
    object: &HeadObjectOutput,
) -> Result<bool, Error> {
    if has_tag(engine, download, temp, object, None).await? {
        return Ok(true);
    }
    let parts = object.etag.as_ref().and_then(ETag::as_composite);
    let parts = parts.map_or(0, |(_, parts)| parts);
    let url = download.url();
    let first = compare::first_part(engine, &url, Role::Source, object, parts).await?;
    match first {
        None => Ok(false),
        Some(_) if has_tag(engine, download, temp, object, first).await? => Ok(true),
        Some(_) => Err(Error::Damaged(
            "what arrived does not have the tag that the server gives",
        )),
    }
}

/// Whether what arrived was checked, and its MD5 if that was made for it.
async fn checked(
    engine: &Engine,
    download: &Download,
    task: &RangeTask,
    object: &HeadObjectOutput,
    (received, whole): (Vec<Received>, Option<Md5Digest>),
) -> Result<(bool, Option<Md5Digest>), Error> {
    match task.check {
        Check::Size => return Ok((false, None)),
        Check::Crc(stored) => {
            let join = |crc, (range, sum): &Received| match sum {
                RangeSum::Crc(next) => Crc64::joined(crc, next.finish(), range.len()),
                _ => crc,
            };
            return match received.iter().fold(0, join) == stored {
                true => Ok((true, None)),
                false => Err(Error::Damaged(
                    "what arrived does not have the checksum that the server gives",
                )),
            };
        }
        Check::Parts(_, digest) => {
            let sums = received.into_iter().map(|(_, sum)| sum);
            let parts: Vec<_> = sums.flat_map(RangeSum::parts).collect();
            if composite(&parts) == digest {
                return Ok((true, None));
            }
            // The size of the parts was a guess.
            if !is_checkable(object) {
                return Ok((by_tag(engine, download, &task.temp, object).await?, None));
            }
        }
        Check::Whole => {}
    }
    let md5 = match whole {
        Some(md5) => md5,
        None => {
            let _buffer = engine.buffers.reserve(HASH_BUFFER).await;
            let hash = hash_region(task.temp.file(), 0, object.size, false);
            let hash = async { hash.await.map_err(Error::target(&download.target)) };
            engine.guard(hash).await?.md5
        }
    };
    check(engine, download, &task.temp, object, &md5).await?;
    Ok((true, Some(md5)))
}

struct RangeTask {
    engine: Engine,
    bucket: String,
    key: String,
    target: PathBuf,
    etag: ETag,
    size: u64,
    temp: TempFile,
    check: Check,
}

impl RangeTask {
    /// The ranges, by their numbers from 0, that an earlier run got and that are still what it got.
    async fn kept(&self, split: Split) -> Result<BTreeMap<u64, Received>, Error> {
        let mut kept = BTreeMap::new();
        for part in self.temp.arrived() {
            let Some(range) = split.range(part.index) else {
                continue;
            };
            let (mut hasher, mut sum) = (Hasher::new(false), self.check.sum());
            let both = |chunk: &[u8]| {
                hasher.update(chunk);
                sum.update(chunk);
            };
            let read = read_region(self.temp.file(), range.start, range.len(), both);
            let read = async { Ok::<_, Error>(read.await.is_ok()) };
            if self.engine.guard(read).await? && hasher.finish().md5 == part.md5 {
                kept.insert(part.index, (range, sum));
            }
        }
        Ok(kept)
    }

    async fn receive(&self, index: u64, range: ByteRange) -> Result<Received, Error> {
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
        let mut sum = self.check.sum();
        let mut noted = self.temp.takes_notes().then(|| Hasher::new(false));
        while let Some(bytes) = stream.next().await? {
            sum.update(&bytes);
            if let Some(hasher) = &mut noted {
                hasher.update(&bytes);
            }
            self.temp
                .write_at(&bytes, offset)
                .map_err(Error::target(&self.target))?;
            offset += bytes.len() as u64;
        }
        if let Some(hasher) = noted {
            let md5 = hasher.finish().md5;
            self.temp.note(Arrived { index, md5 });
        }
        Ok((range, sum))
    }
}

/// Ranges of many times what was asked for would be few.
const MUCH: u64 = 4;
