//! `du` and `_totalsize`: how large things are.

use crate::{
    command::{
        Failure, Session,
        level::Level,
        record::Fact,
        scope::Scope,
        walk::{self, Entry, Tree},
    },
    location::S3Url,
};

/// A line for each thing that the paths mean.
pub(super) async fn run(session: &Session, urls: &[S3Url]) -> Result<(), Failure> {
    each_size(session, urls, |url, size| {
        let shown = session.options.layout.size(size);
        session.output.result(Fact::Size(url, size, &shown));
    })
    .await
}

/// One number for everything.
pub(super) async fn total(session: &Session, urls: &[S3Url]) -> Result<(), Failure> {
    let mut total = 0_u64;
    each_size(session, urls, |_, size| total = sum([total, size])).await?;
    let shown = session.options.layout.size(total);
    session.output.line(Fact::Total(total, &shown));
    Ok(())
}

/// Compat: `S3Handler.size`: it is a failure only if none of the paths means anything, and a
/// directory counts what is directly in it, or with recursion everything.
async fn each_size(
    session: &Session,
    urls: &[S3Url],
    mut tell: impl FnMut(&S3Url, u64),
) -> Result<(), Failure> {
    let mut any = session.options.ignore_empty_source;
    for url in urls {
        match each_size_of(session, url, &mut tell).await {
            Ok(found) => any |= found,
            Err(failure) => {
                session.output.failure(&failure);
                any = true;
            }
        }
    }
    if any { Ok(()) } else { Err(walk::no_source()) }
}

/// Gives whether there was anything.
async fn each_size_of(
    session: &Session,
    url: &S3Url,
    tell: &mut impl FnMut(&S3Url, u64),
) -> Result<bool, Failure> {
    let meant = walk::entries(session, url).await?;
    for entry in &meant.entries {
        let size = size(session, url, entry).await?;
        tell(&url.with_key(entry.key()), size);
    }
    Ok(meant.has_excluded || !meant.entries.is_empty())
}

async fn size(session: &Session, url: &S3Url, entry: &Entry) -> Result<u64, Failure> {
    let prefix = match entry {
        Entry::Object(object) => return Ok(object.size),
        Entry::Directory(prefix) => prefix,
    };
    let (bucket, scope) = (&url.bucket, Scope::of(session, &url.key));
    let mut size = 0;
    if !session.options.recursive {
        let mut level = Level::directory(session, bucket, prefix, scope);
        while let Some(entries) = level.next().await? {
            size = sum(entries.iter().map(Entry::size).chain([size]));
        }
        return Ok(size);
    }
    let mut tree = Tree::below(&session.client, bucket, prefix, scope);
    while let Some(objects) = tree.next(session).await? {
        size = sum(objects.iter().map(|object| object.size).chain([size]));
    }
    Ok(size)
}

/// Sizes come from strangers: a sum that no number can hold is the largest one.
fn sum(sizes: impl IntoIterator<Item = u64>) -> u64 {
    sizes.into_iter().fold(0, u64::saturating_add)
}
