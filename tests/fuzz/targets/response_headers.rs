//! What the headers of an answer say of an object. The first line is the request: the first and
//! the last byte of the range that is asked for, and the tag that the object must have.

use s4cmd::s3::{
    error::AnswerError,
    op::{
        GetObject, GetObjectOutput, HeadBucket, HeadObject, HeadObjectOutput, HeadPart, PutObject,
        UploadPart,
    },
    operation::Operation,
    payload::{Payload, PayloadHash},
    properties::Properties,
    request::{Condition, Role},
    time,
    types::{ByteRange, ContentRange, ETag, PartNumber, UploadId},
};

use super::{
    answer::{Written, bare_tag, plain_number, unhex},
    input,
};

pub fn run(data: &[u8]) {
    let [asked, _] = input::texts::<2>(data, b'\n');
    let answer = data.iter().position(|byte| *byte == b'\n');
    let written = Written::read(answer.map_or(&[], |end| &data[end + 1..]));
    let mut words = asked.split_ascii_whitespace();
    let mut number = || words.next().and_then(plain_number);
    let range = number().zip(number());
    let range = range.and_then(|(first, last)| ByteRange::new(first, last.checked_add(1)?));
    let tag = asked.split_ascii_whitespace().nth(2).map(ETag::new);
    get(&written, range, tag.as_ref());
    head(&written);
    part(&written);
    checksum(&written);
    stored(&written);
    bucket(&written);
}

fn get(written: &Written<'_>, range: Option<ByteRange>, if_match: Option<&ETag>) {
    let operation = GetObject {
        bucket: "b",
        key: "k",
        role: Role::Source,
        range,
        if_match,
    };
    let output = parsed(&operation, written);
    let length = length(written);
    // The size of the object, where the answer is the one that was asked for.
    let size = match range {
        Some(range) => content_range(written).and_then(|(first, last, total)| {
            let is_right = (first, last.checked_add(1)?) == (range.start, range.end);
            let is_whole = length == Some(range.end - range.start) && range.end <= total;
            (is_right && is_whole).then_some(total)
        }),
        None => length.filter(|_| written.status != 206),
    };
    let sent = written.header("etag").and_then(|tag| bare_tag(&tag));
    let wanted = if_match.map(|tag| bare_tag(tag.as_str()).unwrap_or_default());
    let is_version = wanted.is_none() || sent.is_none() || wanted == sent;
    let expected = size
        .zip(length)
        .filter(|_| written.is_success() && is_version);
    let told = output
        .as_ref()
        .ok()
        .map(|output| (output.object.size, output.content_length));
    assert_eq!(told, expected);
    if let Ok(GetObjectOutput { object, .. }) = &output {
        check_object(written, object);
    }
    check_failure(written, output.err());
}

fn head(written: &Written<'_>) {
    let operation = HeadObject {
        bucket: "b",
        key: "k",
        role: Role::Source,
        checksums: false,
    };
    let output = parsed(&operation, written);
    let expected = length(written).filter(|_| written.is_success());
    assert_eq!(output.as_ref().ok().map(|object| object.size), expected);
    if let Ok(object) = &output {
        check_object(written, object);
    }
    check_failure(written, output.err());
}

fn part(written: &Written<'_>) {
    let operation = HeadPart {
        bucket: "b",
        key: "k",
        role: Role::Source,
    };
    let is_part = written.header("x-amz-mp-parts-count").is_some();
    let expected = written
        .is_success()
        .then(|| length(written).filter(|_| is_part));
    assert_eq!(parsed(&operation, written).ok(), expected);
}

/// A sum of parts is never taken for one of the content.
fn checksum(written: &Written<'_>) {
    let operation = HeadObject {
        bucket: "b",
        key: "k",
        role: Role::Source,
        checksums: true,
    };
    if let Ok(Some(_)) = parsed(&operation, written).map(|object| object.checksum()) {
        assert_ne!(
            written.header("x-amz-checksum-type").as_deref(),
            Some("COMPOSITE")
        );
    }
}

