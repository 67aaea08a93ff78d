use http::Method;

use crate::s3::{
    error::{AnswerError, document},
    op::copy_object::{self, CopyOutput, CopySource},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
    types::{ByteRange, PartNumber, UploadId},
};

/// Copies a range of an object into a part of a multipart upload.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html>. A range only
/// for sources over 5 MiB. A failure may come under a 200.
#[derive(Debug, Clone, Copy)]
pub struct UploadPartCopy<'a> {
    /// The bucket of the upload.
    pub bucket: &'a str,
    /// The key of the upload.
    pub key: &'a str,
    /// The upload.
    pub upload_id: &'a UploadId,
    /// Where the part belongs.
    pub part_number: PartNumber,
    /// What is copied; pin it, or parts of two versions are mixed.
    pub source: CopySource<'a>,
    /// Which bytes of it; all without.
    pub range: Option<ByteRange>,
}

impl Operation for UploadPartCopy<'_> {
    type Output = CopyOutput;

    fn request(&self) -> Result<Request, RequestError> {
        let range = self.range.map(|range| range.to_string());
        let request = Request::new(OperationKind::UploadPartCopy, Method::PUT)
            .object(self.bucket, self.key)
            .parameter("partNumber", self.part_number.to_string())
            .parameter("uploadId", self.upload_id.0.clone())
            .optional_header("x-amz-copy-source-range", range.as_deref())?;
        self.source.put_on(request)
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        document(
            OperationKind::UploadPartCopy,
            answer,
            "CopyPartResult",
            copy_object::result,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::assert_only_whole;

    #[test]
    fn the_range_is_inclusive_on_the_wire() {
        let upload_id = UploadId("U".into());
        let source = CopySource {
            bucket: "s",
            key: "k",
            version_id: None,
            if_match: None,
        };
        let copy = UploadPartCopy {
            bucket: "b",
            key: "k",
            upload_id: &upload_id,
            part_number: PartNumber::new(2).unwrap(),
            source,
            range: ByteRange::new(0, 10),
        };
        let request = copy.request().unwrap();
        assert_eq!(request.headers["x-amz-copy-source-range"], "bytes=0-9");
        assert_only_whole(&copy, "<CopyPartResult><ETag>\"e\"</ETag></CopyPartResult>");
    }
}
