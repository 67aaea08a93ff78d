//! `verify`: whether two directories are the same, in both directions of difference.

use std::{fmt::Display, sync::Arc};

use tokio::sync::mpsc;

use crate::{
    command::{
        Cause, Failure, Session,
        dsync::{self, Entry, ReadError, Side},
        ledger::{Entries, Kept},
        report::{Report, State},
        root::{Root, is_directory},
        walk,
    },
    location::Location,
    plan::{
        difference::{Decision, Direction, Method, decide},
        merge::{self, next_side},
    },
    s3::types::Md5Digest,
    transfer::{self, Check, Checked, End, Event, Job},
};

/// The command.
pub(super) async fn run(
    session: &Session,
    source: &Location,
    target: &Location,
) -> Result<(), Failure> {
    let direction = dsync::direction(session, source, target)?;
    for location in [source, target] {
        if let Location::Local(path) = location
            && !is_directory(path)?
        {
            return Err(Failure::about(path, "there is no such directory"));
        }
    }
    let report = Report::new(session.options.report.as_deref())?;
    let session = &session.between(source, target);
    let report = compare(session, direction, source, target, report).await?;
    if !report.is_empty() || session.options.ignore_empty_source {
        return Ok(());
    }
    match session.of_all_shards() {
        Some(all) if dsync::has_any(&all, source, target).await? => Ok(()),
        _ => Err(walk::no_source()),
    }
}

/// After a run that left what it knows in the session's ledger.
pub(super) async fn after(
    session: &Session,
    direction: Direction,
    source: &Location,
    target: &Location,
    report: Report,
) -> Result<(), Failure> {
    if session.cancel.is_cancelled() {
        return Ok(());
    }
    let compared = compare(session, direction, source, target, report).await;
    compared.map(drop)
}

async fn compare(
    session: &Session,
    direction: Direction,
    source: &Location,
    target: &Location,
    report: Report,
) -> Result<Arc<Report>, Failure> {
    let report = Arc::new(report);
    let verifier = Verifier {
        session,
        direction,
        source,
        target,
        report: Arc::clone(&report),
    };
    let (sender, receiver) = mpsc::channel(QUEUE);
    let engine = session.engine_that_tells(verifier.listener());
    let reading = session.until_cancelled(verifier.read(sender));
    let ((), read) = tokio::join!(engine.run(receiver), reading);
    read?;
    report.finish()?;
    session.output.result(&*report);
    Ok(report)
}

struct Verifier<'a> {
    session: &'a Session,
    direction: Direction,
    source: &'a Location,
    target: &'a Location,
    report: Arc<Report>,
}

