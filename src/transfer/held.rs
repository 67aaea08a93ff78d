//! What is sent from memory: how it gets there, its sums, and whether the server has it.

use bytes::{Bytes, BytesMut};

use crate::{
    client::Client,
    local::Hasher,
    s3::{op::GetObject, payload::PayloadHash, types::Md5Digest},
    transfer::{Engine, Error, engine::HASH_BUFFER},
};

/// What an object, or a range of it, has.
pub(super) async fn read(client: &Client, get: &GetObject<'_>, len: u64) -> Result<Bytes, Error> {
    let mut stream = client.open(get).await?;
    if stream.head().content_length != len {
        return Err(Error::Damaged(
            "the answer has another size than the object",
        ));
    }
    let mut content = BytesMut::with_capacity(usize::try_from(len).unwrap_or(0));
    while let Some(bytes) = stream.next().await? {
        content.extend_from_slice(&bytes);
    }
    Ok(content.freeze())
}

/// The MD5 of what is sent, and the hash that its signature covers.
pub(super) fn sums(engine: &Engine, content: &[u8]) -> (Md5Digest, PayloadHash) {
    let mut hasher = Hasher::new(engine.client.signs_payload());
    hasher.update(content);
    let sums = hasher.finish();
    let hash = sums.sha256.map(PayloadHash::Sha256);
    (sums.md5, hash.unwrap_or(PayloadHash::Unsigned))
}

pub(super) fn check_stored(stored: Option<Md5Digest>, sent: Md5Digest) -> Result<(), Error> {
    match stored {
        Some(stored) if stored != sent => Err(Error::Damaged("the server stored something else")),
        _ => Ok(()),
    }
}

/// What so many bytes under way hold: themselves, and what of them is just being read.
pub(super) fn held(len: u64) -> u64 {
    len + len.min(HASH_BUFFER)
}
