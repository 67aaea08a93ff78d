//! A large object: many streams of one version, summed while they arrive where that can be.

use std::{
    collections::{BTreeMap, HashSet},
    io,
    path::PathBuf,
    sync::Arc,
};

use tokio::sync::mpsc;

use crate::{
    local::{Arrived, Crc64, Md5, TempFile, hash_region, read_region},
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
        follow::{self, Progress},
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
    let temp = temp.and_then(|temp| temp.set_aside(object.size).map(|()| temp));
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

    /// Ranges of at most the size that is asked for, but some of them however small the object: one
    /// request gets only so much from a server that is far away. Of whole parts where that fits:
    /// sums are made of as many parts at once as arrive at once.
    fn split(self, size: u64, asked: u64) -> Split {
        let some = (size / SOME).next_multiple_of(MIB).max(WORTH_A_REQUEST);
        let len = match (self, asked.min(some)) {
            (Self::Parts(part, _), len) if part <= len => len - len % part,
            (_, len) => len,
        };
        Split::for_download(size, len)
    }
}

/// The size of the parts that an object was probably sent in.
fn part_size(size: u64, parts: u32, asked: u64) -> Option<u64> {
    let sizes = part_sizes(size, parts);
    let ours = Split::for_upload(size, asked).map(|split| split.part_size());
    let is_ours = |size: &&u64| Some(**size) == ours;
    sizes.iter().find(is_ours).or(sizes.first()).copied()
}

/// A range that is in the file, and its CRC if that is what is checked.
type Received = (ByteRange, Option<Crc64>);

/// What was made behind those who receive.
enum Followed {
    Nothing,
    Whole(Md5Digest),
    Parts(Vec<Md5Digest>),
}

/// Gets all ranges that are not there yet. Gives what they come to, in order, and the sums that
/// were made of them meanwhile.
async fn receive_all(
    task: &Arc<RangeTask>,
    split: Split,
) -> Result<(Vec<Received>, Followed), Error> {
    let mut all = task.kept(split).await?;
    let (tell, told) = mpsc::unbounded_channel();
    for (index, (range, _)) in &all {
        let _ = tell.send(Progress {
            index: *index,
            len: range.len(),
        });
    }
    let there: HashSet<u64> = all.keys().copied().collect();
    let missing = (0..).zip(split.ranges());
    let missing = missing.filter(|(index, _)| !there.contains(index));
    let tasks = missing.map(move |(index, range)| {
        let (task, tell) = (Arc::clone(task), tell.clone());
        async move { Ok((index, task.receive(index, range, &tell).await?)) }
    });
    let receive = run_all(tasks, task.engine.options.jobs, &task.engine.cancel);
    // Those who receive are never left alone: they hold the file.
    let (received, followed) = tokio::join!(receive, task.follow(split, told));
    all.extend(received?);
    let len = task.temp.file().metadata().map(|metadata| metadata.len());
    if len.map_err(Error::target(&task.target))? != task.size {
        return Err(Error::Damaged(
            "what arrived has another size than the object",
        ));
    }
    Ok((all.into_values().collect(), followed?))
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
    (received, followed): (Vec<Received>, Followed),
) -> Result<(bool, Option<Md5Digest>), Error> {
    match task.check {
        Check::Size => return Ok((false, None)),
        Check::Crc(stored) => {
            let join = |crc, (range, next): Received| {
                let next = next.unwrap_or_default().finish();
                Crc64::joined(crc, next, range.len())
            };
            return match received.into_iter().fold(0, join) == stored {
                true => Ok((true, None)),
                false => Err(Error::Damaged(
                    "what arrived does not have the checksum that the server gives",
                )),
            };
        }
        Check::Parts(_, digest) => {
            if let Followed::Parts(parts) = &followed
                && composite(parts) == digest
            {
                return Ok((true, None));
            }
            // The size of the parts was a guess.
            if !is_checkable(object) {
                return Ok((by_tag(engine, download, &task.temp, object).await?, None));
            }
        }
        Check::Whole => {}
    }
    let md5 = match followed {
        Followed::Whole(md5) => md5,
        _ => {
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
            let (mut md5, mut crc) = (Md5::new(), self.crc());
            let both = |chunk: &[u8]| {
                md5.update(chunk);
                if let Some(crc) = &mut crc {
                    crc.update(chunk);
                }
            };
            let read = read_region(self.temp.file(), range.start, range.len(), both);
            let read = async { Ok::<_, Error>(read.await.is_ok()) };
            if self.engine.guard(read).await? && md5.finish() == part.md5 {
                kept.insert(part.index, (range, crc));
            }
        }
        Ok(kept)
    }

    fn crc(&self) -> Option<Crc64> {
        matches!(self.check, Check::Crc(_)).then(Crc64::default)
    }

    /// Sums what arrives as far as that is how it is checked.
    async fn follow(
        &self,
        ranges: Split,
        told: mpsc::UnboundedReceiver<Progress>,
    ) -> Result<Followed, Error> {
        let (engine, file) = (&self.engine, self.temp.file());
        let followed = async {
            Ok::<_, io::Error>(match self.check {
                Check::Crc(_) | Check::Size => None,
                Check::Whole => follow::whole(engine, file, ranges, told)
                    .await?
                    .map(Followed::Whole),
                Check::Parts(size, _) => {
                    let parts = Split::for_download(self.size, size);
                    let parts = follow::parts(engine, file, (ranges, parts), told).await?;
                    parts.map(Followed::Parts)
                }
            })
        };
        let followed = async { followed.await.map_err(Error::target(&self.target)) };
        Ok(engine.guard(followed).await?.unwrap_or(Followed::Nothing))
    }

    async fn receive(
        &self,
        index: u64,
        range: ByteRange,
        tell: &mpsc::UnboundedSender<Progress>,
    ) -> Result<Received, Error> {
        let _buffers = self.engine.buffers.reserve(STREAM_BUFFERS).await;
        let get = GetObject {
            bucket: &self.bucket,
            key: &self.key,
            role: Role::Source,
            range: Some(range),
            if_match: Some(&self.etag),
        };
        let mut stream = self.engine.client.open(&get).await?;
        if stream.head().object.size != self.size {
            return Err(Error::Damaged(
                "the object changed its size while it was read",
            ));
        }
        let (mut len, mut told) = (0, 0);
        let mut crc = self.crc();
        let mut noted = self.temp.takes_notes().then(Md5::new);
        while let Some(bytes) = stream.next().await? {
            if let Some(crc) = &mut crc {
                crc.update(&bytes);
            }
            if let Some(md5) = &mut noted {
                md5.update(&bytes);
            }
            self.temp
                .write_at(&bytes, range.start + len)
                .map_err(Error::target(&self.target))?;
            len += bytes.len() as u64;
            self.engine.meter.moved().add(bytes.len() as u64);
            if len - told >= follow::STEP || len == range.len() {
                told = len;
                // Nobody hears it unless sums are made of it.
                let _ = tell.send(Progress { index, len });
            }
        }
        if let Some(md5) = noted {
            let md5 = md5.finish();
            self.temp.note(Arrived { index, md5 });
        }
        Ok((range, crc))
    }
}

const MIB: u64 = 1024 * 1024;
/// As many requests of one object as fill a line that is long and loses packets.
const SOME: u64 = 16;
/// The time that a request takes to begin is less than what so much takes to arrive.
const WORTH_A_REQUEST: u64 = 8 * MIB;
