use http::Method;

use crate::s3::{
    error::{AnswerError, succeeded},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError, Role},
    types::decimal,
};

/// Asks for the size of the first part of an object that was sent in parts.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>, `partNumber`.
#[derive(Debug, Clone, Copy)]
pub struct HeadPart<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// Which end of a transfer it is.
    pub role: Role,
}

impl Operation for HeadPart<'_> {
    /// Bytes; `None` from servers that answer with the whole object.
    type Output = Option<u64>;

    fn request(&self) -> Result<Request, RequestError> {
        Ok(Request::new(OperationKind::HeadObject, Method::HEAD)
            .object(self.bucket, self.key)
            .parameter("partNumber", "1")
            .role(self.role))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        let kind = OperationKind::HeadObject;
        succeeded(kind, answer)?;
        let size = answer.header("content-length").and_then(decimal);
        let is_part = answer.header("x-amz-mp-parts-count").is_some();
        Ok(size.filter(|_| is_part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::parse;

    #[test]
    fn only_an_answer_about_a_part_has_its_size() {
        let head = HeadPart {
            bucket: "b",
            key: "k",
            role: Role::Target,
        };
        assert_eq!(head.request().unwrap().query[0].1, "1");
        let (size, parts) = (("content-length", "8388608"), ("x-amz-mp-parts-count", "3"));
        assert_eq!(
            parse(&head, 206, &[size, parts], "").unwrap(),
            Some(8_388_608)
        );
        assert_eq!(parse(&head, 200, &[size], "").unwrap(), None);
        assert!(parse(&head, 404, &[], "").is_err());
    }
}
