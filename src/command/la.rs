//! `la`: what is in all buckets.

use crate::{
    command::{Failure, Session, ls},
    location::S3Url,
    s3::op::ListBuckets,
};

/// As `ls` of each bucket, one after the other. One that cannot be listed does not stop the others.
pub(super) async fn run(session: &Session) -> Result<(), Failure> {
    let buckets = session.client.call(&ListBuckets).await;
    let buckets = buckets.map_err(|error| Failure::from(error).in_main_thread())?;
    for bucket in buckets {
        let url = S3Url {
            bucket: bucket.name,
            key: String::new(),
        };
        if let Err(failure) = ls::run(session, Some(&url)).await {
            session.output.failure(&failure);
        }
        if session.output.is_closed() {
            break;
        }
    }
    Ok(())
}
