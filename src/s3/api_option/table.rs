use crate::s3::{
    api_option::{ApiOption, ValueKind, Wire},
    operation::OperationKind::{self, *},
};

const fn text(
    flag: &'static str,
    header: &'static str,
    operations: &'static [OperationKind],
) -> ApiOption {
    ApiOption {
        flag,
        kind: ValueKind::Text,
        wire: Wire::Header(header),
        operations,
    }
}

const fn date(
    flag: &'static str,
    header: &'static str,
    operations: &'static [OperationKind],
) -> ApiOption {
    ApiOption {
        flag,
        kind: ValueKind::Date,
        wire: Wire::Header(header),
        operations,
    }
}

const fn key(
    flag: &'static str,
    header: &'static str,
    operations: &'static [OperationKind],
) -> ApiOption {
    ApiOption {
        flag,
        kind: ValueKind::Key,
        wire: Wire::Header(header),
        operations,
    }
}

/// Operations that make an object and take all its properties.
const STORE: &[OperationKind] = &[PutObject, CopyObject, CreateMultipartUpload];
const PERMIT: &[OperationKind] = &[
    CreateBucket,
    PutObject,
    CopyObject,
    CreateMultipartUpload,
    PutBucketAcl,
    PutObjectAcl,
];
const COPY: &[OperationKind] = &[CopyObject, UploadPartCopy];
const READ: &[OperationKind] = &[HeadObject, GetObject];
/// Operations that touch the bytes of an encrypted object.
const CUSTOMER_KEY: &[OperationKind] = &[
    HeadObject,
    GetObject,
    PutObject,
    CopyObject,
    CreateMultipartUpload,
    UploadPart,
    UploadPartCopy,
    CompleteMultipartUpload,
    ListParts,
];
const PAID: &[OperationKind] = &[
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
    GetObjectAcl,
    PutObjectAcl,
];

/// Every operation on a bucket that is there. (Tags are only asked for at the source of a copy,
/// whose owner has an option of its own.)
const OWNED: &[OperationKind] = &[
    DeleteBucket,
    HeadBucket,
    ListObjects,
    ListObjectsV2,
    HeadObject,
    GetObject,
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
];

/// How many rows, the first ones, the original had.
pub const ORIGINAL_API_OPTIONS: usize = 37;

