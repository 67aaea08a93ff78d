use http::Method;

use crate::s3::{
    error::{AnswerError, document},
    op::listing::{self, ListPage},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
};

/// Lists the objects of a bucket, a page at a time.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>. A page has at
/// most 1,000 objects and common prefixes, in the order of their UTF-8 bytes.
#[derive(Debug, Clone, Copy)]
pub struct ListObjectsV2<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// Only keys that begin so; empty for all.
    pub prefix: &'a str,
    /// Keys with this behind the prefix are rolled up into common prefixes.
    pub delimiter: Option<&'a str>,
    /// The token of the page before.
    pub continuation_token: Option<&'a str>,
    /// Only keys behind this one; for the first page.
    pub start_after: Option<&'a str>,
    /// Asks the server to encode keys, which XML cannot always carry. Some stores get it wrong.
    pub url_encoding: bool,
}

impl Operation for ListObjectsV2<'_> {
    type Output = ListPage;

    fn request(&self) -> Result<Request, RequestError> {
        Ok(Request::new(OperationKind::ListObjectsV2, Method::GET)
            .bucket(self.bucket)
            .parameter("list-type", "2")
            .parameter("prefix", self.prefix)
            .optional_parameter("delimiter", self.delimiter)
            .optional_parameter("continuation-token", self.continuation_token)
            .optional_parameter("start-after", self.start_after)
            .optional_parameter("encoding-type", self.url_encoding.then_some("url")))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        document(
            OperationKind::ListObjectsV2,
            answer,
            "ListBucketResult",
            listing::page,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::{
        op::testing::{assert_only_whole, parse},
        types::ETag,
    };

    const FIRST: ListObjectsV2<'_> = ListObjectsV2 {
        bucket: "b",
        prefix: "",
        delimiter: Some("/"),
        continuation_token: None,
        start_after: None,
        url_encoding: true,
    };

    #[test]
    fn parses_objects_prefixes_and_the_token() {
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>\
            <Prefix/><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated>\
            <NextContinuationToken>1/+=%2B</NextContinuationToken>\
            <Contents><Key>a+b%2B%0A%C3%A9</Key><LastModified>2009-10-12T17:50:30.000Z</LastModified>\
            <ETag>&quot;fba9dede5f27731c9771645a39863328&quot;</ETag><Size>434234</Size>\
            <StorageClass>STANDARD</StorageClass></Contents>\
            <CommonPrefixes><Prefix>x+y/</Prefix></CommonPrefixes>\
            <EncodingType>url</EncodingType></ListBucketResult>";
        assert_only_whole(&FIRST, body);
        let page = parse(&FIRST, 200, &[], body).unwrap();
        assert_eq!(page.objects[0].key, "a b+\né");
        assert_eq!(page.objects[0].size, 434_234);
        assert_eq!(
            page.objects[0].etag,
            Some(ETag::new("fba9dede5f27731c9771645a39863328"))
        );
        assert_eq!(page.prefixes, ["x y/"]);
        assert_eq!(
            (page.truncated, page.next.as_deref()),
            (true, Some("1/+=%2B"))
        );
    }

    #[test]
    fn keys_stay_raw_where_the_server_does_not_encode() {
        let body = "<ListBucketResult><IsTruncated>false</IsTruncated>\
            <Contents><Key>a+b%2B</Key><Size>1</Size></Contents></ListBucketResult>";
        assert_eq!(
            parse(&FIRST, 200, &[], body).unwrap().objects[0].key,
            "a+b%2B"
        );
    }

    #[test]
    fn names_that_are_not_utf8_are_counted() {
        let body = "<ListBucketResult><IsTruncated>false</IsTruncated>\
            <Contents><Key>%FF</Key><Size>1</Size></Contents>\
            <EncodingType>url</EncodingType></ListBucketResult>";
        let page = parse(&FIRST, 200, &[], body).unwrap();
        assert_eq!((page.objects.len(), page.unreadable), (0, 1));
    }

    #[test]
    fn a_page_without_its_facts_is_malformed() {
        for body in [
            "<ListBucketResult></ListBucketResult>",
            "<ListBucketResult><IsTruncated>maybe</IsTruncated></ListBucketResult>",
            "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>k</Key>\
             </Contents></ListBucketResult>",
            "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>k</Key>\
             <Size>-1</Size></Contents></ListBucketResult>",
        ] {
            assert!(parse(&FIRST, 200, &[], body).is_err(), "{body}");
        }
    }
}
