//! The open multipart uploads of a bucket, page by page.

use crate::{
    client::{Client, ClientError, list::LoopCheck},
    s3::op::{ListMultipartUploads, MultipartUpload},
};

/// Reads the list of open uploads. As with [`Lister`](super::Lister) only `None` says that
/// everything was seen.
#[derive(Debug)]
pub struct UploadLister {
    client: Client,
    bucket: String,
    prefix: String,
    next: Next,
    circle: LoopCheck,
}

#[derive(Debug)]
enum Next {
    First,
    At(String, String),
    End,
}

impl Client {
    /// Lists the open uploads whose keys begin with `prefix`.
    pub fn list_uploads(&self, bucket: &str, prefix: &str) -> UploadLister {
        UploadLister {
            client: self.clone(),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            next: Next::First,
            circle: LoopCheck::default(),
        }
    }
}

impl UploadLister {
    /// The uploads of the next page; `None` after the last.
    ///
    /// # Errors
    /// As [`Client::call`], and [`ClientError::Listing`].
    pub async fn next_page(&mut self) -> Result<Option<Vec<MultipartUpload>>, ClientError> {
        let marker = match std::mem::replace(&mut self.next, Next::End) {
            Next::End => return Ok(None),
            Next::First => None,
            Next::At(key, id) => Some((key, id)),
        };
        let list = ListMultipartUploads {
            bucket: &self.bucket,
            prefix: &self.prefix,
            marker: marker.as_ref().map(|(key, id)| (&**key, &**id)),
            url_encoding: true,
        };
        let page = self.client.call(&list).await?;
        let foreign = |upload: &MultipartUpload| !upload.key.starts_with(&self.prefix);
        if page.uploads.iter().any(foreign) {
            return Err(self.untrusted("it has keys that were not asked for"));
        }
        if let Some((key, id)) = page.next {
            let again = marker
                .as_ref()
                .is_some_and(|at| (&at.0, &at.1) == (&key, &id));
            if again || self.circle.repeats(&format!("{key}\0{id}")) {
                return Err(self.untrusted("it goes in a circle"));
            }
            self.next = Next::At(key, id);
        }
        Ok(Some(page.uploads))
    }

    fn untrusted(&self, reason: &'static str) -> ClientError {
        ClientError::Listing {
            bucket: self.bucket.clone(),
            reason,
        }
    }
}