impl Verifier<'_> {
    /// Reads both sides anew. A listing that is sorted can be trusted to have every name once.
    async fn read(&self, jobs: mpsc::Sender<Job>) -> Result<(), Failure> {
        let read = async {
            let session = self.session;
            let mut sources = Side::source(session, self.source, self.target, true).await?;
            let mut targets = Side::target(session, self.target, true).await?;
            let mut kept = match &session.ledger {
                Some(ledger) => Some(ledger.sorted().map_err(dsync::no_room)?),
                None => None,
            };
            loop {
                match next_side(sources.name(), targets.name()) {
                    merge::Side::End => return Ok(()),
                    merge::Side::Source => {
                        let (name, source) = sources.taken(session).await?;
                        let is_known = !targets.may_have(&name);
                        self.only_source(&name, &source, is_known).await?;
                    }
                    merge::Side::Target => {
                        let next = sources.name().map(str::to_owned);
                        let (name, target) = targets.taken(session).await?;
                        let is_known = !sources.may_have(&name);
                        self.only_target(&name, next.as_deref(), &target, is_known)
                            .await?;
                    }
                    merge::Side::Both => {
                        let (name, source) = sources.taken(session).await?;
                        let (_, target) = targets.taken(session).await?;
                        let kept = kept_of(&mut kept, &name)?;
                        self.both(name, source, target, kept, &jobs).await?;
                    }
                }
            }
        };
        read.await.map_err(ReadError::into_failure)
    }

    /// With `is_known` the target does not have it; else that could not be seen, and was told.
    async fn only_source(&self, name: &str, source: &Entry, is_known: bool) -> Result<(), Failure> {
        // Of a directory that is there, the marker has no name of its own in the file system.
        let is_made = name.is_empty()
            || matches!(self.target, Location::Local(_)
                if dsync::marks_directory(self.session, self.target, None, name).await?);
        if is_made || !self.session.admits_time(source) {
            return Ok(());
        }
        let state = if is_known {
            State::Missing
        } else {
            State::Failed
        };
        self.tell(state, name, source, None)
    }

    /// The same the other way round.
    async fn only_target(
        &self,
        name: &str,
        next: Option<&str>,
        target: &Entry,
        is_known: bool,
    ) -> Result<(), Failure> {
        let is_marker = dsync::marks_directory(self.session, self.source, next, name).await?;
        if is_marker || !self.session.admits_time(target) {
            return Ok(());
        }
        let state = if is_known {
            State::Extra
        } else {
            State::Failed
        };
        self.tell(state, name, target, None)
    }

    async fn both(
        &self,
        name: String,
        source: Entry,
        target: Entry,
        kept: Option<Kept>,
        jobs: &mpsc::Sender<Job>,
    ) -> Result<(), Failure> {
        if !self.session.admits_time(&source) {
            return Ok(());
        }
        let is_kept =
            |kept: &Kept| kept.holds(source.version().as_ref(), target.version().as_ref());
        if let Some(kept) = kept.as_ref().filter(|kept| is_kept(kept)) {
            return self.tell(State::Verified, &name, &target, kept.md5);
        }
        match decide(
            Method::Content,
            self.direction,
            source.facts(),
            target.facts(),
        ) {
            Decision::Same => return self.tell(State::Verified, &name, &target, None),
            Decision::Differs => return self.tell(State::Differ, &name, &target, None),
            Decision::Unknown => {}
        }
        let check = Check {
            source: end(self.source, &name, source),
            target: end(self.target, &name, target),
            was_same: kept.is_some(),
            name,
        };
        let sent = jobs.send(Job::Check(check)).await;
        sent.map_err(|_| Failure::Interrupted)
    }

    fn tell(
        &self,
        state: State,
        name: &str,
        entry: &Entry,
        md5: Option<Md5Digest>,
    ) -> Result<(), Failure> {
        let place = |location| Root::of(location).place(name);
        tell_problem(self.session, state, place(self.source), place(self.target));
        self.report.add(state, name, entry.facts(), md5)
    }

    /// Hears what came of the comparisons that needed a look at the contents.
    fn listener(&self) -> transfer::Report {
        let (session, report) = (self.session.clone(), Arc::clone(&self.report));
        transfer::Report::new(move |event| match event {
            Event::Checked(check, checked) => {
                let (state, md5) = match checked {
                    Checked::Verified(md5) => (State::Verified, md5),
                    Checked::SizeOnly => (State::SizeOnly, None),
                    Checked::Differ => (State::Differ, None),
                };
                tell_problem(&session, state, &check.source, &check.target);
                if let Err(failure) = report.add_check(state, check, md5) {
                    session.output.failure(&failure);
                }
            }
            Event::Failed(job, error) => {
                let failure = Failure::of_job(job.source_name(), &error);
                session.output.failure(&failure);
                if let Job::Check(check) = job
                    && let Err(failure) = report.add_check(State::Failed, check, None)
                {
                    session.output.failure(&failure);
                }
            }
            _ => {}
        })
    }
}

/// Tells what is wrong with a name, if anything is.
fn tell_problem(session: &Session, state: State, source: impl Display, target: impl Display) {
    if let Some(text) = state.problem(source, target) {
        let failure = Failure::Runtime(Cause::Damaged, text);
        session.output.failure(&failure);
    }
}

fn kept_of(kept: &mut Option<Entries>, name: &str) -> Result<Option<Kept>, Failure> {
    match kept {
        Some(entries) => entries.of(name).map_err(dsync::no_room),
        None => Ok(None),
    }
}

fn end(location: &Location, name: &str, entry: Entry) -> End {
    match (entry, Root::of(location)) {
        (Entry::Object(object), Root::Objects(url)) => {
            End::Object(url.with_key(&*object.key), object)
        }
        (Entry::File(file), _) => End::File(file.path),
        // Objects are in S3.
        (Entry::Object(_), Root::Files(root)) => End::File(root.join(name)),
    }
}

/// Comparisons that are planned ahead.
const QUEUE: usize = 1024;
