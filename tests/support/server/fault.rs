//! Scripted faults: what to spoil, for which requests, how often.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use super::request::Request;
use super::store::Store;

/// One fault in the queue. Of the faults that match a request the first one happens,
/// and is gone after it happened `times` times.
#[derive(Debug, Clone)]
pub struct Fault {
    pub when: Match,
    pub times: u32,
    pub action: Action,
}

impl Fault {
    /// The next request of an operation is spoiled.
    pub fn once(operation: &'static str, action: Action) -> Fault {
        Fault::times(1, operation, action)
    }

    /// The next few requests of an operation are spoiled.
    pub fn times(times: u32, operation: &'static str, action: Action) -> Fault {
        Fault {
            when: Match::op(operation),
            times,
            action,
        }
    }

    /// All requests of an operation are spoiled, for ever.
    pub fn always(operation: &'static str, action: Action) -> Fault {
        Fault::times(u32::MAX, operation, action)
    }
}

/// Which requests a fault is for; the default is all.
#[derive(Debug, Clone, Default)]
pub struct Match {
    /// The operation's name in the API reference.
    pub operation: Option<&'static str>,
    /// A text in the decoded key; of listings, in the prefix.
    pub key_contains: Option<String>,
    /// The fault starts with the nth matching request, counted from 1.
    pub nth: Option<u32>,
}

impl Match {
    /// All requests of one operation.
    pub fn op(operation: &'static str) -> Match {
        Match {
            operation: Some(operation),
            ..Match::default()
        }
    }

    /// Only those whose key contains a text.
    pub fn key(self, text: impl Into<String>) -> Match {
        let key_contains = Some(text.into());
        Match {
            key_contains,
            ..self
        }
    }

    /// Only from the nth on.
    pub fn nth(self, nth: u32) -> Match {
        let nth = Some(nth);
        Match { nth, ..self }
    }

    fn accepts(&self, request: &Request) -> bool {
        let name = request
            .key
            .as_deref()
            .or(request.query("prefix"))
            .unwrap_or("");
        self.operation
            .is_none_or(|operation| operation == request.operation.name())
            && self
                .key_contains
                .as_ref()
                .is_none_or(|text| name.contains(text.as_str()))
    }
}

