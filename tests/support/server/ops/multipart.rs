//! Multipart uploads: create, upload a part, complete, abort.

use super::super::codec::hex;
use super::super::condition;
use super::super::config::Config;
use super::super::digest::{composite_etag, opaque_etag};
use super::super::error::{Result, S3Error};
use super::super::object::{Object, kept_headers};
use super::super::payload::Payload;
use super::super::reply::Reply;
use super::super::request::Request;
use super::super::sse;
use super::super::store::{Part, Upload};
use super::super::xml::{Element, Writer};
use super::Call;
use super::write::{MAX_SINGLE, check_length, check_metadata, etag_for, repeat_encryption};

/// CreateMultipartUpload.
pub fn create(call: &Call) -> Result<Reply> {
    let request = call.request;
    check_metadata(request)?;
    sse::check_key(request)?;
    let id = hex(&fastrand::u128(..).to_be_bytes());
    let upload = Upload {
        key: request.key().to_owned(),
        initiated: call.shared.clock.now(),
        headers: kept_headers(request),
        parts: Default::default(),
    };
    let headers = upload.headers.clone();
    call.shared.store.with(request.bucket(), |bucket| {
        bucket.uploads.insert(id.clone(), upload);
        Ok(())
    })?;
    let mut xml = Writer::new("InitiateMultipartUploadResult");
    xml.leaf("Bucket", request.bucket());
    xml.leaf("Key", request.key());
    xml.leaf("UploadId", &id);
    let mut reply = Reply::xml(xml);
    repeat_encryption(&headers, &mut reply);
    Ok(reply)
}

/// UploadPart: a part of the same number is overwritten.
pub fn upload_part(call: &Call) -> Result<Reply> {
    let request = call.request;
    let number = part_number(request)?;
    check_length(request)?;
    sse::check_key(request)?;
    let payload = call.body.payload.clone();
    if payload.len() > MAX_SINGLE {
        let message = "Your proposed upload exceeds the maximum allowed size";
        return Err(S3Error::new(400, "EntityTooLarge", message));
    }
    call.body.verify(request, &call.shared.config)?;
    let mut reply = Reply::new(200);
    call.shared.store.with(request.bucket(), |bucket| {
        let upload = bucket.upload(upload_id(request), request.key())?;
        sse::check_access(&upload.headers, request)?;
        let md5 = call.body.digests.md5;
        let etag = etag_for(&upload.headers, &md5);
        reply.set("etag", &etag);
        repeat_encryption(&upload.headers, &mut reply);
        let last_modified = call.shared.clock.now();
        upload.parts.insert(
            number,
            Part {
                payload,
                md5,
                etag,
                last_modified,
            },
        );
        Ok(())
    })?;
    if let Some(crc32) = request.header("x-amz-checksum-crc32") {
        reply.set("x-amz-checksum-crc32", crc32);
    }
    Ok(reply)
}

/// The number of a part, from 1 to 10,000.
pub fn part_number(request: &Request) -> Result<u32> {
    let text = request.query("partNumber").unwrap_or("");
    let number = text
        .parse()
        .ok()
        .filter(|number| (1..=10_000).contains(number));
    number.ok_or_else(|| {
        S3Error::invalid_argument("Part number must be an integer between 1 and 10000, inclusive")
            .with("ArgumentName", "partNumber")
            .with("ArgumentValue", text)
    })
}

fn upload_id(request: &Request) -> &str {
    request.query("uploadId").unwrap_or("")
}

/// CompleteMultipartUpload.
pub fn complete(call: &Call) -> Result<Reply> {
    let request = call.request;
    call.body.verify(request, &call.shared.config)?;
    let now = call.shared.clock.now();
    let etag = call.shared.store.with(request.bucket(), |bucket| {
        let upload = bucket.upload(upload_id(request), request.key())?.clone();
        let listed = parse(&call.body.bytes()).ok_or_else(S3Error::malformed_xml)?;
        let parts = choose_parts(&upload, &listed, &call.shared.config)?;
        condition::of_write(request, bucket.objects.get(request.key()))?;
        let object = assemble(&upload, &parts, now);
        check_size(request, object.size)?;
        let etag = object.etag.clone();
        bucket.objects.insert(request.key().to_owned(), object);
        bucket.uploads.remove(upload_id(request));
        Ok(etag)
    })?;
    let mut xml = Writer::new("CompleteMultipartUploadResult");
    let host = request.header("host").unwrap_or("localhost");
    xml.leaf("Location", format!("http://{host}{}", request.resource()));
    xml.leaf("Bucket", request.bucket());
    xml.leaf("Key", request.key());
    xml.leaf("ETag", &etag);
    Ok(Reply::xml(xml))
}

