use http::Method;
use jiff::Timestamp;

use crate::s3::{
    encode,
    error::{AnswerError, document},
    op::listing::boolean,
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
    time,
    types::{ETag, decimal},
    xml::{Reader, XmlError},
};

/// Lists all versions of the objects of a bucket, a page at a time: by key, the newest first.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>. At most
/// 1,000 on a page.
#[derive(Debug, Clone, Copy)]
pub struct ListObjectVersions<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// Only keys that begin so.
    pub prefix: &'a str,
    /// Where the page before ended: key and version id.
    pub marker: Option<(&'a str, &'a str)>,
    /// As in [`ListObjectsV2`](super::ListObjectsV2).
    pub url_encoding: bool,
}

/// A version of an object, or a mark that it was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectVersion {
    /// The key.
    pub key: String,
    /// Its identifier; `null` for what was stored without versions.
    pub version_id: String,
    /// Whether this is what the key stands for now.
    pub is_latest: bool,
    /// When it was written.
    pub last_modified: Option<Timestamp>,
    /// What there is of it; `None` for a mark.
    pub content: Option<VersionContent>,
}

/// What a version has that is no mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionContent {
    /// Bytes.
    pub size: u64,
    /// Its entity tag.
    pub etag: Option<ETag>,
    /// Its storage class, where the server says.
    pub storage_class: Option<String>,
}

/// A page of versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionPage {
    /// The versions and marks, in the server's order.
    pub versions: Vec<ObjectVersion>,
    /// Where the next page begins, if there is one: key and version id.
    pub next: Option<(String, String)>,
    /// Versions of keys that are not UTF-8: they cannot be named on a command line.
    pub unreadable: u64,
}

impl Operation for ListObjectVersions<'_> {
    type Output = VersionPage;

    fn request(&self) -> Result<Request, RequestError> {
        let marker = self.marker;
        // There may be none: a page can end with the last version of a key.
        let version = marker.map(|(_, version)| version);
        let version = version.filter(|version| !version.is_empty());
        Ok(Request::new(OperationKind::ListObjectVersions, Method::GET)
            .bucket(self.bucket)
            .parameter("versions", "")
            .parameter("prefix", self.prefix)
            .optional_parameter("key-marker", marker.map(|(key, _)| key))
            .optional_parameter("version-id-marker", version)
            .optional_parameter("encoding-type", self.url_encoding.then_some("url")))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        let kind = OperationKind::ListObjectVersions;
        document(kind, answer, "ListVersionsResult", page)
    }
}

fn page(reader: &mut Reader<'_>) -> Result<VersionPage, XmlError> {
    let mut page = VersionPage::default();
    let (mut truncated, mut url_encoded) = (None, false);
    let (mut key_marker, mut version_marker) = (String::new(), String::new());
    while let Some(name) = reader.child()? {
        match name {
            "Version" => page.versions.push(version(reader, true)?),
            "DeleteMarker" => page.versions.push(version(reader, false)?),
            "IsTruncated" => truncated = Some(boolean(&reader.value()?, "IsTruncated")?),
            "EncodingType" => url_encoded = reader.value()? == "url",
            "NextKeyMarker" => key_marker = reader.text()?,
            "NextVersionIdMarker" => version_marker = reader.text()?,
            _ => reader.skip()?,
        }
    }
    if url_encoded {
        let before = page.versions.len();
        page.versions.retain_mut(|version| {
            let decoded = encode::decode_listed(&version.key);
            decoded.map(|key| version.key = key).is_some()
        });
        page.unreadable = (before - page.versions.len()) as u64;
        let marker = encode::decode_listed(&key_marker);
        key_marker = marker.ok_or(XmlError::Value("NextKeyMarker"))?;
    }
    if truncated.ok_or(XmlError::Missing("IsTruncated"))? {
        page.next = Some((key_marker, version_marker));
    }
    Ok(page)
}

