use std::{
    fs::File,
    io, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};

use crate::{
    local::{PartSum, hash_on, hash_region},
    s3::types::Md5Digest,
    transfer::{engine::HASH_BUFFER, permits::ByteBudget},
};

/// MD5s of files that have just been written, of several at once: eight take a core little longer
/// than two. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct JointSums(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Files that are being written.
    coming: usize,
    written: Vec<Written>,
}

#[derive(Debug)]
struct Written {
    file: File,
    sum: PartSum,
    summed: oneshot::Sender<Md5Digest>,
}

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Coming {
    sums: JointSums,
    is_alone: bool,
}

impl JointSums {
    /// Announces a file, unless it is one that is summed sooner than handed over.
    pub(super) fn expect(&self, len: u64) -> Option<Coming> {
        if len < WORTH_IT {
            return None;
        }
        let mut state = self.state();
        state.coming += 1;
        Some(Coming {
            sums: self.clone(),
            is_alone: state.coming == 1,
        })
    }

    /// Whether nothing is gained by waiting.
    fn is_time(&self) -> bool {
        let state = self.state();
        state.coming == 0 || state.written.len() >= TOGETHER
    }

    /// As many as go together, those first that wait longest.
    fn take(&self) -> Vec<Written> {
        let written = &mut self.state().written;
        let count = written.len().min(TOGETHER);
        let rest = written.split_off(count);
        mem::replace(written, rest)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Coming {
    /// Whether there was no other file when this one was announced. It is better summed while it
    /// is written.
    pub(super) fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// The sum of the file, which has been written. It waits a moment for others that are coming.
    ///
    /// # Errors
    /// The file cannot be read, or is shorter.
    pub(super) async fn sum(
        self,
        file: &File,
        len: u64,
        buffers: &ByteBudget,
    ) -> io::Result<Md5Digest> {
        let sums = self.sums.clone();
        let (summed, mut result) = oneshot::channel();
        sums.state().written.push(Written {
            file: file.try_clone()?,
            sum: PartSum::of_file(len),
            summed,
        });
        drop(self);
        if !sums.is_time()
            && let Ok(Ok(md5)) = timeout(PATIENCE, &mut result).await
        {
            return Ok(md5);
        }
        let buffers = buffers.reserve(BUFFERS).await;
        loop {
            if let Ok(md5) = result.try_recv() {
                return Ok(md5);
            }
            let batch = sums.take();
            if batch.is_empty() {
                break;
            }
            sum_all(batch).await;
        }
        // Another task is at it.
        drop(buffers);
        match result.await {
            Ok(md5) => Ok(md5),
            // It failed, for one of them.
            Err(_) => Ok(hash_region(file, 0, len, false).await?.md5),
        }
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.sums.state().coming -= 1;
    }
}

async fn sum_all(mut batch: Vec<Written>) {
    let sums = batch.iter_mut().map(|one| (&one.file, &mut one.sum));
    let mut sums: Vec<_> = sums.collect();
    let longest = sums.iter().map(|(_, sum)| sum.rest().end).max();
    if hash_on(&mut sums, longest.unwrap_or(0)).await.is_ok() {
        for Written { sum, summed, .. } in batch {
            // Nobody waits for the sum of what was cancelled.
            let _ = summed.send(sum.finish());
        }
    }
}

/// Bytes of a file.
const WORTH_IT: u64 = 32 * 1024;
/// The streams that are summed at once.
const TOGETHER: usize = 8;
const BUFFERS: u64 = 2 * HASH_BUFFER;
/// Much longer than the sum of a file takes that is small, and not noticed where files are large.
const PATIENCE: Duration = Duration::from_millis(10);
