//! A file to an object: compare, then one request or many.

use std::{io, path::Path};

use crate::{
    client::{ClientError, TransportErrorKind},
    local::{Digests, Hasher, SourceError, SourceFile, Sum, hash_region, sha256, sha256_region},
    location::S3Url,
    plan::split::MAX_SINGLE,
    s3::{
        encode,
        media_type::media_type,
        op::{HeadObjectOutput, PutObject, PutObjectOutput},
        operation::OperationKind,
        payload::{Payload, PayloadHash},
        properties::Properties,
        request::Role,
        types::{ETag, Md5Digest, Sha256Digest},
    },
    transfer::{
        Compare, Engine, Error, Overwrite, Proof, Target, Upload, Version,
        compare::{self, Pair, Verdict, or_skipped},
        content::known_md5s,
        engine::{Outcome, STREAM_BUFFERS},
        unfinished, upload_parts,
    },
};

pub(super) async fn run(engine: &Engine, upload: &Upload) -> Result<Outcome, Error> {
    let file = SourceFile::open(&upload.source)?;
    engine.meter.expect(file.len());
    let is_small = file.len() < engine.options.max_single_upload && file.len() <= MAX_SINGLE;
    if let Some(outcome) = without_transfer(engine, upload, &file).await? {
        if !is_small {
            unfinished::clear(engine, &upload.target).await;
        }
        return Ok(outcome);
    }
    if engine.is_dry_run() {
        engine
            .predict_write(&upload.target.bucket, OperationKind::PutObject)
            .await?;
        return Ok(Outcome::Done(Proof::default()));
    }
    // A multipart upload needs at least one part.
    let sent = if is_small || file.is_empty() {
        single(engine, upload, &file).await
    } else {
        upload_parts::upload(engine, upload, &file).await
    };
    match sent {
        Ok((md5, etag)) => Ok(Outcome::Done(Proof {
            md5,
            source: Some(Version::File(*file.identity())),
            target: etag.map(Version::Object),
        })),
        Err(error) => or_skipped(engine, &upload.target, upload.overwrite, error).await,
    }
}

/// Looks at the target as far as the rules need it. `None` means that the file is to be sent.
async fn without_transfer(
    engine: &Engine,
    upload: &Upload,
    file: &SourceFile,
) -> Result<Option<Outcome>, Error> {
    let (compares, overwrite) = (upload.compare == Compare::Content, upload.overwrite);
    if !compares && overwrite == Overwrite::Replace {
        return Ok(None);
    }
    let pair = Pair {
        engine,
        file,
        url: &upload.target,
        role: Role::Target,
    };
    let verdict = match &upload.known {
        known if overwrite == Overwrite::AsPlanned => {
            match compare::head(engine, &upload.target, Role::Target).await? {
                found if compare::is_as_planned(known, found.as_ref()) => return Ok(None),
                // It may have been done before.
                Some(object) => pair.with_object(&object).await?,
                None => Verdict::Differs,
            }
        }
        Target::Absent => return Ok(None),
        Target::Listed(_) if !compares => Verdict::Differs,
        Target::Listed(listed) => pair.with_listed(listed.size, listed.etag.as_ref()).await?,
        Target::Unknown => match compare::head(engine, &upload.target, Role::Target).await? {
            None => return Ok(None),
            Some(_) if !compares => Verdict::Differs,
            Some(object) => pair.with_object(&object).await?,
        },
    };
    match (verdict, overwrite) {
        (Verdict::Same(proof), _) => Ok(Some(Outcome::Synced(proof))),
        (_, Overwrite::Skip) => Ok(Some(Outcome::Skipped)),
        (_, Overwrite::Refuse) => Err(Error::Exists(upload.target.to_string())),
        (_, Overwrite::AsPlanned) => Err(Error::NotAsPlanned(upload.target.to_string())),
        (_, Overwrite::Replace) => Ok(None),
    }
}

