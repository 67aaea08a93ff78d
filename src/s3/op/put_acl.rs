use http::Method;

use crate::s3::{
    acl::Acl,
    error::{AnswerError, succeeded_empty},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
};

/// Says who may do what with an object, or with a bucket.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html> and
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html>.
#[derive(Debug, Clone, Copy)]
pub struct PutAcl<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key; `None` for the bucket itself.
    pub key: Option<&'a str>,
    /// The whole list; `None` if options that become headers say it.
    pub acl: Option<&'a Acl>,
}

impl PutAcl<'_> {
    fn kind(&self) -> OperationKind {
        match self.key {
            Some(_) => OperationKind::PutObjectAcl,
            None => OperationKind::PutBucketAcl,
        }
    }
}

impl Operation for PutAcl<'_> {
    type Output = ();

    fn request(&self) -> Result<Request, RequestError> {
        let request = Request::new(self.kind(), Method::PUT);
        let request = match self.key {
            Some(key) => request.object(self.bucket, key),
            None => request.bucket(self.bucket),
        };
        let request = request.parameter("acl", "");
        Ok(match self.acl {
            Some(acl) => request.summed_document(acl.document()),
            None => request,
        })
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        succeeded_empty(self.kind(), answer)
    }
}
