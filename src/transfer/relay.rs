//! An object to an object of another store: the bytes come through here, a few parts at a time.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    client::ClientError,
    plan::split::Split,
    s3::{
        encode,
        op::{CompletedPart, GetObject, HeadObjectOutput, HeadPart, PutObject, UploadPart},
        payload::Payload,
        properties::Properties,
        request::Role,
        types::{ByteRange, ETag, PartNumber, UploadId},
    },
    transfer::{
        Copy, Engine, Error,
        content::{is_checkable, verify},
        copy::METADATA_DIRECTIVE,
        copy_parts,
        held::{self, check_stored, held, sums},
        multipart::{OpenUpload, SentPart, Whole},
        ordered_sum::OrderedSum,
        parallel::run_all,
    },
};

/// Gives the tag of the copy, if it is known to be right.
///
/// Content headers, metadata, tags and storage class go along; encryption does not, as its keys are
/// those of the other store.
pub(super) async fn relay(
    engine: &Engine,
    copy: &Copy,
    source: &HeadObjectOutput,
) -> Result<Option<ETag>, Error> {
    let options = engine.client.api_options();
    let mut properties = Properties::placement(source);
    if options.text(METADATA_DIRECTIVE) != Some("REPLACE") {
        properties = Properties::content(source).and(properties);
    }
    if let Some(tags) = copy_parts::tags(engine, copy, source).await? {
        properties = properties
            .with("x-amz-tagging", &tags)
            .map_err(ClientError::from)?;
    }
    if source.size <= PART {
        return whole(engine, copy, source, &properties).await;
    }
    parts(engine, copy, source, &properties).await
}

async fn whole(
    engine: &Engine,
    copy: &Copy,
    source: &HeadObjectOutput,
    properties: &Properties,
) -> Result<Option<ETag>, Error> {
    let _buffer = engine.buffers.reserve(held(source.size)).await;
    let content = read(engine, copy, source, None).await?;
    let (md5, payload_hash) = sums(engine, &content);
    verify(source, &md5)?;
    let put = PutObject {
        bucket: &copy.target.bucket,
        key: &copy.target.key,
        metadata: &[],
        properties,
        content_md5: Some(md5),
        payload: Payload::Bytes(content),
        payload_hash,
        condition: copy.overwrite.condition(&copy.known),
    };
    let stored = engine.guard(engine.client.put_object(&put)).await?;
    check_stored(stored.stored_md5, md5)?;
    Ok(stored.etag)
}

async fn parts(
    engine: &Engine,
    copy: &Copy,
    source: &HeadObjectOutput,
    properties: &Properties,
) -> Result<Option<ETag>, Error> {
    let etag = source.etag.as_ref().ok_or(Error::Unpinned)?;
    let of_source = source_part_size(engine, copy, etag).await?;
    let budget = engine.options.buffers;
    // With the parts of the source the copy has its tag, which shows that they are the same.
    let asked = of_source
        .filter(|size| held(*size) <= budget)
        .unwrap_or(PART);
    let split = Split::for_upload(source.size, asked).ok_or(Error::TooLarge)?;
    let part_size = split.part_size();
    if held(part_size) > budget {
        return Err(Error::NeedsMemory(part_size));
    }
    let lanes = (budget / held(part_size)).clamp(1, LANES);
    // All at once: parts that wait for each other must not wait for memory.
    let _buffers = engine.buffers.reserve(lanes * held(part_size)).await;
    // The tag of the source will not be that of the copy.
    let noted = source
        .content_md5()
        .filter(|_| source.metadata_md5().is_none())
        .map(|md5| ("md5".to_owned(), encode::hex(&md5)));
    let metadata: Vec<_> = noted.into_iter().collect();
    let whole = Whole {
        target: &copy.target,
        size: source.size,
        part_size,
        md5: source.metadata_md5().or(source.content_md5()),
        metadata: &metadata,
        properties,
        condition: copy.overwrite.condition(&copy.known),
    };
    let open = OpenUpload::create(engine, whole).await?;
    let relay = Arc::new(Relay {
        engine: engine.clone(),
        copy: copy.clone(),
        source: source.clone(),
        upload_id: open.id().clone(),
        sum: is_checkable(source).then(OrderedSum::default),
    });
    let tasks = split.ranges().zip(0..).map(|(range, index)| {
        let relay = Arc::clone(&relay);
        async move { relay.part(range, index).await }
    });
    let lanes = usize::try_from(lanes).unwrap_or(1);
    let mut sent = run_all(tasks, lanes, &engine.cancel).await;
    if sent.is_ok()
        && let Some(sum) = &relay.sum
        && let Err(error) = verify(source, &sum.finish())
    {
        sent = Err(error);
    }
    open.finish(sent).await
}

/// The size of the parts that the source was sent in, if it was sent in parts of one size.
async fn source_part_size(engine: &Engine, copy: &Copy, etag: &ETag) -> Result<Option<u64>, Error> {
    if etag.as_composite().is_none() {
        return Ok(None);
    }
    let head = HeadPart {
        bucket: &copy.bucket,
        key: &copy.source.key,
        role: Role::CopySource,
    };
    match engine.guard(engine.source.call(&head)).await {
        Ok(size) => Ok(size.filter(|size| *size > 0)),
        Err(Error::Cancelled) => Err(Error::Cancelled),
        // Not all stores know the parameter.
        Err(_) => Ok(None),
    }
}

struct Relay {
    engine: Engine,
    copy: Copy,
    source: HeadObjectOutput,
    upload_id: UploadId,
    /// Of the whole, if the other store says what it should be.
    sum: Option<OrderedSum>,
}

impl Relay {
    async fn part(&self, range: ByteRange, index: u64) -> Result<SentPart, Error> {
        let engine = &self.engine;
        let part_number = PartNumber::new(index + 1).ok_or(Error::TooLarge)?;
        let content = read(engine, &self.copy, &self.source, Some(range)).await?;
        let (md5, payload_hash) = sums(engine, &content);
        if let Some(sum) = &self.sum {
            sum.add(index, &content).await;
        }
        let part = UploadPart {
            bucket: &self.copy.target.bucket,
            key: &self.copy.target.key,
            upload_id: &self.upload_id,
            part_number,
            content_md5: Some(md5),
            payload: Payload::Bytes(content),
            payload_hash,
        };
        let stored = engine.guard(engine.client.call(&part)).await?;
        check_stored(stored.stored_md5, md5)?;
        engine.meter.moved().add(range.len());
        Ok(SentPart {
            completed: CompletedPart {
                part_number,
                etag: stored.etag,
            },
            md5: Some(md5),
        })
    }
}

/// Reads the source, or a range of it, at the version that was looked at.
async fn read(
    engine: &Engine,
    copy: &Copy,
    source: &HeadObjectOutput,
    range: Option<ByteRange>,
) -> Result<Bytes, Error> {
    let get = GetObject {
        bucket: &copy.bucket,
        key: &copy.source.key,
        role: Role::CopySource,
        range,
        if_match: source.etag.as_ref(),
    };
    let len = range.map_or(source.size, |range| range.len());
    engine.guard(held::read(&engine.source, &get, len)).await
}

/// Larger objects go in parts, which are of this size if nothing speaks for another one.
const PART: u64 = 5 * 1024 * 1024;
/// Parts of one object at once.
const LANES: u64 = 4;
