//! `dsync`: make a directory there the same as one here, or the other way round.

use std::path::Path;

use crate::{
    client::{ClientError, SortedObjects},
    command::{
        Failure, Session,
        get::Getter,
        put::{files_below, tell_problem},
        session::JobSender,
        targets::Targets,
        walk::tell_unreadable,
    },
    local::{Found, LocalFile},
    location::{Location, S3Url},
    plan::merge::{Side, next_side},
    s3::op::ListedObject,
    transfer::{Compare, Job, Overwrite, Target, Upload},
};

pub(super) async fn run(
    session: &Session,
    source: &Location,
    target: &Location,
) -> Result<(), Failure> {
    match (source, target) {
        (Location::Local(source), Location::S3(target)) => up(session, source, target).await,
        (Location::S3(source), Location::Local(target)) => down(session, source, target).await,
        (Location::Local(_), Location::Local(_)) => {
            let text = "Cannot sync two local directories.";
            Err(Failure::InvalidArgument(text.to_owned()))
        }
        (Location::S3(_), Location::S3(_)) => {
            let text = "dsync between two places in S3 is not supported";
            Err(Failure::InvalidArgument(text.to_owned()))
        }
    }
}

/// Compat: the contents go to the contents, slashes do not matter.
fn directory_prefix(url: &S3Url) -> String {
    if url.is_directory() {
        url.key.clone()
    } else {
        format!("{}/", url.key)
    }
}

fn not_a_directory(session: &Session) -> Result<(), Failure> {
    if session.options.ignore_empty_source {
        return Ok(());
    }
    let text = "Sync command need to sync directory to directory.";
    Err(Failure::Runtime(text.to_owned()))
}

async fn down(session: &Session, source: &S3Url, target: &str) -> Result<(), Failure> {
    let prefix = directory_prefix(source);
    session
        .transfer(async |jobs| {
            let mut getter = Getter {
                session,
                bucket: &source.bucket,
                overwrite: Overwrite::Replace,
                compare: Compare::Content,
                targets: Targets::new(std::iter::empty()),
                jobs,
            };
            match getter.tree(&prefix, Path::new(target), "").await? {
                0 => not_a_directory(session),
                _ => Ok(()),
            }
        })
        .await
}

async fn up(session: &Session, source: &str, target: &S3Url) -> Result<(), Failure> {
    let root = Path::new(source);
    if !root.is_dir() {
        return not_a_directory(session);
    }
    let mut files = Files {
        receiver: files_below(root),
        next: None,
    };
    if !files.advance(session).await {
        // A directory that could not be read is not empty, and that was told.
        return if session.output.failures() > 0 {
            Ok(())
        } else {
            not_a_directory(session)
        };
    }
    session
        .transfer(async |jobs| merge(session, files, target, &jobs).await)
        .await
}

/// The files of the walk, with the next one in view.
struct Files {
    receiver: tokio::sync::mpsc::Receiver<Found>,
    next: Option<LocalFile>,
}

impl Files {
    /// Goes to the next file; `false` at the end. Problems on the way are told.
    async fn advance(&mut self, session: &Session) -> bool {
        self.next = loop {
            match self.receiver.recv().await {
                None => break None,
                Some(Found::File(file)) => break Some(file),
                Some(Found::Problem { path, reason }) => tell_problem(session, &path, &reason),
            }
        };
        self.next.is_some()
    }
}

/// The objects of the target, with the next one in view.
struct Objects {
    listing: SortedObjects,
    prefix: String,
    next: Option<ListedObject>,
}

impl Objects {
    async fn advance(&mut self) -> Result<(), ClientError> {
        self.next = self.listing.next().await?;
        Ok(())
    }

    fn relative(&self) -> Option<&str> {
        self.next.as_ref()?.key.strip_prefix(&*self.prefix)
    }
}

/// Walks both sides together and sends a job for every file.
async fn merge(
    session: &Session,
    mut files: Files,
    target: &S3Url,
    jobs: &JobSender,
) -> Result<(), Failure> {
    let prefix = directory_prefix(target);
    let listing = SortedObjects::new(&session.client, &target.bucket, &prefix);
    let mut objects = Objects {
        listing,
        prefix,
        next: None,
    };
    objects.advance().await?;
    while let Some(file) = &files.next {
        let side = next_side(Some(&file.relative), objects.relative());
        let known = match side {
            Side::Target => {
                catch_up(session, &mut objects, target, &file.relative).await?;
                continue;
            }
            Side::Both => objects.next.clone().map_or(Target::Absent, Target::Listed),
            Side::Source | Side::End => Target::Absent,
        };
        let upload = Upload {
            source: file.path.clone(),
            target: target.with_key(format!("{}{}", objects.prefix, file.relative)),
            known,
            overwrite: Overwrite::Replace,
            compare: Compare::Content,
        };
        jobs.send(Job::Upload(upload)).await?;
        files.advance(session).await;
    }
    tell_unreadable(session, target, objects.listing.unreadable());
    Ok(())
}

/// Goes to the next object. If the store turns out to list in another order than S3, everything
/// is listed again and sorted; the files before `name` are done by then.
async fn catch_up(
    session: &Session,
    objects: &mut Objects,
    target: &S3Url,
    name: &str,
) -> Result<(), Failure> {
    match objects.advance().await {
        Err(ClientError::OutOfOrder) => {
            let (bucket, prefix) = (&target.bucket, &objects.prefix);
            objects.listing = SortedObjects::whole(&session.client, bucket, prefix).await?;
            objects.advance().await?;
            while objects.relative().is_some_and(|relative| relative < name) {
                objects.advance().await?;
            }
            Ok(())
        }
        other => Ok(other?),
    }
}
