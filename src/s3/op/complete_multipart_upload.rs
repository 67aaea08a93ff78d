use http::Method;

use crate::s3::{
    error::{AnswerError, document},
    operation::{Answer, Operation, OperationKind},
    request::{Condition, Request, RequestError},
    types::{ETag, PartNumber, UploadId},
    xml::{Writer, XmlError},
};

/// Makes an object of the parts of an upload.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>. The
/// server answers 200 at once, sends blanks while it works, and then either the result or an
/// error: only the result counts.
#[derive(Debug, Clone, Copy)]
pub struct CompleteMultipartUpload<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// The upload.
    pub upload_id: &'a UploadId,
    /// All parts, in ascending order.
    pub parts: &'a [CompletedPart],
    /// On what it depends.
    pub condition: Condition<'a>,
}

/// A part as the server acknowledged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedPart {
    /// Its number.
    pub part_number: PartNumber,
    /// The tag that storing it gave.
    pub etag: ETag,
}

impl Operation for CompleteMultipartUpload<'_> {
    /// The tag of the object; `None` from stores that leave it empty at first.
    type Output = Option<ETag>;

    fn request(&self) -> Result<Request, RequestError> {
        let document = Writer::document("CompleteMultipartUpload", |w| {
            for part in self.parts {
                w.element("Part", |w| {
                    w.text("PartNumber", &part.part_number.to_string());
                    w.text("ETag", part.etag.as_str());
                });
            }
        });
        Ok(
            Request::new(OperationKind::CompleteMultipartUpload, Method::POST)
                .object(self.bucket, self.key)
                .parameter("uploadId", self.upload_id.0.clone())
                .condition(self.condition)?
                .document(document),
        )
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        let kind = OperationKind::CompleteMultipartUpload;
        document(kind, answer, "CompleteMultipartUploadResult", |reader| {
            let mut etag = None;
            while let Some(name) = reader.child()? {
                match name {
                    "ETag" => etag = Some(reader.text()?),
                    _ => reader.skip()?,
                }
            }
            let etag = etag.ok_or(XmlError::Missing("ETag"))?;
            Ok(ETag::parse(etag))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::{assert_only_whole, parse};

    #[test]
    fn only_the_whole_result_is_success() {
        let upload_id = UploadId("U".into());
        let complete = CompleteMultipartUpload {
            bucket: "b",
            key: "k",
            upload_id: &upload_id,
            parts: &[],
            condition: Condition::Always,
        };
        let result = "<CompleteMultipartUploadResult><Location>l</Location><Bucket>b</Bucket>\
                      <Key>k</Key><ETag>&quot;e-2&quot;</ETag></CompleteMultipartUploadResult>";
        assert_only_whole(&complete, result);
        let late = format!("   \n  <?xml version=\"1.0\"?>\n{result}");
        let etag = parse(&complete, 200, &[], &late).unwrap();
        assert_eq!(etag, Some(ETag::new("\"e-2\"")));
        assert!(
            parse(&complete, 200, &[], &" ".repeat(100)).is_err(),
            "blanks only"
        );
    }
}