/// The table.
pub static API_OPTIONS: [ApiOption; 58] = [
    text("API-ACL", "x-amz-acl", PERMIT),
    text("API-CacheControl", "Cache-Control", STORE),
    text("API-ContentDisposition", "Content-Disposition", STORE),
    text("API-ContentEncoding", "Content-Encoding", STORE),
    text("API-ContentLanguage", "Content-Language", STORE),
    text("API-ContentMD5", "Content-MD5", &[PutObject, UploadPart]),
    text("API-ContentType", "Content-Type", STORE),
    text("API-CopySourceIfMatch", "x-amz-copy-source-if-match", COPY),
    date(
        "API-CopySourceIfModifiedSince",
        "x-amz-copy-source-if-modified-since",
        COPY,
    ),
    text(
        "API-CopySourceIfNoneMatch",
        "x-amz-copy-source-if-none-match",
        COPY,
    ),
    date(
        "API-CopySourceIfUnmodifiedSince",
        "x-amz-copy-source-if-unmodified-since",
        COPY,
    ),
    text(
        "API-CopySourceRange",
        "x-amz-copy-source-range",
        &[UploadPartCopy],
    ),
    text(
        "API-CopySourceSSECustomerAlgorithm",
        "x-amz-copy-source-server-side-encryption-customer-algorithm",
        COPY,
    ),
    key(
        "API-CopySourceSSECustomerKey",
        "x-amz-copy-source-server-side-encryption-customer-key",
        COPY,
    ),
    text(
        "API-CopySourceSSECustomerKeyMD5",
        "x-amz-copy-source-server-side-encryption-customer-key-MD5",
        COPY,
    ),
    ApiOption {
        flag: "API-ETag",
        kind: ValueKind::Text,
        wire: Wire::Nowhere,
        operations: &[],
    },
    date("API-Expires", "Expires", STORE),
    text("API-GrantFullControl", "x-amz-grant-full-control", PERMIT),
    text("API-GrantRead", "x-amz-grant-read", PERMIT),
    text("API-GrantReadACP", "x-amz-grant-read-acp", PERMIT),
    text("API-GrantWriteACP", "x-amz-grant-write-acp", PERMIT),
    text(
        "API-IfMatch",
        "If-Match",
        &[
            HeadObject,
            GetObject,
            PutObject,
            CopyObject,
            CompleteMultipartUpload,
            DeleteObject,
        ],
    ),
    date("API-IfModifiedSince", "If-Modified-Since", READ),
    text(
        "API-IfNoneMatch",
        "If-None-Match",
        &[
            HeadObject,
            GetObject,
            PutObject,
            CopyObject,
            CompleteMultipartUpload,
        ],
    ),
    date("API-IfUnmodifiedSince", "If-Unmodified-Since", READ),
    ApiOption {
        flag: "API-Metadata",
        kind: ValueKind::Map,
        wire: Wire::HeaderPrefix("x-amz-meta-"),
        operations: STORE,
    },
    text(
        "API-MetadataDirective",
        "x-amz-metadata-directive",
        &[CopyObject],
    ),
    text("API-MFA", "x-amz-mfa", &[DeleteObject, DeleteObjects]),
    text("API-RequestPayer", "x-amz-request-payer", PAID),
    text(
        "API-ServerSideEncryption",
        "x-amz-server-side-encryption",
        STORE,
    ),
    text(
        "API-SSECustomerAlgorithm",
        "x-amz-server-side-encryption-customer-algorithm",
        CUSTOMER_KEY,
    ),
    key(
        "API-SSECustomerKey",
        "x-amz-server-side-encryption-customer-key",
        CUSTOMER_KEY,
    ),
    text(
        "API-SSECustomerKeyMD5",
        "x-amz-server-side-encryption-customer-key-MD5",
        CUSTOMER_KEY,
    ),
    text(
        "API-SSEKMSKeyId",
        "x-amz-server-side-encryption-aws-kms-key-id",
        STORE,
    ),
    text("API-StorageClass", "x-amz-storage-class", STORE),
    ApiOption {
        flag: "API-VersionId",
        kind: ValueKind::Text,
        wire: Wire::Query("versionId"),
        operations: &[
            HeadObject,
            GetObject,
            GetObjectTagging,
            DeleteObject,
            GetObjectAcl,
            PutObjectAcl,
        ],
    },
    text(
        "API-WebsiteRedirectLocation",
        "x-amz-website-redirect-location",
        STORE,
    ),
    // What the original did not have.
    text(
        "API-AnnotationDirective",
        "x-amz-object-annotation-directive",
        &[CopyObject],
    ),
    text(
        "API-BucketKeyEnabled",
        "x-amz-server-side-encryption-bucket-key-enabled",
        STORE,
    ),
    text(
        "API-BypassGovernanceRetention",
        "x-amz-bypass-governance-retention",
        &[DeleteObject, DeleteObjects],
    ),
    // Only where the server computes the sum: everywhere else S3 refuses a request that names an
    // algorithm and has no sum.
    text(
        "API-ChecksumAlgorithm",
        "x-amz-checksum-algorithm",
        &[CopyObject],
    ),
    text("API-ChecksumMode", "x-amz-checksum-mode", READ),
    text(
        "API-ChecksumType",
        "x-amz-checksum-type",
        &[CreateMultipartUpload, CompleteMultipartUpload],
    ),
    text(
        "API-ExpectedBucketOwner",
        "x-amz-expected-bucket-owner",
        OWNED,
    ),
    text(
        "API-ExpectedSourceBucketOwner",
        "x-amz-source-expected-bucket-owner",
        COPY,
    ),
    text(
        "API-GrantWrite",
        "x-amz-grant-write",
        &[CreateBucket, PutBucketAcl, PutObjectAcl],
    ),
    date(
        "API-IfMatchInitiatedTime",
        "x-amz-if-match-initiated-time",
        &[AbortMultipartUpload],
    ),
    date(
        "API-IfMatchLastModifiedTime",
        "x-amz-if-match-last-modified-time",
        &[DeleteObject],
    ),
    text("API-IfMatchSize", "x-amz-if-match-size", &[DeleteObject]),
    text(
        "API-MpuObjectSize",
        "x-amz-mp-object-size",
        &[CompleteMultipartUpload],
    ),
    text(
        "API-ObjectLockLegalHoldStatus",
        "x-amz-object-lock-legal-hold",
        STORE,
    ),
    text("API-ObjectLockMode", "x-amz-object-lock-mode", STORE),
    ApiOption {
        flag: "API-ObjectLockRetainUntilDate",
        kind: ValueKind::IsoDate,
        wire: Wire::Header("x-amz-object-lock-retain-until-date"),
        operations: STORE,
    },
    text(
        "API-ObjectOwnership",
        "x-amz-object-ownership",
        &[CreateBucket],
    ),
    // Parts that are sent have numbers of their own. A download finds that a part is not what was
    // listed, unless it is the whole.
    ApiOption {
        flag: "API-PartNumber",
        kind: ValueKind::Text,
        wire: Wire::Query("partNumber"),
        operations: READ,
    },
    text(
        "API-SSEKMSEncryptionContext",
        "x-amz-server-side-encryption-context",
        STORE,
    ),
    text("API-Tagging", "x-amz-tagging", STORE),
    text(
        "API-TaggingDirective",
        "x-amz-tagging-directive",
        &[CopyObject],
    ),
];
