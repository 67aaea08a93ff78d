//! The requests of this crate beside those of boto3, which the original is built on.
//!
//! Two differences hold for every request, and are no rows of [`DIFFERENCES`]:
//!
//! * The query is compared as the server reads it. boto3 keeps the order in which it was built and
//!   writes bare names (`?uploads`). The crate sends the very string that it signs, which is sorted
//!   and has `uploads=`: what is signed and what is sent cannot differ then.
//! * Header names are compared without regard to case (HTTP does the same), and a request without
//!   `Content-Length` is one without a body, which is how the HTTP library below may put it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use md5::{Digest as _, Md5};
use percent_encoding::percent_decode_str;
use s4cmd::s3::{
    api_option::{API_OPTIONS, ApiOption, ApiOptions, Value, ValueKind, Wire},
    encode,
    endpoint::{Addressing, Endpoint},
    op::{
        AbortMultipartUpload, CompleteMultipartUpload, CompletedPart, CopyObject, CopySource,
        CreateBucket, CreateMultipartUpload, DeleteBucket, DeleteBucketPolicy, DeleteObject,
        DeleteObjects, GetAcl, GetBucketPolicy, GetObject, GetObjectTagging, HeadBucket,
        HeadObject, ListBuckets, ListMultipartUploads, ListObjectVersions, ListObjects,
        ListObjectsV2, ListParts, MetadataDirective, PutAcl, PutBucketPolicy, PutObject,
        UploadPart, UploadPartCopy,
    },
    operation::{Operation as _, OperationKind},
    payload::{Payload, PayloadHash},
    properties::Properties,
    request::{Condition, Request, RequestError, Role},
    sigv4::{self, Credentials, Scope, Signable},
    types::{ByteRange, ETag, PartNumber, UploadId},
};
use serde_json::Value as Json;
use sha2::Sha256;

/// Every way in which a request of the crate is not boto3's, each for a reason.
const DIFFERENCES: &[Difference] = &[
    Difference {
        what: "no Expect: 100-continue",
        why: "the HTTP library cannot wait for the interim answer; to announce a wait and not to \
              wait is worse than to send at once",
        concerns: |record| record.header("expect").is_some(),
        change: |sent| sent.drop_header("expect"),
    },
    Difference {
        what: "Content-MD5 in place of a CRC32",
        why: "every store checks Content-MD5, many do not know the newer checksums or refuse them",
        concerns: |record| {
            record.is_base(&["PutObject", "UploadPart"]) && record.header(CRC32).is_some()
        },
        change: |sent| {
            sent.drop_header(CRC32);
            sent.drop_header(ALGORITHM);
            sent.set_content_md5();
        },
    },
    Difference {
        what: "no x-amz-checksum-mode",
        why: "it asks for checksums that only some stores keep; the crate checks lengths, tags and \
              MD5",
        concerns: |record| record.header("x-amz-checksum-mode").is_some(),
        change: |sent| sent.drop_header("x-amz-checksum-mode"),
    },
    Difference {
        what: "Accept-Encoding: identity",
        why: "a proxy that compresses would change lengths and hashes",
        concerns: |record| record.operation() == "GetObject",
        change: |sent| sent.set_header("accept-encoding", "identity"),
    },
    Difference {
        what: "DeleteObjects asks for the whole answer and deletes no versions",
        why: "in a quiet answer a key that the server forgot would look deleted; the tool has no \
              way to name versions of many objects",
        concerns: |record| record.operation() == "DeleteObjects",
        change: |sent| {
            sent.drop_text("<VersionId>v</VersionId>");
            sent.drop_text("<Quiet>true</Quiet>");
        },
    },
    Difference {
        what: "documents with Content-MD5 in place of a CRC32",
        why: "S3 requires one of the two, and every store knows the older",
        concerns: |record| ["DeleteObjects", "PutBucketPolicy"].contains(&record.operation()),
        change: |sent| {
            sent.drop_header(CRC32);
            sent.drop_header(ALGORITHM);
            sent.set_content_md5();
        },
    },
    Difference {
        what: "lists of permissions that headers tell have no sum, and are those of the options",
        why: "there is no body to sum",
        concerns: |record| ["PutObjectAcl", "PutBucketAcl"].contains(&record.operation()),
        change: |sent| {
            sent.drop_header(CRC32);
            sent.drop_header(ALGORITHM);
            if sent
                .headers
                .get("x-amz-acl")
                .is_some_and(|acl| acl == "private")
            {
                sent.drop_header("x-amz-acl");
            }
        },
    },
    Difference {
        what: "CompleteMultipartUpload without checksums of parts",
        why: "parts are sent with Content-MD5, so there are none",
        concerns: |record| record.operation() == "CompleteMultipartUpload",
        change: |sent| sent.drop_text("<ChecksumCRC32>AAAAAA==</ChecksumCRC32>"),
    },
    Difference {
        what: "the version in x-amz-copy-source is encoded",
        why: "the header is read like a URL; version ids of other stores need not be URL-safe",
        concerns: |record| record.operation() == "UploadPartCopy",
        change: |sent| {
            let source = sent.headers[COPY_SOURCE].clone();
            let encoded = source.replace("?versionId=v/1", "?versionId=v%2F1");
            sent.set_header(COPY_SOURCE, &encoded);
        },
    },
    Difference {
        what: "ListParts sends a customer's key in base64 with its MD5",
        why: "S3 defines the header as base64; boto3 sends the raw key for this operation alone",
        concerns: |record| record.operation() == "ListParts" && record.option() == "SSECustomerKey",
        change: |sent| {
            let key = "x-amz-server-side-encryption-customer-key";
            let raw = sent.headers[key].clone();
            sent.set_header(key, &STANDARD.encode(&raw));
            sent.set_header(&format!("{key}-md5"), &STANDARD.encode(Md5::digest(raw)));
        },
    },
    Difference {
        what: "a metadata name with a space is refused",
        why: "HTTP has no such header names",
        concerns: |record| {
            record.kind() == "metadata-edge" && record.json["value"].get("a b").is_some()
        },
        change: |sent| sent.refused = true,
    },
];

