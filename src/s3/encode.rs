//! Percent-encoding as S3 signs it: every byte of the UTF-8 text once, upper-case hex, unreserved
//! characters (RFC 3986 2.3) bare.
//!
//! The strings made here are both signed and sent, so that the two cannot differ.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Encodes a key for the request path: `/` stays bare, nothing is normalised.
pub fn path(key: &str) -> String {
    utf8_percent_encode(key, PATH).to_string()
}

/// Encodes one query name or value: `/` is encoded, a space is `%20`.
pub fn query_component(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// Builds the query string: encoded, then sorted by encoded name and encoded value, `name=` where
/// the value is empty.
///
/// Source: S3 API Reference, "Signature Calculations for the Authorization Header", canonical
/// query string. S3 accepts this form on the wire for every sub-resource (`?uploads=`).
pub fn query<N: AsRef<str>, V: AsRef<str>>(parameters: &[(N, V)]) -> String {
    let mut encoded: Vec<(String, String)> = parameters
        .iter()
        .map(|(name, value)| {
            (
                query_component(name.as_ref()),
                query_component(value.as_ref()),
            )
        })
        .collect();
    encoded.sort();
    let mut query = String::new();
    for (name, value) in encoded {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(&name);
        query.push('=');
        query.push_str(&value);
    }
    query
}

/// Decodes a value of a listing that was asked for with `encoding-type=url`: `+` is a space.
///
/// `None` if the decoded bytes are not UTF-8: such a key cannot be named on a command line.
pub fn decode_listed(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .ok()
        .map(|decoded| decoded.into_owned())
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(HEX_DIGITS[usize::from(half & 0xf)]);
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(*byte));
    }
    text
}

/// Reads hexadecimal of exactly `N` bytes, either case.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

const HEX_DIGITS: [u8; 16] = *b"0123456789abcdef";

const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const PATH: &AsciiSet = &COMPONENT.remove(b'/');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_keeps_slashes_and_encodes_once() {
        assert_eq!(path("a b+é/%2F//../~x"), "a%20b%2B%C3%A9/%252F//../~x");
    }

    #[test]
    fn query_sorts_after_encoding() {
        let parameters = [("z", ""), ("{", "1"), ("a", "b/c d")];
        assert_eq!(query(&parameters), "%7B=1&a=b%2Fc%20d&z=");
    }

    #[test]
    fn listed_plus_is_a_space() {
        assert_eq!(decode_listed("a+b%2Bc%20d").as_deref(), Some("a b+c d"));
        assert_eq!(decode_listed("%FF"), None);
    }

    #[test]
    fn hex_is_what_unhex_reads() {
        let all: [u8; 256] = std::array::from_fn(|byte| byte as u8);
        let text = hex(&all);
        assert!(text.starts_with("000102") && text.ends_with("fdfeff"));
        assert_eq!(unhex(&text), Some(all));
    }

    #[test]
    fn unhex_refuses_signs_and_lengths() {
        assert_eq!(unhex::<2>("00fF"), Some([0, 255]));
        assert_eq!(unhex::<2>("+0ff"), None);
        assert_eq!(unhex::<2>("00"), None);
    }
}
