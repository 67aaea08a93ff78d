use http::Method;

use crate::s3::{
    encode,
    error::{AnswerError, document},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError, Role},
    xml::{Reader, XmlError},
};

/// Asks for the tags of an object.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html>. At most 10
/// tags.
#[derive(Debug, Clone, Copy)]
pub struct GetObjectTagging<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
}

/// Tags, as names and values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(pub Vec<(String, String)>);

impl Tags {
    /// As the header `x-amz-tagging` has them: like the query of a URL.
    pub fn header_value(&self) -> String {
        encode::query(&self.0)
    }
}

impl Operation for GetObjectTagging<'_> {
    type Output = Tags;

    fn request(&self) -> Result<Request, RequestError> {
        Ok(Request::new(OperationKind::GetObjectTagging, Method::GET)
            .object(self.bucket, self.key)
            .role(Role::CopySource)
            .parameter("tagging", ""))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        document(
            OperationKind::GetObjectTagging,
            answer,
            "Tagging",
            |reader| {
                let mut tags = None;
                while let Some(name) = reader.child()? {
                    match name {
                        "TagSet" => tags = Some(tag_set(reader)?),
                        _ => reader.skip()?,
                    }
                }
                tags.map(Tags).ok_or(XmlError::Missing("TagSet"))
            },
        )
    }
}

fn tag_set(reader: &mut Reader<'_>) -> Result<Vec<(String, String)>, XmlError> {
    let mut tags = Vec::new();
    while let Some(name) = reader.child()? {
        match name {
            "Tag" => tags.push(tag(reader)?),
            _ => reader.skip()?,
        }
    }
    Ok(tags)
}

fn tag(reader: &mut Reader<'_>) -> Result<(String, String), XmlError> {
    let (mut key, mut value) = (None, String::new());
    while let Some(name) = reader.child()? {
        match name {
            "Key" => key = Some(reader.text()?),
            "Value" => value = reader.text()?,
            _ => reader.skip()?,
        }
    }
    Ok((key.ok_or(XmlError::Missing("Key"))?, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::{assert_only_whole, parse};

    #[test]
    fn tags_go_from_the_document_to_the_header() {
        let get = GetObjectTagging {
            bucket: "b",
            key: "k",
        };
        let body = "<Tagging><TagSet><Tag><Key>a b</Key><Value>1&amp;2</Value></Tag>\
                    <Tag><Key>c</Key><Value/></Tag></TagSet></Tagging>";
        assert_only_whole(&get, body);
        let tags = parse(&get, 200, &[], body).unwrap();
        assert_eq!(tags.header_value(), "a%20b=1%262&c=");
    }
}
