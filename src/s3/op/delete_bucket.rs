use http::Method;

use crate::s3::{
    error::{AnswerError, succeeded_empty},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
};

/// Removes a bucket, which must be empty: versions and open uploads count.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html>.
#[derive(Debug, Clone, Copy)]
pub struct DeleteBucket<'a> {
    /// The bucket.
    pub bucket: &'a str,
}

impl Operation for DeleteBucket<'_> {
    type Output = ();

    fn request(&self) -> Result<Request, RequestError> {
        Ok(Request::new(OperationKind::DeleteBucket, Method::DELETE).bucket(self.bucket))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        succeeded_empty(OperationKind::DeleteBucket, answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::{code, error_document, parse};

    #[test]
    fn a_bucket_with_something_in_it_stays() {
        let delete = DeleteBucket { bucket: "b" };
        assert!(parse(&delete, 204, &[], "").is_ok());
        let error = error_document("BucketNotEmpty");
        assert_eq!(code(parse(&delete, 409, &[], &error)), "BucketNotEmpty");
    }
}
