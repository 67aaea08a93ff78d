//! `rb`: remove a bucket.

use crate::{
    client::Mutations,
    command::{Failure, Options, Session, del, multipart, record::Fact},
    location::S3Url,
    s3::op::DeleteBucket,
};

/// Removes an empty bucket; with `-f` all that is in it before, open uploads too.
pub(super) async fn run(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let bucket = &url.bucket;
    if !url.key.is_empty() {
        let text = format!("rb removes buckets, not {url}: use del");
        return Err(Failure::InvalidArgument(text));
    }
    if session.options.force {
        let all = Session {
            options: Options {
                recursive: true,
                ..session.options.clone()
            },
            ..session.clone()
        };
        del::run(&all, url).await?;
        let abort = multipart::run(&all, multipart::Action::Abort, url);
        session.until_cancelled(abort).await?;
    }
    let text = format!("Removing s3://{bucket}");
    session.output.detail(Fact::Text(&text));
    if session.client.mutations() == Mutations::Allowed {
        let operation = DeleteBucket { bucket };
        let removed = session.client.delete_bucket(&operation);
        let removed = session.until_cancelled(async { Ok(removed.await) }).await?;
        removed.map_err(|error| {
            let is_full = error
                .service()
                .is_some_and(|error| error.code == "BucketNotEmpty");
            let hint = match (is_full, session.options.force) {
                (true, false) => " (-f deletes what is in it)",
                (true, true) => " (has it older versions of objects?)",
                (false, _) => "",
            };
            Failure::runtime(format!("Unable to remove bucket {bucket}: {error}{hint}"))
        })?;
    }
    session.output.done(Fact::Removed(bucket));
    Ok(())
}
