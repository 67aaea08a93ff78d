//! The standard input to an object: nobody knows how much it is before it ends.

use bytes::Bytes;
use tokio::task::JoinSet;

use crate::{
    local::{Digests, read_input, spool_input},
    s3::{
        encode,
        op::{CompletedPart, PutObject, UploadPart},
        operation::OperationKind,
        payload::{Payload, PayloadHash},
        request::Role,
        types::{ETag, Md5Digest, PartNumber, UploadId},
    },
    transfer::{
        Engine, Error, Overwrite, Proof, StreamUpload, Target, Version,
        compare::{self, or_skipped},
        engine::{Outcome, STREAM_BUFFERS},
        held::{self, held},
        multipart::{OpenUpload, SentPart, Whole},
        parallel::joined,
        upload,
    },
};

pub(super) async fn run(engine: &Engine, upload: &StreamUpload) -> Result<Outcome, Error> {
    if upload.overwrite != Overwrite::Replace
        && compare::head(engine, &upload.target, Role::Target)
            .await?
            .is_some()
    {
        return match upload.overwrite {
            Overwrite::Skip => Ok(Outcome::Skipped),
            _ => Err(Error::Exists(upload.target.to_string())),
        };
    }
    if engine.is_dry_run() {
        engine
            .predict_write(&upload.target.bucket, OperationKind::PutObject)
            .await?;
        return Ok(Outcome::Done(Proof::default()));
    }
    let lanes = Lanes::of(engine.options.buffers);
    // All at once: parts that wait for each other must not wait for memory.
    let _buffers = engine.buffers.reserve(lanes.hold()).await;
    let first = lanes.read(engine, 0).await?;
    let sent = if first.len() < part_size(0) {
        single(engine, upload, first).await
    } else {
        parts(engine, upload, lanes, first).await
    };
    match sent {
        Ok(etag) => Ok(Outcome::Done(Proof {
            md5: None,
            source: None,
            target: etag.map(Version::Object),
        })),
        Err(error) => or_skipped(engine, &upload.target, upload.overwrite, error).await,
    }
}

async fn single(
    engine: &Engine,
    upload: &StreamUpload,
    piece: Piece,
) -> Result<Option<ETag>, Error> {
    let (len, md5) = (piece.len(), piece.md5);
    let metadata = [("md5".to_owned(), encode::hex(&md5))];
    let put = PutObject {
        bucket: &upload.target.bucket,
        key: &upload.target.key,
        metadata: &metadata,
        properties: &upload::properties(engine, &upload.target, None),
        content_md5: Some(md5),
        payload: piece.payload,
        payload_hash: piece.hash,
        condition: upload.overwrite.condition(&Target::Unknown),
    };
    let stored = engine.guard(engine.client.put_object(&put)).await?;
    let is_sure = upload::check_stored(engine, &upload.target, &stored, Some(&md5), len).await?;
    Ok(stored.etag.filter(|_| is_sure))
}

async fn parts(
    engine: &Engine,
    upload: &StreamUpload,
    lanes: Lanes,
    first: Piece,
) -> Result<Option<ETag>, Error> {
    let properties = upload::properties(engine, &upload.target, None);
    let whole = Whole {
        target: &upload.target,
        size: 0,
        part_size: part_size(0),
        md5: None,
        metadata: &[],
        properties: &properties,
        condition: upload.overwrite.condition(&Target::Unknown),
    };
    let open = OpenUpload::create(engine, whole).await?;
    let mut running = JoinSet::new();
    let sent = send(engine, upload, lanes, (first, open.id()), &mut running).await;
    // Nothing may be sent any more when the upload is given up.
    running.shutdown().await;
    let (size, sent) = match sent {
        Ok((size, sent)) => (size, Ok(sent)),
        Err(error) => (0, Err(error)),
    };
    open.with_size(size).finish(sent).await
}

/// Reads part after part, and sends some at once. Gives the size of all.
async fn send(
    engine: &Engine,
    upload: &StreamUpload,
    lanes: Lanes,
    (first, id): (Piece, &UploadId),
    running: &mut JoinSet<Result<SentPart, Error>>,
) -> Result<(u64, Vec<SentPart>), Error> {
    let (mut sent, mut size) = (Vec::new(), 0);
    let mut next = Some(first);
    for index in 0.. {
        let piece = match next.take() {
            Some(first) => first,
            None => lanes.read(engine, index).await?,
        };
        if piece.len() == 0 {
            break;
        }
        let number = PartNumber::new(index + 1).ok_or(Error::TooLarge)?;
        let is_last = piece.len() < part_size(index);
        size += piece.len();
        running.spawn(part(
            engine.clone(),
            upload.clone(),
            id.clone(),
            number,
            piece,
        ));
        if is_last {
            break;
        }
        while running.len() + 1 > lanes.count(index + 1) {
            sent.extend(finished(engine, running).await?);
        }
    }
    while let Some(part) = finished(engine, running).await? {
        sent.push(part);
    }
    sent.sort_unstable_by_key(|part| part.completed.part_number);
    Ok((size, sent))
}

