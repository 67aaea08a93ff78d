//! A request before it has an address and a signature.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use thiserror::Error;

use crate::s3::{
    operation::OperationKind,
    payload::{Payload, PayloadHash},
    properties::Properties,
    types::{ETag, Md5Digest},
};

/// A request of one operation: everything but the endpoint, the date and the signature, which
/// are added anew to every attempt.
#[derive(Debug, Clone)]
pub struct Request {
    /// Which operation this is.
    pub operation: OperationKind,
    /// Which end of a transfer it is about.
    pub role: Role,
    /// The HTTP method.
    pub method: Method,
    /// The bucket, for all operations but ListBuckets.
    pub bucket: Option<String>,
    /// The key, unencoded, for operations on objects.
    pub key: Option<String>,
    /// Query parameters, unencoded, in any order.
    pub query: Vec<(String, String)>,
    /// Headers without `host`, `content-length`, `authorization` and `x-amz-date`.
    pub headers: HeaderMap,
    /// The body.
    pub payload: Payload,
    /// The payload's hash, where the caller knows it.
    pub payload_hash: PayloadHash,
}

/// Which end of a transfer a request is about: some options are meant for one end only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// The object that is read, listed or deleted; also requests that are about no transfer.
    #[default]
    Source,
    /// The object that a server-side copy reads.
    CopySource,
    /// The object that is written.
    Target,
}

impl Request {
    /// A request of `operation` without bucket, parameters, headers and body.
    pub fn new(operation: OperationKind, method: Method) -> Self {
        Self {
            operation,
            role: Role::default(),
            method,
            bucket: None,
            key: None,
            query: Vec::new(),
            headers: HeaderMap::new(),
            payload: Payload::Empty,
            payload_hash: PayloadHash::Sha256(EMPTY_SHA256),
        }
    }

    /// Addresses a bucket.
    pub fn bucket(mut self, bucket: &str) -> Self {
        self.bucket = Some(bucket.to_owned());
        self
    }

    /// Addresses an object.
    pub fn object(mut self, bucket: &str, key: &str) -> Self {
        self.bucket = Some(bucket.to_owned());
        self.key = Some(key.to_owned());
        self
    }

    /// Says which end of a transfer this is about.
    pub fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// Adds what a copy takes along from its source.
    pub fn properties(mut self, properties: &Properties) -> Self {
        self.headers.extend(properties.headers().clone());
        self
    }

    /// Adds a query parameter.
    pub fn parameter(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a query parameter that has a value.
    pub fn optional_parameter(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.parameter(name, value),
            None => self,
        }
    }

    /// Sets a header; an earlier value of the same name is replaced.
    ///
    /// # Errors
    /// Refuses names and values that HTTP or S3 cannot carry (see [`RequestError`]).
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, RequestError> {
        self.set_header(name, value)?;
        Ok(self)
    }

    /// [`Request::header`] for a value that may be absent.
    ///
    /// # Errors
    /// As [`Request::header`].
    pub fn optional_header(self, name: &str, value: Option<&str>) -> Result<Self, RequestError> {
        match value {
            Some(value) => self.header(name, value),
            None => Ok(self),
        }
    }

    /// Adds `x-amz-meta-*` headers.
    ///
    /// # Errors
    /// As [`Request::header`].
    pub fn metadata(mut self, metadata: &[(String, String)]) -> Result<Self, RequestError> {
        for (name, value) in metadata {
            self.set_header(&format!("x-amz-meta-{name}"), value)?;
        }
        Ok(self)
    }

    /// Makes it a condition what there is of the object.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>.
    ///
    /// # Errors
    /// The tag cannot be sent as a header.
    pub fn condition(self, condition: Condition<'_>) -> Result<Self, RequestError> {
        match condition {
            Condition::Always => Ok(self),
            Condition::New => self.header("if-none-match", "*"),
            Condition::Unchanged(etag) => self.header("if-match", etag.as_str()),
        }
    }

