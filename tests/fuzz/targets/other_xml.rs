//! The documents that are read more rarely: parts, buckets, open uploads, tags, lists of
//! permissions.

use s4cmd::s3::{
    acl::Acl,
    op::{
        GetAcl, GetObjectTagging, ListBuckets, ListMultipartUploads, ListObjectVersions, ListParts,
        PutAcl,
    },
    operation::{Answer, Operation},
    payload::Payload,
    types::UploadId,
    xml::can_carry,
};

use super::{
    answer::plain_number,
    xml::{DEEPEST, Element},
};

pub fn run(data: &[u8]) {
    let root = Element::read(data);
    let root = root.as_ref();
    parts(data, root);
    buckets(data, root);
    uploads(data);
    versions(data);
    tags(data, root);
    acl(data);
}

fn parts(data: &[u8], root: Option<&Element>) {
    let upload_id = UploadId("U".into());
    let operation = ListParts {
        bucket: "b",
        key: "k",
        upload_id: &upload_id,
        marker: None,
    };
    let page = parsed(&operation, data);
    if let Some(page) = &page {
        let mut numbers = page.parts.iter().map(|part| part.part_number.get());
        assert!(numbers.clone().all(|number| (1..=10_000).contains(&number)));
        // A page that another one follows says behind what.
        let next = page.next.map(|part| part.get());
        assert!(next.is_none() || next == numbers.next_back());
    }
    let Some(root) = root else {
        return;
    };
    let expected = (|| {
        let is_right = is_right(root, "ListPartsResult") && root.are_plain(&["IsTruncated"]);
        let parts = root.named("Part").filter(|_| is_right).map(|part| {
            let is_plain = part.are_plain(&["PartNumber", "ETag", "Size"]);
            let number = plain_number(part.last("PartNumber")?);
            let number = number.filter(|number| (1..=10_000).contains(number) && is_plain)?;
            let tag = part.last("ETag")?.to_owned();
            Some((number, tag, plain_number(part.last("Size")?)?))
        });
        let parts: Vec<_> = parts.collect::<Option<_>>()?;
        let truncated = root.last("IsTruncated") == Some("true");
        (is_right && !(truncated && parts.is_empty())).then_some(parts)
    })();
    let listed = page.map(|page| {
        let parts = page.parts.into_iter();
        let part = parts.map(|part| {
            let number = part.part_number.get().into();
            (number, part.etag.as_str().to_owned(), part.size)
        });
        part.collect::<Vec<_>>()
    });
    assert_eq!(listed, expected);
}

fn buckets(data: &[u8], root: Option<&Element>) {
    let listed = parsed(&ListBuckets, data);
    let listed = listed.map(|buckets| buckets.into_iter().map(|bucket| bucket.name));
    let listed = listed.map(Iterator::collect::<Vec<_>>);
    if let Some(names) = &listed {
        assert!(names.iter().all(|name| !name.is_empty()));
    }
    let Some(root) = root else {
        return;
    };
    let names = root.named("Buckets").flat_map(|buckets| &buckets.children);
    let names = names.map(|bucket| {
        let is_plain = bucket.are_plain(&["Name", "CreationDate"]);
        let name = bucket
            .last("Name")
            .filter(|name| is_plain && !name.is_empty());
        name.map(str::to_owned)
    });
    let names = names.collect::<Option<Vec<_>>>();
    assert_eq!(
        listed,
        names.filter(|_| is_right(root, "ListAllMyBucketsResult"))
    );
}

fn uploads(data: &[u8]) {
    let operation = ListMultipartUploads {
        bucket: "b",
        prefix: "",
        marker: None,
        url_encoding: true,
    };
    if let Some(page) = parsed(&operation, data) {
        let texts = page
            .uploads
            .iter()
            .map(|upload| upload.key.len() + upload.upload_id.0.len());
        assert!(texts.sum::<usize>() <= data.len());
    }
}

fn versions(data: &[u8]) {
    let operation = ListObjectVersions {
        bucket: "b",
        prefix: "",
        marker: None,
        url_encoding: true,
    };
    if let Some(page) = parsed(&operation, data) {
        let texts = page
            .versions
            .iter()
            .map(|version| version.key.len() + version.version_id.len());
        assert!(texts.sum::<usize>() <= data.len());
    }
}

/// A list that was read is written so that it is read as the same.
fn acl(data: &[u8]) {
    let get = GetAcl {
        bucket: "b",
        key: None,
    };
    let Some(acl) = parsed(&get, data) else {
        return;
    };
    let put = PutAcl {
        bucket: "b",
        key: None,
        acl: Some(&acl),
    };
    let texts = acl.grants.iter().map(|grant| grant.grantee.name());
    let texts = texts.chain(acl.grants.iter().map(|grant| &*grant.permission));
    if !texts.chain(acl.owner.as_deref()).all(can_carry) {
        return;
    }
    let Payload::Bytes(written) = put.request().unwrap().payload else {
        panic!("no document")
    };
    let again = parsed(&get, &written).expect("it was just written");
    let named = |acl: &Acl| -> Vec<_> {
        let grants = acl.grants.iter();
        grants
            .map(|grant| (grant.grantee.name().to_owned(), grant.permission.clone()))
            .collect()
    };
    assert_eq!((named(&again), again.owner), (named(&acl), acl.owner));
}

fn tags(data: &[u8], root: Option<&Element>) {
    let operation = GetObjectTagging {
        bucket: "b",
        key: "k",
    };
    let tags = parsed(&operation, data);
    if let Some(tags) = &tags {
        check_header(&tags.0, &tags.header_value());
    }
    let Some(root) = root else {
        return;
    };
    let sets: Option<Vec<_>> = root.named("TagSet").map(tag_set).collect();
    let last = sets.and_then(|mut sets| sets.pop());
    let expected = last.filter(|_| is_right(root, "Tagging"));
    assert_eq!(tags.map(|tags| tags.0), expected);
}

fn tag_set(set: &Element) -> Option<Vec<(String, String)>> {
    let tag = |tag: &Element| {
        let is_plain = tag.are_plain(&["Key", "Value"]);
        let key = tag.last("Key").filter(|_| is_plain)?.to_owned();
        Some((key, tag.last("Value").unwrap_or_default().to_owned()))
    };
    set.named("Tag").map(tag).collect()
}

/// The header is text that HTTP can carry, and has the same tags.
fn check_header(tags: &[(String, String)], header: &str) {
    assert!(header.bytes().all(|byte| (0x21..=0x7e).contains(&byte)));
    let pairs = header.split('&').filter(|_| !tags.is_empty());
    let decode = |text: &str| {
        let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
        decoded.unwrap().into_owned()
    };
    let mut sent: Vec<_> = pairs
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (decode(name), decode(value)))
        .collect();
    let mut tags = tags.to_vec();
    sent.sort();
    tags.sort();
    assert_eq!(sent, tags);
}

fn is_right(root: &Element, name: &str) -> bool {
    root.name == name && root.depth() <= DEEPEST
}

fn parsed<O: Operation>(operation: &O, body: &[u8]) -> Option<O::Output> {
    let answer = Answer {
        status: http::StatusCode::OK,
        headers: &http::HeaderMap::new(),
        body,
    };
    operation.parse(&answer).ok()
}
