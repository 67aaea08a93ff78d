//! One stored object.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;

use super::payload::Payload;
use super::request::Request;
use super::time::http_date;

/// Stored headers by lower-case name.
pub type Headers = BTreeMap<String, String>;

/// An object as it was stored.
#[derive(Debug, Clone)]
pub struct Object {
    /// The bytes; empty if they were discarded.
    pub body: Bytes,
    /// The size, also of discarded bytes.
    pub size: u64,
    /// With its quotes.
    pub etag: String,
    pub last_modified: Timestamp,
    /// Content-type and its like, `x-amz-meta-*`, storage class, ACL, encryption.
    pub headers: Headers,
    /// The sizes of the parts of a multipart upload, else empty.
    pub parts: Vec<u64>,
}

/// The request headers that are kept with an object, besides those with a prefix.
const KEPT: [&str; 8] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "x-amz-checksum-crc32",
    "x-amz-website-redirect-location",
];
/// The prefixes of names of headers that are kept with an object.
const KEPT_PREFIXES: [&str; 6] = [
    "x-amz-acl",
    "x-amz-grant-",
    "x-amz-meta-",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
    "x-amz-tagging",
];
/// Kept headers that a copy takes from the request, never from its source.
const NEVER_COPIED: [&str; 6] = [
    "x-amz-acl",
    "x-amz-checksum-",
    "x-amz-grant-",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
];
/// Kept headers that reading an object does not show.
const NEVER_SHOWN: [&str; 4] = [
    "x-amz-acl",
    "x-amz-checksum-",
    "x-amz-grant-",
    "x-amz-tagging",
];

impl Object {
    pub fn new(payload: &Payload, etag: String, at: Timestamp, headers: Headers) -> Object {
        let body = match payload {
            Payload::Bytes(bytes) => bytes.clone(),
            Payload::Zeros(_) => Bytes::new(),
        };
        Object {
            body,
            size: payload.len(),
            etag,
            last_modified: at,
            headers,
            parts: Vec::new(),
        }
    }

    /// The content: zeros if it was discarded.
    pub fn payload(&self) -> Payload {
        match self.body.len() as u64 == self.size {
            true => Payload::Bytes(self.body.clone()),
            false => Payload::Zeros(self.size),
        }
    }

    /// A stored header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Listed for every object, although STANDARD is not shown as a header.
    pub fn storage_class(&self) -> &str {
        self.header("x-amz-storage-class").unwrap_or("STANDARD")
    }

    /// The tags, which are stored as they came: like the query of a URL.
    pub fn tags(&self) -> Vec<(String, String)> {
        let text = self.header("x-amz-tagging").unwrap_or_default();
        url::form_urlencoded::parse(text.as_bytes())
            .into_owned()
            .collect()
    }

    /// The headers of an answer to GET and HEAD.
    pub fn answer_headers(&self) -> HeaderMap {
        let mut answer = HeaderMap::new();
        set(&mut answer, "content-type", "binary/octet-stream");
        for (name, value) in &self.headers {
            let standard = name == "x-amz-storage-class" && value == "STANDARD";
            if !standard && !starts_with_any(name, &NEVER_SHOWN) {
                set(&mut answer, name, value);
            }
        }
        let tags = self.tags().len();
        if tags > 0 {
            set(&mut answer, "x-amz-tagging-count", &tags.to_string());
        }
        set(&mut answer, "etag", &self.etag);
        set(&mut answer, "last-modified", &http_date(self.last_modified));
        set(&mut answer, "accept-ranges", "bytes");
        answer
    }
}

/// The headers of a request that an object keeps. A customer's encryption key is not.
pub fn kept_headers(request: &Request) -> Headers {
    let mut kept = Headers::new();
    for (name, value) in &request.headers {
        let name = name.as_str();
        let keep = KEPT.contains(&name) || starts_with_any(name, &KEPT_PREFIXES);
        if keep && !name.ends_with("-customer-key") {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            kept.insert(name.to_owned(), value);
        }
    }
    kept
}

/// The headers of a copy that keeps its source's metadata.
pub fn copied_headers(source: &Object, request: &Request) -> Headers {
    let from_request = kept_headers(request).into_iter();
    let from_source = source.headers.clone().into_iter();
    from_source
        .filter(|(name, _)| !starts_with_any(name, &NEVER_COPIED))
        .chain(from_request.filter(|(name, _)| starts_with_any(name, &NEVER_COPIED)))
        .collect()
}

fn starts_with_any(name: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// Sets a header from text that need not be ASCII.
pub fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
    let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header value");
    headers.insert(name, value);
}
