//! What a server says when it refuses, and what an answer looks like that cannot be trusted.

use std::fmt;

use http::StatusCode;
use thiserror::Error;

use crate::s3::{
    operation::{Answer, OperationKind},
    xml::{Reader, XmlError},
};

/// Why an answer is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AnswerError {
    /// The server reported a failure.
    #[error(transparent)]
    Service(#[from] Box<ServiceError>),
    /// The answer is empty, cut, or not an answer of this operation: nothing is known.
    #[error("the server's answer to {operation} is not valid: {reason}")]
    Malformed {
        /// The operation asked for.
        operation: OperationKind,
        /// What is wrong with the answer.
        reason: String,
    },
}

impl AnswerError {
    /// A malformed answer of `operation`.
    pub fn malformed(operation: OperationKind, reason: impl Into<String>) -> Self {
        Self::Malformed {
            operation,
            reason: reason.into(),
        }
    }

    /// The failure that the server reported, if it reported one.
    pub fn service(&self) -> Option<&ServiceError> {
        match self {
            Self::Service(error) => Some(error),
            Self::Malformed { .. } => None,
        }
    }
}

/// A failure that the server reported: the `<Error>` document, or only a status.
///
/// Source: S3 API Reference, "Error responses".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceError {
    /// The operation asked for.
    pub operation: OperationKind,
    /// The HTTP status; 200 when the failure came in the body of a success.
    pub status: StatusCode,
    /// The code, such as `NoSuchKey`; the status number where the answer has no document.
    pub code: String,
    /// The server's text.
    pub message: String,
    /// The region that the server names, for a request sent to the wrong one.
    pub region: Option<String>,
    /// What the server's support asks for.
    pub request_id: Option<String>,
}

impl ServiceError {
    /// Reads the failure from an answer.
    pub fn from_answer(operation: OperationKind, answer: &Answer<'_>) -> Self {
        let document = parse_document(answer.body).ok();
        let mut error = Self::from_status(operation, answer.status);
        if let Some(document) = document {
            error.code = document.code;
            error.message = document.message;
            error.region = document.region;
            error.request_id = document.request_id;
        }
        if error.region.is_none() {
            error.region = answer.header("x-amz-bucket-region").map(str::to_owned);
        }
        if error.request_id.is_none() {
            error.request_id = answer.header("x-amz-request-id").map(str::to_owned);
        }
        error
    }

    fn from_status(operation: OperationKind, status: StatusCode) -> Self {
        Self {
            operation,
            status,
            code: status.as_str().to_owned(),
            message: status
                .canonical_reason()
                .unwrap_or("no reason given")
                .to_owned(),
            region: None,
            request_id: None,
        }
    }

    /// Whether the object, bucket or upload does not exist.
    pub fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
            || matches!(
                &*self.code,
                "NoSuchKey" | "NoSuchBucket" | "NoSuchUpload" | "NotFound"
            )
    }

    /// Whether the server does not accept the credentials, for whatever is asked.
    pub fn is_about_credentials(&self) -> bool {
        matches!(
            &*self.code,
            "ExpiredToken"
                | "ExpiredTokenException"
                | "InvalidToken"
                | "InvalidAccessKeyId"
                | "TokenRefreshRequired"
        )
    }

    /// Whether the server asks to send less.
    pub fn is_throttling(&self) -> bool {
        self.was_turned_away() || matches!(self.status.as_u16(), 429 | 503 | 509)
    }

    /// Whether the server says that it had no time to look at the request, so that nothing was
    /// done. A bare status does not say that: a proxy may have lost the answer.
    pub fn was_turned_away(&self) -> bool {
        matches!(
            &*self.code,
            "SlowDown"
                | "SlowDownRead"
                | "SlowDownWrite"
                | "Throttling"
                | "ThrottlingException"
                | "TooManyRequests"
                | "RequestLimitExceeded"
                | "ReducedRequestRate"
        )
    }

    /// Whether another write at the same time cost a multipart upload its end: all of it has to be
    /// sent anew.
    ///
    /// Source: S3 API Reference, CompleteMultipartUpload, `If-None-Match`.
    pub fn ended_the_upload(&self) -> bool {
        self.operation == OperationKind::CompleteMultipartUpload
            && self.code == "ConditionalRequestConflict"
    }

    /// Whether the same request may succeed when it is sent again.
    ///
    /// A failure inside a 200 is one that S3 documents as "500 in the body" (CopyObject and
    /// CompleteMultipartUpload), so only its code decides.
    pub fn is_transient(&self) -> bool {
        if self.ended_the_upload() {
            return false;
        }
        if self.is_throttling() || self.status.is_server_error() {
            return self.status != StatusCode::NOT_IMPLEMENTED;
        }
        matches!(
            &*self.code,
            "InternalError"
                | "ServiceUnavailable"
                | "RequestTimeout"
                | "OperationAborted"
                | "ConditionalRequestConflict"
                | "BadDigest"
                | "XAmzContentSHA256Mismatch"
                | "IncompleteBody"
        ) || self.status == StatusCode::REQUEST_TIMEOUT
    }
}

