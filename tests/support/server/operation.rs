//! Which of S3's operations a request is.

use http::Method;

use super::request::Request;

/// The operations of the server, by the names of the API reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    ListBuckets,
    CreateBucket,
    DeleteBucket,
    HeadBucket,
    GetBucketLocation,
    ListObjects,
    ListObjectsV2,
    ListMultipartUploads,
    ListObjectVersions,
    DeleteObjects,
    HeadObject,
    GetObject,
    GetObjectTagging,
    PutObject,
    CopyObject,
    DeleteObject,
    CreateMultipartUpload,
    UploadPart,
    UploadPartCopy,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    ListParts,
    GetObjectAcl,
    PutObjectAcl,
    GetBucketAcl,
    PutBucketAcl,
    GetBucketPolicy,
    PutBucketPolicy,
    DeleteBucketPolicy,
    Unknown,
}

/// Sub-resources that exist at S3 but not here.
const NOT_SERVED: [&str; 16] = [
    "accelerate",
    "analytics",
    "attributes",
    "cors",
    "encryption",
    "inventory",
    "legal-hold",
    "lifecycle",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "replication",
    "restore",
    "retention",
    "torrent",
];

impl Operation {
    /// Finds the operation from method, resource, query and headers.
    pub fn of(request: &Request) -> Operation {
        let tagging = request.has_query("tagging");
        if tagging && request.method == Method::GET && request.key.is_some() {
            return Operation::GetObjectTagging;
        }
        if tagging || NOT_SERVED.iter().any(|name| request.has_query(name)) {
            return Operation::Unknown;
        }
        if request.has_query("acl") || request.has_query("policy") {
            return Operation::of_access(request);
        }
        match (&request.bucket, &request.key) {
            (None, _) if request.method == Method::GET => Operation::ListBuckets,
            (None, _) => Operation::Unknown,
            (Some(_), None) => Operation::of_bucket(request),
            (Some(_), Some(_)) => Operation::of_object(request),
        }
    }

    fn of_access(request: &Request) -> Operation {
        let (is_list, is_object) = (request.has_query("acl"), request.key.is_some());
        match (request.method.as_str(), is_list, is_object) {
            ("GET", true, true) => Operation::GetObjectAcl,
            ("PUT", true, true) => Operation::PutObjectAcl,
            ("GET", true, false) => Operation::GetBucketAcl,
            ("PUT", true, false) => Operation::PutBucketAcl,
            ("GET", false, false) => Operation::GetBucketPolicy,
            ("PUT", false, false) => Operation::PutBucketPolicy,
            ("DELETE", false, false) => Operation::DeleteBucketPolicy,
            _ => Operation::Unknown,
        }
    }

    fn of_bucket(request: &Request) -> Operation {
        match request.method.as_str() {
            "PUT" => Operation::CreateBucket,
            "DELETE" => Operation::DeleteBucket,
            "HEAD" => Operation::HeadBucket,
            "POST" if request.has_query("delete") => Operation::DeleteObjects,
            "GET" if request.has_query("location") => Operation::GetBucketLocation,
            "GET" if request.has_query("uploads") => Operation::ListMultipartUploads,
            "GET" if request.has_query("versions") => Operation::ListObjectVersions,
            "GET" if request.query("list-type") == Some("2") => Operation::ListObjectsV2,
            "GET" => Operation::ListObjects,
            _ => Operation::Unknown,
        }
    }

    fn of_object(request: &Request) -> Operation {
        let upload = request.has_query("uploadId");
        let copy = request.headers.contains_key("x-amz-copy-source");
        match request.method.as_str() {
            "HEAD" => Operation::HeadObject,
            "GET" if upload => Operation::ListParts,
            "GET" => Operation::GetObject,
            "PUT" if upload && copy => Operation::UploadPartCopy,
            "PUT" if upload => Operation::UploadPart,
            "PUT" if copy => Operation::CopyObject,
            "PUT" => Operation::PutObject,
            "POST" if request.has_query("uploads") => Operation::CreateMultipartUpload,
            "POST" if upload => Operation::CompleteMultipartUpload,
            "DELETE" if upload => Operation::AbortMultipartUpload,
            "DELETE" => Operation::DeleteObject,
            _ => Operation::Unknown,
        }
    }

    /// The name in the API reference.
    pub fn name(self) -> &'static str {
        match self {
            Operation::ListBuckets => "ListBuckets",
            Operation::CreateBucket => "CreateBucket",
            Operation::DeleteBucket => "DeleteBucket",
            Operation::HeadBucket => "HeadBucket",
            Operation::GetBucketLocation => "GetBucketLocation",
            Operation::ListObjects => "ListObjects",
            Operation::ListObjectsV2 => "ListObjectsV2",
            Operation::ListMultipartUploads => "ListMultipartUploads",
            Operation::ListObjectVersions => "ListObjectVersions",
            Operation::DeleteObjects => "DeleteObjects",
            Operation::HeadObject => "HeadObject",
            Operation::GetObject => "GetObject",
            Operation::GetObjectTagging => "GetObjectTagging",
            Operation::PutObject => "PutObject",
            Operation::CopyObject => "CopyObject",
            Operation::DeleteObject => "DeleteObject",
            Operation::CreateMultipartUpload => "CreateMultipartUpload",
            Operation::UploadPart => "UploadPart",
            Operation::UploadPartCopy => "UploadPartCopy",
            Operation::CompleteMultipartUpload => "CompleteMultipartUpload",
            Operation::AbortMultipartUpload => "AbortMultipartUpload",
            Operation::ListParts => "ListParts",
            Operation::GetObjectAcl => "GetObjectAcl",
            Operation::PutObjectAcl => "PutObjectAcl",
            Operation::GetBucketAcl => "GetBucketAcl",
            Operation::PutBucketAcl => "PutBucketAcl",
            Operation::GetBucketPolicy => "GetBucketPolicy",
            Operation::PutBucketPolicy => "PutBucketPolicy",
            Operation::DeleteBucketPolicy => "DeleteBucketPolicy",
            Operation::Unknown => "Unknown",
        }
    }

    /// Whether the answer carries an object (its body is data, not a document).
    pub fn answers_with_object(self) -> bool {
        matches!(self, Operation::GetObject | Operation::HeadObject)
    }
}
