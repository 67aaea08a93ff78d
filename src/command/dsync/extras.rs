//! What is only at the target goes: after the transfers, and only if everything was read.

use std::{collections::HashSet, io, path::Path, sync::Arc};

use crate::{
    command::{
        Cause, Failure, Session, Tally,
        case_conflict::{ignores_case, without_case},
        dsync::{
            join::{Found, has_any},
            objects::no_room,
            planned, read,
            side::{Entry, ReadError, Side},
        },
        record::Fact,
        session::Deletions,
    },
    local::{Directory, LocalFile, Record, Sorter},
    location::{Location, S3Url},
    transfer::Version,
};

/// What `-D` deletes, and when it does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// `--allow-empty-source`.
    pub allow_empty_source: bool,
    /// `--max-delete`.
    pub most: Option<Most>,
}

/// How much may be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Most {
    /// So many.
    Count(u64),
    /// So many of a hundred that the target has.
    Percent(u64),
}

impl Most {
    fn allows(self, extras: u64, targets: u64) -> bool {
        match self {
            Self::Count(most) => extras <= most,
            Self::Percent(most) => {
                u128::from(extras) * 100 <= u128::from(targets) * u128::from(most)
            }
        }
    }
}

impl std::fmt::Display for Most {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(most) => write!(f, "{most}"),
            Self::Percent(most) => write!(f, "{most}%"),
        }
    }
}

/// The names that only the target has. There may be as many as there are names, so they are kept
/// on disk.
pub(super) struct Extras {
    names: Option<Sorter>,
    is_planned: bool,
    tally: Arc<Tally>,
}

impl Drop for Extras {
    /// What was not deleted stays.
    fn drop(&mut self) {
        self.tally.skip(self.len());
    }
}

impl Extras {
    /// None yet; where nothing is to be deleted they are only counted.
    pub(super) fn new(session: &Session) -> Self {
        Self {
            names: session.options.delete.map(|_| Sorter::default()),
            is_planned: session.plan.is_some(),
            tally: Arc::clone(&session.tally),
        }
    }

    /// Adds a name, if it is meant.
    pub(super) fn add(&mut self, name: &str, entry: &Entry, is_meant: bool) -> Result<(), Failure> {
        self.tally.list(1);
        match &mut self.names {
            Some(names) if is_meant => {
                // Only files are looked at once more before they go, unless that is done later.
                let version = match entry {
                    Entry::File(file) => Version::File(file.identity).digest().to_vec(),
                    Entry::Object(object) if self.is_planned => planned::encode(object),
                    Entry::Object(_) => Vec::new(),
                };
                names.push(name.as_bytes(), &version).map_err(no_room)
            }
            _ => {
                self.tally.skip(1);
                Ok(())
            }
        }
    }

    fn len(&self) -> u64 {
        self.names.as_ref().map_or(0, Sorter::len)
    }

    /// Deletes what was collected, unless something speaks against it. `announce` hears of each
    /// name before.
    ///
    /// Differs: in the original objects that were left out by their time, and those of directories
    /// that could not be read, counted as removed.
    pub(super) async fn delete(
        mut self,
        session: &Session,
        options: DeleteOptions,
        (source, target): (&Location, &Location),
        found: &Found,
        mut announce: impl FnMut(&str),
    ) -> Result<(), Failure> {
        if session.cancel.is_cancelled() {
            return Err(Failure::Interrupted);
        }
        let is_nothing = found.sources == 0;
        // What is in the source may be for other machines.
        let is_elsewhere = match session.of_all_shards() {
            Some(all) if found.meant == 0 && !options.allow_empty_source => {
                has_any(&all, source, target).await?
            }
            _ => false,
        };
        if let Some(reason) = self.objection(session, options, found, is_elsewhere) {
            if is_nothing && session.options.ignore_empty_source {
                return Ok(());
            }
            let text = format!("{target}: nothing was deleted, because {reason}");
            return Err(Failure::Runtime(Cause::Withheld, text));
        }
        let Some(names) = self.names.take() else {
            return Ok(());
        };
        let names = names.finish().map_err(no_room)?.map(extra);
        if let Some(plan) = &session.plan {
            return planned::plan(session, plan, target, names);
        }
        match target {
            Location::Local(root) => remove_files(session, source, Path::new(root), names).await,
            Location::S3(url) => {
                let directory = url.join("");
                let delete = async |deletions: &mut Deletions<'_>| {
                    for extra in names {
                        let (name, _) = extra?;
                        announce(&name);
                        deletions.add(format!("{}{name}", directory.key)).await;
                    }
                    Ok(())
                };
                session.delete(&directory.bucket, delete).await
            }
        }
    }

    /// What speaks against deleting anything.
    fn objection(
        &self,
        session: &Session,
        options: DeleteOptions,
        found: &Found,
        is_elsewhere: bool,
    ) -> Option<String> {
        if session.failures() > 0 {
            return Some("of the failures before".to_owned());
        }
        // A source that is empty is more likely to be a lost disk than a wish.
        if found.meant == 0 && !is_elsewhere && !options.allow_empty_source {
            let is_left_out = found.sources > 0 || !session.options.rules.is_empty();
            return Some(match is_left_out {
                true => "everything in the source was left out".to_owned(),
                false => "the source is empty".to_owned(),
            });
        }
        let extras = self.len();
        let most = options
            .most
            .filter(|most| !most.allows(extras, found.targets))?;
        Some(format!(
            "{extras} of {} would be, and --max-delete is {most}",
            found.targets
        ))
    }
}

