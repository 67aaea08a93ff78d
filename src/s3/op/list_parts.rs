use http::Method;

use crate::s3::{
    error::{AnswerError, document},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
    types::{ETag, PartNumber, UploadId, decimal},
    xml::{Reader, XmlError},
};

/// Lists the parts that an upload has, a page at a time.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html>. At most 1,000 on
/// a page.
#[derive(Debug, Clone, Copy)]
pub struct ListParts<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// The upload.
    pub upload_id: &'a UploadId,
    /// Only parts behind this one.
    pub marker: Option<PartNumber>,
}

/// A stored part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPart {
    /// Its number.
    pub part_number: PartNumber,
    /// Its tag.
    pub etag: ETag,
    /// Bytes.
    pub size: u64,
}

/// A page of parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartPage {
    /// The parts, ascending.
    pub parts: Vec<ListedPart>,
    /// Where the next page begins, if there is one.
    pub next: Option<PartNumber>,
}

impl Operation for ListParts<'_> {
    type Output = PartPage;

    fn request(&self) -> Result<Request, RequestError> {
        Ok(Request::new(OperationKind::ListParts, Method::GET)
            .object(self.bucket, self.key)
            .parameter("uploadId", self.upload_id.0.clone())
            .optional_parameter(
                "part-number-marker",
                self.marker.map(|part| part.to_string()),
            ))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        document(OperationKind::ListParts, answer, "ListPartsResult", page)
    }
}

fn page(reader: &mut Reader<'_>) -> Result<PartPage, XmlError> {
    let mut parts = Vec::new();
    let mut truncated = false;
    while let Some(name) = reader.child()? {
        match name {
            "Part" => parts.push(part(reader)?),
            "IsTruncated" => truncated = reader.value()? == "true",
            _ => reader.skip()?,
        }
    }
    let last = parts.last().map(|part| part.part_number);
    if truncated && last.is_none() {
        return Err(XmlError::Missing("Part"));
    }
    Ok(PartPage {
        parts,
        next: last.filter(|_| truncated),
    })
}

fn part(reader: &mut Reader<'_>) -> Result<ListedPart, XmlError> {
    let (mut part_number, mut etag, mut size) = (None, None, None);
    while let Some(name) = reader.child()? {
        match name {
            "PartNumber" => part_number = decimal(&reader.value()?).and_then(PartNumber::new),
            "ETag" => etag = Some(ETag::new(reader.text()?)),
            "Size" => size = decimal(&reader.value()?),
            _ => reader.skip()?,
        }
    }
    Ok(ListedPart {
        part_number: part_number.ok_or(XmlError::Value("PartNumber"))?,
        etag: etag.ok_or(XmlError::Missing("ETag"))?,
        size: size.ok_or(XmlError::Value("Size"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::{assert_only_whole, parse};

    #[test]
    fn parses_parts_and_goes_on_behind_the_last() {
        let upload_id = UploadId("U".into());
        let list = ListParts {
            bucket: "b",
            key: "k",
            upload_id: &upload_id,
            marker: None,
        };
        let body = "<ListPartsResult><IsTruncated>true</IsTruncated><Part>\
            <PartNumber>2</PartNumber><LastModified>2010-11-10T20:48:34.000Z</LastModified>\
            <ETag>\"7778aef83f66abc1fa1e8477f296d394\"</ETag><Size>10485760</Size></Part>\
            </ListPartsResult>";
        assert_only_whole(&list, body);
        let page = parse(&list, 200, &[], body).unwrap();
        assert_eq!(page.parts[0].size, 10_485_760);
        assert_eq!(page.next, PartNumber::new(2));
    }

    #[test]
    fn a_part_number_out_of_range_is_malformed() {
        let upload_id = UploadId("U".into());
        let list = ListParts {
            bucket: "b",
            key: "k",
            upload_id: &upload_id,
            marker: None,
        };
        let body = "<ListPartsResult><Part><PartNumber>10001</PartNumber><ETag>e</ETag>\
                    <Size>1</Size></Part></ListPartsResult>";
        assert!(parse(&list, 200, &[], body).is_err());
    }
}
