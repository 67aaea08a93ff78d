//! What is only at the target, as a plan has it.

use std::path::Path;

use crate::{
    command::{
        Failure, Session,
        plan::{Planned, State, Step, Version},
        root::Root,
    },
    local::LocalFile,
    location::Location,
    s3::{op::ListedObject, types::ETag},
    transfer,
};

/// What is kept of an object until it is planned; nothing, if it cannot be.
pub(super) fn encode(object: &ListedObject) -> Vec<u8> {
    let etag = object.etag.as_ref();
    let text = etag.map(|etag| format!("{}\t{}", object.size, etag.as_str()));
    text.unwrap_or_default().into_bytes()
}

fn decode(kept: &[u8]) -> Option<State> {
    let (size, etag) = std::str::from_utf8(kept).ok()?.split_once('\t')?;
    Some(State {
        size: size.parse().ok()?,
        version: Version::Object(ETag::parse(etag)?),
    })
}

/// Plans deletions instead of carrying them out.
pub(super) fn plan(
    session: &Session,
    plan: &Planned,
    target: &Location,
    extras: impl Iterator<Item = Result<(String, Vec<u8>), Failure>>,
) -> Result<(), Failure> {
    for extra in extras {
        let (name, kept) = extra?;
        let place = Root::of(target).place(&name);
        let state = match target {
            Location::Local(root) => of_file(&Path::new(root).join(&name), &name, &kept),
            Location::S3(_) => decode(&kept).ok_or_else(|| {
                Failure::about(&place, "the store gives it no ETag: no plan has it")
            }),
        };
        let step = |state| Step {
            name,
            source: None,
            target: Some(state),
        };
        let planned = state.map(step).and_then(|step| plan.add(&step));
        session.deleted(&place, planned);
    }
    Ok(())
}

/// The file, if it is still the one that was seen.
fn of_file(path: &Path, name: &str, digest: &[u8]) -> Result<State, Failure> {
    let file = LocalFile::at(path.to_owned(), name);
    let file = file.map_err(|error| Failure::os(path.display(), &error))?;
    let is_same =
        |file: &LocalFile| transfer::Version::File(file.identity).digest().as_slice() == digest;
    match file.filter(is_same) {
        Some(file) => State::of(&file),
        None => Err(Failure::about(path.display(), "it was changed meanwhile")),
    }
}
