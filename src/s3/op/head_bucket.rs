use http::Method;

use crate::s3::{
    error::{AnswerError, succeeded},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
};

/// Asks whether a bucket exists and may be listed.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>.
#[derive(Debug, Clone, Copy)]
pub struct HeadBucket<'a> {
    /// The bucket.
    pub bucket: &'a str,
}

/// What is known of the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadBucketOutput {
    /// Its region, where the server says.
    pub region: Option<String>,
}

impl Operation for HeadBucket<'_> {
    type Output = HeadBucketOutput;

    fn request(&self) -> Result<Request, RequestError> {
        Ok(Request::new(OperationKind::HeadBucket, Method::HEAD).bucket(self.bucket))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        succeeded(OperationKind::HeadBucket, answer)?;
        Ok(HeadBucketOutput {
            region: answer.header("x-amz-bucket-region").map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::parse;

    #[test]
    fn the_region_is_known_even_of_a_failure() {
        let region = [("x-amz-bucket-region", "eu-west-1")];
        let operation = HeadBucket { bucket: "b" };
        let output = parse(&operation, 200, &region, "").unwrap();
        assert_eq!(output.region.as_deref(), Some("eu-west-1"));
        let error = parse(&operation, 301, &region, "").unwrap_err();
        assert_eq!(
            error.service().unwrap().region.as_deref(),
            Some("eu-west-1")
        );
    }
}