impl fmt::Display for ServiceError {
    /// Compat: the wording of botocore's `ClientError`, which scripts search for; it names both
    /// listings `ListObjects`, as the original only knew one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = match self.operation {
            OperationKind::ListObjectsV2 => OperationKind::ListObjects,
            other => other,
        };
        let Self { code, message, .. } = self;
        write!(
            f,
            "An error occurred ({code}) when calling the {operation} operation: {message}"
        )
    }
}

impl std::error::Error for ServiceError {}

struct Document {
    code: String,
    message: String,
    region: Option<String>,
    request_id: Option<String>,
}

fn parse_document(body: &[u8]) -> Result<Document, XmlError> {
    let mut reader = Reader::new(body)?;
    reader.root("Error")?;
    let mut document = Document {
        code: String::new(),
        message: String::new(),
        region: None,
        request_id: None,
    };
    while let Some(name) = reader.child()? {
        match name {
            "Code" => document.code = reader.text()?,
            "Message" => document.message = reader.text()?,
            "Region" => document.region = Some(reader.text()?),
            "RequestId" => document.request_id = Some(reader.text()?),
            _ => reader.skip()?,
        }
    }
    reader.finish()?;
    if document.code.is_empty() {
        return Err(XmlError::Missing("Code"));
    }
    Ok(document)
}

/// Checks the status, then hands the body to `read`, which must consume the whole document.
///
/// This is the one door for answers with a document: a status other than 2xx, an `<Error>` root
/// under a 200, and an empty or cut document all end here as errors.
pub(crate) fn document<T>(
    operation: OperationKind,
    answer: &Answer<'_>,
    root: &'static str,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, XmlError>,
) -> Result<T, AnswerError> {
    succeeded(operation, answer)?;
    let parsed = Reader::new(answer.body).and_then(|mut reader| {
        reader.root(root)?;
        let value = read(&mut reader)?;
        reader.finish()?;
        Ok(value)
    });
    parsed.map_err(|error| match error {
        XmlError::ErrorDocument => ServiceError::from_answer(operation, answer).into(),
        other => AnswerError::malformed(operation, other.to_string()),
    })
}

/// Checks the status of an answer that has no document on success.
pub(crate) fn succeeded(operation: OperationKind, answer: &Answer<'_>) -> Result<(), AnswerError> {
    if answer.status.is_success() {
        return Ok(());
    }
    Err(ServiceError::from_answer(operation, answer).into())
}

/// [`succeeded`] for operations whose success has an empty body, so that an error document under a
/// 200 is not taken for success.
pub(crate) fn succeeded_empty(
    operation: OperationKind,
    answer: &Answer<'_>,
) -> Result<(), AnswerError> {
    succeeded(operation, answer)?;
    if parse_document(answer.body).is_ok() {
        return Err(ServiceError::from_answer(operation, answer).into());
    }
    Ok(())
}

impl From<ServiceError> for AnswerError {
    fn from(error: ServiceError) -> Self {
        Self::Service(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn service(status: u16, body: &str) -> ServiceError {
        let headers = HeaderMap::new();
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer {
            status,
            headers: &headers,
            body: body.as_bytes(),
        };
        ServiceError::from_answer(OperationKind::ListObjectsV2, &answer)
    }

    #[test]
    fn message_is_the_one_scripts_search_for() {
        let body = "<?xml version=\"1.0\"?><Error><Code>NoSuchBucket</Code>\
                    <Message>gone</Message><Extra><A/></Extra></Error>";
        let error = service(404, body);
        assert_eq!(
            error.to_string(),
            "An error occurred (NoSuchBucket) when calling the ListObjects operation: gone"
        );
        assert!(error.is_not_found());
        assert!(!error.is_transient());
    }

    #[test]
    fn an_html_page_is_its_status() {
        let error = service(503, "<html><body>busy<br></body></html>");
        assert_eq!(
            (&*error.code, &*error.message),
            ("503", "Service Unavailable")
        );
        assert!(error.is_transient() && error.is_throttling());
    }

    #[test]
    fn not_implemented_is_final() {
        assert!(!service(501, "<Error><Code>NotImplemented</Code></Error>").is_transient());
        assert!(service(500, "").is_transient());
        assert!(service(400, "<Error><Code>RequestTimeout</Code></Error>").is_transient());
        assert!(!service(403, "<Error><Code>AccessDenied</Code></Error>").is_transient());
    }

    #[test]
    fn a_key_that_says_error_is_no_error() {
        let body = "<ListBucketResult><Key>InternalError</Key></ListBucketResult>";
        let headers = HeaderMap::new();
        let answer = Answer {
            status: StatusCode::OK,
            headers: &headers,
            body: body.as_bytes(),
        };
        let parsed = document(
            OperationKind::ListObjectsV2,
            &answer,
            "ListBucketResult",
            |r| {
                while r.child()?.is_some() {
                    r.skip()?;
                }
                Ok(())
            },
        );
        assert_eq!(parsed, Ok(()));
    }
}
