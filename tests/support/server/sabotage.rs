//! Makes the scripted faults happen.

use std::time::Duration;

use bytes::Bytes;

use super::Shared;
use super::auth::too_skewed;
use super::error::S3Error;
use super::fault::Action;
use super::handler::{Job, finished};
use super::object::{Object, set};
use super::ops::source_of;
use super::payload::Payload;
use super::reply::Reply;
use super::request::Request;
use super::script::Script;
use super::store::{Foreign, Store};
use super::time::http_date;
use super::transport;

/// How a request is answered: by HTTP, or by a script that shows the client this status.
pub enum Answer {
    Reply(Reply),
    Script(Script, Option<u16>),
}

impl Answer {
    /// The status for the log.
    pub fn status(&self) -> Option<u16> {
        match self {
            Answer::Reply(reply) => Some(reply.status),
            Answer::Script(_, status) => *status,
        }
    }

    /// The document for the log.
    pub fn document(&self) -> Bytes {
        match self {
            Answer::Reply(reply) if reply.is_document() => reply.body.to_bytes(),
            _ => Bytes::new(),
        }
    }
}

/// How long a connection with an unread body stays open, for the client to read the
/// answer before the unread bytes make the kernel reset the connection.
const EARLY_LINGER: Duration = Duration::from_millis(300);

/// Faults that happen before the request's body is read.
pub fn early(action: &Action, request: &Request) -> Option<Answer> {
    let (status, code) = match action {
        Action::EarlyStatus { status, code } | Action::EarlyReset { status, code } => {
            (status, code)
        }
        Action::StallRequest(duration) => {
            return Some(Answer::Script(Script::close().pause(*duration), None));
        }
        _ => return None,
    };
    let mut reply = scripted_error(*status, code, request);
    reply.set("connection", "close");
    let reply = reply.finish(request);
    let script = Script::close().head(&reply).write(reply.body.to_bytes());
    let script = match action {
        Action::EarlyReset { .. } => script.reset_after_delivery(),
        _ => script.shutdown().pause(EARLY_LINGER),
    };
    Some(Answer::Script(script, Some(*status)))
}

/// Faults that happen once the request has arrived in full.
pub async fn answer(action: Action, mut job: Job<'_>) -> Answer {
    if let Some(answer) = instead(&action, &job) {
        return answer;
    }
    if let Action::StallHeaders(duration) = action {
        tokio::time::sleep(duration).await;
    }
    prepare(&action, &mut job.request, job.shared);
    let (request, store) = (job.request.clone(), &job.shared.store);
    let mut reply = job.run();
    match &action {
        Action::Behind(change) => change(store, request.bucket(), request.key()),
        Action::StoreOther => {
            let etag = store_other(store, request.bucket(), request.key());
            change_etag(&mut reply, Some(&etag));
        }
        _ => (),
    }
    spoil(&action, reply, &request)
}

/// Faults in whose place nothing is done.
fn instead(action: &Action, job: &Job) -> Option<Answer> {
    let Job {
        request, shared, ..
    } = job;
    let script = match action {
        Action::ResetBefore => Script::reset(),
        Action::CloseBefore => Script::close(),
        Action::Refuse(connections) => {
            shared.faults.refuse(*connections);
            Script::close()
        }
        Action::EndlessHeaders => transport::endless_headers(),
        Action::Garbage => Script::close()
            .write(&b"\x16\x03\x00 no HTTP at all\r\n\r\n"[..])
            .shutdown(),
        other => {
            let reply = reply_instead(other, request, shared)?;
            return Some(Answer::Reply(finished(Ok(reply), request, shared)));
        }
    };
    Some(Answer::Script(script, None))
}

