//! `cat`: objects to the standard output, one after the other, as they are.

use crate::{
    command::{
        Failure, Session,
        walk::{self, Entry},
    },
    location::S3Url,
    s3::op::GetObject,
};

pub(super) async fn run(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let entries = walk::entries(session, url).await?;
    if entries.is_empty() && !session.options.ignore_empty_source {
        return Err(Failure::Runtime("Source doesn't exist.".to_owned()));
    }
    for entry in entries {
        let object = url.with_key(entry.key());
        match entry {
            Entry::Directory(_) => {
                session
                    .output
                    .failure(&Failure::about(&object, "it is a directory"));
            }
            Entry::Object(_) => {
                if let Err(failure) = print(session, &object).await {
                    session.output.failure(&failure);
                }
            }
        }
        if session.output.is_closed() {
            break;
        }
    }
    Ok(())
}

async fn print(session: &Session, object: &S3Url) -> Result<(), Failure> {
    let (bucket, key) = (&*object.bucket, &*object.key);
    let get = GetObject {
        bucket,
        key,
        range: None,
        if_match: None,
    };
    let about = |error| Failure::about(object, error);
    let mut stream = session.client.open(&get).await.map_err(about)?;
    while let Some(bytes) = stream.next().await.map_err(about)? {
        session
            .output
            .bytes(&bytes)
            .map_err(|error| Failure::os("standard output", &error))?;
        if session.output.is_closed() {
            break;
        }
    }
    Ok(())
}