#[test]
fn every_request_is_that_of_boto3_but_for_the_listed_differences() {
    let records = records();
    assert_eq!(records.len(), 303);
    let mut seen = vec![0; DIFFERENCES.len()];
    let mut failures = Vec::new();
    for record in &records {
        let mut expected = record.sent(&records);
        for (difference, seen) in DIFFERENCES.iter().zip(&mut seen) {
            if !(difference.concerns)(record) {
                continue;
            }
            let before = expected.clone();
            (difference.change)(&mut expected);
            if expected == before {
                failures.push(format!("{record}: not seen: {}", difference.what));
            }
            *seen += 1;
        }
        expected.measure_body();
        let actual = record.send();
        if actual != expected {
            failures.push(format!("{record}\n  sent {actual:?}\n  want {expected:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    for (difference, seen) in DIFFERENCES.iter().zip(seen) {
        let Difference { what, why, .. } = difference;
        println!("{seen} records differ: {what} ({why})");
        assert!(seen > 0, "stale row: {what}");
    }
}

#[test]
fn every_operation_of_the_crate_has_a_record() {
    let records = records();
    for kind in OperationKind::ALL {
        let recorded = records
            .iter()
            .filter(|record| record.is_base(&[kind.name()]));
        assert_eq!(recorded.count(), 2, "{kind}");
    }
    for record in &records {
        record.operation_kind();
    }
}

#[test]
fn every_option_of_the_crate_has_a_record_for_each_of_its_operations() {
    let recorded: BTreeSet<_> = records()
        .iter()
        .filter(|record| record.kind() == "option")
        .map(|record| {
            (
                format!("API-{}", record.option()),
                record.operation().to_owned(),
            )
        })
        .collect();
    let offered: BTreeSet<_> = API_OPTIONS
        .iter()
        .flat_map(|option| {
            let operations = option.operations.iter();
            operations.map(|kind| (option.flag.to_owned(), kind.name().to_owned()))
        })
        .collect();
    assert_eq!(recorded, offered);
}

#[test]
fn metadata_that_headers_cannot_carry_is_refused_before_sending() {
    let mut refused = 0;
    for record in records() {
        if record.kind() != "metadata-edge" || record.json["error"].is_null() {
            continue;
        }
        let value = &record.json["value"];
        let name_is_bad = value.get("k").is_none();
        match record.request() {
            Err(RequestError::HeaderName { name }) if name_is_bad => {
                assert_eq!(name, "x-amz-meta-ké");
            }
            Err(RequestError::HeaderValue { name }) if !name_is_bad => {
                assert_eq!(name, "x-amz-meta-k");
            }
            other => panic!("{value}: {other:?}"),
        }
        // The metadata of the operation itself is held to the same rules.
        let metadata = map(value);
        let create = CreateMultipartUpload {
            bucket: "b",
            key: "k",
            metadata: &metadata,
            properties: &Properties::default(),
        };
        assert!(create.request().is_err(), "{value}");
        refused += 1;
    }
    assert_eq!(refused, 3);
}

#[test]
fn the_table_of_options_is_the_one_that_the_model_gives() {
    let mut expected = BTreeSet::new();
    for row in option_rows() {
        let kind = match (&*row.kind, &*row.flag) {
            ("string", "API-SSECustomerKey" | "API-CopySourceSSECustomerKey") => "key",
            ("string", _) => "text",
            ("datetime", "API-ObjectLockRetainUntilDate") => "iso-date",
            ("datetime", _) => "date",
            ("dict", _) => "map",
            other => panic!("{other:?}"),
        };
        let wire = format!("{} {}", row.location, row.wire_name);
        expected.insert([row.flag, row.operation, kind.to_owned(), wire]);
    }
    let mut actual = BTreeSet::new();
    for option in &API_OPTIONS {
        let kind = match option.kind {
            ValueKind::Text => "text",
            ValueKind::Date => "date",
            ValueKind::IsoDate => "iso-date",
            ValueKind::Map => "map",
            ValueKind::Key => "key",
        };
        let wire = match option.wire {
            Wire::Header(name) => format!("header {name}"),
            Wire::HeaderPrefix(prefix) => format!("header-prefix {prefix}"),
            Wire::Query(name) => format!("query {name}"),
            Wire::Nowhere => "none ".to_owned(),
        };
        let operations: Vec<_> = option.operations.iter().map(|kind| kind.name()).collect();
        let none = operations.is_empty().then_some("(none)");
        for operation in operations.into_iter().chain(none) {
            let row = [option.flag, operation, kind, &wire].map(str::to_owned);
            assert!(actual.insert(row), "{} twice for {operation}", option.flag);
        }
    }
    assert_eq!(actual, expected);
    assert_eq!(actual.len(), 215);
}

#[test]
fn options_beyond_the_original_are_those_of_listings() {
    let beyond: BTreeSet<_> = option_rows()
        .into_iter()
        .filter(|row| row.standing == "no")
        .map(|row| format!("{} {}", row.operation, row.flag))
        .collect();
    let expected = [
        // No operation has such a member.
        "(none) API-ETag",
        // The original has no commands for lists of who may do what.
        "GetObjectAcl API-RequestPayer",
        "GetObjectAcl API-VersionId",
        "PutBucketAcl API-ACL",
        "PutBucketAcl API-GrantFullControl",
        "PutBucketAcl API-GrantRead",
        "PutBucketAcl API-GrantReadACP",
        "PutBucketAcl API-GrantWriteACP",
        "PutObjectAcl API-ACL",
        "PutObjectAcl API-GrantFullControl",
        "PutObjectAcl API-GrantRead",
        "PutObjectAcl API-GrantReadACP",
        "PutObjectAcl API-GrantWriteACP",
        "PutObjectAcl API-RequestPayer",
        "PutObjectAcl API-VersionId",
        // Nor does it ask for tags.
        "GetObjectTagging API-RequestPayer",
        "GetObjectTagging API-VersionId",
        "ListMultipartUploads API-RequestPayer",
        "ListObjectVersions API-RequestPayer",
        "ListObjects API-RequestPayer",
        "ListObjectsV2 API-RequestPayer",
        // The original does not list parts.
        "ListParts API-RequestPayer",
        "ListParts API-SSECustomerAlgorithm",
        "ListParts API-SSECustomerKey",
        "ListParts API-SSECustomerKeyMD5",
    ];
    assert_eq!(beyond, expected.map(str::to_owned).into());
}

/// A row of [`DIFFERENCES`].
struct Difference {
    what: &'static str,
    why: &'static str,
    concerns: fn(&Record) -> bool,
    /// Makes of boto3's request the crate's; has to change something.
    change: fn(&mut Sent),
}

/// A request as the server reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Sent {
    /// Nothing is sent: the values are refused. All else is empty then.
    refused: bool,
    method: String,
    /// Byte for byte.
    path: String,
    /// Decoded and sorted.
    query: Vec<(String, String)>,
    /// By lower-case name, `content-length` always among them.
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Sent {
    fn set_header(&mut self, name: &str, value: &str) {
        self.headers
            .insert(name.to_ascii_lowercase(), value.to_owned());
    }

    fn set_header_line(&mut self, line: &str) {
        let (name, value) = line.split_once(": ").unwrap();
        self.set_header(name, value);
    }

    fn drop_header(&mut self, name: &str) {
        self.headers.remove(name);
    }

    fn set_content_md5(&mut self) {
        let digest = STANDARD.encode(Md5::digest(&self.body));
        self.set_header("content-md5", &digest);
    }

    fn drop_text(&mut self, text: &str) {
        let body = String::from_utf8(self.body.clone()).unwrap();
        self.body = body.replace(text, "").into_bytes();
    }

    fn set_target(&mut self, target: &str) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        self.path = path.to_owned();
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        self.query = pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decoded(name), decoded(value))
            })
            .collect();
        self.query.sort();
    }

    /// Brings what follows from the body up to date; forgets everything of what is not sent.
    fn measure_body(&mut self) {
        if self.refused {
            *self = Self {
                refused: true,
                ..Self::default()
            };
            return;
        }
        self.set_header("content-length", &self.body.len().to_string());
        let hash = encode::hex(&Sha256::digest(&self.body));
        self.set_header("x-amz-content-sha256", &hash);
    }
}

