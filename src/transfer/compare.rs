//! Whether a file and an object have the same content, found out as cheaply as possible: sizes,
//! then what the listing says, then what the object itself says.

use crate::{
    local::{SourceFile, hash_region},
    location::S3Url,
    s3::{
        op::{HeadObject, HeadObjectOutput, ListedObject},
        request::Role,
        types::Md5Digest,
    },
    transfer::{Engine, Error, content::known_md5s, engine::HASH_BUFFER},
};

/// Asks for an object; `None` if there is none.
pub(super) async fn head(
    engine: &Engine,
    url: &S3Url,
    role: Role,
) -> Result<Option<HeadObjectOutput>, Error> {
    let operation = HeadObject {
        bucket: &url.bucket,
        key: &url.key,
        role,
    };
    let call = async {
        match engine.client.call(&operation).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    };
    engine.guard(call).await
}

/// Compares with an object that was listed.
pub(super) async fn same_as_listed(
    engine: &Engine,
    file: &SourceFile,
    url: &S3Url,
    listed: &ListedObject,
    role: Role,
) -> Result<bool, Error> {
    if file.len() != listed.size {
        return Ok(false);
    }
    let md5 = md5(engine, file).await?;
    if listed.etag.as_ref().and_then(|etag| etag.as_md5()) == Some(md5) {
        return Ok(true);
    }
    // The tag may be composite, or of ciphertext: the metadata decides.
    match head(engine, url, role).await? {
        Some(object) => Ok(matches(&object, file, &md5)),
        None => Ok(false),
    }
}

/// Compares with an object that was asked for.
pub(super) async fn same_as_object(
    engine: &Engine,
    file: &SourceFile,
    object: &HeadObjectOutput,
) -> Result<bool, Error> {
    if file.len() != object.size {
        return Ok(false);
    }
    let md5 = md5(engine, file).await?;
    Ok(matches(object, file, &md5))
}

/// Whether two objects have the same content, as far as the server knows. Where both tags are
/// MD5s they decide: the metadata may be left from an earlier content.
pub(super) fn same_objects(a: &HeadObjectOutput, b: &HeadObjectOutput) -> bool {
    if a.size != b.size {
        return false;
    }
    if a.etag.is_some() && a.etag == b.etag {
        return true;
    }
    match (a.content_md5(), b.content_md5()) {
        (Some(a), Some(b)) => a == b,
        _ => have_md5_in_common(a, b),
    }
}

/// Whether two objects cannot have the same content. Tags of different kinds say nothing, and some
/// stores have tags that only look like MD5s.
pub(super) fn surely_differ(a: &HeadObjectOutput, b: &HeadObjectOutput) -> bool {
    let both_known = known_md5s(a).next().is_some() && known_md5s(b).next().is_some();
    let same_tag = a.etag.is_some() && a.etag == b.etag;
    a.size != b.size || both_known && !same_tag && !have_md5_in_common(a, b)
}

fn have_md5_in_common(a: &HeadObjectOutput, b: &HeadObjectOutput) -> bool {
    known_md5s(a).any(|md5| known_md5s(b).any(|other| other == md5))
}

/// Compat: `S3Handler.sync_check`: the tag or the `md5` metadata. Differs: the metadata only where
/// the tag is no MD5.
fn matches(object: &HeadObjectOutput, file: &SourceFile, md5: &Md5Digest) -> bool {
    let known = object.content_md5().or_else(|| object.metadata_md5());
    object.size == file.len() && known.as_ref() == Some(md5)
}

async fn md5(engine: &Engine, file: &SourceFile) -> Result<Md5Digest, Error> {
    let _buffer = engine.buffers.reserve(HASH_BUFFER).await;
    let hash = hash_region(file.file(), 0, file.len(), false);
    let digests = engine
        .guard(async { hash.await.map_err(source_error) })
        .await?;
    Ok(digests.md5)
}

/// A file that ends earlier than it did a moment ago was changed.
pub(super) fn source_error(error: std::io::Error) -> Error {
    use crate::local::SourceError;
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => SourceError::Changed.into(),
        _ => SourceError::Io(error).into(),
    }
}
