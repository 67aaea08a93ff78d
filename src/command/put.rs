//! `put`: files and directories to S3.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use crate::{
    command::{Failure, Session, session::JobSender},
    local::{Found, walk},
    location::{S3Url, basename},
    transfer::{Job, Target, Upload},
};

pub(super) async fn run(
    session: &Session,
    sources: &[String],
    target: &S3Url,
) -> Result<(), Failure> {
    if sources.len() > 1 && !target.is_directory() {
        let text = format!("Target \"{target}\" is not a directory (with a trailing slash).");
        return Err(Failure::Runtime(text));
    }
    session
        .transfer(async |jobs| {
            for source in sources {
                put_one(session, source, target, &jobs).await?;
            }
            Ok(())
        })
        .await
}

async fn put_one(
    session: &Session,
    source: &str,
    target: &S3Url,
    jobs: &JobSender,
) -> Result<(), Failure> {
    let path = Path::new(source);
    if !path.is_dir() {
        if !path.exists() && session.options.ignore_empty_source {
            return Ok(());
        }
        let target = if target.is_directory() {
            target.join(basename(source))
        } else {
            target.clone()
        };
        return jobs.send(upload(session, path.to_owned(), target)).await;
    }
    if !session.options.recursive {
        session
            .output
            .line(format_args!("omitting directory \"{source}\"."));
        return Ok(());
    }
    // Compat: the slash of the target decides whether the directory's own name is part of the
    // keys; the bucket's root is the contents' place.
    let base = match basename(source) {
        "" | "." | ".." => target.clone(),
        name if target.key.ends_with('/') => target.join(name),
        _ => target.clone(),
    };
    let mut files = files_below(path);
    while let Some(found) = files.recv().await {
        match found {
            Found::File(file) => {
                let target = base.join(&file.relative);
                jobs.send(upload(session, file.path, target)).await?;
            }
            Found::Problem { path, reason } => tell_problem(session, &path, &reason),
        }
    }
    Ok(())
}

fn upload(session: &Session, source: PathBuf, target: S3Url) -> Job {
    Job::Upload(Upload {
        source,
        target,
        known: Target::Unknown,
        overwrite: session.overwrite(),
        compare: session.compare(),
    })
}

/// Walks a directory on a thread of its own, which waits while enough is known.
pub(super) fn files_below(root: &Path) -> mpsc::Receiver<Found> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let files = walk(root);
    tokio::task::spawn_blocking(move || {
        for found in files {
            if sender.blocking_send(found).is_err() {
                // Nobody listens any more.
                break;
            }
        }
    });
    receiver
}

pub(super) fn tell_problem(session: &Session, path: &Path, reason: &str) {
    session
        .output
        .failure(&Failure::about(path.display(), reason));
}

/// Files that are found ahead of their jobs.
const AHEAD: usize = 1024;
