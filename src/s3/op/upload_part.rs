use http::Method;

use crate::s3::{
    error::{AnswerError, succeeded_empty},
    op::put_object::PutObjectOutput,
    operation::{Answer, Operation, OperationKind},
    payload::{Payload, PayloadHash},
    request::{Request, RequestError},
    types::{ETag, Md5Digest, PartNumber, UploadId},
};

/// Stores one part of a multipart upload; a part of the same number is replaced.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html>. Parts are 5 MiB
/// to 5 GiB, the last one may be smaller.
#[derive(Debug, Clone)]
pub struct UploadPart<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// The upload.
    pub upload_id: &'a UploadId,
    /// Where the part belongs.
    pub part_number: PartNumber,
    /// The MD5 of the payload, which the server checks.
    pub content_md5: Option<Md5Digest>,
    /// The bytes.
    pub payload: Payload,
    /// Their hash.
    pub payload_hash: PayloadHash,
}

/// What the server made of it.
#[derive(Debug, Clone)]
pub struct UploadPartOutput {
    /// The part's tag, which completing the upload needs.
    pub etag: ETag,
    /// The MD5 of what the server stored, if the tag is one.
    pub stored_md5: Option<Md5Digest>,
}

impl Operation for UploadPart<'_> {
    type Output = UploadPartOutput;

    fn request(&self) -> Result<Request, RequestError> {
        Ok(Request::new(OperationKind::UploadPart, Method::PUT)
            .object(self.bucket, self.key)
            .parameter("partNumber", self.part_number.to_string())
            .parameter("uploadId", self.upload_id.0.clone())
            .content_md5(self.content_md5)
            .payload(self.payload.clone(), self.payload_hash))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        let kind = OperationKind::UploadPart;
        succeeded_empty(kind, answer)?;
        let PutObjectOutput { etag, stored_md5 } = PutObjectOutput::from_answer(answer);
        let etag = etag.ok_or_else(|| AnswerError::malformed(kind, "it has no ETag"))?;
        Ok(UploadPartOutput { etag, stored_md5 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::parse;

    #[test]
    fn a_part_without_a_tag_is_a_failed_part() {
        let upload_id = UploadId("U".into());
        let part = UploadPart {
            bucket: "b",
            key: "k",
            upload_id: &upload_id,
            part_number: PartNumber::new(1).unwrap(),
            content_md5: None,
            payload: Payload::Empty,
            payload_hash: PayloadHash::Unsigned,
        };
        assert!(parse(&part, 200, &[], "").is_err());
        assert!(parse(&part, 200, &[("etag", "\"e\"")], "").is_ok());
    }
}
