//! Multipart uploads that a killed run left open: gone on with, or given up.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    client::ClientError,
    local::JournalEntry,
    location::S3Url,
    s3::{
        op::{AbortMultipartUpload, ListMultipartUploads, ListParts, ListedPart, MultipartUpload},
        types::UploadId,
    },
    transfer::{Engine, Error, engine::Event},
};

/// How a target is called in the journal.
pub(super) fn name(engine: &Engine, target: &S3Url) -> String {
    format!("{} {target}", engine.client.endpoint())
}

/// Gives up what a killed run left open for a target that needs no upload now.
pub(super) async fn clear(engine: &Engine, target: &S3Url) {
    if !engine.is_dry_run()
        && let Some(entry) = engine.journal.find(&name(engine, target))
        && give_up(engine, target, &entry).await
    {
        entry.remove();
    }
}

/// Gives up what is noted; gives whether nothing is left of it.
pub(super) async fn give_up(engine: &Engine, target: &S3Url, entry: &JournalEntry) -> bool {
    let Some(begun) = entry.begun() else {
        return true;
    };
    let upload_id = match &begun.upload_id {
        Some(id) => Some(UploadId(id.clone())),
        None => nameless(engine, target, begun.at).await,
    };
    let Some(upload_id) = upload_id else {
        return true;
    };
    let aborted = abort(engine, target, &upload_id).await;
    if let Err(error) = &aborted {
        engine.tell(Event::Warning(format!(
            "{target}: the multipart upload {upload_id} of an earlier run is still open: {error}",
            upload_id = upload_id.0
        )));
    }
    aborted.is_ok()
}

/// The upload that was asked for by a run that was killed before it had the answer: the only one
/// of this key that was opened within a minute of then, and that has no part. In an upload without
/// parts there is nothing to lose, should it be somebody else's.
async fn nameless(engine: &Engine, target: &S3Url, at: i64) -> Option<UploadId> {
    let list = ListMultipartUploads {
        bucket: &target.bucket,
        prefix: &target.key,
        marker: None,
        url_encoding: true,
    };
    let page = engine.guard(engine.client.call(&list)).await.ok()?;
    let was_then = |upload: &MultipartUpload| {
        let after = upload.initiated.map(Timestamp::as_second);
        upload.key == target.key
            && after.is_some_and(|second| (at - 1..=at + MINUTE).contains(&second))
    };
    let mut uploads = page.uploads.into_iter().filter(was_then);
    let (Some(upload), None) = (uploads.next(), uploads.next()) else {
        return None;
    };
    let parts = parts(engine, target, &upload.upload_id).await.ok()?;
    parts.is_empty().then_some(upload.upload_id)
}

/// The parts that an open upload has.
pub(super) async fn parts(
    engine: &Engine,
    target: &S3Url,
    upload_id: &UploadId,
) -> Result<Vec<ListedPart>, Error> {
    let mut parts = Vec::new();
    let mut marker = None;
    loop {
        let list = ListParts {
            bucket: &target.bucket,
            key: &target.key,
            upload_id,
            marker,
        };
        let page = engine.guard(engine.client.call(&list)).await?;
        parts.extend(page.parts);
        match page.next {
            // A list that does not go on would never end.
            Some(next) if marker.is_none_or(|marker| next > marker) => marker = Some(next),
            Some(_) => return Err(Error::Damaged("the list of parts goes in a circle")),
            None => return Ok(parts),
        }
    }
}

/// Gives an upload up. Parts that were on their way may arrive after it and keep the upload
/// alive, so it is repeated until the server says that there is no such upload.
pub(super) async fn abort(
    engine: &Engine,
    target: &S3Url,
    upload_id: &UploadId,
) -> Result<(), String> {
    let client = &engine.client;
    let (bucket, key) = (&*target.bucket, &*target.key);
    let abort = async {
        for _ in 0..ABORTS {
            let abort = AbortMultipartUpload {
                bucket,
                key,
                upload_id,
            };
            client.call(&abort).await?;
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
    match engine.see_through(abort).await {
        Ok(true) => Ok(()),
        Ok(false) => Err("parts keep arriving".to_owned()),
        Err(Error::Cancelled) => Err("no answer in time".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// How often an upload is given up that does not go.
const ABORTS: u32 = 3;
const ABORT_PAUSE: Duration = Duration::from_millis(200);
/// Seconds.
const MINUTE: i64 = 60;
