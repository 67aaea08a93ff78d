use http::{HeaderMap, Method};
use jiff::Timestamp;

use crate::s3::{
    encode,
    error::{AnswerError, succeeded},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError, Role},
    time,
    types::{Checksum, ETag, Md5Digest, decimal},
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
    /// Whether the checksums that the store keeps are wanted (`x-amz-checksum-mode`).
    pub checksums: bool,
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
        Request::new(OperationKind::HeadObject, Method::HEAD)
            .object(self.bucket, self.key)
            .role(self.role)
            .optional_header("x-amz-checksum-mode", self.checksums.then_some("ENABLED"))
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
            etag: text("etag").and_then(ETag::parse),
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

    /// The MD5 that the uploader wrote into the metadata: s4cmd as `md5`, s3cmd in `s3cmd-attrs`
    /// (`key:value` pairs with slashes between), rclone in Base64 as `md5chksum`.
    ///
    /// Compat: s4cmd writes it on every upload.
    pub fn metadata_md5(&self) -> Option<Md5Digest> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let own = || encode::unhex(self.metadata("md5")?);
        let of_s3cmd = || {
            let mut pairs = self.metadata("s3cmd-attrs")?.split('/');
            encode::unhex(pairs.find_map(|pair| pair.strip_prefix("md5:"))?)
        };
        let of_rclone = || {
            STANDARD
                .decode(self.metadata("md5chksum")?)
                .ok()?
                .try_into()
                .ok()
        };
        own().or_else(of_s3cmd).or_else(of_rclone)
    }

    /// The strongest checksum that the store keeps of the content, if it was asked for; `None` from
    /// servers that keep none, or only one of the parts' checksums.
    pub fn checksum(&self) -> Option<Checksum> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let text = |name| self.headers.get(name)?.to_str().ok();
        // That of parts has their number behind it, and so is no Base64.
        let of_whole = text("x-amz-checksum-type") != Some("COMPOSITE");
        let value = |name| STANDARD.decode(text(name).filter(|_| of_whole)?).ok();
        let sha256 = || value("x-amz-checksum-sha256")?.try_into().ok();
        let crc64 = || value("x-amz-checksum-crc64nvme")?.try_into().ok();
        let checksum = sha256().map(Checksum::Sha256);
        checksum.or_else(|| Some(Checksum::Crc64Nvme(u64::from_be_bytes(crc64()?))))
    }

    /// Whether the ETag is not made from the content's MD5.
    pub fn has_opaque_etag(&self) -> bool {
        has_opaque_etag(&self.headers)
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
        checksums: false,
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
    fn the_notes_of_other_tools_are_read() {
        let digest = Some([
            0xfb, 0xa9, 0xde, 0xde, 0x5f, 0x27, 0x73, 0x1c, 0x97, 0x71, 0x64, 0x5a, 0x39, 0x86,
            0x33, 0x28,
        ]);
        for (name, value, expected) in [
            ("x-amz-meta-md5", "fba9dede5f27731c9771645a39863328", digest),
            (
                "x-amz-meta-s3cmd-attrs",
                "atime:1/gid:0/md5:fba9dede5f27731c9771645a39863328/mode:33188",
                digest,
            ),
            ("x-amz-meta-s3cmd-attrs", "atime:1/md5:fba9", None),
            ("x-amz-meta-md5chksum", "+6ne3l8ncxyXcWRaOYYzKA==", digest),
            ("x-amz-meta-md5chksum", "+6ne", None),
        ] {
            let headers = [("content-length", "3"), (name, value)];
            let output = parse(&HEAD, 200, &headers, "").unwrap();
            assert_eq!(output.metadata_md5(), expected, "{name}: {value}");
        }
    }

    #[test]
    fn a_failure_is_its_status() {
        assert_eq!(code(parse(&HEAD, 404, &[], "")), "404");
        assert!(parse(&HEAD, 200, &[], "").is_err(), "no length");
    }

    #[test]
    fn only_the_checksum_of_the_whole_counts() {
        let head = HeadObject {
            checksums: true,
            ..HEAD
        };
        let request = head.request().unwrap();
        assert_eq!(request.headers["x-amz-checksum-mode"], "ENABLED");
        assert!(HEAD.request().unwrap().headers.is_empty());
        let length = ("content-length", "9");
        let crc = ("x-amz-checksum-crc64nvme", "rosUhgp5mIg=");
        let checksum = |headers: &[_]| parse(&head, 200, headers, "").unwrap().checksum();
        assert_eq!(
            checksum(&[length, crc]),
            Some(Checksum::Crc64Nvme(0xae8b_1486_0a79_9888))
        );
        for none in [
            &[length, crc, ("x-amz-checksum-type", "COMPOSITE")][..],
            &[length, ("x-amz-checksum-crc64nvme", "rosUhgp5mIg=-3")],
            &[length, ("x-amz-checksum-crc64nvme", "AAAA")],
            &[length, ("x-amz-checksum-crc32", "AAAAAA==")],
            &[length],
        ] {
            assert_eq!(checksum(none), None, "{none:?}");
        }
    }
}
