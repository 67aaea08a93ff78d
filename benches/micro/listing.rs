//! A page of a listing as a server sends it.

use std::{fmt::Write as _, hint::black_box};

use http::{HeaderMap, StatusCode};
use s4cmd::s3::{
    encode,
    op::ListObjectsV2,
    operation::{Answer, Operation as _},
};

use crate::{
    benchmark::{Benchmark, Iteration},
    keys::keys,
};

const KEYS: usize = 1_000;

/// From the bytes of the answer to its objects.
pub(crate) const PARSE: Benchmark = Benchmark {
    name: "parse-listing",
    item: "key",
    items: KEYS,
    is_pure: true,
    prepare,
};

fn prepare() -> Iteration {
    let (page, headers) = (page(), HeaderMap::new());
    let last = keys(KEYS).pop();
    Box::new(move || {
        let answer = Answer {
            status: StatusCode::OK,
            headers: &headers,
            body: black_box(page.as_bytes()),
        };
        let operation = ListObjectsV2 {
            bucket: "bucket",
            prefix: "photos/",
            delimiter: None,
            continuation_token: None,
            start_after: None,
            url_encoding: true,
        };
        let page = operation.parse(&answer).expect("a page");
        assert!(page.objects.last().map(|object| &object.key) == last.as_ref());
        page.objects.len()
    })
}

fn page() -> String {
    let mut page = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name>\
        <Prefix>photos/</Prefix><NextContinuationToken>1ueGcxLPRx1Tr</NextContinuationToken>\
        <KeyCount>1000</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>\
        <IsTruncated>true</IsTruncated>"
        .to_owned();
    for (number, key) in keys(KEYS).iter().enumerate() {
        let written = write!(
            page,
            "<Contents><Key>{}</Key><LastModified>2024-02-03T04:05:06.000Z</LastModified>\
             <ETag>&quot;{number:032x}&quot;</ETag><Size>{}</Size>\
             <StorageClass>STANDARD</StorageClass></Contents>",
            encode::path(key),
            1_000_000 + number,
        );
        written.expect("a string takes everything");
    }
    page.push_str("</ListBucketResult>");
    page
}
