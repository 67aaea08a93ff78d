//! The two sides are read together, and what differs is transferred meanwhile.

use std::path::Path;

use crate::{
    command::{
        Failure, Session,
        dsync::{
            extras::Extras,
            objects::has_any_below,
            pairs::Pairs,
            side::{ReadError, Side},
        },
        root::is_directory,
    },
    location::Location,
    plan::merge::{self, next_side},
};

/// What a pass over both sides found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Whether the source has anything, be it the marker of the directory itself.
    pub(super) any: bool,
    /// Names of the source, apart from the marker of the directory itself.
    pub(super) sources: u64,
    /// Those of them that the user did not leave out by their time.
    pub(super) meant: u64,
    /// Names of the target.
    pub(super) targets: u64,
}

/// Reads both sides to their ends, and hands the pairs to `pairs`, if there is one. What only the
/// target has goes to `extras`.
pub(super) async fn join(
    session: &Session,
    source: &Location,
    (mut sources, mut targets): (Side, Side),
    extras: &mut Extras,
    mut pairs: Option<Pairs<'_>>,
) -> Result<Found, ReadError> {
    let mut found = Found::default();
    loop {
        match next_side(sources.name(), targets.name()) {
            merge::Side::End => return Ok(found),
            merge::Side::Target => {
                let (name, entry) = targets.taken(session).await?;
                found.targets += 1;
                let next = sources.name();
                let is_meant = session.admits_time(&entry)
                    && !marks_directory(session, source, next, &name).await?;
                extras.add(&name, &entry, is_meant)?;
            }
            side => {
                let known = match side {
                    merge::Side::Both => Some(targets.taken(session).await?.1),
                    _ => None,
                };
                found.targets += u64::from(known.is_some());
                let (name, entry) = sources.taken(session).await?;
                found.any = true;
                // The marker of the directory itself is nothing that is in it.
                let is_in_it = u64::from(!name.is_empty());
                found.sources += is_in_it;
                if session.admits_time(&entry) {
                    found.meant += is_in_it;
                    if let Some(pairs) = &mut pairs {
                        pairs.add(&name, entry, known).await?;
                    }
                } else if pairs.is_some() {
                    session.tally.list(1);
                    session.tally.skip(1);
                }
            }
        }
    }
}

/// Whether an object is the marker of a directory that there is in the source, of which `next` is
/// the first name behind that of the marker. Where that cannot be seen it is told, and none is
/// taken for one too many.
pub(in crate::command) async fn marks_directory(
    session: &Session,
    source: &Location,
    next: Option<&str>,
    name: &str,
) -> Result<bool, Failure> {
    if !name.is_empty() && !name.ends_with('/') {
        return Ok(false);
    }
    let url = match source {
        // There may be nothing in it.
        Location::Local(root) => {
            let is_there = is_directory(Path::new(root).join(name));
            return Ok(is_there.unwrap_or_else(|failure| {
                session.fail(&failure);
                true
            }));
        }
        Location::S3(url) => url,
    };
    match session.of_all_shards() {
        _ if next.is_some_and(|next| next.starts_with(name)) => Ok(true),
        // What is in it may be for other machines.
        Some(all) => has_any_below(&all, url, name).await,
        None => Ok(false),
    }
}

/// Whether the source has anything that is meant, be it for other machines.
pub(in crate::command) async fn has_any(
    session: &Session,
    source: &Location,
    target: &Location,
) -> Result<bool, Failure> {
    let read = async {
        let mut side = Side::source(session, source, target, false).await?;
        while side.name().is_some() {
            let (name, entry) = side.taken(session).await?;
            if !name.is_empty() && session.admits_time(&entry) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    read.await.map_err(ReadError::into_failure)
}
