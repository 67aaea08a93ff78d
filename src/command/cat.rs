//! `cat`: objects to the standard output, one after the other, as they are.

use crate::{
    command::{
        Failure, Session,
        walk::{self, Entry},
    },
    location::S3Url,
    s3::op::ListedObject,
    transfer::{Error, ObjectReader},
};

pub(super) async fn run(session: &Session, url: &S3Url) -> Result<(), Failure> {
    for entry in walk::sources(session, url).await? {
        let object = url.with_key(entry.key());
        let printed = match entry {
            Entry::Directory(_) => Err(Failure::about(&object, "it is a directory")),
            Entry::Object(listed) => print(session, &object, &listed).await,
        };
        if let Err(failure) = printed {
            session.output.failure(&failure);
        }
        if session.output.is_closed() {
            break;
        }
    }
    Ok(())
}

/// What is printed cannot be taken back, but a reader is told by the exit status that it is wrong.
async fn print(session: &Session, object: &S3Url, listed: &ListedObject) -> Result<(), Failure> {
    let about = |error: Error| Failure::of_job(object, &error).in_main_thread();
    let opened = ObjectReader::open(&session.client, object, listed, &session.transfer).await;
    let mut reader = opened.map_err(about)?;
    while let Some(bytes) = reader.next().await.map_err(about)? {
        session
            .output
            .bytes(&bytes)
            .map_err(|error| Failure::os("standard output", &error))?;
        if session.output.is_closed() {
            return Ok(());
        }
    }
    Ok(())
}
