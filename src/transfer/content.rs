//! Whether what arrived is what the server has, by all that the server says of it.

use crate::{
    s3::{
        op::{HeadObjectOutput, ListedObject},
        types::Md5Digest,
    },
    transfer::Error,
};

/// Checks the head of an answer against the listing that led to it.
///
/// # Errors
/// Another size is right only for another version, and that has another tag. Without this check
/// an empty or foreign document under a 200 would be taken for the object.
pub(super) fn check_listed(listed: &ListedObject, object: &HeadObjectOutput) -> Result<(), Error> {
    let another_version = object.etag.is_some() && object.etag != listed.etag;
    if another_version || object.size == listed.size {
        return Ok(());
    }
    Err(Error::Damaged(
        "the answer has another size than the listed object",
    ))
}

/// Checks the MD5 of all bytes that arrived.
///
/// # Errors
/// The server gives MD5s, and none of them is this one.
pub(super) fn verify(object: &HeadObjectOutput, md5: &Md5Digest) -> Result<(), Error> {
    if !is_checkable(object) || known_md5s(object).any(|known| known == *md5) {
        return Ok(());
    }
    Err(Error::Damaged(
        "what arrived does not have the MD5 that the server gives",
    ))
}

/// Whether the server gives anything to check the content by.
pub(super) fn is_checkable(object: &HeadObjectOutput) -> bool {
    known_md5s(object).next().is_some()
}

/// The MD5s that the server claims for the content: its tag where that is one, and what the
/// uploader noted. Stores whose tags only look like MD5s are why one match is enough.
pub(super) fn known_md5s(object: &HeadObjectOutput) -> impl Iterator<Item = Md5Digest> {
    [object.content_md5(), object.metadata_md5()]
        .into_iter()
        .flatten()
}
