//! A large file: many parts at once.

use std::sync::Arc;

use crate::{
    local::SourceFile,
    location::S3Url,
    plan::split::Split,
    s3::{
        op::{CompletedPart, UploadPart},
        payload::Payload,
        properties::Properties,
        types::{ByteRange, PartNumber, UploadId},
    },
    transfer::{
        Engine, Error, Upload,
        engine::{HASH_BUFFER, STREAM_BUFFERS},
        multipart::{OpenUpload, SentPart, Whole},
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
    let digests = summed(engine, file, 0, file.len()).await?;
    drop(buffer);
    let whole = Whole {
        target: &upload.target,
        size: file.len(),
        md5: Some(digests.md5),
        metadata: &metadata(file, &digests),
        properties: &Properties::default(),
    };
    let open = OpenUpload::create(engine, whole).await?;
    let sent = send_all(engine, file, &upload.target, open.id(), split).await;
    open.finish(sent).await
}

async fn send_all(
    engine: &Engine,
    file: &SourceFile,
    target: &S3Url,
    upload_id: &UploadId,
    split: Split,
) -> Result<Vec<SentPart>, Error> {
    let upload_id = Arc::new(upload_id.clone());
    let target = Arc::new(target.clone());
    let tasks = split.ranges().zip(1..).map(|(range, number)| {
        let (engine, file) = (engine.clone(), file.clone());
        let (target, upload_id) = (Arc::clone(&target), Arc::clone(&upload_id));
        async move { send(&engine, &file, &target, &upload_id, range, number).await }
    });
    let sent = run_all(tasks, engine.options.jobs, &engine.cancel).await?;
    file.check_unchanged()?;
    Ok(sent)
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
    let etag = engine
        .guard(engine.client.call(&part))
        .await
        .map_err(blame_file)?;
    Ok(SentPart {
        completed: CompletedPart { part_number, etag },
        md5: Some(digests.md5),
    })
}
