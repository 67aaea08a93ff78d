use std::future::Future;

use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::transfer::Error;

/// Runs tasks, at most `limit` at once, and gives their results in the order of the tasks. If one
/// fails, or the run is cancelled, the others are stopped. Either way none is running any more
/// when this returns: what they held (temporary files, connections) is gone.
pub(super) async fn run_all<T, F>(
    tasks: impl Iterator<Item = F>,
    limit: usize,
    cancel: &CancellationToken,
) -> Result<Vec<T>, Error>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let mut running = JoinSet::new();
    let mut results = Vec::new();
    let mut tasks = tasks.enumerate();
    let failure = loop {
        while running.len() < limit.max(1) {
            let Some((index, task)) = tasks.next() else {
                break;
            };
            running.spawn(async move { (index, task.await) });
        }
        let finished = tokio::select! {
            biased;
            () = cancel.cancelled() => break Error::Cancelled,
            finished = running.join_next() => finished,
        };
        match finished {
            None => {
                results.sort_unstable_by_key(|(index, _)| *index);
                return Ok(results.into_iter().map(|(_, result)| result).collect());
            }
            Some(ended) => match joined(ended) {
                Ok((index, Ok(result))) => results.push((index, result)),
                Ok((_, Err(error))) | Err(error) => break error,
            },
        }
    };
    running.shutdown().await;
    Err(failure)
}

/// What a task gave. A panic of it is a panic of the whole.
pub(super) fn joined<T>(ended: Result<T, JoinError>) -> Result<T, Error> {
    ended.map_err(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Error::Cancelled,
    })
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn results_keep_the_order_of_the_tasks() {
        let tasks = (0..20_u64).map(|n| async move {
            tokio::time::sleep(Duration::from_millis(20 - n)).await;
            Ok(n)
        });
        let results = run_all(tasks, 7, &CancellationToken::new()).await.unwrap();
        assert_eq!(results, (0..20).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_runs_on_after_a_failure() {
        let alive = Arc::new(AtomicUsize::new(0));
        struct Guard(Arc<AtomicUsize>);
        impl Drop for Guard {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let tasks = (0..5).map(|n| {
            let alive = Arc::clone(&alive);
            async move {
                alive.fetch_add(1, Ordering::SeqCst);
                let _guard = Guard(alive);
                if n == 3 {
                    return Err(Error::TooLarge);
                }
                tokio::time::sleep(Duration::from_secs(3600)).await;
                Ok(())
            }
        });
        let result = run_all(tasks, 5, &CancellationToken::new()).await;
        assert!(matches!(result, Err(Error::TooLarge)));
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn cancellation_stops_it() {
        let cancel = CancellationToken::new();
        let tasks = (0..2).map(|_| std::future::pending::<Result<(), Error>>());
        cancel.cancel();
        assert!(matches!(
            run_all(tasks, 1, &cancel).await,
            Err(Error::Cancelled)
        ));
    }
}
