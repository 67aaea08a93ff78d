//! Small types for values that would otherwise be mixed up.

use std::fmt;

use md5::{Digest as _, Md5};

use crate::s3::encode;

/// An MD5 digest.
pub type Md5Digest = [u8; 16];

/// The MD5 of the MD5s of parts, as composite tags have it.
pub fn composite(parts: &[Md5Digest]) -> Md5Digest {
    Md5::digest(parts.as_flattened()).into()
}

/// A SHA-256 digest.
pub type Sha256Digest = [u8; 32];

/// A checksum of a whole object that S3 keeps beside it, strong enough to show that two contents
/// are the same. (Those of 32 bits are not.)
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-256.
    Sha256(Sha256Digest),
    /// CRC-64/NVME, which S3 makes of every new object.
    Crc64Nvme(u64),
}

/// An entity tag as the server sent it, with its quotes: servers differ in quoting, so it goes
/// back to the server unchanged and is compared without the quotes.
#[derive(Debug, Clone)]
pub struct ETag(String);

impl ETag {
    /// Keeps the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Keeps the text as it is; `None` if there is nothing in it, quoted or not: some stores have
    /// such tags, and they are all the same.
    pub fn parse(text: impl Into<String>) -> Option<Self> {
        let tag = Self::new(text);
        (!tag.unquoted().is_empty()).then_some(tag)
    }

    /// Whether two objects are sure to have the same content because their tags are the same. Weak
    /// tags say only that they are as good.
    pub fn show_equal(one: Option<&Self>, other: Option<&Self>) -> bool {
        let strong = |tag: &&Self| !tag.0.starts_with("W/");
        one.is_some_and(|one| {
            other
                .filter(strong)
                .is_some_and(|other| strong(&one) && one == other)
        })
    }

    /// As sent, for `If-Match` and for CompleteMultipartUpload.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without quotes and without a weak mark.
    pub fn unquoted(&self) -> &str {
        self.0.trim_start_matches("W/").trim_matches('"')
    }

    /// The MD5 that this tag is, if it has that form. Whether it *is* the content's MD5 depends on
    /// the encryption of the object: see [`crate::s3::op::HeadObjectOutput::content_md5`].
    pub fn as_md5(&self) -> Option<Md5Digest> {
        encode::unhex(self.unquoted())
    }

    /// The MD5 of the parts' MD5s and the number of parts, if this has the form of the composite
    /// tag of a multipart upload (`hex-N`). Of encrypted objects it is no sum of the content.
    pub fn as_composite(&self) -> Option<(Md5Digest, u32)> {
        let (digest, parts) = self.unquoted().split_once('-')?;
        Some((encode::unhex(digest)?, parts.parse().ok()?))
    }
}

impl PartialEq for ETag {
    fn eq(&self, other: &Self) -> bool {
        self.unquoted() == other.unquoted()
    }
}

impl Eq for ETag {}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.unquoted())
    }
}

/// The identifier of an open multipart upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadId(pub String);

/// The number of a part, 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartNumber(u16);

impl PartNumber {
    /// The largest part number of S3.
    pub const MAX: u16 = 10_000;

    /// `None` outside 1 to 10,000.
    pub fn new(number: u64) -> Option<Self> {
        let number = u16::try_from(number).ok()?;
        (1..=Self::MAX).contains(&number).then_some(Self(number))
    }

    /// The number.
    pub fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for PartNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A non-empty range of bytes: `start` included, `end` excluded. It prints as HTTP wants it,
/// `bytes=first-last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// One past the last byte; above `start`.
    pub end: u64,
}

impl ByteRange {
    /// `None` for an empty range, which HTTP cannot express.
    pub fn new(start: u64, end: u64) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The number of bytes.
    pub fn len(self) -> u64 {
        self.end - self.start
    }

    /// Never: a range has at least one byte.
    pub fn is_empty(self) -> bool {
        false
    }
}

impl fmt::Display for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bytes={}-{}", self.start, self.end - 1)
    }
}

/// The parsed `Content-Range` of a 206 answer: the range sent and the size of the whole object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentRange {
    /// The bytes that follow.
    pub range: ByteRange,
    /// The size of the whole object.
    pub total: u64,
}

impl ContentRange {
    /// Reads `bytes first-last/total`; `None` for any other form, also for an unknown total.
    pub fn parse(text: &str) -> Option<Self> {
        let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let last: u64 = decimal(last)?;
        let range = ByteRange::new(decimal(first)?, last.checked_add(1)?)?;
        let total = decimal(total)?;
        (range.end <= total).then_some(Self { range, total })
    }
}

/// Digits only: `u64::from_str` would take a sign.
pub fn decimal(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etags_compare_without_quotes() {
        let plain = ETag::new("d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(plain, ETag::new("\"d41d8cd98f00b204e9800998ecf8427e\""));
        assert!(plain.as_md5().is_some());
        assert_eq!(plain.as_composite(), None);
        let composite = ETag::new("\"d41d8cd98f00b204e9800998ecf8427e-12\"");
        let (digest, parts) = composite.as_composite().unwrap();
        assert_eq!((Some(digest), parts), (plain.as_md5(), 12));
        assert_eq!(composite.as_md5(), None);
    }

    #[test]
    fn only_real_and_strong_tags_show_that_contents_are_equal() {
        let tag = |text: &str| ETag::parse(text);
        for nothing in ["", "\"\"", "W/\"\""] {
            assert_eq!(tag(nothing), None, "{nothing}");
        }
        let equal = |one, other| ETag::show_equal(tag(one).as_ref(), tag(other).as_ref());
        assert!(equal("\"a\"", "a"));
        assert!(!equal("W/\"a\"", "W/\"a\"") && !equal("a", "W/\"a\""));
        assert!(!equal("a", "b") && !equal("\"\"", "\"\"") && !equal("", "a"));
    }

    #[test]
    fn ranges_print_inclusive() {
        assert_eq!(ByteRange::new(0, 10).unwrap().to_string(), "bytes=0-9");
        assert_eq!(ByteRange::new(3, 3), None);
    }

    #[test]
    fn content_range_is_strict() {
        let parsed = ContentRange::parse("bytes 0-9/20").unwrap();
        assert_eq!(
            (parsed.range.start, parsed.range.end, parsed.total),
            (0, 10, 20)
        );
        for bad in [
            "bytes 0-9/*",
            "bytes 5-4/20",
            "bytes 0-20/20",
            "0-9/20",
            "bytes +0-9/20",
            "",
        ] {
            assert_eq!(ContentRange::parse(bad), None, "{bad}");
        }
        assert_eq!(ContentRange::parse("bytes 0-18446744073709551615/1"), None);
    }

    #[test]
    fn part_numbers_are_bounded() {
        assert_eq!(PartNumber::new(0), None);
        assert_eq!(PartNumber::new(10_000).map(PartNumber::get), Some(10_000));
        assert_eq!(PartNumber::new(10_001), None);
    }
}