/// What boto3 was asked for, and what it sent.
struct Record {
    json: Json,
}

impl std::fmt::Display for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.kind(), self.operation(), self.option())?;
        write!(f, " {} {}", self.json["key"], self.json["value"])
    }
}

impl Record {
    fn kind(&self) -> &str {
        self.json["kind"].as_str().unwrap()
    }

    fn operation(&self) -> &str {
        self.json["operation"].as_str().unwrap()
    }

    fn operation_kind(&self) -> OperationKind {
        let found = OperationKind::ALL
            .into_iter()
            .find(|kind| kind.name() == self.operation());
        found.unwrap_or_else(|| panic!("no operation {}", self.operation()))
    }

    /// Empty for records of other kinds than `option`.
    fn option(&self) -> &str {
        self.json["option"].as_str().unwrap_or_default()
    }

    fn is_base(&self, operations: &[&str]) -> bool {
        self.kind() == "base" && operations.contains(&self.operation())
    }

    /// boto3 has a switch for whether it sums more than it has to.
    fn sums_all(&self) -> bool {
        self.json["checksums"] == "when_supported"
    }

    fn lines(&self, field: &str) -> impl Iterator<Item = &str> {
        let lines = self.json[field].as_array().into_iter().flatten();
        lines.map(|line| line.as_str().unwrap())
    }

