use http::Method;

use crate::s3::{
    error::{AnswerError, succeeded_empty},
    op::head_object::has_opaque_etag,
    operation::{Answer, Operation, OperationKind},
    payload::{Payload, PayloadHash},
    properties::Properties,
    request::{Condition, Request, RequestError},
    types::{ETag, Md5Digest},
};

/// Stores an object in one request.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>. At most 5 GiB.
#[derive(Debug, Clone)]
pub struct PutObject<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// User metadata, names without `x-amz-meta-`.
    pub metadata: &'a [(String, String)],
    /// What else the object is to have.
    pub properties: &'a Properties,
    /// The MD5 of the payload, which the server checks.
    pub content_md5: Option<Md5Digest>,
    /// The bytes.
    pub payload: Payload,
    /// Their hash.
    pub payload_hash: PayloadHash,
    /// On what it depends.
    pub condition: Condition<'a>,
}

/// What the server says of the stored object (or part).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutObjectOutput {
    /// The tag; absent only at stores that have none.
    pub etag: Option<ETag>,
    /// The MD5 of what the server stored, if the tag is one.
    pub stored_md5: Option<Md5Digest>,
}

impl Operation for PutObject<'_> {
    type Output = PutObjectOutput;

    fn request(&self) -> Result<Request, RequestError> {
        Ok(Request::new(OperationKind::PutObject, Method::PUT)
            .object(self.bucket, self.key)
            .condition(self.condition)?
            .properties(self.properties)
            .metadata(self.metadata)?
            .content_md5(self.content_md5)
            .payload(self.payload.clone(), self.payload_hash))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        succeeded_empty(OperationKind::PutObject, answer)?;
        Ok(PutObjectOutput::from_answer(answer))
    }
}

impl PutObjectOutput {
    pub(super) fn from_answer(answer: &Answer<'_>) -> Self {
        let etag = answer.header("etag").and_then(ETag::parse);
        let stored_md5 = if has_opaque_etag(answer.headers) {
            None
        } else {
            etag.as_ref().and_then(ETag::as_md5)
        };
        Self { etag, stored_md5 }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::s3::op::testing::{code, error_document, parse};

    static NONE: LazyLock<Properties> = LazyLock::new(Properties::default);

    fn put() -> PutObject<'static> {
        PutObject {
            bucket: "b",
            key: "k",
            metadata: &[],
            properties: &NONE,
            content_md5: Some([0; 16]),
            payload: Payload::Bytes("x".into()),
            payload_hash: PayloadHash::Unsigned,
            condition: Condition::Always,
        }
    }

    #[test]
    fn the_digest_goes_out_in_base64() {
        let request = put().request().unwrap();
        assert_eq!(request.headers["content-md5"], "AAAAAAAAAAAAAAAAAAAAAA==");
    }

    #[test]
    fn what_is_there_may_be_a_condition() {
        assert!(
            !put()
                .request()
                .unwrap()
                .headers
                .contains_key("if-none-match")
        );
        let put = PutObject {
            condition: Condition::New,
            ..put()
        };
        assert_eq!(put.request().unwrap().headers["if-none-match"], "*");
        let etag = ETag::new("\"t\"");
        let put = PutObject {
            condition: Condition::Unchanged(&etag),
            ..put
        };
        assert_eq!(put.request().unwrap().headers["if-match"], "\"t\"");
    }

    #[test]
    fn the_stored_md5_is_known_unless_encrypted() {
        let etag = ("etag", "\"d41d8cd98f00b204e9800998ecf8427e\"");
        assert!(
            parse(&put(), 200, &[etag], "")
                .unwrap()
                .stored_md5
                .is_some()
        );
        let kms = ("x-amz-server-side-encryption", "aws:kms");
        assert_eq!(
            parse(&put(), 200, &[etag, kms], "").unwrap().stored_md5,
            None
        );
        let error = error_document("InternalError");
        assert_eq!(code(parse(&put(), 200, &[etag], &error)), "InternalError");
    }
}