fn reply_instead(action: &Action, request: &Request, shared: &Shared) -> Option<Reply> {
    let reply = match action {
        Action::Status { status, code } => scripted_error(*status, code, request),
        Action::StatusHtml(status) => {
            let mut reply = Reply::new(*status);
            let page = format!("<html><body><h1>{status} by a proxy</h1></body></html>");
            reply.headers.clear();
            reply.set("content-type", "text/html");
            reply.body = Payload::Bytes(page.into());
            reply
        }
        Action::RetryAfter {
            status,
            code,
            header_value,
        } => {
            let mut reply = scripted_error(*status, code, request);
            reply.set("retry-after", header_value);
            reply
        }
        Action::ErrorIn200 { code } => {
            let mut reply = scripted_error(500, code, request);
            reply.status = 200;
            reply
        }
        Action::EmptyOk => Reply::new(200),
        Action::Canned { status, body } => {
            let mut reply = Reply::new(*status);
            reply.set("content-type", "application/xml");
            reply.body = Payload::Bytes(body.clone().into());
            reply
        }
        Action::Redirect { status, location } => {
            let code = if *status == 301 {
                "PermanentRedirect"
            } else {
                "TemporaryRedirect"
            };
            let mut reply = scripted_error(*status, code, request);
            reply.set("location", location);
            reply
        }
        Action::OtherRegion(region) => {
            let error = S3Error::new(301, "PermanentRedirect", "The bucket is elsewhere")
                .with("Region", *region);
            let mut reply = Reply::error(&error, request);
            reply.set("x-amz-bucket-region", region);
            reply
        }
        Action::SkewedClock(seconds) => {
            shared.clock.set_offset(*seconds);
            let now = shared.clock.now();
            let sent = request.header("x-amz-date").unwrap_or("");
            let mut reply = Reply::error(&too_skewed(sent, now), request);
            reply.set("date", &http_date(now));
            reply
        }
        _ => return None,
    };
    Some(reply)
}

fn scripted_error(status: u16, code: &str, request: &Request) -> Reply {
    Reply::error(&S3Error::new(status, code, "Scripted failure"), request)
}

/// Changes the request, or what is stored, before the operation.
fn prepare(action: &Action, request: &mut Request, shared: &Shared) {
    match action {
        Action::IgnoreRange => drop(request.headers.remove("range")),
        Action::ShiftRange => shift_range(request),
        Action::ListLoop => request.tweak.ignore_position = true,
        Action::NoToken => request.tweak.omit_position = true,
        Action::PlainKeys => request.tweak.plain_keys = true,
        Action::DeleteErrors { key_contains, code } => {
            request.tweak.delete_error = Some((key_contains.clone(), (*code).to_owned()));
        }
        Action::DeleteOmits { key_contains } => {
            request.tweak.delete_omits = Some(key_contains.clone());
        }
        Action::ReplaceObject => change_object(request, shared, |object| {
            object.body = other_bytes(&object.body);
        }),
        Action::ResizeObject { by } => change_object(request, shared, |object| {
            let resized = resize(&object.payload(), *by);
            *object = Object::new(
                &resized,
                String::new(),
                object.last_modified,
                object.headers.clone(),
            );
        }),
        Action::AbortUpload => {
            let id = request.query("uploadId").unwrap_or("");
            if let Some(bucket) = shared.store.lock().get_mut(request.bucket()) {
                bucket.uploads.remove(id);
            }
        }
        Action::After(change) => change(&shared.store, request.bucket(), request.key()),
        Action::RemoveObject => {
            let (bucket, key) = target(request);
            shared.store.remove(&bucket, &key);
            shared.store.note_foreign(&bucket, &key, Foreign::Removed);
        }
        _ => (),
    }
}

/// The object a request reads: the source of copies, else the one it names.
fn target(request: &Request) -> (String, String) {
    match request.headers.contains_key("x-amz-copy-source") {
        true => {
            let source = source_of(request).unwrap_or_default();
            (source.bucket, source.key)
        }
        false => (request.bucket().to_owned(), request.key().to_owned()),
    }
}

/// Overwrites an object, as somebody else would: with a new ETag and date.
fn change_object(request: &Request, shared: &Shared, change: impl FnOnce(&mut Object)) {
    let (bucket, key) = target(request);
    let Some(mut object) = shared.store.get(&bucket, &key) else {
        return;
    };
    change(&mut object);
    object.parts.clear();
    object.last_modified = shared.clock.now();
    object.etag = match object.payload() {
        Payload::Bytes(bytes) => super::digest::etag_of(&bytes),
        Payload::Zeros(_) => super::digest::opaque_etag(),
    };
    object.headers.remove("x-amz-checksum-crc32");
    object.headers.remove("x-amz-meta-md5");
    let foreign = Foreign::Written(object.body.clone());
    shared.store.note_foreign(&bucket, &key, foreign);
    shared.store.insert(&bucket, &key, object);
}

/// Bytes of the same length that differ throughout.
fn other_bytes(bytes: &Bytes) -> Bytes {
    let mut other = bytes.to_vec();
    other.iter_mut().step_by(61).for_each(|byte| *byte ^= 0x5a);
    Bytes::from(other)
}

