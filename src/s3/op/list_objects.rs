use http::Method;

use crate::s3::{
    error::{AnswerError, document},
    op::listing::{self, ListPage},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
};

/// The older listing, for stores that do not have [`ListObjectsV2`](super::ListObjectsV2).
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html>. The answer has
/// `NextMarker` only with a delimiter; without one the last key is the next marker, which this
/// operation fills in.
#[derive(Debug, Clone, Copy)]
pub struct ListObjects<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// Only keys that begin so; empty for all.
    pub prefix: &'a str,
    /// Keys with this behind the prefix are rolled up into common prefixes.
    pub delimiter: Option<&'a str>,
    /// Only keys behind this one.
    pub marker: Option<&'a str>,
    /// As in [`ListObjectsV2`](super::ListObjectsV2).
    pub url_encoding: bool,
}

impl Operation for ListObjects<'_> {
    type Output = ListPage;

    fn request(&self) -> Result<Request, RequestError> {
        Ok(Request::new(OperationKind::ListObjects, Method::GET)
            .bucket(self.bucket)
            .parameter("prefix", self.prefix)
            .optional_parameter("delimiter", self.delimiter)
            .optional_parameter("marker", self.marker)
            .optional_parameter("encoding-type", self.url_encoding.then_some("url")))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        let kind = OperationKind::ListObjects;
        let mut page = document(kind, answer, "ListBucketResult", listing::page)?;
        if page.truncated && page.next.is_none() {
            let last_key = page.objects.last().map(|object| &object.key);
            page.next = last_key.max(page.prefixes.last()).cloned();
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::parse;

    #[test]
    fn the_last_key_is_the_next_marker() {
        let first = ListObjects {
            bucket: "b",
            prefix: "",
            delimiter: None,
            marker: None,
            url_encoding: true,
        };
        let body = "<ListBucketResult><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>\
            <Contents><Key>a</Key><Size>1</Size></Contents>\
            <Contents><Key>b+c</Key><Size>1</Size></Contents></ListBucketResult>";
        let page = parse(&first, 200, &[], body).unwrap();
        assert_eq!(page.next.as_deref(), Some("b c"));
        let marked = body.replace(
            "<EncodingType>",
            "<NextMarker>z%2F</NextMarker><EncodingType>",
        );
        let page = parse(&first, 200, &[], &marked).unwrap();
        assert_eq!(page.next.as_deref(), Some("z/"));
    }
}
