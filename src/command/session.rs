use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    client::{Client, Mutations, Traffic},
    command::{
        AclChange, CaseConflict, DeleteOptions, Failure, Grant, Layout, Output, Tally,
        dsync::Entry, ledger::Ledger, manifest::Manifest, plan::Planned, record::Fact,
    },
    local::{Hashes, Journal, Links},
    location::Location,
    plan::{difference::Method, filter::TimeFilter, rules::Rules},
    s3::api_option::ApiOptions,
    transfer::{
        ByteBudget, Compare, Deleter, Engine, Event, Job, Overwrite, Proof, Report, TransferOptions,
    },
};

/// All that a command works with.
#[derive(Debug, Clone)]
pub struct Session {
    /// The way to S3.
    pub client: Client,
    /// The way to the sources of copies, which may be in another region.
    pub source: Client,
    /// The sums of files that did not change.
    pub hashes: Arc<Hashes>,
    /// What is begun at servers.
    pub journal: Arc<Journal>,
    /// The bounds of transfers.
    pub transfer: TransferOptions,
    /// What may be held of files and objects under way, all together.
    pub(super) buffers: ByteBudget,
    /// What was asked for.
    pub options: Options,
    /// Where lines go.
    pub output: Arc<Output>,
    /// What was sent.
    pub traffic: Traffic,
    /// What became of everything.
    pub tally: Arc<Tally>,
    /// How many failures there were before this work began.
    pub(super) failures_before: u64,
    /// What was found out to be the same, if that will be asked for.
    pub(super) ledger: Option<Arc<Ledger>>,
    /// Where copies are written down, in a dry run.
    pub(super) manifest: Option<Arc<Manifest>>,
    /// What would be done, written down in a dry run.
    pub(super) plan: Option<Arc<Planned>>,
    /// Ends everything early.
    pub cancel: CancellationToken,
}

/// What one command is to do its work by.
#[derive(Debug, Clone)]
pub struct Work {
    /// Whether anything may be changed.
    pub mutations: Mutations,
    /// What goes on requests.
    pub api_options: ApiOptions,
    /// The bounds of transfers.
    pub transfer: TransferOptions,
    /// What was asked for.
    pub options: Options,
}

/// The options that several commands share.
#[derive(Debug, Clone)]
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
    /// `--no-overwrite`.
    pub no_overwrite: bool,
    /// `--size-only`, `--mtime` and `--exact-timestamps`.
    pub method: Method,
    /// `--last-modified-before` and `-after`.
    pub modified: TimeFilter,
    /// `--older-than`: uploads that were begun later are left alone.
    pub older_than: Option<Timestamp>,
    /// `--include` and `--exclude`.
    pub rules: Arc<Rules>,
    /// `--follow-symlinks` and `--no-follow-symlinks`.
    pub links: Links,
    /// `--case-conflict`.
    pub case_conflict: CaseConflict,
    /// `-D`: what is only at the target goes.
    pub delete: Option<DeleteOptions>,
    /// `--verify`: whether both sides are compared once more after the run.
    pub verify: bool,
    /// `--report`: where that says what it found of each name.
    pub report: Option<PathBuf>,
    /// `--emit-batch-manifest`: where copies are written down instead of being made.
    pub manifest: Option<PathBuf>,
    /// `--plan`: where what would be done is written down.
    pub plan: Option<PathBuf>,
    /// `--stats`: whether the tally is told.
    pub stats: bool,
    /// `--acl-grant` and `--acl-revoke`.
    pub acl: AclChange,
    /// How listings look.
    pub layout: Layout,
    /// `--method` and `--expires-in`: what a signed URL is good for.
    pub grant: Grant,
}

impl Options {
    /// The rules, for a walk of a local directory.
    pub(super) fn rules_at(&self, root: &Path) -> Arc<Rules> {
        match std::path::absolute(root) {
            Ok(root) if !self.rules.is_empty() => Arc::new(self.rules.at(&root.to_string_lossy())),
            _ => Arc::clone(&self.rules),
        }
    }
}