/// Overwrites what was just stored, and gives the ETag of that.
fn store_other(store: &Store, bucket: &str, key: &str) -> String {
    let Some(mut object) = store.get(bucket, key) else {
        return String::new();
    };
    let other = other_bytes(&object.body);
    object.etag = match object.parts.is_empty() {
        true => super::digest::etag_of(&other),
        false => {
            let mut rest = &other[..];
            let mut md5_of = |len: &u64| {
                let part = rest.split_off(..*len as usize).unwrap_or_default();
                super::digest::md5(part)
            };
            let md5s: Vec<[u8; 16]> = object.parts.iter().map(&mut md5_of).collect();
            super::digest::composite_etag(&md5s)
        }
    };
    object.body = other.clone();
    store.note_foreign(bucket, key, Foreign::Damaged(other));
    object
        .headers
        .retain(|name, _| !name.starts_with("x-amz-meta-"));
    let etag = object.etag.clone();
    store.insert(bucket, key, object);
    etag
}

fn resize(payload: &Payload, by: i64) -> Payload {
    let len = payload.len().saturating_add_signed(by);
    match payload {
        Payload::Zeros(_) => Payload::Zeros(len),
        Payload::Bytes(bytes) => {
            let mut bytes = bytes.to_vec();
            bytes.resize(len as usize, 0);
            Payload::Bytes(bytes.into())
        }
    }
}

/// Moves a `Range` by one byte: to the front, or if it starts there, to the back.
fn shift_range(request: &mut Request) {
    let header = request.header("range").unwrap_or("");
    let numbers = header
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'));
    let Some((Ok(first), last)) = numbers.map(|(first, last)| (first.parse::<u64>(), last)) else {
        return;
    };
    let shift = |at: u64| if first > 0 { at - 1 } else { at + 1 };
    let last = last
        .parse()
        .map(|last: u64| shift(last).to_string())
        .unwrap_or_default();
    let shifted = format!("bytes={}-{last}", shift(first));
    set(&mut request.headers, "range", &shifted);
}

/// Changes the answer of an operation that was done.
fn spoil(action: &Action, mut reply: Reply, request: &Request) -> Answer {
    match action {
        Action::CorruptBody { at } => corrupt(&mut reply, *at),
        Action::CorruptChecked { at } if says_md5(&reply) => corrupt(&mut reply, *at),
        Action::CorruptChecked { .. } => (),
        Action::TruncatedXml => reply.change_body(|body| body.truncate(body.len() / 2)),
        Action::WrongLength { by } => wrong_length(&mut reply, *by, request),
        Action::WrongETag => change_etag(&mut reply, Some("\"00000000000000000000000000000000\"")),
        Action::NoETag => change_etag(&mut reply, None),
        Action::ExtraHeader { name, value } => reply.set(name, value),
        // Its length is another one now.
        Action::StoreOther => (),
        _ => return transport::send(action, reply),
    }
    if !request.is_head() && reply.headers.contains_key("content-length") {
        let len = reply.body.len().to_string();
        reply.set("content-length", &len);
    }
    Answer::Reply(reply)
}

fn says_md5(reply: &Reply) -> bool {
    let etag = reply.headers.get("etag");
    let is_md5 = etag.is_some_and(|etag| !etag.as_bytes().contains(&b'-'));
    !reply.is_document() && (is_md5 || reply.headers.contains_key("x-amz-meta-md5"))
}

fn corrupt(reply: &mut Reply, at: usize) {
    reply.change_body(|body| {
        if !body.is_empty() {
            let at = at % body.len();
            body[at] ^= 1;
        }
    });
}

fn wrong_length(reply: &mut Reply, by: i64, request: &Request) {
    if !request.is_head() {
        reply.body = resize(&reply.body, by);
        return;
    }
    let header = reply
        .headers
        .get("content-length")
        .and_then(|value| value.to_str().ok());
    if let Some(len) = header.and_then(|len| len.parse::<u64>().ok()) {
        reply.set("content-length", &len.saturating_add_signed(by).to_string());
    }
}

/// Replaces or removes the ETag of an answer, in its header and in its document.
fn change_etag(reply: &mut Reply, etag: Option<&str>) {
    if reply.headers.remove("etag").is_some()
        && let Some(etag) = etag
    {
        reply.set("etag", etag);
    }
    if reply.is_document() && reply.body.len() > 0 {
        let element = etag.map_or(String::new(), |etag| format!("<ETag>{etag}</ETag>"));
        reply.change_body(|body| *body = replace_etags(body, &element));
    }
}

fn replace_etags(document: &[u8], element: &str) -> Vec<u8> {
    let document = String::from_utf8_lossy(document);
    let mut pieces = document.split("<ETag>");
    let mut out = pieces.next().unwrap_or("").to_owned();
    for piece in pieces {
        out += element;
        out += piece.split_once("</ETag>").map_or("", |(_, rest)| rest);
    }
    out.into_bytes()
}
