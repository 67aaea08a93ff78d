//! The `Range` header: which bytes of an object are asked for.

use super::error::{Result, S3Error};

/// A part of an object, and the object's whole size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first: u64,
    pub len: u64,
    pub total: u64,
}

impl Span {
    /// `bytes 0-9/100`.
    pub fn content_range(&self) -> String {
        format!(
            "bytes {}-{}/{}",
            self.first,
            self.first + self.len - 1,
            self.total
        )
    }
}

/// Finds the bytes a `Range` header means. None for a header S3 ignores: it then
/// answers with the whole object.
pub fn find(header: &str, total: u64) -> Result<Option<Span>> {
    let Some((first, last)) = parse(header) else {
        return Ok(None);
    };
    let (first, end) = match (first, last) {
        (Some(first), Some(last)) if first > last => return Ok(None),
        (Some(first), Some(last)) => (first, total.min(last.saturating_add(1))),
        (Some(first), None) => (first, total),
        (None, Some(suffix)) => (total.saturating_sub(suffix), total),
        (None, None) => return Ok(None),
    };
    if first >= end {
        let error = S3Error::new(
            416,
            "InvalidRange",
            "The requested range is not satisfiable",
        );
        return Err(error
            .with("RangeRequested", header)
            .with("ActualObjectSize", total.to_string()));
    }
    let len = end - first;
    Ok(Some(Span { first, len, total }))
}

/// Reads `bytes=first-last` with either side missing.
fn parse(header: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| match text {
        "" => Some(None),
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok().map(Some),
        _ => None,
    };
    Some((number(first)?, number(last)?))
}

/// Reads `bytes=first-last` of a copied part, of which both sides must exist.
pub fn find_copied(header: &str, total: u64) -> Result<Span> {
    let invalid = |message: &str| Err(S3Error::invalid_argument(message));
    let Some((Some(first), Some(last))) = parse(header) else {
        return invalid(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where \
             first and last are the zero-based offsets of the first and last bytes to copy",
        );
    };
    if first > last || last >= total {
        return invalid(&format!(
            "Range specified is not valid for source object of size: {total}"
        ));
    }
    let len = last - first + 1;
    Ok(Span { first, len, total })
}
