//! What both versions of the object listing have in common.

use jiff::Timestamp;

use crate::s3::{
    encode, time,
    types::{ETag, decimal},
    xml::{Reader, XmlError},
};

/// One page of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListPage {
    /// The objects, in the server's order.
    pub objects: Vec<ListedObject>,
    /// The common prefixes, with the delimiter at their end.
    pub prefixes: Vec<String>,
    /// Whether more follows.
    pub truncated: bool,
    /// Where the next page begins: the continuation token, or the marker of version 1. A truncated
    /// page without it cannot be continued by token.
    pub next: Option<String>,
    /// Objects whose names are not UTF-8: they cannot be named on a command line.
    pub unreadable: u64,
}

/// One object of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObject {
    /// The key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// When it was last written.
    pub last_modified: Option<Timestamp>,
    /// Its entity tag; some stores leave it out.
    pub etag: Option<ETag>,
    /// Its storage class, where the server says.
    pub storage_class: Option<String>,
}

/// Which elements are encoded is known only at the end of the page: `<EncodingType>` may come
/// after the keys. So the page is read raw and decoded as a whole.
#[derive(Default)]
struct RawPage {
    page: ListPage,
    url_encoded: bool,
    next_token: Option<String>,
    next_marker: Option<String>,
}

/// Reads the children of `<ListBucketResult>`.
pub(super) fn page(reader: &mut Reader<'_>) -> Result<ListPage, XmlError> {
    let mut raw = RawPage::default();
    let mut truncated = None;
    while let Some(name) = reader.child()? {
        match name {
            "Contents" => raw.page.objects.push(object(reader)?),
            "CommonPrefixes" => {
                while let Some(name) = reader.child()? {
                    match name {
                        "Prefix" => raw.page.prefixes.push(reader.text()?),
                        _ => reader.skip()?,
                    }
                }
            }
            "IsTruncated" => truncated = Some(boolean(&reader.value()?, "IsTruncated")?),
            "NextContinuationToken" => raw.next_token = non_empty(reader.text()?),
            "NextMarker" => raw.next_marker = non_empty(reader.text()?),
            "EncodingType" => raw.url_encoded = reader.value()? == "url",
            _ => reader.skip()?,
        }
    }
    raw.page.truncated = truncated.ok_or(XmlError::Missing("IsTruncated"))?;
    raw.decode()
}

impl RawPage {
    fn decode(mut self) -> Result<ListPage, XmlError> {
        // The token is opaque and never encoded; the marker is a key.
        let marker = match self.next_marker {
            Some(marker) if self.url_encoded => {
                Some(encode::decode_listed(&marker).ok_or(XmlError::Value("NextMarker"))?)
            }
            marker => marker,
        };
        self.page.next = self.next_token.or(marker);
        if self.url_encoded {
            let page = &mut self.page;
            let before = page.objects.len() + page.prefixes.len();
            page.objects
                .retain_mut(|object| decode_in_place(&mut object.key));
            page.prefixes.retain_mut(decode_in_place);
            page.unreadable = (before - page.objects.len() - page.prefixes.len()) as u64;
        }
        Ok(self.page)
    }
}

fn decode_in_place(text: &mut String) -> bool {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return true;
    }
    match encode::decode_listed(text) {
        Some(decoded) => {
            *text = decoded;
            true
        }
        None => false,
    }
}

fn object(reader: &mut Reader<'_>) -> Result<ListedObject, XmlError> {
    let mut key = None;
    let mut size = None;
    let mut last_modified = None;
    let mut etag = None;
    let mut storage_class = None;
    while let Some(name) = reader.child()? {
        match name {
            "Key" => key = Some(reader.text()?),
            "Size" => size = Some(decimal(&reader.value()?).ok_or(XmlError::Value("Size"))?),
            "LastModified" => last_modified = time::parse_iso8601(&reader.value()?),
            "ETag" => etag = ETag::parse(reader.text()?),
            "StorageClass" => storage_class = non_empty(reader.text()?),
            _ => reader.skip()?,
        }
    }
    Ok(ListedObject {
        key: key.ok_or(XmlError::Missing("Key"))?,
        size: size.ok_or(XmlError::Missing("Size"))?,
        last_modified,
        etag,
        storage_class,
    })
}

pub(super) fn boolean(text: &str, element: &'static str) -> Result<bool, XmlError> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(XmlError::Value(element)),
    }
}

pub(super) fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
