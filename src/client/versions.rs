//! The versions of the objects of a bucket, page by page.

use crate::{
    client::{Client, ClientError, marks::Marks},
    s3::op::{ListObjectVersions, ObjectVersion, VersionPage},
};

/// Reads the list of versions. As with [`Lister`](super::Lister) only `None` says that everything
/// was seen.
#[derive(Debug)]
pub struct VersionLister {
    client: Client,
    bucket: String,
    prefix: String,
    marks: Marks,
}

impl Client {
    /// Lists the versions of the objects whose keys begin with `prefix`.
    pub fn list_versions(&self, bucket: &str, prefix: &str) -> VersionLister {
        VersionLister {
            client: self.clone(),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            marks: Marks::default(),
        }
    }
}

impl VersionLister {
    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// As [`Client::call`], and [`ClientError::Listing`].
    pub async fn next_page(&mut self) -> Result<Option<VersionPage>, ClientError> {
        let Some(marker) = self.marks.take() else {
            return Ok(None);
        };
        let list = ListObjectVersions {
            bucket: &self.bucket,
            prefix: &self.prefix,
            marker: marker.as_ref().map(|(key, id)| (&**key, &**id)),
            url_encoding: true,
        };
        let mut page = self.client.call(&list).await?;
        let untrusted = |reason| ClientError::Listing {
            bucket: self.bucket.clone(),
            reason,
        };
        let foreign = |version: &ObjectVersion| !version.key.starts_with(&self.prefix);
        if page.versions.iter().any(foreign) {
            return Err(untrusted("it has keys that were not asked for"));
        }
        let gone_on = self.marks.go_on(marker.as_ref(), page.next.take());
        gone_on.map_err(untrusted)?;
        Ok(Some(page))
    }
}
