use http::Method;

use crate::s3::{
    acl::Acl,
    error::{AnswerError, document},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
};

/// Asks who may do what with an object, or with a bucket.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html> and
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html>.
#[derive(Debug, Clone, Copy)]
pub struct GetAcl<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key; `None` for the bucket itself.
    pub key: Option<&'a str>,
}

impl GetAcl<'_> {
    fn kind(&self) -> OperationKind {
        match self.key {
            Some(_) => OperationKind::GetObjectAcl,
            None => OperationKind::GetBucketAcl,
        }
    }
}

impl Operation for GetAcl<'_> {
    type Output = Acl;

    fn request(&self) -> Result<Request, RequestError> {
        let request = Request::new(self.kind(), Method::GET);
        let request = match self.key {
            Some(key) => request.object(self.bucket, key),
            None => request.bucket(self.bucket),
        };
        Ok(request.parameter("acl", ""))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        document(self.kind(), answer, "AccessControlPolicy", |reader| {
            Acl::read(reader)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::assert_only_whole;

    #[test]
    fn a_cut_list_is_none() {
        let get = GetAcl {
            bucket: "b",
            key: Some("k"),
        };
        assert_only_whole(
            &get,
            "<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList><Grant>\
             <Grantee><ID>g</ID></Grantee><Permission>READ</Permission></Grant>\
             </AccessControlList></AccessControlPolicy>",
        );
    }
}
