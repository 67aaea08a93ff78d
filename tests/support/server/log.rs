//! The log of requests, which tests look at afterwards.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use http::HeaderMap;

use super::request::Request;

/// One request as it was seen on the wire.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    /// Path and query, byte for byte.
    pub target: String,
    /// The operation's name in the API reference, or `"Unknown"`.
    pub operation: &'static str,
    pub bucket: Option<String>,
    /// The decoded key.
    pub key: Option<String>,
    /// The decoded parameters of the query.
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    /// How much of the body was read.
    pub body_len: u64,
    /// The answered status; None if no answer was given (yet).
    pub status: Option<u16>,
    /// The document that was answered; empty if there was none, or none yet.
    pub document: Bytes,
    /// The number of the connection it came over, from 1.
    pub connection: u64,
    /// When its head had arrived.
    pub at: Instant,
    id: u64,
}

impl Seen {
    /// A header's value, or "" if there is none.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap_or("(not text)"))
    }

    /// The decoded value of a parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, value) = self.query.iter().find(|(key, _)| key == name)?;
        Some(value)
    }
}

/// All requests so far.
#[derive(Default)]
pub struct Log {
    seen: Mutex<Vec<Seen>>,
    next_id: AtomicU64,
}

impl Log {
    /// Notes a request and gives the number under which it can be completed.
    pub fn arrived(&self, request: &Request, connection: u64) -> u64 {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.seen.lock().unwrap().push(Seen {
            method: request.method.to_string(),
            target: request.target.clone(),
            operation: request.operation.name(),
            bucket: request.bucket.clone(),
            key: request.key.clone(),
            query: request.queries().to_vec(),
            headers: request.headers.clone(),
            body_len: 0,
            status: None,
            document: Bytes::new(),
            connection,
            at: Instant::now(),
            id,
        });
        id
    }

    pub fn body_len(&self, id: u64, len: u64) {
        self.update(id, |seen| seen.body_len = len);
    }

    pub fn answered(&self, id: u64, status: Option<u16>, document: Bytes) {
        self.update(id, |seen| {
            seen.status = status;
            seen.document = document;
        });
    }

    /// The entry may be gone: the log can be cleared while a request is served.
    fn update(&self, id: u64, change: impl FnOnce(&mut Seen)) {
        let mut seen = self.seen.lock().unwrap();
        if let Some(entry) = seen.iter_mut().rev().find(|entry| entry.id == id) {
            change(entry);
        }
    }

    pub fn all(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    pub fn clear(&self) {
        self.seen.lock().unwrap().clear();
    }
}
