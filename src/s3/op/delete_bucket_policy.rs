use http::Method;

use crate::s3::{
    error::{AnswerError, succeeded_empty},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
};

/// Removes the policy of a bucket; that there is none is as good.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html>.
#[derive(Debug, Clone, Copy)]
pub struct DeleteBucketPolicy<'a> {
    /// The bucket.
    pub bucket: &'a str,
}

impl Operation for DeleteBucketPolicy<'_> {
    type Output = ();

    fn request(&self) -> Result<Request, RequestError> {
        let request = Request::new(OperationKind::DeleteBucketPolicy, Method::DELETE);
        Ok(request.bucket(self.bucket).parameter("policy", ""))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        succeeded_empty(OperationKind::DeleteBucketPolicy, answer)
    }
}
