//! Answers of a server as the files of a corpus have them: the status, the headers in one line
//! each, an empty line, the body. What cannot be a header is passed over.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use s4cmd::s3::operation::Answer;

pub struct Written<'a> {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: &'a [u8],
}

impl<'a> Written<'a> {
    pub fn read(data: &'a [u8]) -> Self {
        let (mut line, mut rest) = cut_line(data);
        let digits = std::str::from_utf8(line).unwrap_or_default();
        let status = digits.trim().parse().ok();
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        let mut headers = HeaderMap::new();
        loop {
            (line, rest) = cut_line(rest);
            if line.is_empty() {
                break;
            }
            let Some(colon) = line.iter().position(|byte| *byte == b':') else {
                continue;
            };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
            {
                headers.append(name, value);
            }
        }
        Self {
            status: status.unwrap_or(StatusCode::OK),
            headers,
            body: rest,
        }
    }

    pub fn answer(&self) -> Answer<'_> {
        Answer {
            status: self.status,
            headers: &self.headers,
            body: self.body,
        }
    }

    /// The first value of a header, where it is printable ASCII.
    pub fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?.as_bytes();
        let is_text = value.iter().all(|byte| matches!(byte, b'\t' | 0x20..=0x7e));
        is_text.then(|| String::from_utf8_lossy(value).into_owned())
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status.as_u16())
    }
}

/// Whether digits and nothing else, and the number that fits.
pub fn plain_number(text: &str) -> Option<u64> {
    let mut number: u64 = 0;
    for character in text.chars() {
        let digit = character.to_digit(10)?;
        number = number.checked_mul(10)?.checked_add(digit.into())?;
    }
    (!text.is_empty()).then_some(number)
}

/// An entity tag without quotes and weak marks; `None` if nothing is left.
pub fn bare_tag(tag: &str) -> Option<String> {
    let mut bare = tag;
    while let Some(rest) = bare.strip_prefix("W/") {
        bare = rest;
    }
    while let Some(rest) = bare.strip_prefix('"') {
        bare = rest;
    }
    while let Some(rest) = bare.strip_suffix('"') {
        bare = rest;
    }
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// The bytes that pairs of hexadecimal digits make, if they are `length` bytes.
pub fn unhex(text: &str, length: usize) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .chars()
        .map(|digit| digit.to_digit(16))
        .collect::<Option<_>>()?;
    let bytes = digits
        .chunks(2)
        .map(|pair| u8::try_from(pair.iter().fold(0, |sum, digit| sum * 16 + digit)).unwrap());
    (digits.len() == length * 2).then(|| bytes.collect())
}

fn cut_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[]),
    }
}
