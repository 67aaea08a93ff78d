//! An object from its first byte to its last.

use std::collections::VecDeque;

use bytes::Bytes;
use tokio::task::JoinHandle;

use crate::{
    client::{Client, ObjectStream},
    local::Hasher,
    location::S3Url,
    plan::split::Split,
    s3::{
        op::{GetObject, HeadObjectOutput, ListedObject},
        request::Role,
        types::{ByteRange, ETag},
    },
    transfer::{
        Error, TransferOptions,
        content::{check_listed, is_checkable, verify},
        held,
        parallel::joined,
    },
};

/// Gives the bytes of an object in their order, and an error where the last one would be if they
/// are not what the server has. Of a large object some ranges are under way at once, all of one
/// version.
#[derive(Debug)]
pub struct ObjectReader {
    object: HeadObjectOutput,
    /// The whole, or the first range.
    first: ObjectStream,
    ahead: Option<Ahead>,
    sum: Option<Hasher>,
}

impl ObjectReader {
    /// Begins to read an object as it was listed.
    ///
    /// # Errors
    /// It cannot be read, or is not what was listed.
    pub async fn open(
        client: &Client,
        url: &S3Url,
        listed: &ListedObject,
        options: &TransferOptions,
    ) -> Result<Self, Error> {
        let ahead = Ahead::new(client, url, listed, options);
        let begin = async |range, if_match| {
            let get = GetObject {
                bucket: &url.bucket,
                key: &url.key,
                role: Role::Source,
                range,
                if_match,
            };
            let stream = client.open(&get).await?;
            check_listed(listed, &stream.head().object)?;
            Ok::<_, Error>(stream)
        };
        let of_range = match &ahead {
            Some(ahead) => Some(begin(ahead.split.range(0), Some(&ahead.etag)).await),
            None => None,
        };
        let (first, ahead) = match of_range {
            Some(Ok(first)) => (first, ahead),
            // Another version, or a server without ranges; as long as nothing was given, another
            // answer may be better.
            _ => match begin(None, None).await {
                Err(Error::Damaged(_)) => (begin(None, None).await?, None),
                begun => (begun?, None),
            },
        };
        let object = first.head().object.clone();
        let sums = options.verify && is_checkable(&object);
        Ok(Self {
            object,
            first,
            ahead,
            sum: sums.then(|| Hasher::new(false)),
        })
    }

    /// The next bytes; `None` after the last ones, if all of them were right.
    ///
    /// # Errors
    /// It cannot be read to its end, or what came is not what the server has.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if let Some(ahead) = &mut self.ahead {
            ahead.fill();
        }
        let mut bytes = self.first.next().await?;
        if let (None, Some(ahead)) = (&bytes, &mut self.ahead) {
            bytes = ahead.next().await?;
        }
        match (&bytes, &mut self.sum) {
            (Some(bytes), Some(sum)) => sum.update(bytes),
            (None, sum) => {
                if let Some(sum) = sum.take() {
                    verify(&self.object, &sum.finish().md5)?;
                }
            }
            (Some(_), None) => {}
        }
        Ok(bytes)
    }
}

/// The ranges behind the first one.
#[derive(Debug)]
struct Ahead {
    client: Client,
    url: S3Url,
    etag: ETag,
    split: Split,
    /// How many may be under way or wait for their turn.
    lanes: usize,
    next: u64,
    running: VecDeque<JoinHandle<Result<Bytes, Error>>>,
}

impl Ahead {
    /// Nothing if there is no use in it, or no version to hold on to.
    fn new(
        client: &Client,
        url: &S3Url,
        listed: &ListedObject,
        options: &TransferOptions,
    ) -> Option<Self> {
        // Each once while it arrives, and once more on its way out.
        let lanes = (options.buffers / (2 * RANGE)).min(MOST_LANES);
        let lanes = usize::try_from(lanes).unwrap_or(1).min(options.jobs);
        let etag = listed.etag.clone()?;
        if lanes < 2 || listed.size < options.max_single_download.max(2 * RANGE) {
            return None;
        }
        Some(Self {
            client: client.clone(),
            url: url.clone(),
            etag,
            split: Split::for_download(listed.size, RANGE),
            lanes,
            next: 1,
            running: VecDeque::new(),
        })
    }

    fn fill(&mut self) {
        while self.running.len() < self.lanes
            && let Some(range) = self.split.range(self.next)
        {
            let (client, url, etag) = (self.client.clone(), self.url.clone(), self.etag.clone());
            let read = async move { read(&client, &url, &etag, range).await };
            self.running.push_back(tokio::spawn(read));
            self.next += 1;
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        // It stays in the queue while it is waited for: a reader that is dropped ends it.
        let Some(front) = self.running.front_mut() else {
            return Ok(None);
        };
        let ended = front.await;
        self.running.pop_front();
        joined(ended)?.map(Some)
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.running.iter().for_each(JoinHandle::abort);
    }
}

async fn read(client: &Client, url: &S3Url, etag: &ETag, range: ByteRange) -> Result<Bytes, Error> {
    let get = GetObject {
        bucket: &url.bucket,
        key: &url.key,
        role: Role::Source,
        range: Some(range),
        if_match: Some(etag),
    };
    held::read(client, &get, range.len()).await
}

/// Source: guessed; six of them fill a line of 50 ms and a gigabit.
const RANGE: u64 = 4 * 1024 * 1024;
const MOST_LANES: u64 = 8;
