//! Large files: many parts at once, and no upload left open whatever happens.

use std::{sync::Arc, time::Duration};

use crate::{
    client::ClientError,
    local::SourceFile,
    location::S3Url,
    plan::split::Split,
    s3::{
        checksum::CompositeETag,
        op::{
            AbortMultipartUpload, CompleteMultipartUpload, CompletedPart, CreateMultipartUpload,
            ListParts, UploadPart,
        },
        payload::Payload,
        types::{ByteRange, ETag, Md5Digest, PartNumber, UploadId},
    },
    transfer::{
        Engine, Error, Upload, compare,
        engine::{Event, HASH_BUFFER, STREAM_BUFFERS},
        parallel::run_all,
        upload::{blame_file, metadata, payload_hash, summed},
    },
};

pub(super) async fn upload(
    engine: &Engine,
    upload: &Upload,
    file: &SourceFile,
) -> Result<(), Error> {
    if engine.client.api_options().has("API-ContentMD5") {
        return Err(Error::NotForParts("API-ContentMD5"));
    }
    let split = Split::for_upload(file.len(), engine.options.split_size).ok_or(Error::TooLarge)?;
    let buffer = engine.buffers.reserve(HASH_BUFFER).await;
    let whole = summed(engine, file, 0, file.len()).await?;
    drop(buffer);
    let create = CreateMultipartUpload {
        bucket: &upload.target.bucket,
        key: &upload.target.key,
        metadata: &metadata(file, &whole),
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
            "{}: an answer was lost, a multipart upload that nobody completes may have been left \
             open",
            upload.target
        )));
    }
    let upload_id = created?.upload_id;
    let parts = Parts {
        engine,
        target: &upload.target,
        file,
        upload_id: &upload_id,
        md5: whole.md5,
    };
    match parts.send_and_complete(split).await {
        Ok(()) => Ok(()),
        Err(cause) => match parts.abort().await {
            Ok(()) => Err(cause),
            Err(error) => Err(Error::NotAborted {
                cause: Box::new(cause),
                upload_id: upload_id.0,
                error,
            }),
        },
    }
}

struct Parts<'a> {
    engine: &'a Engine,
    target: &'a S3Url,
    file: &'a SourceFile,
    upload_id: &'a UploadId,
    /// Of the whole file.
    md5: Md5Digest,
}

struct SentPart {
    completed: CompletedPart,
    md5: Md5Digest,
}

impl Parts<'_> {
    async fn send_and_complete(&self, split: Split) -> Result<(), Error> {
        let upload_id = Arc::new(self.upload_id.clone());
        let target = Arc::new(self.target.clone());
        let tasks = split.ranges().zip(1..).map(|(range, number)| {
            let (engine, file) = (self.engine.clone(), self.file.clone());
            let (target, upload_id) = (Arc::clone(&target), Arc::clone(&upload_id));
            async move { send(&engine, &file, &target, &upload_id, range, number).await }
        });
        let sent = run_all(tasks, self.engine.options.jobs, &self.engine.cancel).await?;
        self.file.check_unchanged()?;
        self.complete(sent).await
    }

    async fn complete(&self, sent: Vec<SentPart>) -> Result<(), Error> {
        let mut expected = CompositeETag::default();
        for part in &sent {
            expected.add(&part.md5);
        }
        let expected = expected.finish();
        let parts: Vec<CompletedPart> = sent.into_iter().map(|part| part.completed).collect();
        let complete = CompleteMultipartUpload {
            bucket: &self.target.bucket,
            key: &self.target.key,
            upload_id: self.upload_id,
            parts: &parts,
        };
        let size = self.file.len();
        let call = self
            .engine
            .client
            .complete_multipart_upload(&complete, &expected, size, &self.md5);
        let etag = self.engine.see_through(call).await?;
        if etag == Some(expected) {
            return Ok(());
        }
        // Not a tag of MD5s (encryption, other stores): the size must do.
        match compare::head(self.engine, self.target).await? {
            Some(object) if object.size == size => Ok(()),
            _ => Err(Error::Damaged(
                "the stored object has another size than the file",
            )),
        }
    }

    /// Gives the upload up. Parts that were on their way may arrive after it and keep the upload
    /// alive, so it is repeated until the server says that there is no such upload.
    async fn abort(&self) -> Result<(), String> {
        let client = &self.engine.client;
        let (bucket, key, upload_id) = (&*self.target.bucket, &*self.target.key, self.upload_id);
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

async fn send(
    engine: &Engine,
    file: &SourceFile,
    target: &S3Url,
    upload_id: &UploadId,
    range: ByteRange,
    number: u64,
) -> Result<SentPart, Error> {
    let part_number = PartNumber::new(number).ok_or(Error::TooLarge)?;
    let _buffers = engine.buffers.reserve(STREAM_BUFFERS).await;
    let digests = summed(engine, file, range.start, range.len()).await?;
    let part = UploadPart {
        bucket: &target.bucket,
        key: &target.key,
        upload_id,
        part_number,
        content_md5: Some(digests.md5),
        payload: Payload::File(file.region(range.start, range.len())),
        payload_hash: payload_hash(&digests),
    };
    let etag: ETag = engine
        .guard(engine.client.call(&part))
        .await
        .map_err(blame_file)?;
    Ok(SentPart {
        completed: CompletedPart { part_number, etag },
        md5: digests.md5,
    })
}

/// How often an upload is given up that does not go.
const ABORTS: u32 = 3;
const ABORT_PAUSE: Duration = Duration::from_millis(200);
