//! `del`: delete objects.

use std::sync::Arc;

use crate::{
    command::{
        Failure, Session,
        walk::{self, Entry, Tree},
    },
    location::S3Url,
    transfer::Deleter,
};

/// Compat: a path that matches nothing is no failure. Directories are not deleted; but a path that
/// means one of them means the objects that are directly in it.
pub(super) async fn run(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let output = Arc::clone(&session.output);
    let mut deleter = Deleter::new(&session.engine(), &url.bucket, move |object, result| {
        output.deleted(object, result);
    });
    let collected = collect(session, url, &mut deleter).await;
    // What was found is deleted even if the listing failed later: it was asked for by name.
    deleter.finish().await;
    collected
}

async fn collect(session: &Session, url: &S3Url, deleter: &mut Deleter) -> Result<(), Failure> {
    if !session.options.recursive {
        let entries = session.until_cancelled(walk::shown(session, url)).await?;
        for entry in entries {
            if let Entry::Object(object) = entry {
                deleter.add(object.key).await;
            }
        }
        return Ok(());
    }
    let mut tree = Tree::new(session, url);
    while let Some(objects) = session.until_cancelled(tree.next(session)).await? {
        for object in objects {
            deleter.add(object.key).await;
        }
    }
    Ok(())
}
