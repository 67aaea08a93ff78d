//! An object to a file: into a temporary file beside it, checked, and then put in its place.

use std::{ffi::OsStr, fs, io, path::Path, time::SystemTime};

use crate::{
    local::{Attributes, Directory, Md5, Mode, SourceFile, TempFile, hash_composites, is_missing},
    plan::etag::part_sizes,
    s3::{
        op::{GetObject, HeadObjectOutput},
        request::Role,
        types::{ETag, Md5Digest},
    },
    transfer::{
        Compare, Download, Engine, Error, Overwrite, Proof, Version,
        compare::{Pair, Verdict},
        content::{check_listed, is_checkable, verify},
        download_ranges,
        engine::{Outcome, STREAM_BUFFERS},
        joint_sums::Coming,
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
        Err(error) if is_missing(&error) => {
            return match download.overwrite {
                Overwrite::AsPlanned => Err(not_as_planned(download)),
                _ => Ok(None),
            };
        }
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
        Overwrite::AsPlanned => return Err(not_as_planned(download)),
        Overwrite::Replace => {}
    }
    if there.is_dir() {
        let error = io::Error::from_raw_os_error(IS_A_DIRECTORY);
        return Err(Error::target(&download.target)(error));
    }
    Ok(None)
}

/// Of the target of a download whose plan is not what there is.
fn not_as_planned(download: &Download) -> Error {
    Error::NotAsPlanned(download.target.display().to_string())
}

/// Where the file is to be.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) directory: &'a Directory,
    pub(super) name: &'a OsStr,
}

async fn fetch(engine: &Engine, download: &Download, place: Place<'_>) -> Result<Proof, Error> {
    let is_small = download.source.size < engine.options.max_single_download;
    let Fetched {
        temp,
        object,
        is_checked,
        md5,
    } = match is_small {
        true => single(engine, download, place).await?,
        false => download_ranges::fetch(engine, download, place).await?,
    };
    // Listings may have the time in finer steps than heads, and will be compared with it again.
    let listed = &download.source;
    let modified = listed.last_modified.filter(|_| listed.etag == object.etag);
    let modified = modified.or(object.last_modified).map(SystemTime::from);
    let replace = download.overwrite == Overwrite::Replace;
    if download.pinned && object.etag != listed.etag {
        return Err(Error::NotAsPlanned(download.url().to_string()));
    }
    let attributes = attributes(engine, &object, modified);
    let file = match temp.persist(attributes.0, &attributes.1, replace) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Error::Exists(download.target.display().to_string()));
        }
        persisted => persisted.map_err(Error::target(&download.target))?,
    };
    // What could not be checked proves nothing.
    Ok(match object.etag {
        Some(etag) if is_checked => Proof {
            md5,
            source: Some(Version::Object(etag)),
            target: Some(Version::File(file)),
        },
        _ => Proof::default(),
    })
}

/// Those that the file had, if that is asked for and known. Else the permissions that uploads
/// record in any case, and the time of the object.
fn attributes(
    engine: &Engine,
    object: &HeadObjectOutput,
    modified: Option<SystemTime>,
) -> (Mode, Attributes) {
    let kept = match engine.options.preserve {
        true => Attributes::of_metadata(|name| object.metadata(name)),
        false => Attributes::default(),
    };
    let privilege = object.metadata("privilege");
    let privilege = privilege.and_then(|digits| u32::from_str_radix(digits, 8).ok());
    let mode = match kept.mode {
        Some(_) => Mode::Exact,
        None => Mode::Masked,
    };
    let attributes = Attributes {
        mode: kept.mode.or(privilege),
        modified: kept.modified.or(modified),
        ..kept
    };
    (mode, attributes)
}

/// What arrived.
pub(super) struct Fetched {
    pub(super) temp: TempFile,
    pub(super) object: HeadObjectOutput,
    /// Whether it was checked against something that the server gives.
    pub(super) is_checked: bool,
    /// If it was made for that.
    pub(super) md5: Option<Md5Digest>,
}

/// One stream, summed as it is written.
pub(super) async fn single(
    engine: &Engine,
    download: &Download,
    place: Place<'_>,
) -> Result<Fetched, Error> {
    let size = download.source.size;
    let _buffers = engine.buffers.reserve(size.min(STREAM_BUFFERS)).await;
    let temp = TempFile::create(place.directory, place.name);
    let temp = temp.map_err(Error::target(&download.target))?;
    let key = &*download.source.key;
    let get = GetObject {
        bucket: &download.bucket,
        key,
        role: Role::Source,
        range: None,
        if_match: None,
    };
    // When this is dropped half-way, the temporary file goes with it.
    let receive = async {
        let is_verified = engine.options.verify;
        let coming = is_verified.then(|| engine.sums.expect(size)).flatten();
        let is_alone = coming.as_ref().is_none_or(Coming::is_alone);
        let mut md5 = (is_verified && is_alone).then(Md5::new);
        let mut stream = engine.client.open(&get).await?;
        check_listed(&download.source, &stream.head().object)?;
        let mut offset = 0;
        while let Some(bytes) = stream.next().await? {
            if let Some(md5) = &mut md5 {
                md5.update(&bytes);
            }
            temp.write_at(&bytes, offset)
                .map_err(Error::target(&download.target))?;
            offset += bytes.len() as u64;
            engine.meter.moved().add(bytes.len() as u64);
        }
        let object = stream.head().object.clone();
        drop(stream);
        let md5 = match (md5, coming) {
            (None, Some(coming)) => {
                let sum = coming.sum(temp.file(), offset).await;
                Some(sum.map_err(Error::target(&download.target))?)
            }
            (md5, _) => md5.map(Md5::finish),
        };
        if let Some(md5) = &md5 {
            check(engine, download, &temp, &object, md5).await?;
        }
        let md5 = md5.filter(|_| is_checkable(&object));
        Ok::<_, Error>(Fetched {
            temp,
            is_checked: md5.is_some(),
            md5,
            object,
        })
    };
    engine.guard(receive).await
}

/// Checks what arrived. The metadata of an object that was sent in parts may be left from an
/// earlier content; then its tag decides.
pub(super) async fn check(
    engine: &Engine,
    download: &Download,
    temp: &TempFile,
    object: &HeadObjectOutput,
    md5: &Md5Digest,
) -> Result<(), Error> {
    let Err(damaged) = verify(object, md5) else {
        return Ok(());
    };
    match has_tag(engine, download, temp, object, None).await? {
        true => Ok(()),
        false => Err(damaged),
    }
}

/// Whether a composite tag is that of what arrived, with this size of parts, or else one of the
/// usual ones.
pub(super) async fn has_tag(
    engine: &Engine,
    download: &Download,
    temp: &TempFile,
    object: &HeadObjectOutput,
    part_size: Option<u64>,
) -> Result<bool, Error> {
    let tag = object.etag.as_ref().filter(|_| !object.has_opaque_etag());
    let Some((digest, parts)) = tag.and_then(ETag::as_composite) else {
        return Ok(false);
    };
    let sizes = part_size.map_or_else(|| part_sizes(object.size, parts), |size| vec![size]);
    let hash = hash_composites(temp.file(), object.size, &sizes);
    let hash = async { hash.await.map_err(Error::target(&download.target)) };
    Ok(engine.guard(hash).await?.contains(&digest))
}

/// `EISDIR`.
const IS_A_DIRECTORY: i32 = 21;
