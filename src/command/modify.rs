//! `modify`: other headers, metadata or another storage class for objects that stay where they are.

use crate::{
    command::{
        Failure, Session,
        session::JobSender,
        walk::{self, Entry, Tree},
    },
    location::S3Url,
    s3::op::ListedObject,
    transfer::{Afterwards, Compare, Copy, Job, Overwrite, Target, changes_objects},
};

/// Each is copied onto itself, with what the options say; what they do not name is kept.
pub(super) async fn run(session: &Session, url: &S3Url) -> Result<(), Failure> {
    if !changes_objects(session.client.api_options()) {
        let text = "modify needs what is to be changed: --storage-class, --API-ContentType, \
                    --API-CacheControl, --API-Metadata or the like";
        return Err(Failure::InvalidArgument(text.to_owned()));
    }
    let entries = walk::sources(session, url).await?;
    session
        .transfer(async |jobs| {
            if session.options.recursive {
                let mut tree = Tree::new(session, url);
                while let Some(objects) = tree.next(session).await? {
                    for object in objects {
                        send(session, &jobs, url, object).await?;
                    }
                }
                return Ok(());
            }
            for entry in entries {
                match entry {
                    Entry::Object(object) => send(session, &jobs, url, object).await?,
                    Entry::Directory(prefix) => session.omit_directory(url.with_key(prefix)),
                }
            }
            Ok(())
        })
        .await
}

async fn send(
    session: &Session,
    jobs: &JobSender,
    url: &S3Url,
    object: ListedObject,
) -> Result<(), Failure> {
    session.tally.list(1);
    let copy = Copy {
        bucket: url.bucket.clone(),
        target: url.with_key(&*object.key),
        source: object,
        known: Target::Unknown,
        overwrite: Overwrite::Replace,
        compare: Compare::Nothing,
        afterwards: Afterwards::Keep,
    };
    jobs.send(Job::Copy(copy)).await
}
