//! The canonical form of a request, over which both sides compute the signature.

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::codec::{decode_path, decode_query, encode_path, encode_query, hex};

/// What a signature covers.
pub struct Canonical<'a> {
    pub method: &'a str,
    /// The path as it came, still encoded.
    pub raw_path: &'a str,
    /// The query as it came, still encoded.
    pub raw_query: &'a str,
    pub headers: &'a HeaderMap,
    pub signed_headers: &'a [&'a str],
    pub payload_hash: &'a str,
}

impl Canonical<'_> {
    /// The canonical request; None if a signed header is missing or not text.
    pub fn text(&self) -> Option<String> {
        let mut headers = String::new();
        for name in self.signed_headers {
            headers += &format!("{name}:{}\n", canonical_value(self.headers, name)?);
        }
        Some(format!(
            "{}\n{}\n{}\n{headers}\n{}\n{}",
            self.method,
            encode_path(&decode_path(self.raw_path)),
            canonical_query(self.raw_query),
            self.signed_headers.join(";"),
            self.payload_hash,
        ))
    }
}

/// Encodes every name and value anew, then sorts; the signature itself is left out.
fn canonical_query(raw: &str) -> String {
    let mut pairs: Vec<(String, String)> = raw
        .split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
        .map(|(name, value)| (decode_query(name), decode_query(value)))
        .filter(|(name, _)| name != b"X-Amz-Signature")
        .map(|(name, value)| (encode_query(&name), encode_query(&value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.iter().map(|(n, v)| format!("{n}={v}")).collect();
    pairs.join("&")
}

/// All values of a header, trimmed, runs of spaces folded, joined by commas.
fn canonical_value(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = Vec::new();
    for value in headers.get_all(name) {
        let text = std::str::from_utf8(value.as_bytes()).ok()?;
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        values.push(words.join(" "));
    }
    (!values.is_empty()).then(|| values.join(","))
}

/// The text that is signed: algorithm, time, scope and the canonical request's hash.
pub fn string_to_sign(amz_date: &str, scope: &str, canonical: &str) -> String {
    let hash = hex(&Sha256::digest(canonical.as_bytes()));
    format!("AWS4-HMAC-SHA256\n{amz_date}\n{scope}\n{hash}")
}

/// Signs a text with the key that is derived for its scope (day/region/service/end).
pub fn signature(secret: &str, scope: &str, string_to_sign: &str) -> String {
    let start = format!("AWS4{secret}").into_bytes();
    let key = scope.split('/').fold(start, |key, part| hmac(&key, part));
    hex(&hmac(&key, string_to_sign))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length is right");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
