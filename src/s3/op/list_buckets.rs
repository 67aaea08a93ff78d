use http::Method;
use jiff::Timestamp;

use crate::s3::{
    error::{AnswerError, document},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
    time,
    xml::{Reader, XmlError},
};

/// Lists the buckets of the credentials' owner.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>. Without
/// `max-buckets` the answer is not paged.
#[derive(Debug, Clone, Copy)]
pub struct ListBuckets;

/// A bucket in the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// The name.
    pub name: String,
    /// When it was made; some stores do not say.
    pub created: Option<Timestamp>,
}

impl Operation for ListBuckets {
    type Output = Vec<Bucket>;

    fn request(&self) -> Result<Request, RequestError> {
        Ok(Request::new(OperationKind::ListBuckets, Method::GET))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        document(
            OperationKind::ListBuckets,
            answer,
            "ListAllMyBucketsResult",
            |reader| {
                let mut buckets = Vec::new();
                while let Some(name) = reader.child()? {
                    match name {
                        "Buckets" => {
                            while reader.child()?.is_some() {
                                buckets.push(bucket(reader)?);
                            }
                        }
                        _ => reader.skip()?,
                    }
                }
                Ok(buckets)
            },
        )
    }
}

fn bucket(reader: &mut Reader<'_>) -> Result<Bucket, XmlError> {
    let mut bucket = Bucket {
        name: String::new(),
        created: None,
    };
    while let Some(name) = reader.child()? {
        match name {
            "Name" => bucket.name = reader.text()?,
            "CreationDate" => bucket.created = time::parse_iso8601(&reader.value()?),
            _ => reader.skip()?,
        }
    }
    if bucket.name.is_empty() {
        return Err(XmlError::Missing("Name"));
    }
    Ok(bucket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::{assert_only_whole, parse};

    #[test]
    fn parses_the_documented_answer() {
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <Owner><ID>o</ID></Owner><Buckets>\
            <Bucket><Name>one</Name><CreationDate>2019-12-11T23:32:47.000Z</CreationDate></Bucket>\
            <Bucket><Name>two</Name></Bucket></Buckets></ListAllMyBucketsResult>";
        assert_only_whole(&ListBuckets, body);
        let buckets = parse(&ListBuckets, 200, &[], body).unwrap();
        assert_eq!(buckets.len(), 2);
        assert_eq!(buckets[0].name, "one");
        assert!(buckets[0].created.is_some() && buckets[1].created.is_none());
    }
}