/// Gives the MD5 of what was sent, if it was made, and the tag of the object, if that is known to
/// be right.
async fn single(
    engine: &Engine,
    upload: &Upload,
    file: &SourceFile,
) -> Result<(Option<Md5Digest>, Option<ETag>), Error> {
    let buffered = file.len() <= SMALL;
    let _buffers = engine
        .buffers
        .reserve(if buffered { file.len() } else { STREAM_BUFFERS })
        .await;
    // A small file is read once: what is summed is what is sent. A large one is read twice, and
    // the second time whoever receives it checks the sums of the first.
    let (payload, sums) = if buffered {
        let content = file.read()?;
        let sums = Sums::of(engine, file, &content);
        (Payload::Bytes(content), sums)
    } else {
        let sums = sums(engine, file).await?;
        let region = file.region(0, file.len()).counted(engine.meter.moved());
        (Payload::File(region), sums)
    };
    let metadata = metadata(engine, file, sums.md5.as_ref());
    let put = PutObject {
        bucket: &upload.target.bucket,
        key: &upload.target.key,
        metadata: &metadata,
        properties: &properties(engine, &upload.target, Some(&upload.source)),
        content_md5: sums.md5,
        payload,
        payload_hash: sums.payload_hash(),
        condition: upload.overwrite.condition(&upload.known),
    };
    let stored = engine
        .guard(engine.client.put_object(&put))
        .await
        .map_err(blame_file)?;
    let md5 = sums.md5.as_ref();
    if let Some(md5) = md5
        && !buffered
        && stored.stored_md5.is_some_and(|stored| stored != *md5)
    {
        file_still_has(engine, file, 0, file.len(), md5).await?;
    }
    let is_sure = check_stored(engine, &upload.target, &stored, md5, file.len()).await?;
    Ok((sums.md5, stored.etag.filter(|_| is_sure)))
}

/// What the server can check an upload by. At least one of them is there.
struct Sums {
    md5: Option<Md5Digest>,
    sha256: Option<Sha256Digest>,
}

impl From<Digests> for Sums {
    fn from(digests: Digests) -> Self {
        Self {
            md5: Some(digests.md5),
            sha256: digests.sha256,
        }
    }
}

impl Sums {
    /// Those of a file that was read.
    fn of(engine: &Engine, file: &SourceFile, content: &[u8]) -> Self {
        if !engine.options.md5 {
            return Self::without_md5(sha256(content));
        }
        let mut hasher = Hasher::new(engine.client.signs_payload());
        hasher.update(content);
        let digests = hasher.finish();
        engine.hashes.put(file, Sum::Whole, digests.md5);
        digests.into()
    }

    fn without_md5(sha256: Sha256Digest) -> Self {
        Self {
            md5: None,
            sha256: Some(sha256),
        }
    }

    fn payload_hash(&self) -> PayloadHash {
        self.sha256
            .map_or(PayloadHash::Unsigned, PayloadHash::Sha256)
    }
}

/// Compat: the two entries that the original writes on every upload; and what else the file has, if
/// that is to be kept.
pub(super) fn metadata(
    engine: &Engine,
    file: &SourceFile,
    md5: Option<&Md5Digest>,
) -> Vec<(String, String)> {
    let md5 = md5.map(|md5| ("md5".to_owned(), encode::hex(md5)));
    let privilege = ("privilege".to_owned(), file.privilege());
    let kept = match engine.options.preserve {
        true => file.attributes().to_metadata(),
        false => Vec::new(),
    };
    md5.into_iter().chain([privilege]).chain(kept).collect()
}

/// The media type, by the name of the object, or else by that of the file.
pub(super) fn properties(engine: &Engine, target: &S3Url, source: Option<&Path>) -> Properties {
    let of_source = || media_type(source?.file_name()?.to_str()?);
    let known = media_type(&target.key).or_else(of_source);
    let known = known.filter(|_| engine.options.media_types);
    let known = known.or(engine.options.default_media_type.as_deref());
    known.map_or_else(Properties::default, Properties::of_media_type)
}

/// The sums of a whole file. That of its MD5 may be known from a comparison.
async fn sums(engine: &Engine, file: &SourceFile) -> Result<Sums, Error> {
    let len = file.len();
    if !engine.options.md5 {
        return Ok(Sums::without_md5(sha256_of(engine, file, 0, len).await?));
    }
    let with_sha256 = engine.client.signs_payload();
    let Some(md5) = engine.hashes.get(file, Sum::Whole) else {
        let digests = summed(engine, file, 0, len, with_sha256).await?;
        engine.hashes.put(file, Sum::Whole, digests.md5);
        return Ok(digests.into());
    };
    let mut sha256 = None;
    if with_sha256 {
        sha256 = Some(sha256_of(engine, file, 0, len).await?);
    }
    Ok(Sums {
        md5: Some(md5),
        sha256,
    })
}

