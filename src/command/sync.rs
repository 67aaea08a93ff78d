//! `sync`, the obsolete form: `put`, `get` or `cp` of whole trees, of what differs.

use std::path::Path;

use crate::{
    command::{Failure, Options, Session, cp, dsync, get, operands::Sync, put, root::is_directory},
    location::S3Target,
    transfer::Afterwards,
};

/// Compat: with the rules for targets of those commands, and removal only on the way up.
pub(super) async fn run(session: &Session, sync: &Sync) -> Result<(), Failure> {
    let session = &Session {
        options: Options {
            recursive: true,
            force: true,
            sync_check: true,
            ..session.options.clone()
        },
        ..session.clone()
    };
    match sync {
        Sync::Up { source, target } => up(session, source, target).await,
        Sync::Down { source, target } => get::run(session, source, target).await,
        Sync::Across { source, target } => cp::run(session, source, target, Afterwards::Keep).await,
    }
}

async fn up(session: &Session, source: &String, target: &S3Target) -> Result<(), Failure> {
    put::run(session, std::slice::from_ref(source), target).await?;
    let Some(delete) = session.options.delete else {
        return Ok(());
    };
    let path = Path::new(source);
    if session.options.ignore_empty_source && matches!(path.try_exists(), Ok(false)) {
        return Ok(());
    }
    if !is_directory(path)? {
        let text = format!("Source \"{source}\" is not a directory.");
        return Err(Failure::runtime(text));
    }
    let url = &target.url;
    let named = match target.slash || !url.key.is_empty() {
        true => url.to_string(),
        false => format!("s3://{}", url.bucket),
    };
    // Differs: the original looked for the files where it had not put them, and deleted them all.
    let base = put::base_of(source, true, target, true);
    dsync::remove_extras_of_files(session, source, &named, &base, delete).await
}