    /// A header of the request; for an option, only of those that it added.
    fn header(&self, name: &str) -> Option<&str> {
        self.lines("headers")
            .chain(self.inherits_expect().then_some("Expect: 100-continue"))
            .filter_map(|line| line.split_once(": "))
            .find_map(|(other, value)| other.eq_ignore_ascii_case(name).then_some(value))
    }

    /// Records of options hold only what is added to the request without the option.
    fn inherits_expect(&self) -> bool {
        self.kind() == "option" && ["PutObject", "UploadPart"].contains(&self.operation())
    }

    /// The record of the operation without options.
    fn base<'a>(&self, records: &'a [Record]) -> &'a Record {
        records
            .iter()
            .find(|other| other.is_base(&[self.operation()]) && !other.sums_all())
            .unwrap()
    }

    /// What boto3 sent.
    fn sent(&self, records: &[Record]) -> Sent {
        let mut sent = match self.kind() {
            "option" => self.base(records).sent(records),
            _ => Sent::default(),
        };
        if !self.json["error"].is_null() {
            sent.refused = true;
            return sent;
        }
        sent.set_target(self.json["target"].as_str().unwrap());
        if let Some(method) = self.json["method"].as_str() {
            sent.method = method.to_owned();
        }
        if let Some(body) = self.json["body"].as_str() {
            sent.body = body
                .chars()
                .map(|byte| u8::try_from(byte).unwrap())
                .collect();
            sent.set_header("Content-Length", "0");
        }
        for line in self.lines("headers").chain(self.lines("added_headers")) {
            sent.set_header_line(line);
        }
        sent
    }

    /// What the crate sends.
    fn send(&self) -> Sent {
        match self.request() {
            Ok(request) => send(request),
            Err(_) => Sent {
                refused: true,
                ..Sent::default()
            },
        }
    }

    /// The same call, made with the crate.
    fn request(&self) -> Result<Request, RequestError> {
        let all = records();
        let base = self.base(&all);
        let mut params = base.json["params"].clone();
        let mut options = ApiOptions::default();
        let mut set = |flag: &str, text: &str| {
            options.set(option(flag), Value::Text(text.to_owned()));
        };
        match self.kind() {
            "base" => {}
            "key-edge" => params["Key"] = self.json["key"].clone(),
            "copy-source-edge" => params["CopySource"]["Key"] = self.json["key"].clone(),
            "metadata-edge" => {
                options.set(option("API-Metadata"), Value::Map(map(&self.json["value"])));
            }
            "sse-c-key-only" => {
                set("API-SSECustomerAlgorithm", "AES256");
                set("API-SSECustomerKey", "01234567890123456789012345678901");
            }
            "sse-c-key-and-md5" => {
                let key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
                set("API-SSECustomerAlgorithm", "AES256");
                set("API-SSECustomerKey", key);
                set("API-SSECustomerKeyMD5", "hRasmdxgYDKV3nvbahU1MA==");
            }
            "option" => {
                let option = option(&format!("API-{}", self.option()));
                let value = &self.json["value"];
                let value = match option.kind {
                    ValueKind::Text | ValueKind::Key => Value::Text(string(value).to_owned()),
                    ValueKind::Date | ValueKind::IsoDate => {
                        Value::Date(string(value).parse::<Timestamp>().unwrap())
                    }
                    ValueKind::Map => Value::Map(map(value)),
                };
                options.set(option, value);
            }
            other => panic!("records of kind {other} are not known"),
        }
        let mut request = operation(self.operation_kind(), &params, self.sums_all())?;
        options.apply(&mut request)?;
        Ok(request)
    }
}

