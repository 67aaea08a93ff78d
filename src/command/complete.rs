//! `_complete`: the buckets and keys that begin like a word, for the completion of shells.

use crate::{
    command::{Failure, Session, record::Fact},
    s3::op::ListBuckets,
};

/// One request, whatever there is: somebody waits with a finger on a key.
pub(super) async fn run(session: &Session, word: &str) -> Result<(), Failure> {
    let Some(path) = word.strip_prefix("s3://") else {
        if "s3://".starts_with(word) && !word.is_empty() {
            session.output.line(Fact::Text(&"s3://"));
        }
        return Ok(());
    };
    let names: Vec<String> = match path.split_once('/') {
        None => {
            let buckets = session.client.call(&ListBuckets).await?;
            let names = buckets.into_iter().map(|bucket| bucket.name);
            let meant = names.filter(|name| name.starts_with(path));
            meant.map(|name| format!("s3://{name}/")).collect()
        }
        Some((bucket, prefix)) => {
            let mut list = session.client.list(bucket, prefix, Some("/"));
            let page = list.next_page().await?.unwrap_or_default();
            let objects = page.objects.into_iter().map(|object| object.key);
            let names = page.prefixes.into_iter().chain(objects);
            let names = names.filter(|key| !key.is_empty());
            names.map(|key| format!("s3://{bucket}/{key}")).collect()
        }
    };
    session
        .output
        .lines(names.iter().map(|name| Fact::Text(name)));
    Ok(())
}
