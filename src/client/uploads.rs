//! The open multipart uploads of a bucket, page by page.

use crate::{
    client::{Client, ClientError, marks::Marks},
    s3::op::{ListMultipartUploads, MultipartUpload},
};

/// Reads the list of open uploads. As with [`Lister`](super::Lister) only `None` says that
/// everything was seen.
#[derive(Debug)]
pub struct UploadLister {
    client: Client,
    bucket: String,
    prefix: String,
    marks: Marks,
}

impl Client {
    /// Lists the open uploads whose keys begin with `prefix`.
    pub fn list_uploads(&self, bucket: &str, prefix: &str) -> UploadLister {
        UploadLister {
            client: self.clone(),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            marks: Marks::default(),
        }
    }
}

impl UploadLister {
    /// The uploads of the next page; `None` after the last.
    ///
    /// # Errors
    /// As [`Client::call`], and [`ClientError::Listing`].
    pub async fn next_page(&mut self) -> Result<Option<Vec<MultipartUpload>>, ClientError> {
        let Some(marker) = self.marks.take() else {
            return Ok(None);
        };
        let list = ListMultipartUploads {
            bucket: &self.bucket,
            prefix: &self.prefix,
            marker: marker.as_ref().map(|(key, id)| (&**key, &**id)),
            url_encoding: true,
        };
        let page = self.client.call(&list).await?;
        let untrusted = |reason| ClientError::Listing {
            bucket: self.bucket.clone(),
            reason,
        };
        let foreign = |upload: &MultipartUpload| !upload.key.starts_with(&self.prefix);
        if page.uploads.iter().any(foreign) {
            return Err(untrusted("it has keys that were not asked for"));
        }
        let gone_on = self.marks.go_on(marker.as_ref(), page.next);
        gone_on.map_err(untrusted)?;
        Ok(Some(page.uploads))
    }
}