/// What happens to a request. Unless it says otherwise the operation is not applied.
#[derive(Debug, Clone)]
pub enum Action {
    /// An error document with that status and code.
    Status { status: u16, code: &'static str },
    /// An error of a proxy, in HTML.
    StatusHtml(u16),
    /// As `Status`, with a `Retry-After` header.
    RetryAfter {
        status: u16,
        code: &'static str,
        header_value: String,
    },
    /// As `Status`, but before the request's body is read; then the connection is closed.
    EarlyStatus { status: u16, code: &'static str },
    /// As `EarlyStatus`, but the connection is reset behind the answer.
    EarlyReset { status: u16, code: &'static str },
    /// The request's body is not read, for a while; then the connection is closed.
    StallRequest(Duration),
    /// Status 200 with an error document.
    ErrorIn200 { code: &'static str },
    /// Status 200 without a body.
    EmptyOk,
    /// A document of the test's own: hostile XML, for example.
    Canned { status: u16, body: String },
    /// A redirection to another URL.
    Redirect { status: u16, location: String },
    /// PermanentRedirect: the bucket is in another region.
    OtherRegion(&'static str),
    /// RequestTimeTooSkewed. From now on the server's clock is that many seconds off:
    /// all `Date` headers say so and all signatures are judged by it.
    SkewedClock(i64),
    /// The connection is reset (RST) instead of an answer.
    ResetBefore,
    /// The connection is closed (FIN) instead of an answer.
    CloseBefore,
    /// The connection is closed instead of an answer, and so many further connections in memory
    /// are refused.
    Refuse(u32),
    /// Bytes that are no HTTP, then the end of the connection.
    Garbage,
    /// Nothing happens for a while; then the request is served.
    StallHeaders(Duration),
    /// A status line and then header after header, for ever.
    EndlessHeaders,
    /// Served; the answer's head comes byte by byte.
    SlowHead(Duration),
    /// Served; the answer's head has so many bytes more.
    HugeHead(usize),
    /// Served, after two answers that are none yet: 100 and 103.
    Interim,
    /// Served; the answer's length is told twice, differently.
    TwoLengths,
    /// Served; the answer's body comes in chunks, without a length.
    Chunked,
    /// Served; the answer's body has no length, the end of the connection ends it.
    NoLength,
    /// Served; bytes follow the answer that belong to none, and the connection stays open.
    TrailingGarbage,
    /// Served; the answer's body stops for a while after some bytes.
    StallBody {
        after_bytes: usize,
        duration: Duration,
    },
    /// Served; the answer's body arrives slowly.
    SlowBody {
        bytes_per_write: usize,
        pause: Duration,
    },
    /// Served; the connection is closed after some bytes of the answer's body.
    ShortBody { bytes: usize },
    /// Served; the connection is reset after some bytes of the answer's body.
    ResetMidBody { after_bytes: usize },
    /// Served; one byte of the answer's body (counted round its length) is flipped.
    CorruptBody { at: usize },
    /// As `CorruptBody`, but only where the answer says an MD5 of the content.
    CorruptChecked { at: usize },
    /// Served; the answer has that many bytes more (zeros) or less than the object, and
    /// a Content-Length that agrees with itself.
    WrongLength { by: i64 },
    /// Served; the answer's ETag, in a header or a document, is another one.
    WrongETag,
    /// Served; the answer has no ETag.
    NoETag,
    /// Served; the answer has one header more, or another value of it.
    ExtraHeader { name: &'static str, value: String },
    /// Served, but the connection is closed instead of an answer.
    LostReply,
    /// Served, and the connection is closed after the answer without a warning: what a
    /// client finds that keeps the connection for its next request.
    CloseAfter,
    /// Served; the answer's document is cut in half, with the length of the half.
    TruncatedXml,
    /// Served; status 200 comes at once, then blanks one by one, then the document.
    LeadingSpaces { count: usize, every: Duration },
    /// Served as if there were no `Range`.
    IgnoreRange,
    /// Served, but other bytes of the same length are stored, without the user's metadata, and the
    /// answer's ETag is theirs.
    StoreOther,
    /// Served with a range one byte beside the wanted one, and a true Content-Range.
    ShiftRange,
    /// Served after the object (of copies: the source) was replaced by other bytes of the
    /// same length.
    ReplaceObject,
    /// Served after the object (of copies: the source) grew or shrank.
    ResizeObject { by: i64 },
    /// Served after the object (of copies: the source) was removed.
    RemoveObject,
    /// Served after the multipart upload was given up by somebody else.
    AbortUpload,
    /// Served after something was done to the store, with the request's bucket and key.
    After(fn(&Store, &str, &str)),
    /// Served, and then something is done to the store, with the request's bucket and key: the
    /// answer is about what was there before.
    Behind(fn(&Store, &str, &str)),
    /// Listings: the page is the first one again.
    ListLoop,
    /// Listings: the page says that there are more, but not where they start.
    NoToken,
    /// Listings: keys are written as they are although `encoding-type=url` is asked for,
    /// and the answer does not claim otherwise.
    PlainKeys,
    /// DeleteObjects: fails for the keys that contain the text.
    DeleteErrors {
        key_contains: String,
        code: &'static str,
    },
    /// DeleteObjects: neither does nor mentions the keys that contain the text.
    DeleteOmits { key_contains: String },
}

/// The queue of faults of one server.
#[derive(Default)]
pub struct Faults {
    queue: Mutex<Vec<Pending>>,
    chance: Mutex<Option<Chance>>,
    happened: AtomicU64,
    /// How many connections in memory are still to be refused.
    refusals: AtomicU32,
}

/// Says, by the name of its operation, what happens to a request.
pub type Chance = Box<dyn FnMut(&'static str) -> Option<Action> + Send>;

struct Pending {
    fault: Fault,
    /// How many requests matched so far.
    matched: u32,
}

impl Faults {
    /// Adds a fault at the end of the queue.
    pub fn push(&self, fault: Fault) {
        self.queue
            .lock()
            .unwrap()
            .push(Pending { fault, matched: 0 });
    }

    /// Drops all faults that have not happened; connections are accepted again.
    pub fn clear(&self) {
        self.queue.lock().unwrap().clear();
        *self.chance.lock().unwrap() = None;
        self.refuse(0);
    }

    /// Lets chance decide on every request for which no fault is due.
    pub fn at_random(&self, chance: Chance) {
        *self.chance.lock().unwrap() = Some(chance);
    }

    /// How many faults are still in the queue: 0 if a test's faults all happened.
    pub fn pending(&self) -> usize {
        self.queue.lock().unwrap().len()
    }

    /// How many faults happened so far.
    pub fn happened(&self) -> u64 {
        self.happened.load(Ordering::Relaxed)
    }

    pub(super) fn refuse(&self, connections: u32) {
        self.refusals.store(connections, Ordering::Relaxed);
    }

    /// Whether the next connection is refused.
    pub(super) fn refuses(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        let refusals = &self.refusals;
        refusals
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
            .is_ok()
    }

    /// The fault that happens to a request.
    pub(super) fn take(&self, request: &Request) -> Option<Action> {
        let action = self.take_due(request).or_else(|| {
            let mut chance = self.chance.lock().unwrap();
            chance.as_mut()?(request.operation.name())
        })?;
        self.happened.fetch_add(1, Ordering::Relaxed);
        Some(action)
    }

    fn take_due(&self, request: &Request) -> Option<Action> {
        let mut queue = self.queue.lock().unwrap();
        let index = queue
            .iter_mut()
            .position(|pending| pending.is_due(request))?;
        let fault = &mut queue[index].fault;
        let action = fault.action.clone();
        if fault.times != u32::MAX {
            fault.times = fault.times.saturating_sub(1);
        }
        if fault.times == 0 {
            queue.remove(index);
        }
        Some(action)
    }
}

impl Pending {
    fn is_due(&mut self, request: &Request) -> bool {
        if !self.fault.when.accepts(request) {
            return false;
        }
        self.matched += 1;
        self.fault.when.nth.is_none_or(|nth| self.matched >= nth)
    }
}
