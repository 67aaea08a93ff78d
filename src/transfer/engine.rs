use std::{fmt, future::Future, path::Path, sync::Arc, time::Duration};

use tokio::{
    sync::{OnceCell, mpsc},
    task::{JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;

use crate::{
    client::{Client, Mutations},
    local::{Directory, Hashes, Journal, remove_left},
    location::S3Url,
    s3::{op::HeadBucket, operation::OperationKind, request::Role, types::UploadId},
    transfer::{
        Afterwards, Check, Checked, Copy, Error, Job, Meter, Proof, check, copy, download,
        joint_sums::JointSums, permits::ByteBudget, stream, swept::Swept, unfinished, upload,
    },
};

/// Carries out jobs. Clones are the same engine.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(super) client: Client,
    /// Where the sources of copies are.
    pub(super) source: Client,
    pub(super) hashes: Arc<Hashes>,
    pub(super) journal: Arc<Journal>,
    pub(super) options: TransferOptions,
    pub(super) buffers: ByteBudget,
    /// Of what small objects became.
    pub(super) sums: JointSums,
    pub(super) cancel: CancellationToken,
    /// Of the one job that this clone carries out.
    pub(super) meter: Meter,
    report: Report,
    swept: Swept,
    /// In a dry run: whether the bucket of the targets is missing.
    no_bucket: Arc<OnceCell<bool>>,
}

/// The bounds and thresholds of the engine, in bytes unless it says otherwise.
#[derive(Debug, Clone)]
pub struct TransferOptions {
    /// Files under way at once, and parts of one file.
    pub jobs: usize,
    /// The size of parts and ranges; S3's limits may make parts larger.
    pub split_size: u64,
    /// Files of this size and above are sent in parts.
    pub max_single_upload: u64,
    /// Objects of this size and above are read in ranges.
    pub max_single_download: u64,
    /// Objects of this size and above are copied in parts.
    pub max_single_copy: u64,
    /// Whether uploads carry the MD5 of their content: for the server to check, and as metadata.
    pub md5: bool,
    /// Whether uploads get the media type that their name speaks for.
    pub media_types: bool,
    /// The media type of those whose name speaks for none.
    pub default_media_type: Option<Arc<str>>,
    /// Whether times, permissions and owners of files are kept in metadata, and come back.
    pub preserve: bool,
    /// Whether what arrives is checked against the sums that the server gives.
    pub verify: bool,
    /// Whether the sources of copies are at another server, or for somebody else: then their bytes
    /// come through here.
    pub relay: bool,
    /// Whether to go on with what an interrupted run began, and to leave what is begun for the next.
    pub resume: bool,
    /// Keys in one DeleteObjects request, 1 to 1,000.
    pub delete_batch: usize,
    /// What may be held of files and objects under way, all together.
    pub buffers: u64,
}

/// Takes the events of an engine, as they happen, from many threads.
#[derive(Clone)]
pub struct Report(Arc<dyn Fn(Event<'_>) + Send + Sync>);

/// Something that the user wants to know.
#[derive(Debug)]
pub enum Event<'a> {
    /// A job is under way.
    Began(&'a Job, &'a Meter),
    /// The job was carried out (in a dry run: would be).
    Done(&'a Job, Proof),
    /// There was nothing to do.
    Synced(&'a Job, Proof),
    /// The target is there and was to be left alone.
    Skipped(&'a Job),
    /// What a comparison came to.
    Checked(&'a Check, Checked),
    /// The source of a move was deleted (in a dry run: would be).
    Deleted(&'a S3Url),
    /// The job failed.
    Failed(&'a Job, Error),
    /// A job is over. Nothing else is told of it after that.
    Ended(Ended, &'a Meter),
    /// Something that is no failure of a job but should be known.
    Warning(String),
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Done(Proof),
    Synced(Proof),
    Skipped,
}

/// What became of a job, in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Carried out.
    Done,
    /// There was nothing to do.
    Synced,
    /// The target is there and was to be left alone.
    Skipped,
    /// It failed, or was stopped.
    Failed,
}

impl Engine {
    /// An engine without work.
    pub fn new(
        client: Client,
        source: Client,
        (hashes, journal): (Arc<Hashes>, Arc<Journal>),
        (options, buffers): (TransferOptions, ByteBudget),
        cancel: CancellationToken,
        report: Report,
    ) -> Self {
        Self {
            client,
            source,
            hashes,
            journal,
            options,
            buffers,
            sums: JointSums::default(),
            cancel,
            meter: Meter::default(),
            report,
            swept: Swept::default(),
            no_bucket: Arc::default(),
        }
    }

    /// Takes jobs until the channel is closed or the run is cancelled, and waits for all of them.
    /// A job that fails is reported, and the others go on.
    pub async fn run(&self, mut jobs: mpsc::Receiver<Job>) {
        let mut running = JoinSet::new();
        loop {
            while running.len() >= self.room() {
                resume_panic(running.join_next().await);
            }
            let job = tokio::select! {
                biased;
                () = self.cancel.cancelled() => None,
                job = jobs.recv() => job,
            };
            let Some(job) = job else { break };
            let engine = Self {
                meter: Meter::of(job.size()),
                ..self.clone()
            };
            running.spawn(async move {
                engine.tell(Event::Began(&job, &engine.meter));
                let ended = engine.carry_out(&job).await;
                engine.tell(Event::Ended(ended, &engine.meter));
            });
            while let Some(ended) = running.try_join_next() {
                resume_panic(Some(ended));
            }
        }
        // Producers that are blocked on the channel notice that nobody takes any more.
        jobs.close();
        while let Some(ended) = running.join_next().await {
            resume_panic(Some(ended));
        }
    }

    /// How many jobs may be under way now. Some more than requests, to be ready when those are done;
    /// the others would only wait, each with an open file.
    pub(super) fn room(&self) -> usize {
        let ready = self.client.at_once().max(READY);
        self.options.jobs.clamp(1, ready)
    }

    /// Removes what killed runs left in a directory that is going to be written to; once.
    pub(super) fn clean_up(&self, directory: &Directory, path: &Path) {
        if self.swept.is_new(path) {
            remove_left(directory, self.options.resume);
        }
    }

    /// Gives a multipart upload up; that it is gone already is as good.
    ///
    /// # Errors
    /// Why it may still be there.
    pub async fn abort_upload(&self, target: &S3Url, upload_id: &UploadId) -> Result<(), String> {
        unfinished::abort(self, target, upload_id).await
    }

    /// The way to an object.
    pub(super) fn client_of(&self, role: Role) -> &Client {
        match role {
            Role::CopySource => &self.source,
            Role::Source | Role::Target => &self.client,
        }
    }

    /// Whether this run only says what it would do.
    pub fn is_dry_run(&self) -> bool {
        self.client.mutations() == Mutations::Forbidden
    }

    /// In place of a request that would write into a bucket: a bucket that is missing makes the
    /// real run fail. (All targets of a run are in one.)
    pub(super) async fn predict_write(
        &self,
        bucket: &str,
        operation: OperationKind,
    ) -> Result<(), Error> {
        let look = async || {
            let asked = self.client.call(&HeadBucket { bucket }).await;
            asked.is_err_and(|error| error.is_not_found())
        };
        let is_missing = async { Ok::<_, Error>(*self.no_bucket.get_or_init(look).await) };
        if self.guard(is_missing).await? {
            return Err(Error::NoBucket(operation));
        }
        Ok(())
    }

    pub(super) fn tell(&self, event: Event<'_>) {
        (self.report.0)(event);
    }

    /// Ends the run once nothing more can succeed: a million failures would say the same.
    pub(super) fn stop_if_over(&self) {
        let is_over = self.client.is_over() || self.source.is_over();
        if is_over && !self.cancel.is_cancelled() {
            self.tell(Event::Warning("what is left is not tried".to_owned()));
            self.cancel.cancel();
        }
    }

    /// Waits for something, but not longer than until the run is cancelled. What is given must
    /// clean up when it is dropped.
    pub(super) async fn guard<T, E: Into<Error>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Error> {
        match self.cancel.run_until_cancelled(work).await {
            Some(result) => result.map_err(Into::into),
            None => Err(Error::Cancelled),
        }
    }

    /// Waits for something that should not be cut off, but when the run is cancelled only for a
    /// few seconds more.
    pub(super) async fn see_through<T, E: Into<Error>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Error> {
        let patience = async {
            self.cancel.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            biased;
            result = work => result.map_err(Into::into),
            () = patience => Err(Error::Cancelled),
        }
    }

    /// Each kind is boxed: the task is moved a few times, and would be as large as the largest.
    async fn carry_out(&self, job: &Job) -> Ended {
        let result = match job {
            Job::Upload(upload) => Box::pin(upload::run(self, upload)).await,
            Job::StreamUpload(upload) => Box::pin(stream::run(self, upload)).await,
            Job::Download(download) => Box::pin(download::run(self, download)).await,
            Job::Copy(copy) if copy.afterwards == Afterwards::Delete => {
                return Box::pin(self.carry_out_move(job, copy)).await;
            }
            Job::Copy(copy) => {
                let copied = Box::pin(copy::run(self, copy)).await;
                copied.map(|copied| copied.outcome)
            }
            Job::Check(check) => match check::run(self, check).await {
                Ok(checked) => {
                    self.tell(Event::Checked(check, checked));
                    return Ended::Synced;
                }
                Err(error) => Err(error),
            },
        };
        self.end(job, result)
    }

    /// The two halves of a move are told one by one: the second may fail.
    async fn carry_out_move(&self, job: &Job, copy: &Copy) -> Ended {
        let copied = match copy::run(self, copy).await {
            Ok(copied) => copied,
            Err(error) => return self.end(job, Err(error)),
        };
        let skipped = copied.outcome == Outcome::Skipped;
        let ended = self.end(job, Ok(copied.outcome));
        if skipped {
            return ended;
        }
        match copy::delete_source(self, copy, &copied.versions).await {
            Ok(()) => {
                self.tell(Event::Deleted(&copy.source_url()));
                ended
            }
            Err(error) => self.end(job, Err(error)),
        }
    }

    fn end(&self, job: &Job, result: Result<Outcome, Error>) -> Ended {
        match result {
            Ok(Outcome::Done(proof)) => {
                self.tell(Event::Done(job, proof));
                Ended::Done
            }
            Ok(Outcome::Synced(proof)) => {
                self.tell(Event::Synced(job, proof));
                Ended::Synced
            }
            Ok(Outcome::Skipped) => {
                self.tell(Event::Skipped(job));
                Ended::Skipped
            }
            Err(error) => {
                // The interruption is told once, not for each job.
                if !matches!(error, Error::Cancelled) {
                    self.tell(Event::Failed(job, error));
                }
                self.stop_if_over();
                Ended::Failed
            }
        }
    }
}

/// A panic of a task is a panic of the whole.
pub fn resume_panic(ended: Option<Result<(), JoinError>>) {
    if let Some(Err(error)) = ended
        && let Ok(panic) = error.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}

impl Report {
    /// A report to a function.
    pub fn new(tell: impl Fn(Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Report")
    }
}

/// What summing a file holds, or reading an answer.
pub(super) const HASH_BUFFER: u64 = 256 * 1024;
/// What one request that streams holds: a chunk being written or sent, one behind it, and one that
/// is being read.
pub(super) const STREAM_BUFFERS: u64 = 3 * 256 * 1024;
/// Jobs under way, even where fewer requests are.
const READY: usize = 64;
/// How long one last request of an interrupted run may take; two of them (completing, then
/// aborting) must fit into what the program allows itself.
pub(super) const GRACE: Duration = Duration::from_millis(2500);

#[cfg(test)]
mod tests {
    use super::*;

    /// Its file would be neither done nor a failure, and the run a success.
    #[tokio::test]
    #[should_panic(expected = "a bug")]
    async fn a_job_that_panics_is_not_passed_over() {
        let ended = tokio::spawn(async { std::panic::resume_unwind(Box::new("a bug")) }).await;
        resume_panic(Some(ended));
    }
}