pub(super) async fn sha256_of(
    engine: &Engine,
    file: &SourceFile,
    offset: u64,
    len: u64,
) -> Result<Sha256Digest, Error> {
    let hash = sha256_region(file.file(), offset, len);
    engine
        .guard(async { hash.await.map_err(compare::source_error) })
        .await
}

async fn summed(
    engine: &Engine,
    file: &SourceFile,
    offset: u64,
    len: u64,
    with_sha256: bool,
) -> Result<Digests, Error> {
    let hash = hash_region(file.file(), offset, len, with_sha256);
    engine
        .guard(async { hash.await.map_err(compare::source_error) })
        .await
}

/// Looks again whether a region has the MD5 that was sent along. The server told another one, and
/// then either its tags are no MD5s, or it did not compare and the file was changed in a way that
/// its times do not show: through a memory map.
pub(super) async fn file_still_has(
    engine: &Engine,
    file: &SourceFile,
    offset: u64,
    len: u64,
    md5: &Md5Digest,
) -> Result<(), Error> {
    if summed(engine, file, offset, len, false).await?.md5 == *md5 {
        return Ok(());
    }
    Err(SourceError::Changed.into())
}

/// The server compared the sums that were sent along. If its tag says otherwise all the same, it
/// may be one of the stores whose tags are not MD5s, so at least the size is looked at, and the
/// `md5` metadata where the store keeps it: what is there may be the object from before. Gives
/// whether the tag is right, or of encrypted content.
pub(super) async fn check_stored(
    engine: &Engine,
    target: &S3Url,
    stored: &PutObjectOutput,
    md5: Option<&Md5Digest>,
    len: u64,
) -> Result<bool, Error> {
    // A tag of ciphertext says nothing, and none of them does without an MD5 to compare it with;
    // without any tag it is not sure that anything is stored.
    let says_nothing = stored.etag.is_some() && (stored.stored_md5.is_none() || md5.is_none());
    if says_nothing || md5.is_some() && stored.stored_md5.as_ref() == md5 {
        return Ok(md5.is_some());
    }
    let is_another =
        |object: &HeadObjectOutput| md5.is_some_and(|md5| has_other_md5(engine, object, md5));
    let is_unknown = |object: &HeadObjectOutput| {
        stored.etag.is_none() && md5.is_some_and(|md5| !is_ours(object, md5))
    };
    match compare::head(engine, target, Role::Target).await? {
        Some(object) if object.size != len => Err(Error::Damaged(
            "the stored object has another size than the file",
        )),
        Some(object) if is_another(&object) => Err(Error::Damaged(
            "the stored object has another MD5 than the file",
        )),
        // An answer without a tag may be that of somebody who stored nothing.
        Some(object) if is_unknown(&object) => Err(Error::Damaged(
            "the server did not say that it stored the object",
        )),
        Some(_) => Ok(false),
        None => Err(Error::Damaged("the server did not store the object")),
    }
}

fn is_ours(object: &HeadObjectOutput, md5: &Md5Digest) -> bool {
    object.has_opaque_etag() || known_md5s(object).any(|known| known == *md5)
}

/// Whether the metadata says that an object is not the one with this MD5. What the user puts there
/// himself is not asked.
fn has_other_md5(engine: &Engine, object: &HeadObjectOutput, md5: &Md5Digest) -> bool {
    let ours = !engine.client.api_options().has("API-Metadata");
    ours && object.metadata_md5().is_some_and(|other| other != *md5)
}

/// A body that could not be read is the file's failure, not the connection's.
pub(super) fn blame_file(error: Error) -> Error {
    match error {
        Error::Client(ClientError::Transport { error, .. })
            if error.kind() == TransportErrorKind::Body =>
        {
            SourceError::Io(io::Error::other(error.to_string())).into()
        }
        other => other,
    }
}

/// Files up to this size are held in memory while they are sent.
const SMALL: u64 = 256 * 1024;