/// The operation for boto3's arguments; `sum` asks for sums of payloads.
fn operation(kind: OperationKind, params: &Json, sum: bool) -> Result<Request, RequestError> {
    let text = |name: &str| params[name].as_str().unwrap_or_default();
    let (bucket, key) = (text("Bucket"), text("Key"));
    let upload_id = &UploadId(text("UploadId").to_owned());
    let part = |name: &str| params[name].as_u64().and_then(PartNumber::new);
    let range = |name: &str| params[name].as_str().map(byte_range);
    let source = &params["CopySource"];
    let source_text = |name: &str| source[name].as_str();
    let source = CopySource {
        bucket: source_text("Bucket").unwrap_or_default(),
        key: source_text("Key").unwrap_or_default(),
        version_id: source_text("VersionId"),
        if_match: None,
    };
    let body = text("Body").to_owned().into_bytes();
    let payload_hash = PayloadHash::Sha256(Sha256::digest(&body).into());
    let content_md5 = sum.then(|| Md5::digest(&body).into());
    let payload = Payload::Bytes(body.into());
    match kind {
        OperationKind::ListBuckets => ListBuckets.request(),
        OperationKind::CreateBucket => CreateBucket {
            bucket,
            location: None,
        }
        .request(),
        OperationKind::HeadBucket => HeadBucket { bucket }.request(),
        OperationKind::ListObjects => ListObjects {
            bucket,
            prefix: text("Prefix"),
            delimiter: params["Delimiter"].as_str(),
            marker: params["Marker"].as_str(),
            url_encoding: true,
        }
        .request(),
        OperationKind::ListObjectsV2 => ListObjectsV2 {
            bucket,
            prefix: text("Prefix"),
            delimiter: params["Delimiter"].as_str(),
            continuation_token: params["ContinuationToken"].as_str(),
            start_after: None,
            url_encoding: true,
        }
        .request(),
        OperationKind::HeadObject => HeadObject {
            bucket,
            key,
            role: Role::Source,
            checksums: false,
        }
        .request(),
        OperationKind::DeleteBucket => DeleteBucket { bucket }.request(),
        OperationKind::GetBucketAcl => GetAcl { bucket, key: None }.request(),
        OperationKind::GetObjectAcl => GetAcl {
            bucket,
            key: Some(key),
        }
        .request(),
        OperationKind::PutBucketAcl => PutAcl {
            bucket,
            key: None,
            acl: None,
        }
        .request(),
        OperationKind::PutObjectAcl => PutAcl {
            bucket,
            key: Some(key),
            acl: None,
        }
        .request(),
        OperationKind::GetBucketPolicy => GetBucketPolicy { bucket }.request(),
        OperationKind::PutBucketPolicy => PutBucketPolicy {
            bucket,
            policy: text("Policy"),
        }
        .request(),
        OperationKind::DeleteBucketPolicy => DeleteBucketPolicy { bucket }.request(),
        OperationKind::GetObjectTagging => GetObjectTagging { bucket, key }.request(),
        OperationKind::GetObject => GetObject {
            bucket,
            key,
            role: Role::Source,
            range: range("Range"),
            if_match: None,
        }
        .request(),
        OperationKind::PutObject => PutObject {
            bucket,
            key,
            metadata: &[],
            properties: &Properties::default(),
            content_md5,
            payload,
            payload_hash,
            condition: Condition::Always,
        }
        .request(),
        OperationKind::CopyObject => CopyObject {
            bucket,
            key,
            source,
            metadata: MetadataDirective::Copy,
            properties: &Properties::default(),
            condition: Condition::Always,
        }
        .request(),
        OperationKind::CreateMultipartUpload => CreateMultipartUpload {
            bucket,
            key,
            metadata: &[],
            properties: &Properties::default(),
        }
        .request(),
        OperationKind::UploadPart => UploadPart {
            bucket,
            key,
            upload_id,
            part_number: part("PartNumber").unwrap(),
            content_md5,
            payload,
            payload_hash,
        }
        .request(),
        OperationKind::UploadPartCopy => UploadPartCopy {
            bucket,
            key,
            upload_id,
            part_number: part("PartNumber").unwrap(),
            source,
            range: range("CopySourceRange"),
        }
        .request(),
        OperationKind::CompleteMultipartUpload => {
            let parts = params["MultipartUpload"]["Parts"]
                .as_array()
                .unwrap()
                .iter();
            let parts: Vec<_> = parts
                .map(|part| CompletedPart {
                    part_number: part["PartNumber"]
                        .as_u64()
                        .and_then(PartNumber::new)
                        .unwrap(),
                    etag: ETag::new(string(&part["ETag"])),
                })
                .collect();
            CompleteMultipartUpload {
                bucket,
                key,
                upload_id,
                parts: &parts,
                condition: Condition::Always,
            }
            .request()
        }
        OperationKind::AbortMultipartUpload => AbortMultipartUpload {
            bucket,
            key,
            upload_id,
        }
        .request(),
        OperationKind::ListMultipartUploads => ListMultipartUploads {
            bucket,
            prefix: text("Prefix"),
            marker: None,
            url_encoding: false,
        }
        .request(),
        OperationKind::ListObjectVersions => ListObjectVersions {
            bucket,
            prefix: text("Prefix"),
            marker: Some((text("KeyMarker"), text("VersionIdMarker"))),
            url_encoding: true,
        }
        .request(),
        OperationKind::ListParts => ListParts {
            bucket,
            key,
            upload_id,
            marker: part("PartNumberMarker"),
        }
        .request(),
        OperationKind::DeleteObject => DeleteObject {
            bucket,
            key,
            role: Role::Source,
            condition: Condition::Always,
        }
        .request(),
        OperationKind::DeleteObjects => {
            let objects = params["Delete"]["Objects"].as_array().unwrap().iter();
            let keys: Vec<_> = objects
                .map(|object| string(&object["Key"]).to_owned())
                .collect();
            DeleteObjects {
                bucket,
                keys: &keys,
            }
            .request()
        }
    }
}

