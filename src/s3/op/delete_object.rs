use http::Method;

use crate::s3::{
    error::{AnswerError, succeeded_empty},
    operation::{Answer, Operation, OperationKind},
    request::{Condition, Request, RequestError, Role},
};

/// Deletes one object; in a versioned bucket it puts a delete marker.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>. Deleting what
/// does not exist is a success.
#[derive(Debug, Clone, Copy)]
pub struct DeleteObject<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// Whether it is what a move has copied.
    pub role: Role,
    /// On what it depends. Not every store looks.
    pub condition: Condition<'a>,
}

impl Operation for DeleteObject<'_> {
    type Output = ();

    fn request(&self) -> Result<Request, RequestError> {
        Request::new(OperationKind::DeleteObject, Method::DELETE)
            .object(self.bucket, self.key)
            .role(self.role)
            .condition(self.condition)
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        match succeeded_empty(OperationKind::DeleteObject, answer) {
            Err(AnswerError::Service(error)) if error.code == "NoSuchKey" => Ok(()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::{code, error_document, parse};

    #[test]
    fn only_a_missing_key_is_already_deleted() {
        let delete = DeleteObject {
            bucket: "b",
            key: "k",
            role: Role::Source,
            condition: Condition::Always,
        };
        assert!(parse(&delete, 204, &[], "").is_ok());
        assert!(parse(&delete, 404, &[], &error_document("NoSuchKey")).is_ok());
        let body = error_document("NoSuchBucket");
        assert_eq!(code(parse(&delete, 404, &[], &body)), "NoSuchBucket");
        let body = error_document("InternalError");
        assert_eq!(code(parse(&delete, 200, &[], &body)), "InternalError");
    }
}
