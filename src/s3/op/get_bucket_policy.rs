use http::Method;

use crate::s3::{
    error::{AnswerError, succeeded},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
};

/// Asks for the policy of a bucket.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html>. It is JSON of
/// at most 20 KB.
#[derive(Debug, Clone, Copy)]
pub struct GetBucketPolicy<'a> {
    /// The bucket.
    pub bucket: &'a str,
}

impl Operation for GetBucketPolicy<'_> {
    /// The document.
    type Output = String;

    fn request(&self) -> Result<Request, RequestError> {
        let request = Request::new(OperationKind::GetBucketPolicy, Method::GET);
        Ok(request.bucket(self.bucket).parameter("policy", ""))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        let kind = OperationKind::GetBucketPolicy;
        succeeded(kind, answer)?;
        let text = std::str::from_utf8(answer.body);
        let text = text.map_err(|_| AnswerError::malformed(kind, "it is not UTF-8"))?;
        match text.trim_start().starts_with('{') {
            true => Ok(text.to_owned()),
            false => Err(AnswerError::malformed(kind, "it is no JSON object")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::{code, error_document, parse};

    #[test]
    fn a_policy_is_an_object() {
        let get = GetBucketPolicy { bucket: "b" };
        assert_eq!(parse(&get, 200, &[], " {}").unwrap(), " {}");
        for other in ["", "<html/>"] {
            parse(&get, 200, &[], other).unwrap_err();
        }
        let error = error_document("NoSuchBucketPolicy");
        assert_eq!(code(parse(&get, 404, &[], &error)), "NoSuchBucketPolicy");
    }
}