impl Session {
    /// A session with the way to S3 and that to the sources of copies.
    pub fn new(
        (client, source): (Client, Client),
        (hashes, journal): (Hashes, Journal),
        transfer: TransferOptions,
        options: Options,
        (output, traffic): (Arc<Output>, Traffic),
    ) -> Self {
        Self {
            client,
            source,
            hashes: Arc::new(hashes),
            journal: Arc::new(journal),
            buffers: ByteBudget::new(transfer.buffers),
            transfer,
            options,
            output,
            traffic,
            tally: Arc::default(),
            failures_before: 0,
            ledger: None,
            manifest: None,
            plan: None,
            cancel: CancellationToken::new(),
        }
    }

    /// The same session for two sides, one of which may be local: patterns with a slash in front
    /// mean the same names on both.
    pub(super) fn between(&self, source: &Location, target: &Location) -> Self {
        let mut session = self.clone();
        for side in [source, target] {
            if let Location::Local(root) = side {
                session.options.rules = self.options.rules_at(Path::new(root));
            }
        }
        session
    }

    /// The same session, for looking at the sources of copies.
    pub(super) fn at_source(&self) -> Self {
        Self {
            client: self.source.clone(),
            ..self.clone()
        }
    }

    /// The same session for the parts of all machines; `None` if this one works alone.
    pub(super) fn of_all_shards(&self) -> Option<Self> {
        let mut session = self.clone();
        session.options.rules = Arc::new(self.options.rules.within(None));
        self.options.rules.has_shard().then_some(session)
    }

    /// The same session, for a work of its own within it.
    pub(super) fn for_work(&self, work: Work) -> Self {
        let client_for = |client: &Client| client.with(work.mutations, work.api_options.clone());
        Self {
            client: client_for(&self.client),
            source: client_for(&self.source),
            transfer: work.transfer,
            options: work.options,
            tally: Arc::default(),
            failures_before: self.output.failures(),
            ..self.clone()
        }
    }

