//! The operations, and what is known of each beyond its wire form.

use std::fmt;

use http::{HeaderMap, StatusCode};

use crate::s3::{
    error::AnswerError,
    request::{Request, RequestError},
};

/// One S3 operation: a value that makes a request and reads the answer. Both are pure.
pub trait Operation: Sync {
    /// What a successful answer holds.
    type Output: Send;

    /// Builds the request.
    ///
    /// # Errors
    /// The caller's values cannot be sent.
    fn request(&self) -> Result<Request, RequestError>;

    /// Reads an answer, of whatever status.
    ///
    /// # Errors
    /// The server reported a failure (also in the body of a 200), or the answer is not a whole
    /// and well-formed answer of this operation.
    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError>;
}

/// A complete answer.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The whole body; empty for HEAD, and for a GetObject that succeeded.
    pub body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// A header's text; `None` when it is absent or not ASCII.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The name of an operation, with the facts that retrying and the dry run need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(
    missing_docs,
    reason = "each name is the operation's name in the S3 API Reference"
)]
pub enum OperationKind {
    ListBuckets,
    CreateBucket,
    DeleteBucket,
    HeadBucket,
    ListObjects,
    ListObjectsV2,
    HeadObject,
    GetObject,
    GetObjectTagging,
    PutObject,
    CopyObject,
    CreateMultipartUpload,
    UploadPart,
    UploadPartCopy,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    ListMultipartUploads,
    ListObjectVersions,
    ListParts,
    DeleteObject,
    DeleteObjects,
    GetBucketAcl,
    PutBucketAcl,
    GetBucketPolicy,
    PutBucketPolicy,
    DeleteBucketPolicy,
    GetObjectAcl,
    PutObjectAcl,
}

impl OperationKind {
    /// Every operation.
    pub const ALL: [Self; 28] = [
        Self::ListBuckets,
        Self::CreateBucket,
        Self::DeleteBucket,
        Self::HeadBucket,
        Self::ListObjects,
        Self::ListObjectsV2,
        Self::HeadObject,
        Self::GetObject,
        Self::GetObjectTagging,
        Self::PutObject,
        Self::CopyObject,
        Self::CreateMultipartUpload,
        Self::UploadPart,
        Self::UploadPartCopy,
        Self::CompleteMultipartUpload,
        Self::AbortMultipartUpload,
        Self::ListMultipartUploads,
        Self::ListObjectVersions,
        Self::ListParts,
        Self::DeleteObject,
        Self::DeleteObjects,
        Self::GetBucketAcl,
        Self::PutBucketAcl,
        Self::GetBucketPolicy,
        Self::PutBucketPolicy,
        Self::DeleteBucketPolicy,
        Self::GetObjectAcl,
        Self::PutObjectAcl,
    ];

    /// The name in the S3 API Reference.
    pub fn name(self) -> &'static str {
        match self {
            Self::ListBuckets => "ListBuckets",
            Self::CreateBucket => "CreateBucket",
            Self::DeleteBucket => "DeleteBucket",
            Self::HeadBucket => "HeadBucket",
            Self::ListObjects => "ListObjects",
            Self::ListObjectsV2 => "ListObjectsV2",
            Self::HeadObject => "HeadObject",
            Self::GetObject => "GetObject",
            Self::GetObjectTagging => "GetObjectTagging",
            Self::PutObject => "PutObject",
            Self::CopyObject => "CopyObject",
            Self::CreateMultipartUpload => "CreateMultipartUpload",
            Self::UploadPart => "UploadPart",
            Self::UploadPartCopy => "UploadPartCopy",
            Self::CompleteMultipartUpload => "CompleteMultipartUpload",
            Self::AbortMultipartUpload => "AbortMultipartUpload",
            Self::ListMultipartUploads => "ListMultipartUploads",
            Self::ListObjectVersions => "ListObjectVersions",
            Self::ListParts => "ListParts",
            Self::DeleteObject => "DeleteObject",
            Self::DeleteObjects => "DeleteObjects",
            Self::GetBucketAcl => "GetBucketAcl",
            Self::PutBucketAcl => "PutBucketAcl",
            Self::GetBucketPolicy => "GetBucketPolicy",
            Self::PutBucketPolicy => "PutBucketPolicy",
            Self::DeleteBucketPolicy => "DeleteBucketPolicy",
            Self::GetObjectAcl => "GetObjectAcl",
            Self::PutObjectAcl => "PutObjectAcl",
        }
    }

    /// Whether the operation changes anything on the server; a dry run cannot send these.
    pub fn mutates(self) -> bool {
        !matches!(
            self,
            Self::ListBuckets
                | Self::HeadBucket
                | Self::ListObjects
                | Self::ListObjectsV2
                | Self::HeadObject
                | Self::GetObject
                | Self::GetObjectTagging
                | Self::ListMultipartUploads
                | Self::ListObjectVersions
                | Self::ListParts
                | Self::GetBucketAcl
                | Self::GetBucketPolicy
                | Self::GetObjectAcl
        )
    }

    /// Whether the server may work for minutes before the first byte of its answer.
    pub fn answers_slowly(self) -> bool {
        matches!(
            self,
            Self::CompleteMultipartUpload | Self::CopyObject | Self::UploadPartCopy
        )
    }
}

impl fmt::Display for OperationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
