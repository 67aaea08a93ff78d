//! Deleting many objects, in batches, with an answer for every key.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;

use crate::{
    location::S3Url,
    s3::{
        op::{DeleteFailure, DeleteObject, DeleteObjects},
        operation::OperationKind,
        request::{Condition, Role},
        xml::can_carry,
    },
    transfer::{Engine, Error},
};

/// Collects keys of one bucket and deletes them in batches, a few at once.
pub struct Deleter {
    engine: Engine,
    bucket: Arc<str>,
    batch: Vec<String>,
    /// The user set a condition that a batch cannot carry.
    one_by_one: bool,
    running: JoinSet<()>,
    told: Told,
}

/// Hears what became of a key.
type Told = Arc<dyn Fn(&S3Url, Result<(), Error>) + Send + Sync>;

impl std::fmt::Debug for Deleter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deleter")
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}

impl Deleter {
    /// A deleter for one bucket. `told` hears what became of each key.
    pub fn new(
        engine: &Engine,
        bucket: &str,
        told: impl Fn(&S3Url, Result<(), Error>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            engine: engine.clone(),
            bucket: bucket.into(),
            batch: Vec::new(),
            one_by_one: engine
                .client
                .api_options()
                .sets_more_on(OperationKind::DeleteObject, OperationKind::DeleteObjects),
            running: JoinSet::new(),
            told: Arc::new(told),
        }
    }

    /// Deletes a key, now or with others.
    pub async fn add(&mut self, key: String) {
        if self.engine.is_dry_run() {
            self.tell(&key, Ok(()));
        } else if can_carry(&key) && !self.one_by_one {
            self.batch.push(key);
            if self.batch.len() >= self.engine.options.delete_batch {
                self.send().await;
            }
        } else {
            self.spawn(vec![key]).await;
        }
    }

    /// Deletes what was collected and waits for everything.
    pub async fn finish(mut self) {
        self.send().await;
        while self.running.join_next().await.is_some() {}
    }

    async fn send(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            self.spawn(batch).await;
        }
    }

    async fn spawn(&mut self, keys: Vec<String>) {
        while self.running.len() >= self.engine.room() {
            self.running.join_next().await;
        }
        if self.engine.cancel.is_cancelled() {
            return;
        }
        let (engine, bucket) = (self.engine.clone(), Arc::clone(&self.bucket));
        let told = Arc::clone(&self.told);
        self.running.spawn(async move {
            let tell = |key: &str, result| told(&url(&bucket, key), result);
            // What is under way is seen through: its keys would be neither deleted nor reported.
            match &*keys {
                [key] => {
                    let operation = DeleteObject {
                        bucket: &bucket,
                        key,
                        role: Role::Source,
                        condition: Condition::Always,
                    };
                    let result = engine.see_through(engine.client.call(&operation)).await;
                    tell(key, result);
                }
                _ => delete_batch(&engine, &bucket, keys, &tell).await,
            }
            engine.stop_if_over();
        });
    }

    fn tell(&self, key: &str, result: Result<(), Error>) {
        (self.told)(&url(&self.bucket, key), result);
    }
}

fn url(bucket: &str, key: &str) -> S3Url {
    S3Url {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
    }
}

async fn delete_batch(
    engine: &Engine,
    bucket: &str,
    mut keys: Vec<String>,
    tell: &(dyn Fn(&str, Result<(), Error>) + Send + Sync),
) {
    let attempts = if engine.client.retries() { ATTEMPTS } else { 1 };
    for attempt in 1..=attempts {
        let operation = DeleteObjects {
            bucket,
            keys: &keys,
        };
        let output = match engine.see_through(engine.client.call(&operation)).await {
            Ok(output) => output,
            Err(error) => {
                let text = error.to_string();
                let code = "DeleteObjects".to_owned();
                for key in &keys {
                    let (code, message) = (code.clone(), text.clone());
                    tell(key, Err(Error::NotDeleted { code, message }));
                }
                return;
            }
        };
        let mut again = Vec::new();
        for (key, failure) in keys.iter().zip(output.of_keys(&keys)) {
            match failure {
                None => tell(key, Ok(())),
                Some(failure) if attempt < attempts && is_transient(&failure.code) => {
                    again.push(key.clone());
                }
                Some(DeleteFailure { code, message, .. }) => {
                    tell(key, Err(Error::NotDeleted { code, message }));
                }
            }
        }
        if again.is_empty() {
            return;
        }
        keys = again;
        tokio::time::sleep(Duration::from_millis(200) * attempt).await;
    }
}

fn is_transient(code: &str) -> bool {
    matches!(
        code,
        "InternalError" | "SlowDown" | "ServiceUnavailable" | "NotConfirmed"
    )
}

/// Requests for keys that failed for a passing reason.
const ATTEMPTS: u32 = 4;
