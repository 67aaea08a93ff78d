//! `del`: delete objects.

use crate::{
    command::{
        Failure, Session,
        session::Deletions,
        walk::{Entry, Shown, Tree},
    },
    location::S3Url,
};

/// Compat: a path that matches nothing is no failure. Directories are not deleted; but a path that
/// means one of them means the objects that are directly in it.
pub(super) async fn run(session: &Session, url: &S3Url) -> Result<(), Failure> {
    // What was found is deleted even if the listing fails later: it was asked for by name.
    session
        .delete(&url.bucket, async |deletions| {
            collect(session, url, deletions).await
        })
        .await
}

async fn collect(
    session: &Session,
    url: &S3Url,
    deletions: &mut Deletions<'_>,
) -> Result<(), Failure> {
    if !session.options.recursive {
        let mut shown = Shown::new(session, url);
        while let Some(entries) = session.until_cancelled(shown.next()).await? {
            for entry in entries {
                if let Entry::Object(object) = entry {
                    session.tally.list(1);
                    deletions.add(object.key).await;
                }
            }
        }
        return Ok(());
    }
    let mut tree = Tree::new(session, url).with_one_reader();
    while let Some(objects) = session.until_cancelled(tree.next(session)).await? {
        session.tally.list(objects.len() as u64);
        for object in objects {
            deletions.add(object.key).await;
        }
    }
    Ok(())
}