/// Waits for one of the parts under way.
async fn finished(
    engine: &Engine,
    running: &mut JoinSet<Result<SentPart, Error>>,
) -> Result<Option<SentPart>, Error> {
    let next = engine.guard(async { Ok::<_, Error>(running.join_next().await) });
    let Some(ended) = next.await? else {
        return Ok(None);
    };
    joined(ended)?.map(Some)
}

async fn part(
    engine: Engine,
    upload: StreamUpload,
    upload_id: UploadId,
    part_number: PartNumber,
    piece: Piece,
) -> Result<SentPart, Error> {
    let (len, md5) = (piece.len(), piece.md5);
    let part = UploadPart {
        bucket: &upload.target.bucket,
        key: &upload.target.key,
        upload_id: &upload_id,
        part_number,
        content_md5: Some(md5),
        payload: piece.payload,
        payload_hash: piece.hash,
    };
    let stored = engine.guard(engine.client.call(&part)).await?;
    held::check_stored(stored.stored_md5, md5)?;
    engine.meter.moved().add(len);
    Ok(SentPart {
        completed: CompletedPart {
            part_number,
            etag: stored.etag,
        },
        md5: Some(md5),
    })
}

/// A part of the input.
struct Piece {
    payload: Payload,
    md5: Md5Digest,
    hash: PayloadHash,
}

impl Piece {
    fn len(&self) -> u64 {
        self.payload.len()
    }

    fn held(engine: &Engine, content: Bytes) -> Self {
        let (md5, hash) = held::sums(engine, &content);
        Self {
            payload: Payload::Bytes(content),
            md5,
            hash,
        }
    }
}

/// How many parts are under way at once, and what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lanes {
    /// What may be held.
    budget: u64,
}

impl Lanes {
    fn of(budget: u64) -> Self {
        Self { budget }
    }

    /// Whether a part is held in memory. Otherwise it goes through a file.
    fn holds(self, index: u64) -> bool {
        held(part_size(index)) <= self.budget
    }

    fn count(self, index: u64) -> usize {
        let fitting = self.budget / held(part_size(index));
        let count = match self.holds(index) {
            true => fitting.clamp(1, MOST_LANES),
            false => SPOOLED_LANES,
        };
        usize::try_from(count).unwrap_or(1)
    }

    /// What the parts hold together, at most.
    fn hold(self) -> u64 {
        match self.holds(0) {
            // Later parts are larger, and fewer.
            true => self
                .budget
                .min(MOST_LANES * held(part_size(0)))
                .max(SPOOLED),
            false => SPOOLED,
        }
    }

    async fn read(self, engine: &Engine, index: u64) -> Result<Piece, Error> {
        let size = part_size(index);
        let unreadable = |error| Error::Input(error);
        if self.holds(index) {
            let len = usize::try_from(size).map_err(|_| Error::TooLarge)?;
            let read = async { read_input(len).await.map_err(unreadable) };
            return Ok(Piece::held(engine, engine.guard(read).await?));
        }
        let with_sha256 = engine.client.signs_payload();
        let read = async { spool_input(size, with_sha256).await.map_err(unreadable) };
        let (region, Digests { md5, sha256 }) = engine.guard(read).await?;
        Ok(Piece {
            payload: Payload::File(region),
            md5,
            hash: sha256.map_or(PayloadHash::Unsigned, PayloadHash::Sha256),
        })
    }
}

/// The size of a part, counted from 0: doubled after each thousand, so that 10,000 parts are more
/// than the 5 TiB that an object can be, and those of most streams are small and equal.
fn part_size(index: u64) -> u64 {
    FIRST << (index / 1000).min(9)
}

const FIRST: u64 = 8 * 1024 * 1024;
/// Parts at once, in memory.
const MOST_LANES: u64 = 4;
/// The same, of parts that go through a file: one is read while another one is sent.
const SPOOLED_LANES: u64 = 2;
/// What those hold.
const SPOOLED: u64 = SPOOLED_LANES * STREAM_BUFFERS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_parts_are_more_than_an_object_can_be() {
        let all: u64 = (0..10_000).map(part_size).sum();
        assert!(all > 5 << 40);
        assert!((0..10_000).all(|index| (5 << 20..=5 << 30).contains(&part_size(index))));
    }

    #[test]
    fn what_is_under_way_stays_within_the_budget() {
        for budget in [1_u64 << 20, 8 << 20, 9 << 20, 24 << 20, 64 << 20, 1 << 30] {
            let lanes = Lanes::of(budget);
            for index in [0, 999, 1000, 5000, 9999] {
                let count = lanes.count(index) as u64;
                assert!(count >= 1);
                if lanes.holds(index) {
                    let under_way = count * held(part_size(index));
                    assert!(under_way <= budget, "{budget} {index}");
                }
            }
        }
    }
}
