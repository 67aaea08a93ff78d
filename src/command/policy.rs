//! `policy`: what a bucket allows to whom, as a document.

use std::io::Read as _;

use crate::{
    client::{ClientError, Mutations},
    command::{Failure, Session, record::Fact},
    location::S3Url,
    s3::op::{DeleteBucketPolicy, GetBucketPolicy, PutBucketPolicy},
};

/// What is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyAction {
    /// It is shown.
    Get,
    /// It is set to what is in a file; `-` is the standard input.
    Set(String),
    /// It is removed.
    Delete,
}

pub(super) async fn run(
    session: &Session,
    action: &PolicyAction,
    url: &S3Url,
) -> Result<(), Failure> {
    let bucket = &*url.bucket;
    if !url.key.is_empty() {
        let text = format!("policies are of buckets: {url} is none");
        return Err(Failure::InvalidArgument(text));
    }
    let client = &session.client;
    let is_real = client.mutations() == Mutations::Allowed;
    let about = |error: ClientError| Failure::from(error).on(url);
    match action {
        PolicyAction::Get => {
            let policy = client.call(&GetBucketPolicy { bucket }).await;
            let mut policy = policy.map_err(about)?;
            if !policy.ends_with('\n') {
                policy.push('\n');
            }
            let written = session.output.bytes(policy.as_bytes());
            written.map_err(|error| Failure::os("standard output", &error))
        }
        PolicyAction::Set(path) => {
            let policy = &*read(path)?;
            if is_real {
                let set = client.call(&PutBucketPolicy { bucket, policy }).await;
                set.map_err(about)?;
            }
            session.output.done(Fact::PolicySet(url));
            Ok(())
        }
        PolicyAction::Delete => {
            if is_real {
                let deleted = client.call(&DeleteBucketPolicy { bucket }).await;
                deleted.map_err(about)?;
            }
            session.output.done(Fact::PolicyDeleted(url));
            Ok(())
        }
    }
}

/// What is no JSON is not sent: stores tell less well what is wrong with it.
fn read(path: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let read = match path {
        "-" => std::io::stdin().lock().read_to_string(&mut text),
        path => std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text)),
    };
    read.map_err(|error| Failure::os(path, &error))?;
    match serde_json::from_str::<serde_json::Map<_, _>>(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::about(path, format!("no JSON object: {error}"))),
    }
}
