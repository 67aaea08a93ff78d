use http::Method;

use crate::s3::{
    error::{AnswerError, document},
    operation::{Answer, Operation, OperationKind},
    properties::Properties,
    request::{Request, RequestError},
    types::UploadId,
    xml::XmlError,
};

/// Opens a multipart upload. The properties of the object are set here, not with the parts.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html>. An
/// upload that is neither completed nor aborted is stored, and paid for, for ever.
#[derive(Debug, Clone, Copy)]
pub struct CreateMultipartUpload<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// User metadata, names without `x-amz-meta-`.
    pub metadata: &'a [(String, String)],
    /// What else the object is to have.
    pub properties: &'a Properties,
}

impl Operation for CreateMultipartUpload<'_> {
    type Output = UploadId;

    fn request(&self) -> Result<Request, RequestError> {
        Request::new(OperationKind::CreateMultipartUpload, Method::POST)
            .object(self.bucket, self.key)
            .parameter("uploads", "")
            .properties(self.properties)
            .metadata(self.metadata)
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        let kind = OperationKind::CreateMultipartUpload;
        document(kind, answer, "InitiateMultipartUploadResult", |reader| {
            let mut upload_id = String::new();
            while let Some(name) = reader.child()? {
                match name {
                    "UploadId" => upload_id = reader.text()?,
                    _ => reader.skip()?,
                }
            }
            if upload_id.is_empty() {
                return Err(XmlError::Missing("UploadId"));
            }
            Ok(UploadId(upload_id))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::{assert_only_whole, parse};

    #[test]
    fn parses_the_upload_id() {
        let create = CreateMultipartUpload {
            bucket: "b",
            key: "k",
            metadata: &[],
            properties: &Properties::default(),
        };
        let body = "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>\
                    <UploadId>VXBsb2FkIElE</UploadId></InitiateMultipartUploadResult>";
        assert_only_whole(&create, body);
        assert_eq!(parse(&create, 200, &[], body).unwrap().0, "VXBsb2FkIElE");
        let without = "<InitiateMultipartUploadResult/>";
        assert!(parse(&create, 200, &[], without).is_err());
    }
}
