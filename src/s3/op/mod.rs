//! One file for each operation: its request, its answer, its limits and its tests.

mod abort_multipart_upload;
mod complete_multipart_upload;
mod copy_object;
mod create_bucket;
mod create_multipart_upload;
mod delete_bucket;
mod delete_bucket_policy;
mod delete_object;
mod delete_objects;
mod get_acl;
mod get_bucket_policy;
mod get_object;
mod get_object_tagging;
mod head_bucket;
mod head_object;
mod head_part;
mod list_buckets;
mod list_multipart_uploads;
mod list_object_versions;
mod list_objects;
mod list_objects_v2;
mod list_parts;
mod listing;
mod put_acl;
mod put_bucket_policy;
mod put_object;
mod upload_part;
mod upload_part_copy;

pub use abort_multipart_upload::AbortMultipartUpload;
pub use complete_multipart_upload::{CompleteMultipartUpload, CompletedPart};
pub use copy_object::{CopyObject, CopyOutput, CopySource, MetadataDirective};
pub use create_bucket::CreateBucket;
pub use create_multipart_upload::CreateMultipartUpload;
pub use delete_bucket::DeleteBucket;
pub use delete_bucket_policy::DeleteBucketPolicy;
pub use delete_object::DeleteObject;
pub use delete_objects::{DeleteFailure, DeleteObjects, DeleteObjectsOutput};
pub use get_acl::GetAcl;
pub use get_bucket_policy::GetBucketPolicy;
pub use get_object::{GetObject, GetObjectOutput};
pub use get_object_tagging::{GetObjectTagging, Tags};
pub use head_bucket::{HeadBucket, HeadBucketOutput};
pub use head_object::{HeadObject, HeadObjectOutput};
pub use head_part::HeadPart;
pub use list_buckets::{Bucket, ListBuckets};
pub use list_multipart_uploads::{ListMultipartUploads, MultipartUpload, MultipartUploadPage};
pub use list_object_versions::{ListObjectVersions, ObjectVersion, VersionContent, VersionPage};
pub use list_objects::ListObjects;
pub use list_objects_v2::ListObjectsV2;
pub use list_parts::{ListParts, ListedPart, PartPage};
pub use listing::{ListPage, ListedObject};
pub use put_acl::PutAcl;
pub use put_bucket_policy::PutBucketPolicy;
pub use put_object::{PutObject, PutObjectOutput};
pub use upload_part::{UploadPart, UploadPartOutput};
pub use upload_part_copy::UploadPartCopy;

#[cfg(test)]
pub(crate) mod testing {
    //! Answers for the tests of the operations.

    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

    use crate::s3::{
        error::AnswerError,
        operation::{Answer, Operation},
    };

    /// Parses an answer with this status, these headers and this body.
    pub(crate) fn parse<O: Operation>(
        operation: &O,
        status: u16,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<O::Output, AnswerError> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let status = StatusCode::from_u16(status).unwrap();
        operation.parse(&Answer {
            status,
            headers: &map,
            body: body.as_bytes(),
        })
    }

    /// The code of a failure that the server reported.
    pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, AnswerError>) -> String {
        result.unwrap_err().service().unwrap().code.clone()
    }

    /// An error document.
    pub(crate) fn error_document(code: &str) -> String {
        format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>m</Message></Error>")
    }

    /// Asserts that no prefix of a good answer, no empty one and no error document under a 200 is
    /// taken for success.
    pub(crate) fn assert_only_whole<O: Operation>(operation: &O, good: &str)
    where
        O::Output: std::fmt::Debug,
    {
        for end in 0..good.trim_end().len() {
            let cut = &good[..end];
            assert!(
                parse(operation, 200, &[], cut).is_err(),
                "took {cut:?} for success"
            );
        }
        assert!(parse(operation, 200, &[], good).is_ok());
        let error = error_document("InternalError");
        assert_eq!(code(parse(operation, 200, &[], &error)), "InternalError");
        assert!(parse(operation, 200, &[], "<Other/>").is_err());
    }
}