    /// Sets `Content-MD5`, which every S3-compatible server checks.
    pub fn content_md5(mut self, digest: Option<Md5Digest>) -> Self {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        if let Some(digest) = digest {
            // Base64 is always a valid header value.
            if let Ok(value) = HeaderValue::try_from(STANDARD.encode(digest)) {
                self.headers
                    .insert(HeaderName::from_static("content-md5"), value);
            }
        }
        self
    }

    /// Sets the body and its hash.
    pub fn payload(mut self, payload: Payload, hash: PayloadHash) -> Self {
        self.payload = payload;
        self.payload_hash = hash;
        self
    }

    /// Sets an XML document as the body.
    pub fn document(self, document: String) -> Self {
        use sha2::{Digest as _, Sha256};
        let hash = Sha256::digest(&document).into();
        self.payload(Payload::Bytes(document.into()), PayloadHash::Sha256(hash))
    }

    /// The same with its MD5, for operations that S3 wants a sum for.
    pub fn summed_document(self, document: String) -> Self {
        use md5::{Digest as _, Md5};
        let md5 = Md5::digest(&document).into();
        self.content_md5(Some(md5)).document(document)
    }

    /// Sets a header in place.
    ///
    /// # Errors
    /// As [`Request::header`].
    pub fn set_header(&mut self, name: &str, value: &str) -> Result<(), RequestError> {
        let value = value.trim_matches(' ');
        let header = HeaderName::try_from(name).map_err(|_| RequestError::HeaderName {
            name: name.to_owned(),
        })?;
        // Servers fold or mangle everything else, and a line break would start a new header.
        if !value.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
            return Err(RequestError::HeaderValue {
                name: name.to_owned(),
            });
        }
        let value = HeaderValue::try_from(value).map_err(|_| RequestError::HeaderValue {
            name: name.to_owned(),
        })?;
        self.headers.insert(header, value);
        Ok(())
    }
}

/// When an object may be written or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition<'a> {
    /// Whatever there is.
    Always,
    /// If there is none.
    New,
    /// If it is this one.
    Unchanged(&'a ETag),
}

/// Why a request cannot be built: the caller's values are at fault, nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    /// A header name (usually of metadata) that HTTP cannot carry.
    #[error("\"{name}\" cannot be sent as a header: use letters, digits and '-' only")]
    HeaderName {
        /// The name.
        name: String,
    },
    /// A header value with line breaks, control characters or non-ASCII text.
    #[error("the value of \"{name}\" cannot be sent as a header: use printable ASCII only")]
    HeaderValue {
        /// The header's name; the value may be a secret.
        name: String,
    },
    /// A key over S3's limit of 1,024 bytes.
    #[error("the key is {length} bytes long, S3 allows 1024")]
    KeyTooLong {
        /// Bytes of UTF-8.
        length: usize,
    },
    /// What stands where a bucket stands, and cannot be asked.
    #[error("\"{bucket}\": {reason}")]
    Place {
        /// As given.
        bucket: String,
        /// Why not.
        reason: &'static str,
    },
    /// A bucket name that would change the host or the path of the request.
    #[error("\"{bucket}\" is not a valid bucket name")]
    BucketName {
        /// The name.
        bucket: String,
    },
}

/// SHA-256 of nothing.
pub const EMPTY_SHA256: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_injection_is_refused() {
        let request = Request::new(OperationKind::PutObject, Method::PUT);
        for value in [
            "a\r\nx-amz-acl: public-read",
            "a\nb",
            "tab\there",
            "é",
            "\0",
        ] {
            let error = request.clone().header("x-amz-meta-k", value).unwrap_err();
            assert_eq!(
                error,
                RequestError::HeaderValue {
                    name: "x-amz-meta-k".into()
                }
            );
        }
        assert!(request.clone().header("x-amz-meta-a b", "v").is_err());
        assert!(request.header("x-amz-meta-k", " padded ").is_ok());
    }

    #[test]
    fn empty_hash_is_the_hash_of_nothing() {
        use sha2::{Digest as _, Sha256};
        assert_eq!(Sha256::digest(b"")[..], EMPTY_SHA256);
    }
}