    /// How much failed so far.
    pub(super) fn failures(&self) -> u64 {
        self.output.failures().saturating_sub(self.failures_before)
    }

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
        let session = self.clone();
        self.engine_that_tells(Report::new(move |event| session.tell(event)))
    }

    /// An engine that tells its events somewhere else.
    pub(super) fn engine_that_tells(&self, report: Report) -> Engine {
        Engine::new(
            self.client.clone(),
            self.source.clone(),
            (Arc::clone(&self.hashes), Arc::clone(&self.journal)),
            (self.transfer.clone(), self.buffers.clone()),
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
        let session = self.clone();
        let deleter = Deleter::new(&self.engine(), bucket, move |object, result| {
            match result {
                Ok(()) => session.tally.delete(),
                Err(_) => session.tally.fail(1),
            }
            session.output.deleted(object, result);
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
        self.output.detail(Fact::Omitted(&name));
    }

    /// Tells that a source stays out because another one has its target.
    pub(super) fn refuse_target(
        &self,
        source: impl std::fmt::Display,
        target: impl std::fmt::Display,
    ) {
        let text = format!("another source has the same target {target}");
        self.fail(&Failure::about(source, text));
    }

    /// Whether something is within the bounds of times, which are for objects.
    pub(super) fn admits_time(&self, entry: &Entry) -> bool {
        match entry {
            Entry::File(_) => true,
            Entry::Object(object) => self.options.modified.admits(object.last_modified),
        }
    }

    /// Whether a source and a target are in the same bucket. Another store may have one of that name.
    pub(super) fn is_one_bucket(&self, source: &str, target: &str) -> bool {
        !self.transfer.relay && source == target
    }

    /// Whether this run only says what it would do.
    pub(super) fn is_dry_run(&self) -> bool {
        self.client.mutations() == Mutations::Forbidden
    }

    /// Tells how a command ended, if that is a failure.
    pub(super) fn tell_end(&self, result: Result<(), Failure>) {
        match result {
            Ok(()) | Err(Failure::Interrupted) => {}
            Err(failure) => self.output.failure(&failure),
        }
    }

    /// Tells of one of the listed names that it failed, before it became a job.
    pub(super) fn fail(&self, failure: &Failure) {
        self.tally.fail(1);
        self.output.failure(failure);
    }

    /// Tells of a name that it was found and failed at once, before it was counted.
    pub(super) fn fail_found(&self, failure: &Failure) {
        self.tally.list(1);
        self.fail(failure);
    }

    /// Tells what became of one of the listed names that was to be deleted (in a dry run: would be).
    pub(super) fn deleted(&self, place: impl std::fmt::Display, result: Result<(), Failure>) {
        match result {
            Ok(()) => {
                self.tally.delete();
                self.output.done(Fact::Deleted(&place));
            }
            Err(failure) => self.fail(&failure),
        }
    }

    /// Makes sure that what is written down of a dry run is all of it; `what` is that, and `path`
    /// where it would be.
    pub(super) fn is_whole(&self, what: &str, path: &Path) -> Result<(), Failure> {
        if self.cancel.is_cancelled() {
            return Err(Failure::Interrupted);
        }
        if self.failures() > 0 {
            let text = format!("no {what} was written, because of the failures before");
            return Err(Failure::about(path.display(), text));
        }
        Ok(())
    }

    /// Tells of a pair that needs no transfer, which was known before it became a job.
    pub(super) fn is_same(&self, source: impl std::fmt::Display, target: impl std::fmt::Display) {
        self.tally.equal();
        self.output.detail(Fact::Equal(&source, &target));
    }

    /// Tells of a target that is left alone, which was known before it became a job.
    pub(super) fn skip(&self, source: impl std::fmt::Display, target: impl std::fmt::Display) {
        self.tally.skip(1);
        self.output.detail(Fact::Skipped(&source, &target));
    }

    fn tell(&self, event: Event<'_>) {
        let keep = |job: &Job, proof: &Proof| {
            if let Some(ledger) = &self.ledger {
                ledger.keep(job, proof);
            }
        };
        match event {
            Event::Done(job, proof) => {
                keep(job, &proof);
                if let (Some(manifest), Job::Copy(copy)) = (&self.manifest, job)
                    && let Err(failure) = manifest.add(copy)
                {
                    self.output.failure(&failure);
                }
                if let Some(plan) = &self.plan
                    && let Err(failure) = plan.add_job(job)
                {
                    self.output.failure(&failure);
                }
                let (source, target) = (job.source_name(), job.target_name());
                self.output.done(Fact::Transferred(&source, &target));
            }
            Event::Synced(job, proof) => {
                keep(job, &proof);
                let (source, target) = (job.source_name(), job.target_name());
                self.output.detail(Fact::Equal(&source, &target));
            }
            Event::Skipped(job) => {
                let (source, target) = (job.source_name(), job.target_name());
                self.output.detail(Fact::Skipped(&source, &target));
            }
            Event::Deleted(url) => self.output.done(Fact::Deleted(&url)),
            Event::Failed(job, error) => {
                let failure = Failure::of_job(job.source_name(), &error);
                self.output.failure(&failure);
            }
            Event::Began(job, meter) => self.output.began(|| job.source_name(), meter),
            Event::Ended(ended, meter) => {
                self.tally.end(ended);
                self.output.ended(meter, ended);
            }
            Event::Warning(text) => self.output.warning(text),
            // Only verifications ask, and they listen themselves.
            Event::Checked(..) => {}
        }
    }

    /// What `-f` and `--no-overwrite` say.
    pub(super) fn overwrite(&self) -> Overwrite {
        if self.options.no_overwrite {
            Overwrite::Skip
        } else if self.options.force {
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

/// Jobs that are planned ahead.
const QUEUE: usize = 1024;
