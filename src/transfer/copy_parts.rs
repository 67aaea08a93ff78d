//! A large object: many parts at once, all of one version.

use std::sync::Arc;

use crate::{
    client::ClientError,
    plan::split::Split,
    s3::{
        op::{CompletedPart, GetObjectTagging, HeadObjectOutput, UploadPartCopy},
        properties::Properties,
        types::{ByteRange, ETag, PartNumber, UploadId},
    },
    transfer::{
        Copy, Engine, Error,
        copy::{METADATA_DIRECTIVE, TAGGING_DIRECTIVE, pinned, uncopied},
        multipart::{OpenUpload, SentPart, Whole},
        parallel::run_all,
    },
};

pub(super) async fn copy(
    engine: &Engine,
    copy: &Copy,
    source: &HeadObjectOutput,
    etag: &ETag,
) -> Result<Option<ETag>, Error> {
    let options = engine.client.api_options();
    if options.has("API-CopySourceRange") {
        return Err(Error::NotForParts("API-CopySourceRange"));
    }
    let split = Split::for_upload(source.size, engine.options.split_size).ok_or(Error::TooLarge)?;
    let mut properties = uncopied(engine, source);
    if options.text(METADATA_DIRECTIVE) != Some("REPLACE") {
        properties = properties.and(Properties::content(source));
    }
    if let Some(tags) = tags(engine, copy, source).await? {
        properties = properties
            .with("x-amz-tagging", &tags)
            .map_err(ClientError::from)?;
    }
    let whole = Whole {
        target: &copy.target,
        size: source.size,
        part_size: split.part_size(),
        md5: source.metadata_md5(),
        metadata: &[],
        properties: &properties,
        condition: copy.overwrite.condition(&copy.known),
    };
    let open = OpenUpload::create(engine, whole).await?;
    let sent = send_all(engine, copy, open.id(), split, etag).await;
    open.finish(sent).await
}

/// The source's tags, which an upload in parts has to be told; `None` if there are none, or the
/// user said something else.
pub(super) async fn tags(
    engine: &Engine,
    copy: &Copy,
    source: &HeadObjectOutput,
) -> Result<Option<String>, Error> {
    let options = engine.client.api_options();
    let replaced = options.has("API-Tagging") || options.text(TAGGING_DIRECTIVE) == Some("REPLACE");
    // Source: S3 API Reference, HeadObject: the header is there if the object has tags.
    if replaced || !source.headers.contains_key("x-amz-tagging-count") {
        return Ok(None);
    }
    let get = GetObjectTagging {
        bucket: &copy.bucket,
        key: &copy.source.key,
    };
    let tags = engine.guard(engine.source.call(&get)).await?;
    Ok(Some(tags.header_value()).filter(|tags| !tags.is_empty()))
}

async fn send_all(
    engine: &Engine,
    copy: &Copy,
    upload_id: &UploadId,
    split: Split,
    etag: &ETag,
) -> Result<Vec<SentPart>, Error> {
    let sender = Arc::new(PartSender {
        engine: engine.clone(),
        copy: copy.clone(),
        upload_id: upload_id.clone(),
        etag: etag.clone(),
        // A range of a small object is an error, even if it is all of it.
        whole: split.count() == 1,
    });
    let tasks = split.ranges().zip(1..).map(|(range, number)| {
        let sender = Arc::clone(&sender);
        async move { sender.send(range, number).await }
    });
    run_all(tasks, engine.options.jobs, &engine.cancel).await
}

struct PartSender {
    engine: Engine,
    copy: Copy,
    upload_id: UploadId,
    etag: ETag,
    whole: bool,
}

impl PartSender {
    async fn send(&self, range: ByteRange, number: u64) -> Result<SentPart, Error> {
        let part_number = PartNumber::new(number).ok_or(Error::TooLarge)?;
        let part = UploadPartCopy {
            bucket: &self.copy.target.bucket,
            key: &self.copy.target.key,
            upload_id: &self.upload_id,
            part_number,
            source: pinned(&self.engine, &self.copy, Some(&self.etag)),
            range: (!self.whole).then_some(range),
        };
        let copied = self.engine.guard(self.engine.client.call(&part)).await?;
        self.engine.meter.moved().add(range.len());
        Ok(SentPart {
            md5: copied.etag.as_md5(),
            completed: CompletedPart {
                part_number,
                etag: copied.etag,
            },
        })
    }
}
