//! Calls whose failure may be a success: the server did it, and the answer was lost. Each is
//! settled by looking at what the server has, never by guessing.

use crate::{
    client::{Client, ClientError},
    s3::{
        op::{
            AbortMultipartUpload, CompleteMultipartUpload, CreateBucket, CreateMultipartUpload,
            DeleteBucket, HeadObject, PutObject, PutObjectOutput,
        },
        request::Role,
        types::{ETag, Md5Digest, UploadId},
    },
};

/// A new multipart upload.
#[derive(Debug)]
pub struct Created {
    /// Its identifier.
    pub upload_id: UploadId,
    /// An answer was lost on the way: the server may hold a second, empty upload that nobody
    /// knows the identifier of.
    pub maybe_orphan: bool,
}

impl Client {
    /// Stores an object.
    ///
    /// # Errors
    /// As [`Client::call`]. A condition that failed because an attempt whose answer was lost had
    /// already stored these very bytes is no failure.
    pub async fn put_object(
        &self,
        operation: &PutObject<'_>,
    ) -> Result<PutObjectOutput, ClientError> {
        let error = match self.call(operation).await {
            Err(error) if error.is_ambiguous() => error,
            other => return other,
        };
        let conflict = error.service().is_some_and(|service| {
            matches!(
                &*service.code,
                "PreconditionFailed" | "412" | "ConditionalRequestConflict"
            )
        });
        if !conflict {
            return Err(error);
        }
        let head = HeadObject {
            bucket: operation.bucket,
            key: operation.key,
            role: Role::Target,
            checksums: false,
        };
        match self.call(&head).await {
            Ok(object)
                if object.size == operation.payload.len()
                    && object.content_md5().is_some()
                    && object.content_md5() == operation.content_md5 =>
            {
                let stored_md5 = object.content_md5();
                Ok(PutObjectOutput {
                    etag: object.etag,
                    stored_md5,
                })
            }
            _ => Err(error),
        }
    }

    /// Opens a multipart upload.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn create_multipart_upload(
        &self,
        operation: &CreateMultipartUpload<'_>,
    ) -> Result<Created, ClientError> {
        let performed = self.perform(operation).await?;
        Ok(Created {
            upload_id: performed.output,
            maybe_orphan: performed.ambiguous,
        })
    }

    /// Completes a multipart upload of `size` bytes, whose parts give the tag `expected` and whose
    /// metadata has the `md5` of the whole, as far as the two are known.
    ///
    /// # Errors
    /// As [`Client::call`], but if the answer was lost and the object is there with this size and
    /// one of the two, it is a success.
    pub async fn complete_multipart_upload(
        &self,
        operation: &CompleteMultipartUpload<'_>,
        expected: Option<&ETag>,
        size: u64,
        md5: Option<&Md5Digest>,
    ) -> Result<Option<ETag>, ClientError> {
        let error = match self.call(operation).await {
            Err(error) if error.is_ambiguous() => error,
            other => return other,
        };
        let head = HeadObject {
            bucket: operation.bucket,
            key: operation.key,
            role: Role::Target,
            checksums: false,
        };
        match self.call(&head).await {
            // Tags of encrypted objects are not made of the parts' MD5s. What is there may have been
            // there before, and then the upload is still open.
            Ok(object)
                if object.size == size
                    && (expected.is_some() && object.etag.as_ref() == expected
                        || md5.is_some() && object.metadata_md5().as_ref() == md5) =>
            {
                let abort = AbortMultipartUpload {
                    bucket: operation.bucket,
                    key: operation.key,
                    upload_id: operation.upload_id,
                };
                match self.call(&abort).await {
                    Ok(_) => Ok(object.etag),
                    Err(_) => Err(error),
                }
            }
            _ => Err(error),
        }
    }

    /// Makes a bucket.
    ///
    /// # Errors
    /// As [`Client::call`], but if an answer was lost, finding the bucket made is a success.
    pub async fn create_bucket(&self, operation: &CreateBucket<'_>) -> Result<(), ClientError> {
        match self.call(operation).await {
            Err(error)
                if error.is_ambiguous()
                    && error
                        .service()
                        .is_some_and(|e| e.code == "BucketAlreadyOwnedByYou") =>
            {
                Ok(())
            }
            other => other,
        }
    }

    /// Removes a bucket.
    ///
    /// # Errors
    /// As [`Client::call`], but if an answer was lost, finding the bucket gone is a success.
    pub async fn delete_bucket(&self, operation: &DeleteBucket<'_>) -> Result<(), ClientError> {
        match self.call(operation).await {
            Err(error) if error.is_ambiguous() && error.is_not_found() => Ok(()),
            other => other,
        }
    }
}
