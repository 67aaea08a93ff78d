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

    /// Bytes; a directory by itself has none.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Directory(_) => 0,
            Self::Object(object) => object.size,
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

/// What a source means; it must mean something, unless the user said that it need not.
///
/// Compat: `S3Handler.source_expand`.
pub(super) async fn sources(session: &Session, url: &S3Url) -> Result<Vec<Entry>, Failure> {
    let entries = session.until_cancelled(entries(session, url)).await?;
    if entries.is_empty() && !session.options.ignore_empty_source {
        return Err(no_source());
    }
    Ok(entries)
}

pub(super) fn no_source() -> Failure {
    Failure::Runtime("Source doesn't exist.".to_owned())
}

/// What a path shows: if it means nothing but one directory, what is in that, unless the user asked
/// for directories themselves.
///
/// Compat: the "automatic directory detection" of `S3Handler.s3walk`.
pub(super) async fn shown(session: &Session, url: &S3Url) -> Result<Vec<Entry>, Failure> {
    let entries = entries(session, url).await?;
    match &*entries {
        [Entry::Directory(prefix)] if !session.options.show_directory => {
            directory(session, &url.bucket, prefix).await
        }
        _ => Ok(entries),
    }
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
        self.entries.retain(|entry| match entry {
            Entry::Directory(_) => true,
            Entry::Object(object) => session.options.modified.admits(object.last_modified),
        });
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

/// Many objects, a page at a time, in the order of the server.
#[derive(Debug)]
pub(super) struct Tree {
    lister: Lister,
    /// Everything below the prefix without.
    pattern: Option<Pattern>,
    url: S3Url,
    seen: u64,
}

impl Tree {
    /// All objects that a path means, with everything below it.
    ///
    /// Compat: `S3Handler.s3walk` with recursion.
    pub(super) fn new(session: &Session, url: &S3Url) -> Self {
        let pattern = Pattern::new(&url.key);
        let prefix = pattern.fixed_prefix();
        Self {
            lister: session.client.list(&url.bucket, &prefix, None),
            pattern: Some(pattern),
            url: url.clone(),
            seen: 0,
        }
    }

    /// All objects whose keys begin with `prefix`.
    pub(super) fn below(session: &Session, bucket: &str, prefix: &str) -> Self {
        Self {
            lister: session.client.list(bucket, prefix, None),
            pattern: None,
            url: S3Url {
                bucket: bucket.to_owned(),
                key: prefix.to_owned(),
            },
            seen: 0,
        }
    }

    /// The objects of the next page that are meant, which may be none; `None` after the last page.
    pub(super) async fn next(
        &mut self,
        session: &Session,
    ) -> Result<Option<Vec<ListedObject>>, Failure> {
        let Some(mut page) = self.lister.next_page().await? else {
            tell_unreadable(session, &self.url, self.lister.unreadable());
            return Ok(None);
        };
        self.seen += page.objects.len() as u64 + page.unreadable;
        page.objects.retain(|object| {
            let matches = |pattern: &Pattern| pattern.matches_tree(&object.key);
            self.pattern.as_ref().is_none_or(matches)
                && session.options.modified.admits(object.last_modified)
        });
        Ok(Some(page.objects))
    }

    /// How many objects there were so far, meant or not.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }
}

/// Keys that cannot be named were left out: that is a failure, not a detail.
pub(super) fn tell_unreadable(session: &Session, url: &S3Url, unreadable: u64) {
    if unreadable > 0 {
        let text = format!("{unreadable} keys are not UTF-8 and were left out");
        session.output.failure(&Failure::about(url, text));
    }
}
