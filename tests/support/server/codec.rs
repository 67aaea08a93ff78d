//! Percent encoding, hexadecimal and base64, as S3 uses them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// Everything but `A-Za-z0-9-._~`: what a signature encodes in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The same with `/` left bare: what a signature encodes in a path.
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// What a listing with `encoding-type=url` encodes: the form encoding of Java, with `/`
/// left bare. The space is in the set's alphabet only to become `+` afterwards.
const LISTING: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'*')
    .remove(b'/')
    .remove(b' ');

/// Encodes one name or value of a canonical query.
pub fn encode_query(bytes: &[u8]) -> String {
    percent_encode(bytes, QUERY).to_string()
}

/// Encodes a canonical path.
pub fn encode_path(bytes: &[u8]) -> String {
    percent_encode(bytes, PATH).to_string()
}

/// Encodes a key for a listing with `encoding-type=url`.
pub fn encode_listing(text: &str) -> String {
    percent_encode(text.as_bytes(), LISTING)
        .to_string()
        .replace(' ', "+")
}

/// Decodes a piece of a path, in which `+` is a plus.
pub fn decode_path(raw: &str) -> Vec<u8> {
    percent_decode(raw.as_bytes()).collect()
}

/// Decodes a name or value of a query, in which `+` is a space.
pub fn decode_query(raw: &str) -> Vec<u8> {
    percent_decode(raw.replace('+', " ").as_bytes()).collect()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Reads hexadecimal of an even length.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

/// Standard base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads standard base64 with padding.
pub fn unbase64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
