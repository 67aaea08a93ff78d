use http::Method;
use jiff::Timestamp;

use crate::s3::{
    encode,
    error::{AnswerError, document},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
    time,
    types::UploadId,
    xml::{Reader, XmlError},
};

/// Lists the open multipart uploads of a bucket, a page at a time.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html>. At
/// most 1,000 on a page.
#[derive(Debug, Clone, Copy)]
pub struct ListMultipartUploads<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// Only keys that begin so.
    pub prefix: &'a str,
    /// Where the page before ended: key and upload id.
    pub marker: Option<(&'a str, &'a str)>,
    /// As in [`ListObjectsV2`](super::ListObjectsV2).
    pub url_encoding: bool,
}

/// An open upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultipartUpload {
    /// The key it is for.
    pub key: String,
    /// Its identifier.
    pub upload_id: UploadId,
    /// When it was opened.
    pub initiated: Option<Timestamp>,
}

/// A page of open uploads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MultipartUploadPage {
    /// The uploads.
    pub uploads: Vec<MultipartUpload>,
    /// Where the next page begins, if there is one: key and upload id.
    pub next: Option<(String, String)>,
}

impl Operation for ListMultipartUploads<'_> {
    type Output = MultipartUploadPage;

    fn request(&self) -> Result<Request, RequestError> {
        Ok(
            Request::new(OperationKind::ListMultipartUploads, Method::GET)
                .bucket(self.bucket)
                .parameter("uploads", "")
                .parameter("prefix", self.prefix)
                .optional_parameter("key-marker", self.marker.map(|(key, _)| key))
                .optional_parameter("upload-id-marker", self.marker.map(|(_, id)| id))
                .optional_parameter("encoding-type", self.url_encoding.then_some("url")),
        )
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        let kind = OperationKind::ListMultipartUploads;
        document(kind, answer, "ListMultipartUploadsResult", page)
    }
}

fn page(reader: &mut Reader<'_>) -> Result<MultipartUploadPage, XmlError> {
    let mut uploads = Vec::new();
    let mut truncated = false;
    let mut url_encoded = false;
    let (mut key_marker, mut id_marker) = (String::new(), String::new());
    while let Some(name) = reader.child()? {
        match name {
            "Upload" => uploads.push(upload(reader)?),
            "IsTruncated" => truncated = reader.value()? == "true",
            "EncodingType" => url_encoded = reader.value()? == "url",
            "NextKeyMarker" => key_marker = reader.text()?,
            "NextUploadIdMarker" => id_marker = reader.text()?,
            _ => reader.skip()?,
        }
    }
    if url_encoded {
        for upload in &mut uploads {
            upload.key = decode(&upload.key, "Key")?;
        }
        key_marker = decode(&key_marker, "NextKeyMarker")?;
    }
    Ok(MultipartUploadPage {
        uploads,
        next: truncated.then_some((key_marker, id_marker)),
    })
}

fn decode(text: &str, element: &'static str) -> Result<String, XmlError> {
    encode::decode_listed(text).ok_or(XmlError::Value(element))
}

fn upload(reader: &mut Reader<'_>) -> Result<MultipartUpload, XmlError> {
    let (mut key, mut upload_id, mut initiated) = (None, None, None);
    while let Some(name) = reader.child()? {
        match name {
            "Key" => key = Some(reader.text()?),
            "UploadId" => upload_id = Some(UploadId(reader.text()?)),
            "Initiated" => initiated = time::parse_iso8601(&reader.value()?),
            _ => reader.skip()?,
        }
    }
    Ok(MultipartUpload {
        key: key.ok_or(XmlError::Missing("Key"))?,
        upload_id: upload_id.ok_or(XmlError::Missing("UploadId"))?,
        initiated,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::{assert_only_whole, parse};

    #[test]
    fn parses_uploads_and_both_markers() {
        let list = ListMultipartUploads {
            bucket: "b",
            prefix: "",
            marker: None,
            url_encoding: true,
        };
        let body = "<ListMultipartUploadsResult><EncodingType>url</EncodingType>\
            <NextKeyMarker>a+b</NextKeyMarker><NextUploadIdMarker>U</NextUploadIdMarker>\
            <IsTruncated>true</IsTruncated><Upload><Key>a+b</Key><UploadId>U</UploadId>\
            <Initiator><ID>i</ID></Initiator><Initiated>2010-11-10T20:48:33.000Z</Initiated>\
            </Upload></ListMultipartUploadsResult>";
        assert_only_whole(&list, body);
        let page = parse(&list, 200, &[], body).unwrap();
        assert_eq!(page.uploads[0].key, "a b");
        assert_eq!(page.next, Some(("a b".into(), "U".into())));
    }
}
