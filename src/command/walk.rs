//! From a path with wildcards to what is there.

use tokio::task::JoinSet;

use crate::{
    client::{Client, ClientError, Lister},
    command::{Failure, Session},
    location::S3Url,
    plan::pattern::{Pattern, Step},
    s3::op::{ListPage, ListedObject},
};

/// One thing that a path means.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    /// A common prefix, with its slash.
    Directory(String),
    /// An object.
    Object(ListedObject),
}

impl Entry {
    pub(super) fn key(&self) -> &str {
        match self {
            Self::Directory(prefix) => prefix,
            Self::Object(object) => &object.key,
        }
    }
}

/// What a path means, without what is below it: directories first, each kind in the order of the
/// keys.
///
/// Compat: `S3Handler.s3walk` without recursion.
pub(super) async fn entries(session: &Session, url: &S3Url) -> Result<Vec<Entry>, Failure> {
    let pattern = Pattern::new(&url.key);
    let mut found = Found::default();
    let mut levels = JoinSet::new();
    let mut waiting = vec![pattern.fixed_prefix()];
    // Level by level, a few listings at once.
    loop {
        while levels.len() < session.transfer.jobs.max(1) {
            let Some(prefix) = waiting.pop() else { break };
            let (client, bucket) = (session.client.clone(), url.bucket.clone());
            levels.spawn(list_level(client, bucket, prefix, Some(pattern.clone())));
        }
        let Some(listed) = levels.join_next().await else {
            break;
        };
        let level = listed.map_err(|error| Failure::Runtime(error.to_string()))??;
        found.unreadable += level.unreadable;
        for prefix in level.prefixes {
            match pattern.step(&prefix) {
                Step::Skip => {}
                Step::Descend => waiting.push(prefix),
                Step::Directory => found.entries.push(Entry::Directory(prefix)),
            }
        }
        found
            .entries
            .extend(level.objects.into_iter().map(Entry::Object));
    }
    Ok(found.sorted(session, url))
}

/// What is directly in a directory, given by its prefix with the slash.
pub(super) async fn directory(
    session: &Session,
    bucket: &str,
    prefix: &str,
) -> Result<Vec<Entry>, Failure> {
    let client = session.client.clone();
    let level = list_level(client, bucket.to_owned(), prefix.to_owned(), None).await?;
    let entries = level.prefixes.into_iter().map(Entry::Directory);
    let entries = entries
        .chain(level.objects.into_iter().map(Entry::Object))
        .collect();
    let found = Found {
        entries,
        unreadable: level.unreadable,
    };
    let url = S3Url {
        bucket: bucket.to_owned(),
        key: prefix.to_owned(),
    };
    Ok(found.sorted(session, &url))
}

#[derive(Default)]
struct Found {
    entries: Vec<Entry>,
    unreadable: u64,
}

impl Found {
    fn sorted(mut self, session: &Session, url: &S3Url) -> Vec<Entry> {
        tell_unreadable(session, url, self.unreadable);
        let rank = |entry: &Entry| matches!(entry, Entry::Object(_));
        self.entries
            .sort_by(|a, b| (rank(a), a.key()).cmp(&(rank(b), b.key())));
        self.entries
    }
}

/// One level of a tree, all its pages; of these only what a pattern may want is kept.
async fn list_level(
    client: Client,
    bucket: String,
    prefix: String,
    pattern: Option<Pattern>,
) -> Result<ListPage, ClientError> {
    let mut lister = client.list(&bucket, &prefix, Some("/"));
    let mut level = ListPage::default();
    while let Some(mut page) = lister.next_page().await? {
        if let Some(pattern) = &pattern {
            page.objects.retain(|object| pattern.matches(&object.key));
            page.prefixes
                .retain(|prefix| pattern.step(prefix) != Step::Skip);
        }
        level.objects.extend(page.objects);
        level.prefixes.extend(page.prefixes);
        level.unreadable += page.unreadable;
    }
    Ok(level)
}

/// All objects that a path means, with everything below it, a page at a time.
///
/// Compat: `S3Handler.s3walk` with recursion.
#[derive(Debug)]
pub(super) struct Tree {
    lister: Lister,
    pattern: Pattern,
    url: S3Url,
}

impl Tree {
    pub(super) fn new(session: &Session, url: &S3Url) -> Self {
        let pattern = Pattern::new(&url.key);
        let lister = session
            .client
            .list(&url.bucket, &pattern.fixed_prefix(), None);
        Self {
            lister,
            pattern,
            url: url.clone(),
        }
    }

    /// The matching objects of the next page, which may be none; `None` after the last page.
    pub(super) async fn next(
        &mut self,
        session: &Session,
    ) -> Result<Option<Vec<ListedObject>>, Failure> {
        let Some(mut page) = self.lister.next_page().await? else {
            tell_unreadable(session, &self.url, self.lister.unreadable());
            return Ok(None);
        };
        page.objects
            .retain(|object| self.pattern.matches_tree(&object.key));
        Ok(Some(page.objects))
    }
}

/// Keys that cannot be named were left out: that is a failure, not a detail.
pub(super) fn tell_unreadable(session: &Session, url: &S3Url, unreadable: u64) {
    if unreadable > 0 {
        let text = format!("{unreadable} keys are not UTF-8 and were left out");
        session.output.failure(&Failure::about(url, text));
    }
}
