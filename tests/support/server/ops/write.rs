//! PutObject, and what all writing operations share.

use super::super::condition;
use super::super::digest::{opaque_etag, quoted};
use super::super::error::{Result, S3Error};
use super::super::object::{Headers, Object, kept_headers};
use super::super::reply::Reply;
use super::super::request::Request;
use super::super::sse;
use super::Call;

/// The largest object that is written in one request.
pub const MAX_SINGLE: u64 = 5 << 30;
/// The most user metadata, names and values together.
const MAX_METADATA: usize = 2048;

/// PutObject.
pub fn object(call: &Call) -> Result<Reply> {
    let request = call.request;
    check_length(request)?;
    check_metadata(request)?;
    sse::check_key(request)?;
    if call.body.payload.len() > MAX_SINGLE {
        let message = "Your proposed upload exceeds the maximum allowed size";
        return Err(S3Error::new(400, "EntityTooLarge", message));
    }
    call.body.verify(request, &call.shared.config)?;
    let headers = kept_headers(request);
    let etag = etag_for(&headers, &call.body.digests.md5);
    let mut reply = Reply::new(200);
    reply.set("etag", &etag);
    if let Some(crc32) = request.header("x-amz-checksum-crc32") {
        reply.set("x-amz-checksum-crc32", crc32);
    }
    repeat_encryption(&headers, &mut reply);
    let object = Object::new(&call.body.payload, etag, call.shared.clock.now(), headers);
    call.shared.store.with(request.bucket(), |bucket| {
        condition::of_write(request, bucket.objects.get(request.key()))?;
        bucket.objects.insert(request.key().to_owned(), object);
        Ok(())
    })?;
    Ok(reply)
}

/// S3 takes no body of unknown length, and here none in chunks with signatures.
pub fn check_length(request: &Request) -> Result<()> {
    let encoding = request.header("content-encoding").unwrap_or("");
    if encoding.split(',').any(|one| one.trim() == "aws-chunked") {
        return Err(S3Error::not_implemented());
    }
    match request.headers.contains_key("content-length") {
        true => Ok(()),
        false => {
            let message = "You must provide the Content-Length HTTP header.";
            Err(S3Error::new(411, "MissingContentLength", message))
        }
    }
}

/// Checks the size of the user's metadata.
pub fn check_metadata(request: &Request) -> Result<()> {
    let metadata = request.headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix("x-amz-meta-")?;
        Some(name.len() + value.len())
    });
    if metadata.sum::<usize>() <= MAX_METADATA {
        return Ok(());
    }
    let message = "Your metadata headers exceed the maximum allowed metadata size";
    Err(S3Error::new(400, "MetadataTooLarge", message)
        .with("MaxSizeAllowed", MAX_METADATA.to_string()))
}

/// The ETag of bytes stored in one piece under these headers.
pub fn etag_for(headers: &Headers, md5: &[u8; 16]) -> String {
    match sse::hides_md5(headers) {
        true => opaque_etag(),
        false => quoted(md5),
    }
}

/// Tells how an object was encrypted, as the answers to all writes do.
pub fn repeat_encryption(headers: &Headers, reply: &mut Reply) {
    for name in sse::ANSWERED {
        if let Some(value) = headers.get(name) {
            reply.set(name, value);
        }
    }
}
