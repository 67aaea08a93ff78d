use http::Method;

use crate::s3::{
    encode,
    endpoint::check_bucket,
    error::{AnswerError, document},
    operation::{Answer, Operation, OperationKind},
    properties::Properties,
    request::{Condition, Request, RequestError},
    types::ETag,
    xml::{Reader, XmlError},
};

/// Copies an object within the store.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>. Sources up to
/// 5 GB. A failure may come under a 200.
#[derive(Debug, Clone, Copy)]
pub struct CopyObject<'a> {
    /// The bucket to copy into.
    pub bucket: &'a str,
    /// The key to copy to.
    pub key: &'a str,
    /// What is copied.
    pub source: CopySource<'a>,
    /// Where content headers and user metadata come from.
    pub metadata: MetadataDirective,
    /// What the new object is to have beside what is copied.
    pub properties: &'a Properties,
    /// On what it depends.
    pub condition: Condition<'a>,
}

/// Where the content headers and the user metadata of a copy come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataDirective {
    /// The source.
    Copy,
    /// The request.
    Replace,
}

/// The source of a copy, pinned to a version of itself where that is known.
#[derive(Debug, Clone, Copy)]
pub struct CopySource<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// The version, in a versioned bucket.
    pub version_id: Option<&'a str>,
    /// Only if the source still has this tag.
    pub if_match: Option<&'a ETag>,
}

/// The result of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyOutput {
    /// The tag of the new object or part.
    pub etag: ETag,
}

impl Operation for CopyObject<'_> {
    type Output = CopyOutput;

    fn request(&self) -> Result<Request, RequestError> {
        let directive = match self.metadata {
            MetadataDirective::Copy => None,
            MetadataDirective::Replace => Some("REPLACE"),
        };
        let request = Request::new(OperationKind::CopyObject, Method::PUT)
            .object(self.bucket, self.key)
            .properties(self.properties)
            .condition(self.condition)?
            .optional_header("x-amz-metadata-directive", directive)?;
        self.source.put_on(request)
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        document(
            OperationKind::CopyObject,
            answer,
            "CopyObjectResult",
            result,
        )
    }
}

impl CopySource<'_> {
    /// Adds the headers that name the source.
    pub(super) fn put_on(&self, request: Request) -> Result<Request, RequestError> {
        // It becomes a part of a path, as the bucket of the request does.
        let object = match check_bucket(self.bucket)? {
            Some(_) => "/object",
            None => "",
        };
        let mut source = format!("{}{object}/{}", self.bucket, encode::path(self.key));
        if let Some(version) = self.version_id {
            source.push_str("?versionId=");
            source.push_str(&encode::query_component(version));
        }
        request
            .header("x-amz-copy-source", &source)?
            .optional_header(
                "x-amz-copy-source-if-match",
                self.if_match.map(ETag::as_str),
            )
    }
}

/// Reads the children of `<CopyObjectResult>` or `<CopyPartResult>`.
pub(super) fn result(reader: &mut Reader<'_>) -> Result<CopyOutput, XmlError> {
    let mut etag = None;
    while let Some(name) = reader.child()? {
        match name {
            "ETag" => etag = Some(reader.text()?),
            _ => reader.skip()?,
        }
    }
    let etag = etag
        .filter(|tag| !tag.is_empty())
        .ok_or(XmlError::Missing("ETag"))?;
    Ok(CopyOutput {
        etag: ETag::new(etag),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::{assert_only_whole, parse};

    #[test]
    fn a_source_bucket_that_is_a_path_is_refused() {
        let source = CopySource {
            bucket: "a/b",
            key: "k",
            version_id: None,
            if_match: None,
        };
        assert!(
            CopyObject {
                bucket: "b",
                key: "k",
                source,
                metadata: MetadataDirective::Copy,
                properties: &Properties::default(),
                condition: Condition::Always,
            }
            .request()
            .is_err()
        );
    }

    #[test]
    fn the_source_is_encoded_and_pinned() {
        let tag = ETag::new("\"t\"");
        let source = CopySource {
            bucket: "src",
            key: "dir/a b+é",
            version_id: Some("v/1"),
            if_match: Some(&tag),
        };
        let copy = CopyObject {
            bucket: "b",
            key: "k",
            source,
            metadata: MetadataDirective::Replace,
            properties: &Properties::default(),
            condition: Condition::Always,
        };
        let request = copy.request().unwrap();
        let header = &request.headers["x-amz-copy-source"];
        assert_eq!(header, "src/dir/a%20b%2B%C3%A9?versionId=v%2F1");
        assert_eq!(request.headers["x-amz-copy-source-if-match"], "\"t\"");
        let point = "arn:aws:s3:us-west-2:123456789012:accesspoint/my-ap";
        let source = CopySource {
            bucket: point,
            version_id: None,
            ..source
        };
        let request = CopyObject { source, ..copy }.request().unwrap();
        let header = &request.headers["x-amz-copy-source"];
        assert_eq!(header, &format!("{point}/object/dir/a%20b%2B%C3%A9"));
        assert_eq!(request.headers["x-amz-metadata-directive"], "REPLACE");
        let body = "<CopyObjectResult><LastModified>2009-10-28T22:32:00</LastModified>\
                    <ETag>\"9b2cf535f27731c974343645a3985328\"</ETag></CopyObjectResult>";
        assert_only_whole(&copy, body);
        assert!(
            parse(&copy, 200, &[], "<CopyObjectResult/>").is_err(),
            "no tag"
        );
    }
}