/// Addresses and signs a request, and reads it as a server does.
fn send(request: Request) -> Sent {
    let endpoint =
        Endpoint::custom("http://localhost:9000", "us-east-1", Addressing::Path).unwrap();
    let address = endpoint.address(&request).unwrap();
    let query = encode::query(&request.query);
    let mut headers: HeaderMap = request.headers.clone();
    headers.insert("host", HeaderValue::from_str(&address.authority).unwrap());
    let credentials = Credentials {
        access_key: "AKIDEXAMPLE".to_owned(),
        secret_key: "secret".to_owned(),
        session_token: None,
    };
    let mut signable = Signable {
        method: &request.method,
        path: &address.path,
        query: &query,
        headers: &mut headers,
    };
    let scope = Scope {
        region: endpoint.region(),
        service: "s3",
    };
    let now = Timestamp::UNIX_EPOCH;
    sigv4::sign(
        &mut signable,
        &credentials,
        scope,
        now,
        request.payload_hash,
    )
    .unwrap();
    for name in ["host", "x-amz-date", "authorization"] {
        assert!(headers.remove(name).is_some(), "{name}");
    }
    let mut sent = Sent {
        method: request.method.to_string(),
        body: match &request.payload {
            Payload::Empty => Vec::new(),
            Payload::Bytes(bytes) => bytes.to_vec(),
            Payload::File(_) => panic!("no record has a file"),
        },
        ..Sent::default()
    };
    sent.set_target(&format!("{}?{query}", address.path));
    for (name, value) in &headers {
        sent.set_header(name.as_str(), value.to_str().unwrap());
    }
    sent.set_header("content-length", &request.payload.len().to_string());
    sent
}

