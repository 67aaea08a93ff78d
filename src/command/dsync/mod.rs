//! `dsync`: make a directory the same as another one, of which at least one is in S3.

mod heads;
mod removal;
mod transfers;

use std::path::Path;

use crate::{
    command::{Failure, Session, walk},
    location::{Location, S3Url},
};

pub(super) use removal::{remove_extras, remove_extras_of_files};

pub(super) async fn run(
    session: &Session,
    source: &Location,
    target: &Location,
) -> Result<(), Failure> {
    let found = match (source, target) {
        (Location::Local(source), Location::S3(target)) => {
            transfers::up(session, Path::new(source), target).await
        }
        (Location::S3(source), Location::Local(target)) => {
            transfers::down(session, source, Path::new(target)).await
        }
        (Location::S3(source), Location::S3(target)) => {
            refuse_overlap(source, target)?;
            transfers::across(session, source, target).await
        }
        (Location::Local(_), Location::Local(_)) => {
            let text = "Cannot sync two local directories.";
            Err(Failure::InvalidArgument(text.to_owned()))
        }
    }?;
    match found {
        Found::Nothing => refuse_nothing(session, source).await,
        Found::Something if session.options.delete_removed => {
            remove_extras(session, source, target).await
        }
        Found::Something => Ok(()),
    }
}

/// What a source turned out to have in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Something,
    Nothing,
}

/// Compat: the contents go to the contents, slashes do not matter.
fn directory_prefix(url: &S3Url) -> String {
    url.join("").key
}

/// If one directory is in the other, what is copied is a source, or what is deleted is.
fn refuse_overlap(source: &S3Url, target: &S3Url) -> Result<(), Failure> {
    let (from, to) = (directory_prefix(source), directory_prefix(target));
    if source.bucket == target.bucket && (from.starts_with(&to) || to.starts_with(&from)) {
        let text = format!("{source} and {target} overlap: they cannot be synchronised");
        return Err(Failure::InvalidArgument(text));
    }
    Ok(())
}

/// A source with nothing in it may be missing or empty, if the user said so, but not a file or an
/// object.
async fn refuse_nothing(session: &Session, source: &Location) -> Result<(), Failure> {
    let is_tolerated = session.options.ignore_empty_source
        && match source {
            Location::Local(path) => {
                let there = Path::new(path).try_exists();
                let there = there.map_err(|error| Failure::os(path, &error))?;
                !there || Path::new(path).is_dir()
            }
            Location::S3(url) => {
                let entries = walk::entries(session, url);
                session.until_cancelled(entries).await?.is_empty()
            }
        };
    if is_tolerated {
        return Ok(());
    }
    let text = "Sync command need to sync directory to directory.";
    Err(Failure::runtime(text))
}
