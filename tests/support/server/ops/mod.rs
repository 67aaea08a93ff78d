//! The operations: each takes a request whose body has arrived, and gives an answer.

mod access;
mod buckets;
mod copy;
mod delete;
mod list;
mod list_uploads;
mod list_versions;
mod multipart;
mod read;
mod write;

pub use copy::source_of;

use super::Shared;
use super::body::Received;
use super::error::{Result, S3Error};
use super::operation::Operation;
use super::reply::Reply;
use super::request::Request;

/// What every operation gets.
pub struct Call<'a> {
    pub shared: &'a Shared,
    pub request: &'a Request,
    pub body: &'a Received,
}

/// Does what a request asks for.
pub fn run(call: &Call) -> Result<Reply> {
    match call.request.operation {
        Operation::ListBuckets => buckets::list(call),
        Operation::CreateBucket => buckets::create(call),
        Operation::DeleteBucket => buckets::delete(call),
        Operation::HeadBucket => buckets::head(call),
        Operation::GetBucketLocation => buckets::location(call),
        Operation::ListObjects => list::v1(call),
        Operation::ListObjectsV2 => list::v2(call),
        Operation::ListMultipartUploads => list_uploads::uploads(call),
        Operation::ListObjectVersions => list_versions::versions(call),
        Operation::DeleteObjects => delete::many(call),
        Operation::HeadObject | Operation::GetObject => read::object(call),
        _ if is_of_old_version(call.request) => Err(S3Error::not_implemented()),
        Operation::GetObjectTagging => read::tagging(call),
        Operation::PutObject => write::object(call),
        Operation::CopyObject => copy::object(call),
        Operation::DeleteObject => delete::one(call),
        Operation::CreateMultipartUpload => multipart::create(call),
        Operation::UploadPart => multipart::upload_part(call),
        Operation::UploadPartCopy => copy::part(call),
        Operation::CompleteMultipartUpload => multipart::complete(call),
        Operation::AbortMultipartUpload => multipart::abort(call),
        Operation::ListParts => list_uploads::parts(call),
        Operation::GetObjectAcl | Operation::GetBucketAcl => access::acl(call),
        Operation::PutObjectAcl | Operation::PutBucketAcl => access::set_acl(call),
        Operation::GetBucketPolicy => access::policy(call),
        Operation::PutBucketPolicy => access::set_policy(call),
        Operation::DeleteBucketPolicy => access::delete_policy(call),
        Operation::Unknown => Err(S3Error::not_implemented()),
    }
}

/// Old versions are only for reading.
fn is_of_old_version(request: &Request) -> bool {
    let version = request.query_filled("versionId");
    version.is_some_and(|version| version != "null")
}