/// A row of the table of options.
struct OptionRow {
    flag: String,
    kind: String,
    operation: String,
    /// `yes`: the original sends it; `no`: it could; `new`: it does not know the option.
    standing: String,
    location: String,
    wire_name: String,
}

fn option_rows() -> Vec<OptionRow> {
    let text = testdata("api_options.tsv");
    let rows = text.lines().skip(1).map(|line| {
        let mut columns = line.split('\t').map(str::to_owned);
        let mut next = || columns.next().unwrap();
        OptionRow {
            flag: next().trim_start_matches('-').to_owned(),
            kind: next(),
            operation: next(),
            standing: next(),
            location: next(),
            wire_name: next(),
        }
    });
    rows.collect()
}

fn records() -> Vec<Record> {
    let text = testdata("golden.jsonl");
    text.lines()
        .map(|line| Record {
            json: serde_json::from_str(line).unwrap(),
        })
        .collect()
}

fn testdata(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/wire")
        .join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn option(flag: &str) -> &'static ApiOption {
    let found = API_OPTIONS.iter().find(|option| option.flag == flag);
    found.unwrap_or_else(|| panic!("no option {flag}"))
}

fn byte_range(text: &str) -> ByteRange {
    let (first, last) = text
        .strip_prefix("bytes=")
        .unwrap()
        .split_once('-')
        .unwrap();
    let last: u64 = last.parse().unwrap();
    ByteRange::new(first.parse().unwrap(), last + 1).unwrap()
}

fn map(value: &Json) -> Vec<(String, String)> {
    let entries = value.as_object().unwrap().iter();
    entries
        .map(|(name, value)| (name.clone(), string(value).to_owned()))
        .collect()
}

fn string(value: &Json) -> &str {
    value.as_str().unwrap()
}

const CRC32: &str = "x-amz-checksum-crc32";
const ALGORITHM: &str = "x-amz-sdk-checksum-algorithm";
const COPY_SOURCE: &str = "x-amz-copy-source";
