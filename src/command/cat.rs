//! `cat`: objects to the standard output, one after the other, as they are.

use crate::{
    command::{
        Failure, Session,
        walk::{self, Entry},
    },
    local::Hasher,
    location::S3Url,
    s3::{
        op::{GetObject, ListedObject},
        request::Role,
    },
    transfer::{Error, check_listed, verify},
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
    let (bucket, key) = (&*object.bucket, &*object.key);
    let get = GetObject {
        bucket,
        key,
        role: Role::Source,
        range: None,
        if_match: None,
    };
    let about = |error: Error| Failure::of_job(object, &error).in_main_thread();
    let open = async || {
        let stream = session.client.open(&get).await?;
        check_listed(listed, &stream.head().object)?;
        Ok::<_, Error>(stream)
    };
    // As long as nothing is printed, another answer may be better.
    let opened = match open().await {
        Err(Error::Damaged(_)) => open().await,
        opened => opened,
    };
    let mut stream = opened.map_err(about)?;
    let mut hasher = Hasher::new(false);
    while let Some(bytes) = stream.next().await.map_err(|error| about(error.into()))? {
        hasher.update(&bytes);
        session
            .output
            .bytes(&bytes)
            .map_err(|error| Failure::os("standard output", &error))?;
        if session.output.is_closed() {
            return Ok(());
        }
    }
    verify(&stream.head().object, &hasher.finish().md5).map_err(about)
}
