//! The canonical request: the one text that client and server both derive from a request.

use http::{HeaderMap, HeaderName, Method};

/// A canonical request and the names of the headers in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canonical {
    /// The text; bytes, because header values need not be UTF-8.
    pub text: Vec<u8>,
    /// The signed headers' names, sorted, joined by `;`.
    pub signed_headers: String,
}

/// Builds the canonical request from what goes on the wire: the path and the query are taken as
/// they are, because they are already encoded.
pub fn canonical_request(
    method: &Method,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    payload: &str,
) -> Canonical {
    let names = signed_names(headers);
    let mut text = format!("{method}\n{path}\n{query}\n").into_bytes();
    for name in &names {
        text.extend_from_slice(name.as_str().as_bytes());
        text.push(b':');
        for (index, value) in headers.get_all(*name).iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            fold_spaces(value.as_bytes(), &mut text);
        }
        text.push(b'\n');
    }
    let signed_headers = join(&names);
    text.push(b'\n');
    text.extend_from_slice(signed_headers.as_bytes());
    text.push(b'\n');
    text.extend_from_slice(payload.as_bytes());
    Canonical {
        text,
        signed_headers,
    }
}

/// The names of the headers to sign, sorted, joined by `;`.
pub(super) fn signed_headers(headers: &HeaderMap) -> String {
    join(&signed_names(headers))
}

fn signed_names(headers: &HeaderMap) -> Vec<&HeaderName> {
    let mut names: Vec<_> = headers
        .keys()
        .filter(|name| !UNSIGNED.contains(&name.as_str()))
        .collect();
    names.sort_by_key(|name| name.as_str());
    names
}

fn join(names: &[&HeaderName]) -> String {
    names
        .iter()
        .map(|name| name.as_str())
        .collect::<Vec<_>>()
        .join(";")
}

/// S3 trims spaces and folds inner runs of them, and leaves all other white space alone.
fn fold_spaces(value: &[u8], text: &mut Vec<u8>) {
    let mut words = value
        .split(|&byte| byte == b' ')
        .filter(|word| !word.is_empty());
    if let Some(first) = words.next() {
        text.extend_from_slice(first);
    }
    for word in words {
        text.push(b' ');
        text.extend_from_slice(word);
    }
}

/// Headers that proxies and HTTP libraries add, remove or change on the way.
const UNSIGNED: [&str; 13] = [
    "accept-encoding",
    "authorization",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];
