//! CopyObject and UploadPartCopy.

use super::super::codec::decode_path;
use super::super::condition;
use super::super::digest::md5;
use super::super::error::{Result, S3Error};
use super::super::object::{Headers, Object, copied_headers, kept_headers};
use super::super::payload::Payload;
use super::super::range;
use super::super::reply::Reply;
use super::super::request::Request;
use super::super::sse;
use super::super::store::Part;
use super::super::time::iso_date;
use super::super::xml::Writer;
use super::Call;
use super::multipart::part_number;
use super::write::{MAX_SINGLE, check_metadata, etag_for, repeat_encryption};

const TAGGING: &str = "x-amz-tagging";

/// CopyObject.
pub fn object(call: &Call) -> Result<Reply> {
    let request = call.request;
    check_metadata(request)?;
    sse::check_key(request)?;
    let from = source_of(request)?;
    let source = read_source(call, &from)?;
    if source.size > MAX_SINGLE {
        return Err(S3Error::invalid_request(&format!(
            "The specified copy source is larger than the maximum allowable size for a \
             copy source: {MAX_SINGLE}"
        )));
    }
    let headers = wanted_headers(request, &source)?;
    let is_itself = from.bucket == request.bucket()
        && from.key == request.key()
        && from.version.is_none_or(|version| version == "null");
    if is_itself && !changes_something(request) {
        return Err(S3Error::invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself \
             without changing the object's metadata, storage class, website redirect \
             location or encryption attributes.",
        ));
    }
    let payload = source.payload();
    let now = call.shared.clock.now();
    let etag = etag_for(&headers, &digest(&source, &payload));
    let mut reply = result("CopyObjectResult", &etag, &iso_date(now));
    repeat_encryption(&headers, &mut reply);
    call.shared.store.with(request.bucket(), |bucket| {
        condition::of_write(request, bucket.objects.get(request.key()))?;
        let copy = Object::new(&payload, etag, now, headers);
        bucket.objects.insert(request.key().to_owned(), copy);
        Ok(())
    })?;
    Ok(reply)
}

/// UploadPartCopy.
pub fn part(call: &Call) -> Result<Reply> {
    let request = call.request;
    let number = part_number(request)?;
    let source = read_source(call, &source_of(request)?)?;
    let mut payload = source.payload();
    if let Some(header) = request.header("x-amz-copy-source-range") {
        let span = range::find_copied(header, source.size)?;
        payload = payload.slice(span.first, span.len);
    }
    if payload.len() > MAX_SINGLE {
        let message = "Your proposed upload exceeds the maximum allowed size";
        return Err(S3Error::new(400, "EntityTooLarge", message));
    }
    let md5 = digest(&source, &payload);
    let now = call.shared.clock.now();
    let etag = call.shared.store.with(request.bucket(), |bucket| {
        let id = request.query("uploadId").unwrap_or("");
        let upload = bucket.upload(id, request.key())?;
        sse::check_access(&upload.headers, request)?;
        let etag = etag_for(&upload.headers, &md5);
        let part = Part {
            payload,
            md5,
            etag: etag.clone(),
            last_modified: now,
        };
        upload.parts.insert(number, part);
        Ok(etag)
    })?;
    Ok(result("CopyPartResult", &etag, &iso_date(now)))
}

fn result(root: &'static str, etag: &str, at: &str) -> Reply {
    let mut xml = Writer::new(root);
    xml.leaf("LastModified", at).leaf("ETag", etag);
    Reply::xml(xml)
}

/// What is copied.
#[derive(Default)]
pub struct Source {
    pub bucket: String,
    pub key: String,
    pub version: Option<String>,
}

/// Bucket and key of the source, decoded once, and the version.
pub fn source_of(request: &Request) -> Result<Source> {
    let header = request.header("x-amz-copy-source").unwrap_or("");
    let (path, version) = header.split_once("?versionId=").unwrap_or((header, ""));
    let path = String::from_utf8(decode_path(path)).unwrap_or_default();
    let path = path.strip_prefix('/').unwrap_or(&path);
    match path.split_once('/') {
        Some((bucket, key)) if !key.is_empty() => Ok(Source {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version: (!version.is_empty()).then(|| version.to_owned()),
        }),
        _ => Err(S3Error::invalid_argument("Invalid copy source object key")
            .with("ArgumentName", "x-amz-copy-source")),
    }
}

fn read_source(call: &Call, source: &Source) -> Result<Object> {
    let found = |bucket: &mut super::super::store::Bucket| {
        let version = source.version.as_deref();
        Ok(bucket.version(&source.key, version)?.clone())
    };
    let source = call.shared.store.with(&source.bucket, found)?;
    sse::check_copy_source(&source, call.request)?;
    condition::of_copy_source(call.request, &source)?;
    Ok(source)
}

/// The headers of the copy: the source's, or with REPLACE the request's.
fn wanted_headers(request: &Request, source: &Object) -> Result<Headers> {
    let mut headers = match request.header("x-amz-metadata-directive") {
        None | Some("COPY") => copied_headers(source, request),
        Some("REPLACE") => kept_headers(request),
        Some(_) => return Err(S3Error::invalid_argument("Unknown metadata directive.")),
    };
    // Tags have a directive of their own.
    let from = match request.header("x-amz-tagging-directive") {
        Some("REPLACE") => request.header(TAGGING),
        _ => source.header(TAGGING),
    };
    headers.remove(TAGGING);
    headers.remove("x-amz-tagging-directive");
    headers.extend(from.map(|tags| (TAGGING.to_owned(), tags.to_owned())));
    Ok(headers)
}

/// Whether copying an object onto itself makes sense.
fn changes_something(request: &Request) -> bool {
    const CHANGES: [&str; 3] = [
        "x-amz-server-side-encryption",
        "x-amz-storage-class",
        "x-amz-website-redirect-location",
    ];
    request.header("x-amz-metadata-directive") == Some("REPLACE")
        || CHANGES
            .iter()
            .any(|name| request.headers.contains_key(*name))
}

/// The MD5 of copied bytes; of discarded ones, something that depends on what is known.
fn digest(source: &Object, payload: &Payload) -> [u8; 16] {
    match payload {
        Payload::Bytes(bytes) => md5(bytes),
        Payload::Zeros(len) => md5(format!("{} {len}", source.etag).as_bytes()),
    }
}
