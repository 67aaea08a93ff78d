//! A large file: many parts at once.

use std::sync::Arc;

use crate::{
    local::{SourceFile, Sum, hash_parts, sha256_region},
    location::S3Url,
    plan::split::Split,
    s3::{
        checksum::CompositeETag,
        op::{CompletedPart, UploadPart},
        payload::{Payload, PayloadHash},
        properties::Properties,
        types::{ByteRange, ETag, Md5Digest, PartNumber, UploadId},
    },
    transfer::{
        Engine, Error, Overwrite, Upload,
        compare::source_error,
        engine::{HASH_BUFFER, STREAM_BUFFERS},
        multipart::{OpenUpload, SentPart, Whole},
        parallel::run_all,
        upload::{blame_file, file_still_has, metadata},
    },
};

pub(super) async fn upload(
    engine: &Engine,
    upload: &Upload,
    file: &SourceFile,
) -> Result<(Md5Digest, Option<ETag>), Error> {
    if engine.client.api_options().has("API-ContentMD5") {
        return Err(Error::NotForParts("API-ContentMD5"));
    }
    let split = Split::for_upload(file.len(), engine.options.split_size).ok_or(Error::TooLarge)?;
    // The sums of the parts are of the bytes that the metadata tells the sum of, so that no part
    // can be stored that is not one of them.
    let (md5, parts) = {
        let _buffer = engine.buffers.reserve(HASH_BUFFER).await;
        let hash = hash_parts(file.file(), split.ranges());
        let hash = async { hash.await.map_err(source_error) };
        engine.guard(hash).await?
    };
    engine.hashes.put(file, Sum::Whole, md5);
    let mut composite = CompositeETag::default();
    parts.iter().for_each(|part| composite.add(part));
    if let Some((sum, _)) = composite.finish().as_composite() {
        engine.hashes.put(file, Sum::Parts(split.part_size()), sum);
    }
    let whole = Whole {
        target: &upload.target,
        size: file.len(),
        md5: Some(md5),
        metadata: &metadata(file, &md5),
        properties: &Properties::default(),
        only_new: upload.overwrite == Overwrite::Skip,
    };
    let open = OpenUpload::create(engine, whole).await?;
    let sent = send_all(engine, file, &upload.target, open.id(), split, parts).await;
    Ok((md5, open.finish(sent).await?))
}

async fn send_all(
    engine: &Engine,
    file: &SourceFile,
    target: &S3Url,
    upload_id: &UploadId,
    split: Split,
    md5s: Vec<Md5Digest>,
) -> Result<Vec<SentPart>, Error> {
    let upload_id = Arc::new(upload_id.clone());
    let target = Arc::new(target.clone());
    let parts = split.ranges().zip(md5s).zip(1..);
    let tasks = parts.map(|((range, md5), number)| {
        let (engine, file) = (engine.clone(), file.clone());
        let (target, upload_id) = (Arc::clone(&target), Arc::clone(&upload_id));
        let part = Part { range, md5, number };
        async move { send(&engine, &file, &target, &upload_id, part).await }
    });
    let sent = run_all(tasks, engine.options.jobs, &engine.cancel).await?;
    file.check_unchanged()?;
    Ok(sent)
}

struct Part {
    range: ByteRange,
    md5: Md5Digest,
    number: u64,
}

async fn send(
    engine: &Engine,
    file: &SourceFile,
    target: &S3Url,
    upload_id: &UploadId,
    Part { range, md5, number }: Part,
) -> Result<SentPart, Error> {
    let part_number = PartNumber::new(number).ok_or(Error::TooLarge)?;
    let _buffers = engine.buffers.reserve(STREAM_BUFFERS).await;
    let payload_hash = if engine.client.signs_payload() {
        let hash = sha256_region(file.file(), range.start, range.len());
        let hash = async { hash.await.map_err(source_error) };
        PayloadHash::Sha256(engine.guard(hash).await?)
    } else {
        PayloadHash::Unsigned
    };
    let part = UploadPart {
        bucket: &target.bucket,
        key: &target.key,
        upload_id,
        part_number,
        content_md5: Some(md5),
        payload: Payload::File(file.region(range.start, range.len())),
        payload_hash,
    };
    let stored = engine
        .guard(engine.client.call(&part))
        .await
        .map_err(blame_file)?;
    if stored.stored_md5.is_some_and(|stored| stored != md5) {
        file_still_has(engine, file, range.start, range.len(), &md5).await?;
    }
    Ok(SentPart {
        completed: CompletedPart {
            part_number,
            etag: stored.etag,
        },
        md5: Some(md5),
    })
}
