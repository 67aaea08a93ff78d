//! `put`: files and directories to S3.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use crate::{
    command::{Failure, Session, root::is_directory, session::JobSender, targets::Targets},
    local::{Found, Links, WalkOptions, walk},
    location::{S3Target, S3Url, basename},
    plan::paths,
    transfer::{Job, StreamUpload, Target, Upload},
};

pub(super) async fn run(
    session: &Session,
    sources: &[String],
    target: &S3Target,
) -> Result<(), Failure> {
    refuse_options(session)?;
    if sources.len() > 1 && !target.takes_many() {
        return Err(not_a_directory(target));
    }
    let mut named = Vec::new();
    for source in sources {
        match is_directory(source) {
            Ok(is_directory) => {
                let base = base_of(source, is_directory, target, sources.len() == 1);
                named.push((source, is_directory, base));
            }
            Err(failure) => {
                session.fail_found(&failure);
            }
        }
    }
    session
        .transfer(async |jobs| {
            let bases = named.iter().map(|(_, _, base)| base.to_string());
            let mut putter = Putter {
                session,
                targets: Targets::new(bases),
                jobs,
            };
            for (source, is_directory, base) in &named {
                putter.source(source, *is_directory, base).await?;
            }
            Ok(())
        })
        .await
}

/// The standard input, which has no name of its own.
pub(super) async fn run_input(session: &Session, target: &S3Target) -> Result<(), Failure> {
    refuse_options(session)?;
    if target.takes_many() {
        let text = format!("{}: a key is needed for the standard input", target.url);
        return Err(Failure::InvalidArgument(text));
    }
    let job = StreamUpload {
        target: target.url.clone(),
        overwrite: session.overwrite(),
    };
    session
        .transfer(async |jobs| {
            session.tally.list(1);
            jobs.send(Job::StreamUpload(job)).await
        })
        .await
}

/// S3 refuses an upload that names an algorithm and has no sum of it.
pub(super) fn refuse_options(session: &Session) -> Result<(), Failure> {
    if session.client.api_options().has("API-ChecksumAlgorithm") {
        let text = "--API-ChecksumAlgorithm is for copies: uploads are checked by their MD5";
        return Err(Failure::InvalidArgument(text.to_owned()));
    }
    Ok(())
}

pub(super) fn not_a_directory(target: &S3Target) -> Failure {
    let url = &target.url;
    Failure::runtime(format!(
        "Target \"{url}\" is not a directory (with a trailing slash)."
    ))
}

/// Where a source goes: a file to this key, a directory's files below it.
pub(super) fn base_of(
    source: &str,
    is_directory: bool,
    target: &S3Target,
    is_alone: bool,
) -> S3Url {
    let base = match basename(source) {
        "" | "." | ".." => target.url.clone(),
        name if is_directory => target.of_directory(name, is_alone),
        name => target.of_object(name, is_alone),
    };
    if is_directory {
        base.with_key(paths::normalized(&base.key))
    } else {
        base
    }
}

/// Turns sources into jobs.
struct Putter<'a> {
    session: &'a Session,
    targets: Targets,
    jobs: JobSender,
}

impl Putter<'_> {
    async fn source(
        &mut self,
        source: &str,
        is_directory: bool,
        base: &S3Url,
    ) -> Result<(), Failure> {
        let path = Path::new(source);
        if !is_directory {
            // What cannot be looked at is not missing.
            let is_missing = matches!(path.try_exists(), Ok(false));
            if is_missing && self.session.options.ignore_empty_source {
                return Ok(());
            }
            let is_meant = self.session.options.rules.admits(basename(source));
            return match is_meant {
                true => self.file(path.to_owned(), base, base.clone()).await,
                false => Ok(()),
            };
        }
        if !self.session.options.recursive {
            self.session.omit_directory(source);
            return Ok(());
        }
        let mut files = WalkedFiles::below(self.session, path);
        while let Some(found) = files.next().await {
            match found {
                Found::File(file) => {
                    self.file(file.path, base, base.join(&file.relative))
                        .await?;
                }
                Found::Problem { path, reason } => tell_problem(self.session, &path, &reason),
            }
        }
        Ok(())
    }

    async fn file(&mut self, source: PathBuf, base: &S3Url, target: S3Url) -> Result<(), Failure> {
        self.session.tally.list(1);
        if !self.targets.take(&base.to_string(), &target.to_string()) {
            self.session.refuse_target(source.display(), target);
            return Ok(());
        }
        let job = Upload {
            source,
            target,
            known: Target::Unknown,
            overwrite: self.session.overwrite(),
            compare: self.session.compare(),
        };
        self.jobs.send(Job::Upload(job)).await
    }
}

/// What is below a directory, walked on a thread of its own, which waits while enough is known.
pub(super) struct WalkedFiles {
    root: PathBuf,
    /// `None` says that the walk came to its end. It would be taken for the end of the tree if the
    /// thread broke off, and what is behind it for removed.
    receiver: mpsc::Receiver<Option<Found>>,
    ended: bool,
}

impl WalkedFiles {
    /// What is to be sent.
    pub(super) fn below(session: &Session, root: &Path) -> Self {
        Self::with(session, root, session.options.links)
    }

    /// What a target has. Nothing is written through a link below it, and so nothing behind one
    /// belongs to it.
    pub(super) fn below_target(session: &Session, root: &Path) -> Self {
        Self::with(session, root, Links::Files)
    }

    fn with(session: &Session, root: &Path, links: Links) -> Self {
        let options = WalkOptions {
            links,
            rules: session.options.rules_at(root),
        };
        let (sender, receiver) = mpsc::channel(AHEAD);
        let files = walk(root, options).map(Some).chain([None]);
        tokio::task::spawn_blocking(move || {
            for found in files {
                if sender.blocking_send(found).is_err() {
                    // Nobody listens any more.
                    break;
                }
            }
        });
        Self {
            root: root.to_owned(),
            receiver,
            ended: false,
        }
    }

    pub(super) async fn next(&mut self) -> Option<Found> {
        if self.ended {
            return None;
        }
        match self.receiver.recv().await {
            Some(Some(found)) => Some(found),
            Some(None) => {
                self.ended = true;
                None
            }
            None => {
                self.ended = true;
                Some(Found::Problem {
                    path: self.root.clone(),
                    reason: "the walk broke off".to_owned(),
                })
            }
        }
    }
}

pub(super) fn tell_problem(session: &Session, path: &Path, reason: &str) {
    session.fail_found(&Failure::about(path.display(), reason));
}

/// Files that are found ahead of their jobs.
const AHEAD: usize = 1024;
