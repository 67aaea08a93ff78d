//! What is only at the target goes: after the transfers, and only if everything was read.

use std::{fs, path::Path};

use crate::{
    client::Mutations,
    command::{
        Cause, Failure, Session,
        dsync::{
            directory_prefix,
            heads::{Files, Objects},
        },
        session::Deletions,
    },
    location::{Location, S3Url},
    plan::merge::{Side, next_side},
};

/// Deletes what `target` has and `source` does not. Both are read anew, to their ends, before
/// anything is deleted, and any failure of the run until then means that nothing is.
///
/// Differs: in the original objects that were left out by their time, and those of directories
/// that could not be read, counted as removed.
pub(in crate::command) async fn remove_extras(
    session: &Session,
    source: &Location,
    target: &Location,
) -> Result<(), Failure> {
    let extras = session
        .until_cancelled(extras(session, source, target))
        .await?;
    delete(session, target, &extras).await
}

/// The same for the obsolete `sync`, whose target is below the one that was named, and which says
/// what it does.
pub(in crate::command) async fn remove_extras_of_files(
    session: &Session,
    source: &str,
    named: &str,
    target: &S3Url,
) -> Result<(), Failure> {
    session.output.line(format_args!(
        "Deleting files found in {source} and not in {named}"
    ));
    let (from, to) = (
        Location::Local(source.to_owned()),
        Location::S3(target.clone()),
    );
    let extras = session.until_cancelled(extras(session, &from, &to)).await?;
    for name in &extras {
        session.output.line(format_args!(
            "{} not found locally, adding to delete queue",
            Path::new(source).join(name).display()
        ));
    }
    delete(session, &to, &extras).await
}

enum Names {
    Files(Files),
    Objects(Box<Objects>),
}

impl Names {
    async fn of(session: &Session, location: &Location) -> Result<Self, Failure> {
        match location {
            Location::Local(path) => Ok(Self::Files(Files::below(session, Path::new(path)).await)),
            Location::S3(url) => {
                let objects = Objects::below(session, &url.bucket, directory_prefix(url)).await;
                objects.map(|objects| Self::Objects(Box::new(objects)))
            }
        }
    }

    fn relative(&self) -> Option<&str> {
        match self {
            Self::Files(files) => files.relative(),
            Self::Objects(objects) => objects.relative(),
        }
    }

    async fn advance(&mut self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Files(files) => files.advance(session).await,
            Self::Objects(objects) => objects.advance(session).await?,
        }
        Ok(())
    }

    /// What the user left out by its time is none of this run's business.
    fn is_meant(&self, session: &Session) -> bool {
        match self {
            Self::Files(_) => true,
            Self::Objects(objects) => objects
                .next
                .as_ref()
                .is_some_and(|object| session.options.modified.admits(object.last_modified)),
        }
    }
}

/// The names that only the target has.
async fn extras(
    session: &Session,
    source: &Location,
    target: &Location,
) -> Result<Vec<String>, Failure> {
    refuse_after_failure(session, target)?;
    let mut extras = Vec::new();
    let mut sources = Names::of(session, source).await?;
    // The marker of the directory itself is nothing that is in it.
    if sources.relative() == Some("") {
        sources.advance(session).await?;
    }
    // A source that is empty is more likely to be a lost disk than a wish.
    if sources.relative().is_none() {
        if session.options.ignore_empty_source {
            return Ok(extras);
        }
        let text = format!("{target}: nothing was deleted, because the source is empty");
        return Err(Failure::Runtime(Cause::Withheld, text));
    }
    // In a dry run the target need not exist.
    if matches!(target, Location::Local(path) if !Path::new(path).exists()) {
        return Ok(extras);
    }
    let mut targets = Names::of(session, target).await?;
    loop {
        match next_side(sources.relative(), targets.relative()) {
            Side::Source => sources.advance(session).await?,
            Side::Both => {
                sources.advance(session).await?;
                targets.advance(session).await?;
            }
            Side::Target => {
                let name = targets.relative().filter(|name| {
                    !marks_directory(source, sources.relative(), name) && targets.is_meant(session)
                });
                extras.extend(name.map(str::to_owned));
                targets.advance(session).await?;
            }
            Side::End => break,
        }
    }
    refuse_after_failure(session, target)?;
    Ok(extras)
}

/// Whether an object is the marker of a directory that there is in the source, of which `next` is
/// the first name behind that of the marker.
fn marks_directory(source: &Location, next: Option<&str>, name: &str) -> bool {
    if !name.is_empty() && !name.ends_with('/') {
        return false;
    }
    match source {
        // There may be nothing in it.
        Location::Local(root) => Path::new(root).join(name).is_dir(),
        Location::S3(_) => next.is_some_and(|next| next.starts_with(name)),
    }
}

fn refuse_after_failure(session: &Session, target: &Location) -> Result<(), Failure> {
    if session.cancel.is_cancelled() {
        return Err(Failure::Interrupted);
    }
    if session.output.failures() > 0 {
        let text = format!("{target}: nothing was deleted, because of the failures before");
        return Err(Failure::Runtime(Cause::Withheld, text));
    }
    Ok(())
}

async fn delete(session: &Session, target: &Location, names: &[String]) -> Result<(), Failure> {
    match target {
        Location::Local(root) => {
            for name in names {
                if session.cancel.is_cancelled() {
                    return Err(Failure::Interrupted);
                }
                remove_file(session, &Path::new(root).join(name));
            }
        }
        Location::S3(url) => {
            let prefix = directory_prefix(url);
            let delete = async |deletions: &mut Deletions<'_>| {
                for name in names {
                    deletions.add(format!("{prefix}{name}")).await;
                }
                Ok(())
            };
            session.delete(&url.bucket, delete).await?;
        }
    }
    Ok(())
}

fn remove_file(session: &Session, path: &Path) {
    if session.client.mutations() == Mutations::Allowed
        && let Err(error) = fs::remove_file(path)
    {
        session.output.failure(&Failure::os(path.display(), &error));
        return;
    }
    session
        .output
        .done(format_args!("Delete {}", path.display()));
}
