use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    client::Client,
    command::{Failure, Output},
    plan::filter::TimeFilter,
    transfer::{Compare, Deleter, Engine, Event, Job, Overwrite, Report, TransferOptions},
};

/// All that a command works with.
#[derive(Debug, Clone)]
pub struct Session {
    /// The way to S3.
    pub client: Client,
    /// The bounds of transfers.
    pub transfer: TransferOptions,
    /// What was asked for.
    pub options: Options,
    /// Where lines go.
    pub output: Arc<Output>,
    /// Ends everything early.
    pub cancel: CancellationToken,
}

/// The options that several commands share.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// `-r`.
    pub recursive: bool,
    /// `-f`.
    pub force: bool,
    /// `-s`.
    pub sync_check: bool,
    /// `-d`.
    pub show_directory: bool,
    /// `--ignore-empty-source`.
    pub ignore_empty_source: bool,
    /// `-D`: what is only at the target goes.
    pub delete_removed: bool,
    /// `--last-modified-before` and `-after`.
    pub modified: TimeFilter,
}

impl Session {
    /// Waits for something that may be cut off.
    pub(super) async fn until_cancelled<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        self.cancel
            .run_until_cancelled(work)
            .await
            .unwrap_or(Err(Failure::Interrupted))
    }

    /// Runs the jobs that `produce` sends, while it sends them. A failure of the producer does not
    /// stop the jobs that are there already.
    pub(super) async fn transfer<P, F>(&self, produce: P) -> Result<(), Failure>
    where
        P: FnOnce(JobSender) -> F,
        F: Future<Output = Result<(), Failure>>,
    {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let engine = self.engine();
        let sender = JobSender {
            sender,
            output: Arc::clone(&self.output),
        };
        let _progress = self.output.show_progress(self.transfer.jobs);
        let producer = self.until_cancelled(produce(sender));
        let (_, produced) = tokio::join!(engine.run(receiver), producer);
        produced
    }

    /// An engine that tells its events here.
    pub(super) fn engine(&self) -> Engine {
        let output = Arc::clone(&self.output);
        let report = Report::new(move |event| tell(&output, event));
        Engine::new(
            self.client.clone(),
            self.transfer,
            self.cancel.clone(),
            report,
        )
    }

    /// Deletes objects of a bucket with `work`, and tells what became of each.
    pub(super) async fn delete(
        &self,
        bucket: &str,
        work: impl AsyncFnOnce(&mut Deletions<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let output = Arc::clone(&self.output);
        let deleter = Deleter::new(&self.engine(), bucket, move |object, result| {
            output.deleted(object, result);
        });
        let _progress = self.output.show_progress(self.transfer.jobs);
        let mut deletions = Deletions {
            deleter,
            output: &self.output,
        };
        let result = work(&mut deletions).await;
        deletions.deleter.finish().await;
        result
    }

    /// Says that a directory stays out because nobody said `-r`.
    pub(super) fn omit_directory(&self, name: impl std::fmt::Display) {
        self.output
            .line(format_args!("omitting directory \"{name}\"."));
    }

    /// Tells that a source stays out because another one has its target.
    pub(super) fn refuse_target(
        &self,
        source: impl std::fmt::Display,
        target: impl std::fmt::Display,
    ) {
        let text = format!("another source has the same target {target}");
        self.output.failure(&Failure::about(source, text));
    }

    /// What `-f` says.
    pub(super) fn overwrite(&self) -> Overwrite {
        if self.options.force {
            Overwrite::Replace
        } else {
            Overwrite::Refuse
        }
    }

    /// What `-s` says.
    pub(super) fn compare(&self) -> Compare {
        if self.options.sync_check {
            Compare::Content
        } else {
            Compare::Nothing
        }
    }
}

/// Where a producer puts its jobs; it waits while there are enough.
#[derive(Debug, Clone)]
pub(super) struct JobSender {
    sender: mpsc::Sender<Job>,
    output: Arc<Output>,
}

impl JobSender {
    /// Hands over a job.
    ///
    /// # Errors
    /// [`Failure::Interrupted`] if nobody takes jobs any more.
    pub(super) async fn send(&self, job: Job) -> Result<(), Failure> {
        let sent = self.sender.send(job).await;
        self.output.planned();
        sent.map_err(|_| Failure::Interrupted)
    }
}

/// Where the keys go that are to be deleted.
pub(super) struct Deletions<'a> {
    deleter: Deleter,
    output: &'a Output,
}

impl Deletions<'_> {
    /// Deletes a key, now or with others.
    pub(super) async fn add(&mut self, key: String) {
        self.output.planned();
        self.deleter.add(key).await;
    }
}

fn tell(output: &Output, event: Event<'_>) {
    match event {
        Event::Done(job) => {
            output.done(format_args!(
                "{} => {}",
                job.source_name(),
                job.target_name()
            ));
        }
        Event::Synced(job) => {
            output.line(format_args!(
                "{} => {} (synced)",
                job.source_name(),
                job.target_name()
            ));
        }
        Event::Deleted(url) => output.done(format_args!("Delete {url}")),
        Event::Failed(job, error) => output.failure(&Failure::of_job(job.source_name(), &error)),
        Event::Ended => output.completed(),
        Event::Warning(text) => output.note(text),
    }
}

/// Jobs that are planned ahead.
const QUEUE: usize = 1024;
