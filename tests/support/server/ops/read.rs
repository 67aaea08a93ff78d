//! HeadObject and GetObject.

use super::super::condition::{self, Verdict};
use super::super::error::{Result, S3Error};
use super::super::object::Object;
use super::super::range::{self, Span};
use super::super::reply::Reply;
use super::super::request::Request;
use super::super::sse;
use super::super::xml::Writer;
use super::Call;

/// HeadObject and GetObject differ only in the body, which the reply drops for HEAD.
pub fn object(call: &Call) -> Result<Reply> {
    let request = call.request;
    let object = call.shared.store.with(request.bucket(), |bucket| {
        let version = request.query_filled("versionId");
        Ok(bucket.version(request.key(), version)?.clone())
    })?;
    sse::check_access(&object.headers, request)?;
    if condition::of_read(request, &object)? == Verdict::NotModified {
        let mut reply = Reply::new(304);
        reply.headers.extend(object.answer_headers());
        reply.headers.remove("content-type");
        return Ok(reply);
    }
    let span = match request.query_filled("partNumber") {
        Some(number) => Some(part_span(&object, number)?),
        None => match request.header("range") {
            Some(range) => range::find(range, object.size)?,
            None => None,
        },
    };
    Ok(answer(request, &object, span))
}

/// GetObjectTagging.
pub fn tagging(call: &Call) -> Result<Reply> {
    let request = call.request;
    let object = call.shared.store.with(request.bucket(), |bucket| {
        Ok(bucket.object(request.key())?.clone())
    })?;
    let mut xml = Writer::new("Tagging");
    xml.nested("TagSet", |xml| {
        for (key, value) in object.tags() {
            xml.nested("Tag", |xml| {
                xml.leaf("Key", key).leaf("Value", value);
            });
        }
    });
    Ok(Reply::xml(xml))
}

fn answer(request: &Request, object: &Object, span: Option<Span>) -> Reply {
    let mut reply = Reply::new(if span.is_some() { 206 } else { 200 });
    reply.headers.extend(object.answer_headers());
    reply.body = object.payload();
    if let Some(span) = span {
        reply.body = reply.body.slice(span.first, span.len);
        if span.total > 0 {
            reply.set("content-range", &span.content_range());
        }
    }
    if request.has_query("partNumber") && !object.parts.is_empty() {
        reply.set("x-amz-mp-parts-count", &object.parts.len().to_string());
    }
    let wants_checksum = request.header("x-amz-checksum-mode") == Some("ENABLED");
    if wants_checksum && span.is_none() {
        show_checksums(object, &mut reply);
    }
    override_headers(request, &mut reply);
    reply
}

/// The checksums that are kept of an object; those of parts have the number of the parts behind.
fn show_checksums(object: &Object, reply: &mut Reply) {
    let headers = object.headers.iter();
    for (name, value) in headers.filter(|(name, _)| name.starts_with("x-amz-checksum-")) {
        let kind = if value.contains('-') {
            "COMPOSITE"
        } else {
            "FULL_OBJECT"
        };
        reply.set(name, value);
        reply.set("x-amz-checksum-type", kind);
    }
}

/// The bytes of one part; an object in one piece has a part 1.
fn part_span(object: &Object, number: &str) -> Result<Span> {
    let whole = [object.size];
    let parts = if object.parts.is_empty() {
        &whole[..]
    } else {
        &object.parts[..]
    };
    let index = number
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_sub(1));
    let Some((index, len)) = index.and_then(|index| Some((index, *parts.get(index)?))) else {
        let message = "The requested partnumber is not satisfiable";
        return Err(S3Error::new(416, "InvalidPartNumber", message));
    };
    let first = parts[..index].iter().sum();
    Ok(Span {
        first,
        len,
        total: object.size,
    })
}

/// `response-content-type` and its like replace headers of the answer.
fn override_headers(request: &Request, reply: &mut Reply) {
    for (name, value) in request.queries() {
        if let Some(header) = name.strip_prefix("response-") {
            reply.set(header, value);
        }
    }
}