/// Number and ETag of each part the client lists.
fn parse(body: &[u8]) -> Option<Vec<(u32, String)>> {
    let root = Element::parse(std::str::from_utf8(body).ok()?)?;
    if root.name != "CompleteMultipartUpload" {
        return None;
    }
    let part = |part: &Element| {
        let number = part.child_text("PartNumber")?.trim().parse().ok()?;
        Some((number, part.child_text("ETag")?.trim().to_owned()))
    };
    let parts: Vec<_> = root.all("Part").map(part).collect::<Option<_>>()?;
    (!parts.is_empty()).then_some(parts)
}

/// Finds the listed parts; not all uploaded ones need be listed.
fn choose_parts<'a>(
    upload: &'a Upload,
    listed: &[(u32, String)],
    config: &Config,
) -> Result<Vec<&'a Part>> {
    if !listed.is_sorted_by(|(one, _), (next, _)| one < next) {
        let message = "The list of parts was not in ascending order. Parts must be ordered \
                       by part number.";
        return Err(S3Error::new(400, "InvalidPartOrder", message));
    }
    let mut chosen = Vec::new();
    for (number, etag) in listed {
        let part = upload.parts.get(number);
        let same = |part: &&Part| part.etag.trim_matches('"') == etag.trim_matches('"');
        let Some(part) = part.filter(same) else {
            let message = "One or more of the specified parts could not be found. The part \
                           may not have been uploaded, or the specified entity tag may not \
                           match the part's entity tag.";
            return Err(S3Error::new(400, "InvalidPart", message)
                .with("PartNumber", number.to_string())
                .with("ETag", etag));
        };
        chosen.push(part);
    }
    let (_, all_but_last) = chosen.split_last().expect("at least one part");
    for part in all_but_last {
        if part.payload.len() < config.min_part_size {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(S3Error::new(400, "EntityTooSmall", message)
                .with("ProposedSize", part.payload.len().to_string())
                .with("MinSizeAllowed", config.min_part_size.to_string()));
        }
    }
    Ok(chosen)
}

/// Makes the object of its parts.
fn assemble(upload: &Upload, parts: &[&Part], now: jiff::Timestamp) -> Object {
    let md5s: Vec<[u8; 16]> = parts.iter().map(|part| part.md5).collect();
    let payloads: Vec<Payload> = parts.iter().map(|part| part.payload.clone()).collect();
    let etag = match sse::hides_md5(&upload.headers) {
        true => format!("{}-{}\"", opaque_etag().trim_end_matches('"'), parts.len()),
        false => composite_etag(&md5s),
    };
    let payload = Payload::concat(&payloads);
    let mut object = Object::new(&payload, etag, now, upload.headers.clone());
    object.parts = payloads.iter().map(Payload::len).collect();
    object
}

/// A client may say how large it believes the whole object to be.
fn check_size(request: &Request, size: u64) -> Result<()> {
    match request.header("x-amz-mp-object-size") {
        Some(claimed) if claimed != size.to_string() => Err(S3Error::invalid_request(
            "The provided 'x-amz-mp-object-size' header value does not match what was computed.",
        )),
        _ => Ok(()),
    }
}

/// AbortMultipartUpload.
pub fn abort(call: &Call) -> Result<Reply> {
    let request = call.request;
    call.shared.store.with(request.bucket(), |bucket| {
        bucket.upload(upload_id(request), request.key())?;
        bucket.uploads.remove(upload_id(request));
        Ok(Reply::new(204))
    })
}
