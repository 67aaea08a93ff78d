use http::{HeaderMap, Method};
use jiff::Timestamp;

use crate::s3::{
    encode,
    error::{AnswerError, succeeded},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError, Role},
    time,
    types::{ETag, Md5Digest, decimal},
};

/// Asks for the properties of an object.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>. Failures have no
/// body, so their code is the status.
#[derive(Debug, Clone, Copy)]
pub struct HeadObject<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// Which end of a transfer it is.
    pub role: Role,
}

/// The properties of an object.
#[derive(Debug, Clone)]
pub struct HeadObjectOutput {
    /// Bytes.
    pub size: u64,
    /// The entity tag; absent only at stores that have none.
    pub etag: Option<ETag>,
    /// When it was last written.
    pub last_modified: Option<Timestamp>,
    /// All headers: metadata, storage class and the rest are looked up by name.
    pub headers: HeaderMap,
}

impl Operation for HeadObject<'_> {
    type Output = HeadObjectOutput;

    fn request(&self) -> Result<Request, RequestError> {
        Ok(Request::new(OperationKind::HeadObject, Method::HEAD)
            .object(self.bucket, self.key)
            .role(self.role))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        let kind = OperationKind::HeadObject;
        succeeded(kind, answer)?;
        let size = answer.header("content-length").and_then(decimal);
        let size = size.ok_or_else(|| AnswerError::malformed(kind, "it has no Content-Length"))?;
        Ok(HeadObjectOutput::from_headers(size, answer.headers))
    }
}

impl HeadObjectOutput {
    /// Reads the properties from the headers of HeadObject or GetObject.
    pub(super) fn from_headers(size: u64, headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            size,
            etag: text("etag").filter(|tag| !tag.is_empty()).map(ETag::new),
            last_modified: text("last-modified").and_then(time::parse_http_date),
            headers: headers.clone(),
        }
    }

    /// One entry of the user metadata.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        self.headers
            .get(format!("x-amz-meta-{name}"))?
            .to_str()
            .ok()
    }

    /// The MD5 of the content, if the object's own tag is one: not composite, and not of
    /// ciphertext (SSE-C and SSE-KMS).
    pub fn content_md5(&self) -> Option<Md5Digest> {
        if has_opaque_etag(&self.headers) {
            return None;
        }
        self.etag.as_ref()?.as_md5()
    }

    /// The MD5 that the uploader wrote into the `md5` metadata.
    ///
    /// Compat: s4cmd writes it on every upload.
    pub fn metadata_md5(&self) -> Option<Md5Digest> {
        encode::unhex(self.metadata("md5")?)
    }
}

/// Whether the answer's ETag is not made from the content's MD5.
pub(super) fn has_opaque_etag(headers: &HeaderMap) -> bool {
    headers.contains_key("x-amz-server-side-encryption-customer-algorithm")
        || headers
            .get("x-amz-server-side-encryption")
            .is_some_and(|value| value.as_bytes().starts_with(b"aws:kms"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::{code, parse};

    const HEAD: HeadObject<'_> = HeadObject {
        bucket: "b",
        key: "k",
        role: Role::Source,
    };
    const MD5: &str = "\"fba9dede5f27731c9771645a39863328\"";

    #[test]
    fn an_etag_is_the_md5_unless_encrypted() {
        let plain = [
            ("content-length", "3"),
            ("etag", MD5),
            ("x-amz-meta-md5", "00"),
        ];
        let output = parse(&HEAD, 200, &plain, "").unwrap();
        assert_eq!(output.size, 3);
        assert!(output.content_md5().is_some());
        assert!(output.metadata_md5().is_none(), "two digits are no MD5");
        let sse = ("x-amz-server-side-encryption", "AES256");
        assert!(
            parse(&HEAD, 200, &[plain[0], plain[1], sse], "")
                .unwrap()
                .content_md5()
                .is_some()
        );
        for opaque in [
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ] {
            let output = parse(&HEAD, 200, &[plain[0], plain[1], opaque], "").unwrap();
            assert_eq!(output.content_md5(), None);
        }
    }

    #[test]
    fn a_failure_is_its_status() {
        assert_eq!(code(parse(&HEAD, 404, &[], "")), "404");
        assert!(parse(&HEAD, 200, &[], "").is_err(), "no length");
    }
}