fn stored(written: &Written<'_>) {
    let upload_id = UploadId("U".into());
    let part = UploadPart {
        bucket: "b",
        key: "k",
        upload_id: &upload_id,
        part_number: PartNumber::new(1).unwrap(),
        content_md5: None,
        payload: Payload::Empty,
        payload_hash: PayloadHash::Unsigned,
    };
    let put = PutObject {
        bucket: "b",
        key: "k",
        metadata: &[],
        properties: &Properties::default(),
        content_md5: None,
        payload: Payload::Empty,
        payload_hash: PayloadHash::Unsigned,
        condition: Condition::Always,
    };
    let tag = written.header("etag").filter(|tag| bare_tag(tag).is_some());
    let (put, part) = (parsed(&put, written), parsed(&part, written));
    if !written.is_success() {
        assert!(put.is_err() && part.is_err());
        return;
    }
    // A body may be an error document under a success.
    if written.body.is_empty() {
        assert!(put.is_ok());
    }
    assert_eq!(part.is_ok(), put.is_ok() && tag.is_some());
    let told = put.ok().map(|put| (put.etag, put.stored_md5));
    if let Some((etag, md5)) = &told {
        assert_eq!(etag.as_ref().map(ETag::as_str), tag.as_deref());
        assert_eq!(md5.map(Vec::from), content_md5(written));
    }
    let of_part = part.ok().map(|part| (Some(part.etag), part.stored_md5));
    assert!(of_part.is_none() || of_part == told);
}

fn bucket(written: &Written<'_>) {
    let output = parsed(&HeadBucket { bucket: "b" }, written);
    assert_eq!(output.is_ok(), written.is_success());
    if let Ok(output) = output {
        assert_eq!(output.region, written.header("x-amz-bucket-region"));
    }
}

fn check_object(written: &Written<'_>, object: &HeadObjectOutput) {
    let tag = written.header("etag").filter(|tag| bare_tag(tag).is_some());
    assert_eq!(object.etag.as_ref().map(ETag::as_str), tag.as_deref());
    let modified = written.header("last-modified");
    let modified = modified.and_then(|text| time::parse_http_date(&text));
    assert_eq!(object.last_modified, modified);
    assert_eq!(object.content_md5().map(Vec::from), content_md5(written));
    let own = written
        .header("x-amz-meta-md5")
        .and_then(|text| unhex(&text, 16));
    if own.is_some() {
        assert_eq!(object.metadata_md5().map(Vec::from), own);
    }
    let kept = [
        (Properties::content(object), CONTENT),
        (Properties::placement(object), PLACEMENT),
        (Properties::encryption(object), ENCRYPTION),
    ];
    for (kept, names) in kept {
        let is_meant = |name: &str| {
            let is_metadata = name.starts_with("x-amz-meta-") && names == CONTENT;
            is_metadata || names.contains(&name)
        };
        for (name, value) in kept.headers() {
            assert!(is_meant(name.as_str()), "{name}");
            let mut values = written.headers.get_all(name).iter();
            assert!(values.any(|other| other == value), "{name}");
        }
        let all = written.headers.keys();
        for name in all.filter(|name| is_meant(name.as_str())) {
            assert!(kept.headers().contains_key(name), "{name}");
        }
    }
}

/// Tags of what is encrypted by keys of others are no sums.
fn content_md5(written: &Written<'_>) -> Option<Vec<u8>> {
    let customer = "x-amz-server-side-encryption-customer-algorithm";
    let by_service = written.headers.get("x-amz-server-side-encryption");
    let is_kms = by_service.is_some_and(|value| value.as_bytes().starts_with(b"aws:kms"));
    if is_kms || written.headers.contains_key(customer) {
        return None;
    }
    unhex(&bare_tag(&written.header("etag")?)?, 16)
}

fn check_failure(written: &Written<'_>, error: Option<AnswerError>) {
    let Some(error) = error else { return };
    let service = error.service();
    assert_eq!(service.is_some(), !written.is_success());
    assert!(service.is_none_or(|error| error.status == written.status));
}

fn length(written: &Written<'_>) -> Option<u64> {
    plain_number(&written.header("content-length")?)
}

/// First byte, last byte and total.
fn content_range(written: &Written<'_>) -> Option<(u64, u64, u64)> {
    let text = written.header("content-range")?;
    let numbers = text.trim().strip_prefix("bytes ")?;
    let (first, rest) = numbers.split_once('-')?;
    let (last, total) = rest.split_once('/')?;
    let [first, last, total] = [first, last, total].map(plain_number);
    let range = (first?, last?, total?);
    let parsed = ContentRange::parse(&text);
    let is_sane = range.0 <= range.1 && range.1 < range.2;
    assert_eq!(parsed.is_some(), is_sane);
    is_sane.then_some(range)
}

fn parsed<O: Operation>(operation: &O, written: &Written<'_>) -> Result<O::Output, AnswerError> {
    operation.parse(&written.answer())
}

const CONTENT: &[&str] = &[
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
];
const PLACEMENT: &[&str] = &["x-amz-storage-class", "x-amz-website-redirect-location"];
const ENCRYPTION: &[&str] = &[
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
];
