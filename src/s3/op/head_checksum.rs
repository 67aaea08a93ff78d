use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Method;

use crate::s3::{
    error::{AnswerError, succeeded},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError, Role},
    types::{Checksum, ETag},
};

/// Asks for the checksum that the store keeps of a whole object.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>,
/// `x-amz-checksum-mode`.
#[derive(Debug, Clone, Copy)]
pub struct HeadChecksum<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// Which end of a transfer it is.
    pub role: Role,
}

impl Operation for HeadChecksum<'_> {
    /// The tag of the object that it is of, and the strongest one that there is; `None` from
    /// servers that keep none, or only one of the parts' checksums.
    type Output = Option<(Option<ETag>, Checksum)>;

    fn request(&self) -> Result<Request, RequestError> {
        Request::new(OperationKind::HeadObject, Method::HEAD)
            .object(self.bucket, self.key)
            .role(self.role)
            .header("x-amz-checksum-mode", "ENABLED")
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        succeeded(OperationKind::HeadObject, answer)?;
        // That of parts has their number behind it, and so is no Base64.
        let of_whole = answer.header("x-amz-checksum-type") != Some("COMPOSITE");
        let value = |name| {
            let text = answer.header(name).filter(|_| of_whole)?;
            STANDARD.decode(text).ok()
        };
        let sha256 = || value("x-amz-checksum-sha256")?.try_into().ok();
        let crc64 = || value("x-amz-checksum-crc64nvme")?.try_into().ok();
        let checksum = sha256().map(Checksum::Sha256);
        let checksum = checksum.or_else(|| Some(Checksum::Crc64Nvme(u64::from_be_bytes(crc64()?))));
        Ok(checksum.map(|checksum| (answer.header("etag").and_then(ETag::parse), checksum)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::parse;

    #[test]
    fn only_the_checksum_of_the_whole_counts() {
        let head = HeadChecksum {
            bucket: "b",
            key: "k",
            role: Role::Target,
        };
        let request = head.request().unwrap();
        assert_eq!(request.headers["x-amz-checksum-mode"], "ENABLED");
        let crc = ("x-amz-checksum-crc64nvme", "rosUhgp5mIg=");
        let (_, checksum) = parse(&head, 200, &[crc], "").unwrap().unwrap();
        assert_eq!(checksum, Checksum::Crc64Nvme(0xae8b_1486_0a79_9888));
        for none in [
            &[crc, ("x-amz-checksum-type", "COMPOSITE")][..],
            &[("x-amz-checksum-crc64nvme", "rosUhgp5mIg=-3")],
            &[("x-amz-checksum-crc64nvme", "AAAA")],
            &[("x-amz-checksum-crc32", "AAAAAA==")],
            &[],
        ] {
            assert_eq!(parse(&head, 200, none, "").unwrap(), None, "{none:?}");
        }
        assert!(parse(&head, 404, &[], "").is_err());
    }
}
