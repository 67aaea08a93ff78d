//! The kinds of faults, and to which requests each of them can happen.

use std::time::Duration;

use crate::server::{Action, Seen};

/// One kind.
pub struct Kind {
    pub name: &'static str,
    pub class: Class,
    /// Whether it can happen to a request that looks like this, and is not nothing.
    pub applies: fn(&Seen) -> bool,
    pub action: fn() -> Action,
}

/// What is expected of the program, besides what always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It is survived however often it happens.
    Harmless,
    /// It is survived if it happens once.
    Passing,
    /// More attempts cannot change it, so there are none.
    Final,
    /// The server lies, or others interfere: survived or not, nothing else is damaged.
    Lie,
}
use Class::{Final, Harmless, Lie, Passing};

const fn kind(
    name: &'static str,
    class: Class,
    applies: fn(&Seen) -> bool,
    action: fn() -> Action,
) -> Kind {
    Kind {
        name,
        class,
        applies,
        action,
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn status(status: u16, code: &'static str) -> Action {
    Action::Status { status, code }
}

fn with_document(code: &'static str) -> Action {
    Action::ErrorIn200 { code }
}

pub const ALL: &[Kind] = &[
    // Answers of servers that have too much to do, and of proxies before them.
    kind("500 InternalError", Passing, any, || {
        status(500, "InternalError")
    }),
    kind("502 BadGateway", Passing, any, || status(502, "BadGateway")),
    kind("503 SlowDown", Passing, any, || status(503, "SlowDown")),
    kind("503 ServiceUnavailable", Passing, any, || {
        status(503, "ServiceUnavailable")
    }),
    kind("504 GatewayTimeout", Passing, any, || {
        status(504, "GatewayTimeout")
    }),
    kind("429 TooManyRequests", Passing, any, || {
        status(429, "TooManyRequests")
    }),
    kind("400 RequestTimeout", Passing, has_code, || {
        status(400, "RequestTimeout")
    }),
    kind("409 OperationAborted", Passing, has_code, || {
        status(409, "OperationAborted")
    }),
    kind("409 ConditionalRequestConflict", Passing, is_write, || {
        status(409, "ConditionalRequestConflict")
    }),
    kind("400 BadDigest", Passing, has_body_of_object, || {
        status(400, "BadDigest")
    }),
    kind("503 in HTML", Passing, any, || Action::StatusHtml(503)),
    kind("503 with Retry-After", Passing, any, || {
        Action::RetryAfter {
            status: 503,
            code: "SlowDown",
            header_value: "7".to_owned(),
        }
    }),
    kind("503 before the body is read", Passing, any, || {
        Action::EarlyStatus {
            status: 503,
            code: "SlowDown",
        }
    }),
    kind(
        "500 before the body is read, then reset",
        Passing,
        any,
        || Action::EarlyReset {
            status: 500,
            code: "InternalError",
        },
    ),
    kind("clock an hour off", Passing, any, || {
        Action::SkewedClock(3600)
    }),
    // Answers in disguise.
    kind("200 with InternalError", Passing, has_document, || {
        with_document("InternalError")
    }),
    kind("200 with SlowDown", Passing, has_document, || {
        with_document("SlowDown")
    }),
    kind("200 with nothing", Passing, has_document, || {
        Action::EmptyOk
    }),
    kind("200 with a page of a proxy", Passing, has_document, || {
        Action::StatusHtml(200)
    }),
    kind("document cut in half", Passing, has_document, || {
        Action::TruncatedXml
    }),
    kind("leading blanks", Harmless, has_document, || {
        Action::LeadingSpaces {
            count: 90,
            every: seconds(2),
        }
    }),
    // Connections.
    kind("reset instead of an answer", Passing, any, || {
        Action::ResetBefore
    }),
    kind("closed instead of an answer", Passing, any, || {
        Action::CloseBefore
    }),
    kind("closed, then refused", Passing, any, || Action::Refuse(3)),
    kind("no HTTP", Passing, any, || Action::Garbage),
    kind("lost answer", Passing, any, || Action::LostReply),
    kind("closed after the answer", Harmless, any, || {
        Action::CloseAfter
    }),
    kind("bytes after the answer", Harmless, any, || {
        Action::TrailingGarbage
    }),
    kind(
        "body of the request not read",
        Passing,
        has_request_body,
        || Action::StallRequest(seconds(60)),
    ),
    // The head of the answer.
    kind("silence for 20 s", Harmless, any, || {
        Action::StallHeaders(seconds(20))
    }),
    kind("silence for 70 s", Passing, any, || {
        Action::StallHeaders(seconds(70))
    }),
    kind("silence for 400 s", Passing, any, || {
        Action::StallHeaders(seconds(400))
    }),
    kind("head byte by byte", Passing, any, || {
        Action::SlowHead(seconds(1))
    }),
    kind("head of a megabyte", Passing, any, || {
        Action::HugeHead(1 << 20)
    }),
    kind("head without an end", Passing, any, || {
        Action::EndlessHeaders
    }),
    kind("100 and 103 before", Harmless, any, || Action::Interim),
    kind("two lengths", Passing, has_answer_body, || {
        Action::TwoLengths
    }),
    kind("chunks", Passing, has_answer_body, || Action::Chunked),
    kind("no length", Passing, has_answer_body, || Action::NoLength),
    // The body of the answer.
    kind("body cut", Passing, has_answer_body, || Action::ShortBody {
        bytes: 60,
    }),
    kind("body empty", Passing, has_answer_body, || {
        Action::ShortBody { bytes: 0 }
    }),
    kind("reset in the body", Passing, has_answer_body, || {
        Action::ResetMidBody { after_bytes: 60 }
    }),
    kind("silence in the body", Passing, has_answer_body, || {
        Action::StallBody {
            after_bytes: 60,
            duration: seconds(400),
        }
    }),
    kind("body byte by byte", Harmless, has_answer_body, || {
        Action::SlowBody {
            bytes_per_write: 1,
            pause: seconds(1),
        }
    }),
    kind("flipped bit", Passing, has_data, || Action::CorruptBody {
        at: 123,
    }),
    kind("body too long", Passing, has_answer_body, || {
        Action::WrongLength { by: 7 }
    }),
    kind("body too short", Passing, has_answer_body, || {
        Action::WrongLength { by: -7 }
    }),
    // What is not so.
    kind("wrong length in a head", Lie, is_head_of_object, || {
        Action::WrongLength { by: 7 }
    }),
    kind("wrong ETag", Lie, has_etag, || Action::WrongETag),
    kind("no ETag", Lie, has_etag, || Action::NoETag),
    kind("range ignored", Passing, has_range, || Action::IgnoreRange),
    kind("range shifted", Passing, has_range, || Action::ShiftRange),
    kind("other bytes stored", Lie, stores_object, || {
        Action::StoreOther
    }),
    kind("first page again", Lie, is_later_page, || Action::ListLoop),
    kind("more without a token", Lie, is_truncated, || {
        Action::NoToken
    }),
    kind("keys not encoded", Harmless, is_listing, || {
        Action::PlainKeys
    }),
    kind("keys not deleted: SlowDown", Passing, is_batch, || {
        Action::DeleteErrors {
            key_contains: String::new(),
            code: "SlowDown",
        }
    }),
    kind("keys not deleted: AccessDenied", Lie, is_batch, || {
        Action::DeleteErrors {
            key_contains: String::new(),
            code: "AccessDenied",
        }
    }),
    kind("keys not mentioned", Passing, is_batch, || {
        Action::DeleteOmits {
            key_contains: String::new(),
        }
    }),
    // Others at the same time.
    kind("object replaced", Lie, reads_object, || {
        Action::ReplaceObject
    }),
    kind("object grown", Lie, reads_object, || Action::ResizeObject {
        by: 100,
    }),
    kind("object shrunk", Lie, reads_object, || {
        Action::ResizeObject { by: -100 }
    }),
    kind("object removed", Lie, reads_object, || Action::RemoveObject),
    kind("upload given up by others", Lie, is_of_upload, || {
        Action::AbortUpload
    }),
    // The last word.
    kind("403 AccessDenied", Final, any, || {
        status(403, "AccessDenied")
    }),
    kind("400 ExpiredToken", Final, any, || {
        status(400, "ExpiredToken")
    }),
    kind("400 InvalidRequest", Final, any, || {
        status(400, "InvalidRequest")
    }),
    kind("501 NotImplemented", Final, any, || {
        status(501, "NotImplemented")
    }),
    kind("301 to another region", Lie, any, || {
        Action::OtherRegion("eu-west-1")
    }),
    kind("307 to another host", Final, any, || Action::Redirect {
        status: 307,
        location: "http://thief.test/bucket/key".to_owned(),
    }),
];

fn any(_: &Seen) -> bool {
    true
}

/// The answer to a HEAD has no document: of a failure it has the status, and nothing else.
fn has_code(seen: &Seen) -> bool {
    seen.method != "HEAD"
}

fn has_document(seen: &Seen) -> bool {
    !seen.document.is_empty() && is_good(seen)
}

fn has_data(seen: &Seen) -> bool {
    seen.operation == "GetObject" && is_good(seen)
}

fn has_answer_body(seen: &Seen) -> bool {
    has_document(seen) || has_data(seen)
}

fn has_request_body(seen: &Seen) -> bool {
    seen.body_len > 0
}

fn has_body_of_object(seen: &Seen) -> bool {
    matches!(seen.operation, "PutObject" | "UploadPart")
}

fn is_write(seen: &Seen) -> bool {
    matches!(
        seen.operation,
        "PutObject" | "CompleteMultipartUpload" | "CopyObject"
    )
}

fn stores_object(seen: &Seen) -> bool {
    is_write(seen)
}

fn is_head_of_object(seen: &Seen) -> bool {
    seen.operation == "HeadObject" && is_good(seen)
}

fn has_etag(seen: &Seen) -> bool {
    let in_document = seen.document.windows(6).any(|text| text == b"<ETag>");
    let in_head = matches!(
        seen.operation,
        "PutObject" | "UploadPart" | "GetObject" | "HeadObject"
    );
    is_good(seen) && (in_document || in_head)
}

fn has_range(seen: &Seen) -> bool {
    seen.headers.contains_key("range")
}

fn is_listing(seen: &Seen) -> bool {
    matches!(seen.operation, "ListObjectsV2" | "ListObjects")
}

fn is_later_page(seen: &Seen) -> bool {
    let position = ["continuation-token", "marker"];
    is_listing(seen) && position.iter().any(|name| seen.query(name).is_some())
}

fn is_truncated(seen: &Seen) -> bool {
    let truncated = b"<IsTruncated>true";
    let mut places = seen.document.windows(truncated.len());
    is_listing(seen) && places.any(|text| text == truncated)
}

fn is_batch(seen: &Seen) -> bool {
    seen.operation == "DeleteObjects"
}

fn reads_object(seen: &Seen) -> bool {
    let reads = matches!(
        seen.operation,
        "GetObject" | "HeadObject" | "CopyObject" | "UploadPartCopy"
    );
    reads && is_good(seen)
}

fn is_of_upload(seen: &Seen) -> bool {
    seen.query("uploadId").is_some()
}

fn is_good(seen: &Seen) -> bool {
    seen.status.is_some_and(|status| status < 300)
}
