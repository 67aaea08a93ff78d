//! From a path with wildcards to what is there.

use crate::{
    client::Lister,
    command::{Cause, Failure, Session, level::Level},
    location::S3Url,
    plan::pattern::Pattern,
    s3::op::ListedObject,
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
/// Compat: directories have no time, so they stay out if times are asked for. Differs: not with
/// recursion, as what is in them has times.
pub(super) async fn entries(session: &Session, url: &S3Url) -> Result<Vec<Entry>, Failure> {
    let mut level = Level::of(session, url);
    let mut entries = Vec::new();
    let options = &session.options;
    let with_directories = options.recursive || !options.modified.is_set();
    while let Some(more) = level.next().await? {
        let is_meant = |entry: &Entry| with_directories || matches!(entry, Entry::Object(_));
        entries.extend(more.into_iter().filter(is_meant));
    }
    let rank = |entry: &Entry| matches!(entry, Entry::Object(_));
    entries.sort_by(|a, b| (rank(a), a.key()).cmp(&(rank(b), b.key())));
    Ok(entries)
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
    Failure::Runtime(Cause::Missing, "Source doesn't exist.".to_owned())
}

/// What a path shows, a page at a time, in the order of [`Level`]: if it means nothing but one
/// directory, what is in that, unless the user asked for directories themselves.
///
/// Compat: the "automatic directory detection" of `S3Handler.s3walk`.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    session: &'a Session,
    bucket: String,
    level: Level<'a>,
    /// Whether it may still turn out to be one directory.
    undecided: bool,
    /// All that came so far, which is held back then.
    directory: Option<Entry>,
}

impl<'a> Shown<'a> {
    pub(super) fn new(session: &'a Session, url: &S3Url) -> Self {
        Self {
            session,
            bucket: url.bucket.clone(),
            level: Level::of(session, url),
            undecided: !session.options.show_directory,
            directory: None,
        }
    }

    /// The next entries, which may be none; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Entry>>, Failure> {
        let next = self.level.next().await?;
        if !self.undecided {
            return Ok(next);
        }
        let Some(more) = next else {
            self.undecided = false;
            let has_more = self.level.has_left_out();
            return Ok(self.directory.take().map(|directory| {
                if has_more {
                    return vec![directory];
                }
                self.level = Level::directory(self.session, &self.bucket, directory.key());
                Vec::new()
            }));
        };
        let mut entries: Vec<Entry> = self.directory.take().into_iter().chain(more).collect();
        match &*entries {
            [] => {}
            [Entry::Directory(_)] => self.directory = entries.pop(),
            _ => self.undecided = false,
        }
        Ok(Some(entries))
    }
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
