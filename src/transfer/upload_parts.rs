//! A large file: many parts at once.

use std::sync::Arc;

use crate::{
    local::{SourceFile, Sum, hash_parts},
    location::S3Url,
    plan::split::Split,
    s3::{
        op::{CompletedPart, ListedPart, UploadPart},
        payload::{Payload, PayloadHash},
        types::{ByteRange, ETag, Md5Digest, PartNumber, UploadId, composite},
    },
    transfer::{
        Engine, Error, Upload,
        compare::source_error,
        engine::{HASH_BUFFER, STREAM_BUFFERS},
        multipart::{OpenUpload, SentPart, Whole},
        parallel::run_all,
        upload::{blame_file, file_still_has, metadata, properties, sha256_of},
    },
};

pub(super) async fn upload(
    engine: &Engine,
    upload: &Upload,
    file: &SourceFile,
) -> Result<(Option<Md5Digest>, Option<ETag>), Error> {
    if engine.client.api_options().has("API-ContentMD5") {
        return Err(Error::NotForParts("API-ContentMD5"));
    }
    let split = Split::for_upload(file.len(), engine.options.split_size).ok_or(Error::TooLarge)?;
    // The sums of the parts are of the bytes that the metadata tells the sum of, so that no part
    // can be stored that is not one of them.
    let (md5, parts): (_, Vec<_>) = match engine.options.md5 {
        true => {
            let (md5, parts) = sums(engine, file, split).await?;
            (Some(md5), parts.into_iter().map(Some).collect())
        }
        false => (None, split.ranges().map(|_| None).collect()),
    };
    let properties = properties(engine, &upload.target, Some(&upload.source));
    let whole = Whole {
        target: &upload.target,
        size: file.len(),
        part_size: split.part_size(),
        md5,
        metadata: &metadata(engine, file, md5.as_ref()),
        properties: &properties,
        condition: upload.overwrite.condition(&upload.known),
    };
    let mut tried = false;
    loop {
        let (open, listed) = match engine.options.resume {
            true => OpenUpload::resume(engine, whole).await?,
            false => (OpenUpload::create(engine, whole).await?, Vec::new()),
        };
        let plan = Plan::new(split, &parts, &listed);
        let sent = send_all(engine, file, &upload.target, open.id(), plan).await;
        match open.finish(sent).await {
            Err(error) if !tried && error.ended_the_upload() => tried = true,
            finished => return Ok((md5, finished?)),
        }
    }
}

/// The MD5 of the file and those of its parts.
async fn sums(
    engine: &Engine,
    file: &SourceFile,
    split: Split,
) -> Result<(Md5Digest, Vec<Md5Digest>), Error> {
    let _buffer = engine.buffers.reserve(HASH_BUFFER).await;
    let hash = hash_parts(file.file(), split.ranges());
    let hash = async { hash.await.map_err(source_error) };
    let (md5, parts) = engine.guard(hash).await?;
    engine.hashes.put(file, Sum::Whole, md5);
    let sum = composite(&parts);
    engine.hashes.put(file, Sum::Parts(split.part_size()), sum);
    Ok((md5, parts))
}

/// What the server has of the parts, and what is to be sent.
struct Plan {
    kept: Vec<SentPart>,
    missing: Vec<Part>,
}

struct Part {
    range: ByteRange,
    md5: Option<Md5Digest>,
    number: u64,
}

impl Plan {
    /// Of the parts that the server has only those are kept whose tag is the MD5 of what the file
    /// has there now.
    fn new(split: Split, md5s: &[Option<Md5Digest>], listed: &[ListedPart]) -> Self {
        let (mut kept, mut missing) = (Vec::new(), Vec::new());
        for ((range, md5), number) in split.ranges().zip(md5s.iter().copied()).zip(1..) {
            let same = |part: &&ListedPart| {
                u64::from(part.part_number.get()) == number
                    && part.size == range.len()
                    && md5.is_some()
                    && part.etag.as_md5() == md5
            };
            match listed.iter().find(same) {
                Some(part) => kept.push(SentPart {
                    completed: CompletedPart {
                        part_number: part.part_number,
                        etag: part.etag.clone(),
                    },
                    md5,
                }),
                None => missing.push(Part { range, md5, number }),
            }
        }
        Self { kept, missing }
    }
}

async fn send_all(
    engine: &Engine,
    file: &SourceFile,
    target: &S3Url,
    upload_id: &UploadId,
    plan: Plan,
) -> Result<Vec<SentPart>, Error> {
    let upload_id = Arc::new(upload_id.clone());
    let target = Arc::new(target.clone());
    let tasks = plan.missing.into_iter().map(|part| {
        let (engine, file) = (engine.clone(), file.clone());
        let (target, upload_id) = (Arc::clone(&target), Arc::clone(&upload_id));
        async move { send(&engine, &file, &target, &upload_id, part).await }
    });
    let mut sent = run_all(tasks, engine.options.jobs, &engine.cancel).await?;
    file.check_unchanged()?;
    sent.extend(plan.kept);
    sent.sort_unstable_by_key(|part| part.completed.part_number);
    Ok(sent)
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
    let payload_hash = if engine.client.signs_payload() || md5.is_none() {
        PayloadHash::Sha256(sha256_of(engine, file, range.start, range.len()).await?)
    } else {
        PayloadHash::Unsigned
    };
    let region = file.region(range.start, range.len());
    let region = region.counted(engine.meter.moved());
    let part = UploadPart {
        bucket: &target.bucket,
        key: &target.key,
        upload_id,
        part_number,
        content_md5: md5,
        payload: Payload::File(region),
        payload_hash,
    };
    let stored = engine
        .guard(engine.client.call(&part))
        .await
        .map_err(blame_file)?;
    if let Some(md5) = &md5
        && stored.stored_md5.is_some_and(|stored| stored != *md5)
    {
        file_still_has(engine, file, range.start, range.len(), md5).await?;
    }
    Ok(SentPart {
        completed: CompletedPart {
            part_number,
            etag: stored.etag,
        },
        md5,
    })
}
