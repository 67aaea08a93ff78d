use http::Method;

use crate::s3::{
    error::{AnswerError, succeeded_empty},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
    types::UploadId,
};

/// Gives up a multipart upload and its parts.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html>. Parts
/// that are on their way may be stored after it: stop sending first. An upload that does not exist
/// is a success: that is what was asked for.
#[derive(Debug, Clone, Copy)]
pub struct AbortMultipartUpload<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// The upload.
    pub upload_id: &'a UploadId,
}

impl Operation for AbortMultipartUpload<'_> {
    type Output = ();

    fn request(&self) -> Result<Request, RequestError> {
        Ok(
            Request::new(OperationKind::AbortMultipartUpload, Method::DELETE)
                .object(self.bucket, self.key)
                .parameter("uploadId", self.upload_id.0.clone()),
        )
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        match succeeded_empty(OperationKind::AbortMultipartUpload, answer) {
            Err(AnswerError::Service(error)) if error.code == "NoSuchUpload" => Ok(()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::{code, error_document, parse};

    #[test]
    fn a_missing_upload_is_already_aborted() {
        let upload_id = UploadId("U".into());
        let abort = AbortMultipartUpload {
            bucket: "b",
            key: "k",
            upload_id: &upload_id,
        };
        assert!(parse(&abort, 204, &[], "").is_ok());
        assert!(parse(&abort, 404, &[], &error_document("NoSuchUpload")).is_ok());
        let denied = error_document("AccessDenied");
        assert_eq!(code(parse(&abort, 403, &[], &denied)), "AccessDenied");
    }
}