fn version(reader: &mut Reader<'_>, has_content: bool) -> Result<ObjectVersion, XmlError> {
    let (mut key, mut version_id, mut is_latest) = (None, None, None);
    let (mut last_modified, mut size, mut etag, mut storage_class) = (None, None, None, None);
    while let Some(name) = reader.child()? {
        match name {
            "Key" => key = Some(reader.text()?),
            "VersionId" => version_id = Some(reader.text()?),
            "IsLatest" => is_latest = Some(boolean(&reader.value()?, "IsLatest")?),
            "LastModified" => last_modified = time::parse_iso8601(&reader.value()?),
            "Size" => size = Some(decimal(&reader.value()?).ok_or(XmlError::Value("Size"))?),
            "ETag" => etag = ETag::parse(&reader.text()?),
            "StorageClass" => storage_class = Some(reader.text()?).filter(|name| !name.is_empty()),
            _ => reader.skip()?,
        }
    }
    let content = match has_content {
        true => Some(VersionContent {
            size: size.ok_or(XmlError::Missing("Size"))?,
            etag,
            storage_class,
        }),
        false => None,
    };
    Ok(ObjectVersion {
        key: key.ok_or(XmlError::Missing("Key"))?,
        version_id: version_id.ok_or(XmlError::Missing("VersionId"))?,
        is_latest: is_latest.ok_or(XmlError::Missing("IsLatest"))?,
        last_modified,
        content,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::{assert_only_whole, parse};

    fn list(marker: Option<(&'static str, &'static str)>) -> ListObjectVersions<'static> {
        ListObjectVersions {
            bucket: "b",
            prefix: "",
            marker,
            url_encoding: true,
        }
    }

    #[test]
    fn versions_and_marks_come_in_their_order() {
        let body = "<ListVersionsResult><EncodingType>url</EncodingType>\
            <NextKeyMarker>a+b</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>\
            <IsTruncated>true</IsTruncated><DeleteMarker><Key>a+b</Key>\
            <VersionId>v2</VersionId><IsLatest>true</IsLatest>\
            <LastModified>2010-11-10T20:48:33.000Z</LastModified></DeleteMarker><Version>\
            <Key>a+b</Key><VersionId>v1</VersionId><IsLatest>false</IsLatest><ETag>\"e\"</ETag>\
            <Size>7</Size><StorageClass>STANDARD</StorageClass><Owner><ID>o</ID></Owner>\
            </Version><Version><Key>%FF</Key><VersionId>null</VersionId>\
            <IsLatest>true</IsLatest><Size>0</Size></Version></ListVersionsResult>";
        assert_only_whole(&list(None), body);
        let page = parse(&list(None), 200, &[], body).unwrap();
        assert_eq!(page.next, Some(("a b".into(), "v1".into())));
        assert_eq!((page.versions.len(), page.unreadable), (2, 1));
        let [mark, version] = &page.versions[..] else {
            panic!();
        };
        assert_eq!((&*mark.key, &*mark.version_id), ("a b", "v2"));
        assert!(mark.is_latest && mark.content.is_none() && !version.is_latest);
        let content = version.content.as_ref().unwrap();
        assert_eq!(content.size, 7);
        assert_eq!(content.storage_class.as_deref(), Some("STANDARD"));
    }

    #[test]
    fn a_version_without_what_makes_it_one_is_refused() {
        let version = "<Key>k</Key><VersionId>v</VersionId><IsLatest>true</IsLatest><Size>1</Size>";
        let body = |version: &str| {
            format!(
                "<ListVersionsResult><IsTruncated>false</IsTruncated><Version>{version}\
                 </Version></ListVersionsResult>"
            )
        };
        parse(&list(None), 200, &[], &body(version)).unwrap();
        for (part, other) in [
            ("<Key>k</Key>", ""),
            ("<VersionId>v</VersionId>", ""),
            ("true", "yes"),
            ("<Size>1</Size>", ""),
            ("1", "-1"),
        ] {
            let broken = body(&version.replace(part, other));
            assert!(parse(&list(None), 200, &[], &broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_page_may_end_between_two_keys() {
        let request = list(Some(("k", ""))).request().unwrap();
        let named = |name: &str| request.query.iter().any(|(query, _)| query == name);
        assert!(named("key-marker") && !named("version-id-marker"));
    }
}
