//! Objects made of parts: no upload is left open, whatever happens.

use std::time::Duration;

use crate::{
    client::ClientError,
    location::S3Url,
    s3::{
        checksum::CompositeETag,
        op::{
            AbortMultipartUpload, CompleteMultipartUpload, CompletedPart, CreateMultipartUpload,
            ListParts,
        },
        properties::Properties,
        request::Role,
        types::{ETag, Md5Digest, UploadId},
    },
    transfer::{Engine, Error, compare, engine::Event},
};

/// What the parts are to become.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole<'a> {
    /// The object.
    pub(super) target: &'a S3Url,
    /// Bytes.
    pub(super) size: u64,
    /// Of the content, if the object's metadata will have it.
    pub(super) md5: Option<Md5Digest>,
    /// User metadata.
    pub(super) metadata: &'a [(String, String)],
    /// What else the object is to have.
    pub(super) properties: &'a Properties,
    /// Whether it is to be left alone if it is there.
    pub(super) only_new: bool,
}

/// A multipart upload under way. It has to be finished.
#[must_use]
pub(super) struct OpenUpload<'a> {
    engine: &'a Engine,
    whole: Whole<'a>,
    id: UploadId,
}

/// A part that the server has.
#[derive(Debug)]
pub(super) struct SentPart {
    pub(super) completed: CompletedPart,
    /// Of its content, if known.
    pub(super) md5: Option<Md5Digest>,
}

impl<'a> OpenUpload<'a> {
    pub(super) async fn create(engine: &'a Engine, whole: Whole<'a>) -> Result<Self, Error> {
        let create = CreateMultipartUpload {
            bucket: &whole.target.bucket,
            key: &whole.target.key,
            metadata: whole.metadata,
            properties: whole.properties,
        };
        // Cutting this off would leave an upload that nobody knows the identifier of.
        let created = engine
            .see_through(engine.client.create_multipart_upload(&create))
            .await;
        let maybe_orphan = match &created {
            Ok(created) => created.maybe_orphan,
            Err(Error::Client(error)) => error.is_ambiguous(),
            // Only a cancellation that came too early for the answer ends here.
            Err(_) => true,
        };
        if maybe_orphan {
            engine.tell(Event::Warning(format!(
                "{}: an answer was lost, a multipart upload that nobody completes may have been \
                 left open",
                whole.target
            )));
        }
        let id = created?.upload_id;
        Ok(Self { engine, whole, id })
    }

    pub(super) fn id(&self) -> &UploadId {
        &self.id
    }

    /// Makes the object, or gives the upload up if not all parts are there. Gives its tag, if that
    /// is known to be the one of these parts.
    pub(super) async fn finish(
        self,
        sent: Result<Vec<SentPart>, Error>,
    ) -> Result<Option<ETag>, Error> {
        let completed = match sent {
            Ok(parts) => self.complete(parts).await,
            Err(error) => Err(error),
        };
        let cause = match completed {
            Ok(etag) => return Ok(etag),
            Err(cause) => cause,
        };
        match self.abort().await {
            Ok(()) => Err(cause),
            Err(error) => Err(Error::NotAborted {
                cause: Box::new(cause),
                upload_id: self.id.0,
                error,
            }),
        }
    }

    async fn complete(&self, sent: Vec<SentPart>) -> Result<Option<ETag>, Error> {
        let Whole {
            target,
            size,
            only_new,
            ..
        } = self.whole;
        let mut tag = CompositeETag::default();
        let known = sent
            .iter()
            .all(|part| part.md5.as_ref().map(|md5| tag.add(md5)).is_some());
        let expected = known.then(|| tag.finish());
        let parts: Vec<CompletedPart> = sent.into_iter().map(|part| part.completed).collect();
        let complete = CompleteMultipartUpload {
            bucket: &target.bucket,
            key: &target.key,
            upload_id: &self.id,
            parts: &parts,
            only_new,
        };
        let md5 = self.whole.md5.as_ref();
        let call =
            self.engine
                .client
                .complete_multipart_upload(&complete, expected.as_ref(), size, md5);
        let etag = self.engine.see_through(call).await?;
        if expected.is_some() && etag == expected {
            return Ok(etag);
        }
        // Not a tag of MD5s (encryption, other stores): the size must do. Of encrypted parts the
        // server checked each.
        match compare::head(self.engine, target, Role::Target).await? {
            Some(object) if object.size == size => {
                Ok(object.etag.clone().filter(|_| object.has_opaque_etag()))
            }
            _ => Err(Error::Damaged(
                "the stored object has another size than its source",
            )),
        }
    }

    /// Gives the upload up. Parts that were on their way may arrive after it and keep the upload
    /// alive, so it is repeated until the server says that there is no such upload.
    async fn abort(&self) -> Result<(), String> {
        let client = &self.engine.client;
        let (bucket, key, upload_id) = (
            &*self.whole.target.bucket,
            &*self.whole.target.key,
            &self.id,
        );
        let abort = async {
            for _ in 0..ABORTS {
                client
                    .call(&AbortMultipartUpload {
                        bucket,
                        key,
                        upload_id,
                    })
                    .await?;
                let list = ListParts {
                    bucket,
                    key,
                    upload_id,
                    marker: None,
                };
                match client.call(&list).await {
                    Ok(page) if !page.parts.is_empty() => tokio::time::sleep(ABORT_PAUSE).await,
                    // Gone, or nothing in it; or who may abort may not list.
                    _ => return Ok(true),
                }
            }
            Ok::<_, ClientError>(false)
        };
        // After a cancellation this goes on for a while, else it waits for its turn.
        match self.engine.see_through(abort).await {
            Ok(true) => Ok(()),
            Ok(false) => Err("parts keep arriving".to_owned()),
            Err(Error::Cancelled) => Err("no answer in time".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// How often an upload is given up that does not go.
const ABORTS: u32 = 3;
const ABORT_PAUSE: Duration = Duration::from_millis(200);
