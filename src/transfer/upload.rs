//! A file to an object: compare, then one request or many.

use std::io;

use crate::{
    client::{ClientError, TransportErrorKind},
    local::{Digests, Hasher, SourceError, SourceFile, hash_region},
    plan::split::MAX_SINGLE,
    s3::{
        encode,
        op::{HeadObjectOutput, PutObject, PutObjectOutput},
        operation::OperationKind,
        payload::{Payload, PayloadHash},
        request::Role,
        types::Md5Digest,
    },
    transfer::{
        Compare, Engine, Error, Overwrite, Target, Upload, compare,
        engine::{Outcome, STREAM_BUFFERS},
        upload_parts,
    },
};

pub(super) async fn run(engine: &Engine, upload: &Upload) -> Result<Outcome, Error> {
    let file = SourceFile::open(&upload.source)?;
    if is_done_already(engine, upload, &file).await? {
        return Ok(Outcome::Synced);
    }
    if engine.is_dry_run() {
        engine
            .predict_write(&upload.target.bucket, OperationKind::PutObject)
            .await?;
        return Ok(Outcome::Done);
    }
    let one_request = file.len() < engine.options.max_single_upload && file.len() <= MAX_SINGLE;
    // A multipart upload needs at least one part.
    if one_request || file.is_empty() {
        single(engine, upload, &file).await?;
    } else {
        upload_parts::upload(engine, upload, &file).await?;
    }
    Ok(Outcome::Done)
}

/// Looks at the target as far as the rules need it.
async fn is_done_already(
    engine: &Engine,
    upload: &Upload,
    file: &SourceFile,
) -> Result<bool, Error> {
    let (compares, refuses) = (
        upload.compare == Compare::Content,
        upload.overwrite == Overwrite::Refuse,
    );
    let same = match &upload.known {
        _ if !compares && !refuses => return Ok(false),
        Target::Absent => return Ok(false),
        Target::Listed(listed) => {
            compares
                && compare::same_as_listed(engine, file, &upload.target, listed, Role::Target)
                    .await?
        }
        Target::Unknown => match compare::head(engine, &upload.target, Role::Target).await? {
            None => return Ok(false),
            Some(object) => compares && compare::same_as_object(engine, file, &object).await?,
        },
    };
    if !same && refuses {
        return Err(Error::Exists(upload.target.to_string()));
    }
    Ok(same)
}

async fn single(engine: &Engine, upload: &Upload, file: &SourceFile) -> Result<(), Error> {
    let buffered = file.len() <= SMALL;
    let _buffers = engine
        .buffers
        .reserve(if buffered { file.len() } else { STREAM_BUFFERS })
        .await;
    // A small file is read once: what is summed is what is sent. A large one is read twice, and
    // the second time whoever receives it checks the sums of the first.
    let (payload, digests) = if buffered {
        let content = file.read()?;
        let mut hasher = Hasher::new(engine.client.signs_payload());
        hasher.update(&content);
        (Payload::Bytes(content), hasher.finish())
    } else {
        let with_sha256 = engine.client.signs_payload();
        let digests = summed(engine, file, 0, file.len(), with_sha256).await?;
        (Payload::File(file.region(0, file.len())), digests)
    };
    let metadata = metadata(file, &digests.md5);
    let put = PutObject {
        bucket: &upload.target.bucket,
        key: &upload.target.key,
        metadata: &metadata,
        content_md5: Some(digests.md5),
        payload,
        payload_hash: digests
            .sha256
            .map_or(PayloadHash::Unsigned, PayloadHash::Sha256),
    };
    let stored = engine
        .guard(engine.client.put_object(&put))
        .await
        .map_err(blame_file)?;
    let told_other = |stored: Md5Digest| stored != digests.md5;
    if !buffered && stored.stored_md5.is_some_and(told_other) {
        file_still_has(engine, file, 0, file.len(), &digests.md5).await?;
    }
    check_stored(engine, upload, &stored, &digests, file.len()).await
}

/// Compat: the two entries that the original writes on every upload.
pub(super) fn metadata(file: &SourceFile, md5: &Md5Digest) -> Vec<(String, String)> {
    vec![
        ("md5".to_owned(), encode::hex(md5)),
        ("privilege".to_owned(), file.privilege()),
    ]
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

/// The server compared the MD5 that was sent along. If its tag says otherwise all the same, it
/// may be one of the stores whose tags are not MD5s, so at least the size is looked at, and the
/// `md5` metadata where the store keeps it: what is there may be the object from before.
async fn check_stored(
    engine: &Engine,
    upload: &Upload,
    stored: &PutObjectOutput,
    digests: &Digests,
    len: u64,
) -> Result<(), Error> {
    // A tag of ciphertext says nothing; without any tag it is not sure that anything is stored.
    let opaque = stored.stored_md5.is_none() && stored.etag.is_some();
    if opaque || stored.stored_md5 == Some(digests.md5) {
        return Ok(());
    }
    match compare::head(engine, &upload.target, Role::Target).await? {
        Some(object) if object.size != len => Err(Error::Damaged(
            "the stored object has another size than the file",
        )),
        Some(object) if has_other_md5(engine, &object, &digests.md5) => Err(Error::Damaged(
            "the stored object has another MD5 than the file",
        )),
        Some(_) => Ok(()),
        None => Err(Error::Damaged("the server did not store the object")),
    }
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
