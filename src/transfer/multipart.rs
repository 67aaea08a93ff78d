//! Objects made of parts: no upload is left open, whatever happens.

use jiff::Timestamp;

use crate::{
    local::{Begun, JournalEntry},
    location::S3Url,
    s3::{
        checksum::CompositeETag,
        op::{CompleteMultipartUpload, CompletedPart, CreateMultipartUpload, ListedPart},
        properties::Properties,
        request::{Condition, Role},
        types::{ETag, Md5Digest, UploadId},
    },
    transfer::{Engine, Error, compare, engine::Event, unfinished},
};

/// What the parts are to become.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole<'a> {
    /// The object.
    pub(super) target: &'a S3Url,
    /// Bytes.
    pub(super) size: u64,
    /// Of each part but the last one.
    pub(super) part_size: u64,
    /// Of the content, if the object's metadata will have it.
    pub(super) md5: Option<Md5Digest>,
    /// User metadata.
    pub(super) metadata: &'a [(String, String)],
    /// What else the object is to have.
    pub(super) properties: &'a Properties,
    /// On what it depends.
    pub(super) condition: Condition<'a>,
}

/// A multipart upload under way. It has to be finished.
#[must_use]
pub(super) struct OpenUpload<'a> {
    engine: &'a Engine,
    whole: Whole<'a>,
    id: UploadId,
    /// Where it is noted, for the run after a kill.
    entry: Option<JournalEntry>,
    /// Whether such a run could go on with it.
    is_resumable: bool,
}

/// A part that the server has.
#[derive(Debug)]
pub(super) struct SentPart {
    pub(super) completed: CompletedPart,
    /// Of its content, if known.
    pub(super) md5: Option<Md5Digest>,
}

impl<'a> OpenUpload<'a> {
    /// Opens an upload. What a killed run left open for the same target is given up before.
    pub(super) async fn create(engine: &'a Engine, whole: Whole<'a>) -> Result<Self, Error> {
        let entry = engine.journal.open(&unfinished::name(engine, whole.target));
        if let Some(entry) = &entry {
            unfinished::give_up(engine, whole.target, entry).await;
        }
        Self::begin(engine, whole, entry, false).await
    }

    /// Opens an upload, or goes on with the one that an earlier run opened for the same. Gives the
    /// parts that it has already; whose they are is to be found out.
    pub(super) async fn resume(
        engine: &'a Engine,
        whole: Whole<'a>,
    ) -> Result<(Self, Vec<ListedPart>), Error> {
        let entry = engine.journal.open(&unfinished::name(engine, whole.target));
        let Some(entry) = entry else {
            engine.tell(Event::Warning(format!(
                "{}: it cannot be noted what is sent: a later run could not go on with it",
                whole.target
            )));
            let open = Self::begin(engine, whole, None, false).await?;
            return Ok((open, Vec::new()));
        };
        let request = engine.client.digest(&whole.create())?;
        let same = |begun: &&Begun| begun.request == request && begun.part_size == whole.part_size;
        let begun = entry.begun().filter(same);
        if let Some(id) = begun.and_then(|begun| begun.upload_id.clone()) {
            let id = UploadId(id);
            if let Ok(parts) = unfinished::parts(engine, whole.target, &id).await {
                let open = Self {
                    engine,
                    whole,
                    id,
                    entry: Some(entry),
                    is_resumable: true,
                };
                return Ok((open, parts));
            }
        }
        unfinished::give_up(engine, whole.target, &entry).await;
        let open = Self::begin(engine, whole, Some(entry), true).await?;
        Ok((open, Vec::new()))
    }

    async fn begin(
        engine: &'a Engine,
        whole: Whole<'a>,
        mut entry: Option<JournalEntry>,
        is_resumable: bool,
    ) -> Result<Self, Error> {
        let create = whole.create();
        let mut begun = Begun {
            upload_id: None,
            request: engine.client.digest(&create)?,
            part_size: whole.part_size,
            at: Timestamp::now().as_second(),
        };
        // Without a note everything works but what comes after a kill.
        entry = entry.and_then(|entry| written(entry, begun.clone()));
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
        let id = match created {
            Ok(created) => created.upload_id,
            Err(error) => {
                // What may have been opened all the same is looked for by the next run.
                if let Some(entry) = entry.filter(|_| !maybe_orphan) {
                    entry.remove();
                }
                return Err(error);
            }
        };
        begun.upload_id = Some(id.0.clone());
        let entry = entry.and_then(|entry| written(entry, begun));
        Ok(Self {
            engine,
            whole,
            id,
            is_resumable: is_resumable && entry.is_some(),
            entry,
        })
    }

    /// The same upload, now that it is known how much it is.
    pub(super) fn with_size(mut self, size: u64) -> Self {
        self.whole.size = size;
        self
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
            Ok(etag) => {
                self.forget();
                return Ok(etag);
            }
            Err(cause) => cause,
        };
        if self.is_resumable && cause.may_be_resumed() {
            self.engine.tell(Event::Warning(format!(
                "{}: what was sent is kept for a run with --resume, as upload {}",
                self.whole.target, self.id.0
            )));
            return Err(cause);
        }
        match unfinished::abort(self.engine, self.whole.target, &self.id).await {
            Ok(()) => {
                self.forget();
                Err(cause)
            }
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
            condition,
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
            condition,
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

    fn forget(self) {
        if let Some(entry) = self.entry {
            entry.remove();
        }
    }
}

impl<'a> Whole<'a> {
    fn create(&self) -> CreateMultipartUpload<'a> {
        CreateMultipartUpload {
            bucket: &self.target.bucket,
            key: &self.target.key,
            metadata: self.metadata,
            properties: self.properties,
        }
    }
}

/// The entry with a note in it; without one it is of no use.
fn written(mut entry: JournalEntry, begun: Begun) -> Option<JournalEntry> {
    match entry.write(begun) {
        Ok(()) => Some(entry),
        Err(_) => {
            entry.remove();
            None
        }
    }
}
