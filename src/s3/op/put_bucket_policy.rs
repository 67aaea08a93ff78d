use http::Method;

use crate::s3::{
    error::{AnswerError, succeeded_empty},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
};

/// Sets the policy of a bucket.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html>.
#[derive(Debug, Clone, Copy)]
pub struct PutBucketPolicy<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// A JSON document of at most 20 KB.
    pub policy: &'a str,
}

impl Operation for PutBucketPolicy<'_> {
    type Output = ();

    fn request(&self) -> Result<Request, RequestError> {
        let request = Request::new(OperationKind::PutBucketPolicy, Method::PUT);
        let request = request.bucket(self.bucket).parameter("policy", "");
        Ok(request.summed_document(self.policy.to_owned()))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        succeeded_empty(OperationKind::PutBucketPolicy, answer)
    }
}
