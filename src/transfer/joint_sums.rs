use std::{
    fs::File,
    io, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::oneshot::{self, error::TryRecvError},
    time::timeout,
};

use crate::{
    local::{PartSum, hash_on, hash_region},
    s3::types::Md5Digest,
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

    /// Whether those that have been written should not wait for more: where few are under way at
    /// once, not more than half of them are to stand still.
    fn is_time(&self) -> bool {
        let state = self.state();
        state.written.len() >= state.coming.min(TOGETHER)
    }

    /// The sum of one of the files; `None` if a file that went with it cannot be read.
    async fn together(&self, mut result: oneshot::Receiver<Md5Digest>) -> Option<Md5Digest> {
        if !self.is_time()
            && let Ok(summed) = timeout(PATIENCE, &mut result).await
        {
            return summed.ok();
        }
        loop {
            match result.try_recv() {
                Ok(md5) => return Some(md5),
                Err(TryRecvError::Closed) => return None,
                Err(TryRecvError::Empty) => {}
            }
            let batch = self.take();
            if batch.is_empty() {
                // Another task is at it.
                return result.await.ok();
            }
            sum_all(batch).await;
        }
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
    /// Their buffers, which each still has, are for reading all of them again.
    ///
    /// # Errors
    /// The file cannot be read, or is shorter.
    pub(super) async fn sum(self, file: &File, len: u64) -> io::Result<Md5Digest> {
        let sums = self.sums.clone();
        let (summed, result) = oneshot::channel();
        let written = Written {
            file: file.try_clone()?,
            sum: PartSum::of_file(len),
            summed,
        };
        sums.state().written.push(written);
        drop(self);
        match sums.together(result).await {
            Some(md5) => Ok(md5),
            None => Ok(hash_region(file, 0, len, false).await?.md5),
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

/// Bytes of a file: as many as are read at once of each.
const WORTH_IT: u64 = 64 * 1024;
/// The streams that are summed at once.
const TOGETHER: usize = 8;
/// Much longer than the sum of a file takes that is small, and not noticed where files are large.
const PATIENCE: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use futures_util::future::join_all;
    use md5::{Digest as _, Md5};

    use super::*;

    fn file(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        file
    }

    fn content(number: u8) -> Vec<u8> {
        vec![number; WORTH_IT as usize * (1 + usize::from(number) % 4) + usize::from(number)]
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn each_file_gets_its_own_sum() {
        let sums = JointSums::default();
        let files = (0..50).map(|number| {
            let sums = sums.clone();
            tokio::spawn(async move {
                let content = content(number);
                let coming = sums.expect(content.len() as u64).unwrap();
                let file = file(&content);
                let sum = coming.sum(&file, content.len() as u64).await.unwrap();
                assert_eq!(sum, <[u8; 16]>::from(Md5::digest(&content)), "{number}");
            })
        });
        for summed in join_all(files).await {
            summed.unwrap();
        }
        let state = sums.state();
        assert_eq!((state.coming, state.written.len()), (0, 0));
    }

    #[tokio::test]
    async fn one_that_is_shorter_fails_alone() {
        let sums = JointSums::default();
        let files = [1, 2, 3].map(content);
        let coming = files.each_ref().map(|_| sums.expect(WORTH_IT).unwrap());
        assert_eq!(
            coming.each_ref().map(Coming::is_alone),
            [true, false, false]
        );
        let summed = coming
            .into_iter()
            .zip(&files)
            .map(async |(coming, content)| {
                let told = content.len() as u64 + u64::from(content[0] == 2);
                coming.sum(&file(content), told).await
            });
        for (sum, content) in join_all(summed).await.into_iter().zip(&files) {
            match content[0] {
                2 => assert_eq!(sum.unwrap_err().kind(), io::ErrorKind::UnexpectedEof),
                _ => assert_eq!(sum.unwrap(), <[u8; 16]>::from(Md5::digest(content))),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_waited_for_for_long() {
        let sums = JointSums::default();
        assert!(sums.expect(WORTH_IT - 1).is_none());
        let _never = [0; 3].map(|_| sums.expect(WORTH_IT).unwrap());
        let cancelled = sums.expect(WORTH_IT).unwrap();
        let content = content(7);
        let file = file(&content);
        let cancelled = cancelled.sum(&file, content.len() as u64);
        assert!(timeout(PATIENCE / 2, cancelled).await.is_err());
        let coming = sums.expect(WORTH_IT).unwrap();
        let sum = coming.sum(&file, content.len() as u64).await.unwrap();
        assert_eq!(sum, <[u8; 16]>::from(Md5::digest(&content)));
        assert!(sums.state().written.is_empty());
    }
}
