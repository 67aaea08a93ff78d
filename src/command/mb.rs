//! `mb`: make a bucket.

use crate::{
    client::Mutations,
    command::{Failure, Session, record::Fact},
    location::S3Url,
    s3::op::CreateBucket,
};

/// Differs from the original: the location constraint is sent, so buckets can be made in every
/// region.
pub(super) async fn run(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let bucket = &url.bucket;
    let text = format!("Creating s3://{bucket}");
    session.output.detail(Fact::Text(&text));
    let region = session.client.endpoint().region();
    let location = (region != "us-east-1").then_some(region);
    if session.client.mutations() == Mutations::Allowed {
        let operation = CreateBucket { bucket, location };
        session
            .client
            .create_bucket(&operation)
            .await
            .map_err(|error| {
                Failure::runtime(format!("Unable to create bucket {bucket}: {error}"))
            })?;
    }
    session.output.done(Fact::Created(bucket));
    Ok(())
}
