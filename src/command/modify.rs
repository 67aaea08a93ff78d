//! `modify`: other headers, metadata or another storage class for objects that stay where they are.

use crate::{
    command::{Failure, Session, walk::Objects},
    location::S3Url,
    transfer::{Afterwards, Compare, Copy, Job, Overwrite, Target, changes_objects},
};

/// Each is copied onto itself, with what the options say; what they do not name is kept.
pub(super) async fn run(session: &Session, url: &S3Url) -> Result<(), Failure> {
    if !changes_objects(session.client.api_options()) {
        let text = "modify needs what is to be changed: --storage-class, --API-ContentType, \
                    --API-CacheControl, --API-Metadata or the like";
        return Err(Failure::InvalidArgument(text.to_owned()));
    }
    let mut pages = Objects::of(session, url).await?;
    session
        .transfer(async |jobs| {
            while let Some(objects) = pages.next(session).await? {
                for source in objects {
                    session.tally.list(1);
                    let copy = Copy {
                        bucket: url.bucket.clone(),
                        target: url.with_key(&*source.key),
                        source,
                        known: Target::Unknown,
                        overwrite: Overwrite::Replace,
                        compare: Compare::Nothing,
                        afterwards: Afterwards::Keep,
                    };
                    jobs.send(Job::Copy(copy)).await?;
                }
            }
            Ok(())
        })
        .await
}
