//! A plain reading of an answer, which takes more than HTTP allows: what it does not take is none.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

pub struct Reading {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// The body came to its end.
    pub is_whole: bool,
}

impl Reading {
    /// The answer in front of some bytes, behind whose end the connection is closed or breaks.
    pub fn of(bytes: &[u8], is_head: bool, closes: bool) -> Option<Self> {
        let mut rest = bytes;
        let (status, headers) = loop {
            while let Some((b'\r' | b'\n', behind)) = rest.split_first() {
                rest = behind;
            }
            let status = status(line(&mut rest)?)?;
            let headers = headers(&mut rest)?;
            // What goes before the answer is passed over.
            if !status.is_informational() || status == StatusCode::SWITCHING_PROTOCOLS {
                break (status, headers);
            }
        };
        let (body, is_whole) = if is_head || matches!(status.as_u16(), 101 | 204 | 304) {
            (Vec::new(), true)
        } else if let Some(coding) = headers.get_all("transfer-encoding").iter().next_back() {
            let last = coding.as_bytes().rsplit(|byte| *byte == b',').next();
            let last = last.unwrap_or_default().trim_ascii();
            match last.eq_ignore_ascii_case(b"chunked") {
                true => chunked(rest),
                false => (rest.to_vec(), closes),
            }
        } else if let Some(length) = length(&headers)? {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let is_whole = rest.len() >= length;
            (rest[..rest.len().min(length)].to_vec(), is_whole)
        } else {
            (rest.to_vec(), closes)
        };
        Some(Self {
            status,
            headers,
            body,
            is_whole,
        })
    }
}

/// The answer, if it is of the form that every server sends and every client understands: nothing
/// can be wrong with reading it.
pub fn plain(bytes: &Bytes, is_head: bool) -> Option<Reading> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    if lines.next() != Some("HTTP/1.1 200 OK")
        && !head.starts_with("HTTP/1.1 206 Partial Content\r\n")
    {
        return None;
    }
    let mut names = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_value = |byte: u8| (0x21..=0x7e).contains(&byte);
        let is_plain = !name.is_empty() && name.bytes().all(is_name) && value.bytes().all(is_value);
        let name = name.to_ascii_lowercase();
        let is_special = ["transfer-encoding", "connection", "upgrade"].contains(&&*name);
        if !is_plain || value.is_empty() || is_special || names.contains(&name) || names.len() > 50
        {
            return None;
        }
        names.push(name);
    }
    let reading = Reading::of(bytes, is_head, false)?;
    let body = bytes.len() - end - 4;
    let announced = length(&reading.headers)??;
    let is_exact = if is_head {
        body == 0
    } else {
        announced == body as u64
    };
    // As for a body of no bytes that is asked for by HEAD, there is none to come.
    (is_exact && reading.is_whole).then_some(reading)
}

/// The next line, without its end.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = &rest[..end];
    *rest = &rest[end + 1..];
    Some(line.strip_suffix(b"\r").unwrap_or(line))
}

fn status(line: &[u8]) -> Option<StatusCode> {
    let line = line.strip_prefix(b"HTTP/1.")?;
    StatusCode::from_bytes(line.get(2..5)?).ok()
}

fn headers(rest: &mut &[u8]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    loop {
        let line = line(rest)?;
        if line.is_empty() {
            return Some(headers);
        }
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        headers.append(name, value);
    }
}

/// The length, if there is one; nothing at all if there are several or it is no number.
fn length(headers: &HeaderMap) -> Option<Option<u64>> {
    let mut length = None;
    for value in headers.get_all("content-length") {
        for number in value.to_str().ok()?.split(',') {
            let number = number.trim().parse().ok()?;
            if length.is_some_and(|length| length != number) {
                return None;
            }
            length = Some(number);
        }
    }
    Some(length)
}

/// The body that the chunks make, as far as it came, and whether it came to its end.
fn chunked(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(line) = line(&mut rest) else {
            return (body, false);
        };
        let text = String::from_utf8_lossy(line);
        let digits = text
            .trim_start()
            .split(|digit: char| !digit.is_ascii_hexdigit());
        let size = digits.into_iter().next().unwrap_or_default();
        let Ok(size) = u64::from_str_radix(size, 16) else {
            return (body, false);
        };
        if size == 0 {
            return (body, headers_end(rest));
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let length = size.min(rest.len());
        body.extend_from_slice(&rest[..length]);
        rest = &rest[length..];
        if length < size || self::line(&mut rest) != Some(b"") {
            return (body, false);
        }
    }
}

fn headers_end(mut rest: &[u8]) -> bool {
    while let Some(line) = line(&mut rest) {
        if line.is_empty() {
            return true;
        }
    }
    false
}