/// A name, and the digest of its version.
fn extra(record: io::Result<Record>) -> Result<(String, Vec<u8>), Failure> {
    let damaged = |_| Failure::runtime("a temporary file was damaged");
    let Record { key, value } = record.map_err(no_room)?;
    Ok((String::from_utf8(key).map_err(damaged)?, value))
}

async fn remove_files(
    session: &Session,
    source: &Location,
    root: &Path,
    extras: impl Iterator<Item = Result<(String, Vec<u8>), Failure>>,
) -> Result<(), Failure> {
    let mut names_without_case = None;
    for extra in extras {
        if session.cancel.is_cancelled() {
            return Err(Failure::Interrupted);
        }
        let (name, version) = extra?;
        let path = root.join(&name);
        // Where case does not matter, the file may be one that the source has under another name.
        if ignores_case(&path) {
            if names_without_case.is_none() {
                let reading = Box::pin(source_without_case(session, source, root));
                names_without_case = Some(reading.await?);
            }
            let is_alias = |names: &HashSet<u64>| names.contains(&without_case(&name));
            if names_without_case.as_ref().is_some_and(is_alias) {
                let text = "not deleted: the source has a name that differs only by case";
                session.fail(&Failure::about(path.display(), text));
                continue;
            }
        }
        let removed = remove_file(session, root, &path, &name, &version);
        session.deleted(path.display(), removed);
    }
    Ok(())
}

/// Removes a file that is still the one that was seen, in the directory where it was seen.
fn remove_file(
    session: &Session,
    root: &Path,
    path: &Path,
    name: &str,
    version: &[u8],
) -> Result<(), Failure> {
    let about = |error: &dyn std::fmt::Display| Failure::about(path.display(), error);
    let directory = Directory::open(root, path.parent().unwrap_or(root));
    let directory = directory.map_err(|error| about(&error))?;
    let now = LocalFile::at(path.to_owned(), name);
    let now = now.map_err(|error| Failure::os(path.display(), &error))?;
    if now.is_none_or(|file| Version::File(file.identity).digest() != version) {
        return Err(about(&"not deleted: it was changed meanwhile"));
    }
    if session.is_dry_run() {
        return Ok(());
    }
    let removed = directory.remove(path.file_name().unwrap_or_default());
    removed.map_err(|error| Failure::os(path.display(), &error))
}

/// All names of the source, as [`without_case`] has them. This is in memory, and only needed for
/// directories that ignore case.
async fn source_without_case(
    session: &Session,
    source: &Location,
    root: &Path,
) -> Result<HashSet<u64>, Failure> {
    let target = Location::Local(root.to_string_lossy().into_owned());
    let read = async {
        let mut side = Side::source(session, source, &target, true).await?;
        let mut names = HashSet::new();
        while let Some(name) = side.name() {
            names.insert(without_case(name));
            side.taken(session).await?;
        }
        Ok(names)
    };
    read.await.map_err(ReadError::into_failure)
}

/// Deletes what the target of the obsolete `sync` has and its source does not. The target is below
/// the one that was named.
pub(in crate::command) async fn remove_extras_of_files(
    session: &Session,
    source: &str,
    named: &str,
    target: &S3Url,
    options: DeleteOptions,
) -> Result<(), Failure> {
    let text = format!("Deleting files found in {source} and not in {named}");
    session.output.detail(Fact::Text(&text));
    let (from, to) = (
        Location::Local(source.to_owned()),
        Location::S3(target.clone()),
    );
    let session = &session.between(&from, &to);
    let reading = read(session, &from, &to, None);
    let (found, extras) = session.until_cancelled(reading).await?;
    let announce = |name: &str| {
        let path = Path::new(source).join(name);
        let text = format!(
            "{} not found locally, adding to delete queue",
            path.display()
        );
        session.output.detail(Fact::Text(&text));
    };
    extras
        .delete(session, options, (&from, &to), &found, announce)
        .await
}
