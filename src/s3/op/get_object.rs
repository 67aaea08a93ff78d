use http::{Method, StatusCode};

use crate::s3::{
    error::{AnswerError, succeeded},
    op::head_object::HeadObjectOutput,
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError, Role},
    types::{ByteRange, ContentRange, ETag, decimal},
};

/// Reads an object or a range of it.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>. The body of a
/// success is not part of the output: it is streamed.
#[derive(Debug, Clone, Copy)]
pub struct GetObject<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// Which end of a transfer it is.
    pub role: Role,
    /// Only these bytes. An empty object has no ranges: ask for the whole.
    pub range: Option<ByteRange>,
    /// Only if the object still is this version of itself.
    pub if_match: Option<&'a ETag>,
}

/// The head of the answer: what is true of the bytes that follow.
#[derive(Debug, Clone)]
pub struct GetObjectOutput {
    /// The properties of the whole object.
    pub object: HeadObjectOutput,
    /// The number of bytes that follow.
    pub content_length: u64,
}

impl Operation for GetObject<'_> {
    type Output = GetObjectOutput;

    fn request(&self) -> Result<Request, RequestError> {
        let range = self.range.map(|range| range.to_string());
        // Proxies would compress, and then neither lengths nor hashes are the object's.
        Request::new(OperationKind::GetObject, Method::GET)
            .object(self.bucket, self.key)
            .role(self.role)
            .header("accept-encoding", "identity")?
            .optional_header("range", range.as_deref())?
            .optional_header("if-match", self.if_match.map(ETag::as_str))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        let kind = OperationKind::GetObject;
        let malformed = |reason: &str| AnswerError::malformed(kind, reason);
        succeeded(kind, answer)?;
        let content_length = answer
            .header("content-length")
            .and_then(decimal)
            .ok_or_else(|| malformed("it has no Content-Length"))?;
        let size = match self.range {
            Some(range) => {
                let sent = answer
                    .header("content-range")
                    .and_then(ContentRange::parse)
                    .ok_or_else(|| malformed("the server ignored the range asked for"))?;
                if sent.range != range || range.len() != content_length {
                    return Err(malformed("the server sent another range than asked for"));
                }
                sent.total
            }
            None if answer.status == StatusCode::PARTIAL_CONTENT => {
                return Err(malformed("the server sent a part, the whole was asked for"));
            }
            None => content_length,
        };
        let object = HeadObjectOutput::from_headers(size, answer.headers);
        if let (Some(wanted), Some(sent)) = (self.if_match, &object.etag)
            && wanted != sent
        {
            return Err(malformed("the server sent another version than asked for"));
        }
        Ok(GetObjectOutput {
            object,
            content_length,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::op::testing::{code, error_document, parse};

    fn get<'a>(range: Option<(u64, u64)>, if_match: Option<&'a ETag>) -> GetObject<'a> {
        let range = range.and_then(|(start, end)| ByteRange::new(start, end));
        GetObject {
            bucket: "b",
            key: "k",
            role: Role::Source,
            range,
            if_match,
        }
    }

    #[test]
    fn a_range_must_be_answered_as_asked() {
        let asked = get(Some((5, 10)), None);
        let answer = |range: &str, length: &str| {
            parse(
                &asked,
                206,
                &[("content-range", range), ("content-length", length)],
                "",
            )
        };
        assert_eq!(answer("bytes 5-9/20", "5").unwrap().object.size, 20);
        assert!(answer("bytes 6-10/20", "5").is_err(), "shifted");
        assert!(answer("bytes 5-9/20", "6").is_err(), "wrong length");
        assert!(answer("bytes 5-8/20", "4").is_err(), "short");
        assert!(
            parse(&asked, 200, &[("content-length", "20")], "").is_err(),
            "ignored"
        );
    }

    #[test]
    fn a_200_with_content_range_is_a_range() {
        // Some stores answer ranges with 200; the header decides.
        let headers = [("content-range", "bytes 5-9/20"), ("content-length", "5")];
        assert!(parse(&get(Some((5, 10)), None), 200, &headers, "").is_ok());
    }

    #[test]
    fn another_version_is_refused_even_if_the_server_sends_it() {
        let tag = ETag::new("\"a\"");
        let asked = get(None, Some(&tag));
        let length = ("content-length", "1");
        assert!(parse(&asked, 200, &[length, ("etag", "\"a\"")], "").is_ok());
        assert!(parse(&asked, 200, &[length, ("etag", "\"b\"")], "").is_err());
    }

    #[test]
    fn failures_have_their_code() {
        let body = error_document("NoSuchKey");
        assert_eq!(code(parse(&get(None, None), 404, &[], &body)), "NoSuchKey");
        assert!(parse(&get(None, None), 200, &[], "").is_err(), "no length");
    }
}
