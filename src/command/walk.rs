//! From a path with wildcards to what is there.

use std::mem;

use crate::{
    client::{Client, FlatLister},
    command::{Cause, Failure, Session, level::Level, scope::Scope},
    location::S3Url,
    plan::{fnmatch, pattern::Pattern},
    s3::{
        op::{HeadObject, ListedObject},
        request::Role,
    },
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
pub(super) async fn entries(session: &Session, url: &S3Url) -> Result<Meant, Failure> {
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
    Ok(Meant {
        entries,
        has_excluded: level.has_left_out() && !options.rules.is_empty(),
    })
}

/// What a path means.
#[derive(Debug)]
pub(super) struct Meant {
    pub(super) entries: Vec<Entry>,
    /// Whether there is more, which `--exclude` leaves out.
    pub(super) has_excluded: bool,
}

/// What a source means; it must mean something, unless the user said that it need not.
///
/// Compat: `S3Handler.source_expand`.
pub(super) async fn sources(session: &Session, url: &S3Url) -> Result<Vec<Entry>, Failure> {
    let meant = session.until_cancelled(entries(session, url)).await?;
    if meant.entries.is_empty() {
        let version = Box::pin(old_version(session, url));
        if let Some(version) = session.until_cancelled(version).await? {
            return Ok(vec![version]);
        }
    }
    let may_be_nothing = meant.has_excluded || session.options.ignore_empty_source;
    if meant.entries.is_empty() && !may_be_nothing {
        return Err(no_source());
    }
    Ok(meant.entries)
}

/// What listings do not have: a version of an object that was deleted since.
async fn old_version(session: &Session, url: &S3Url) -> Result<Option<Entry>, Failure> {
    let is_asked = session.client.api_options().has("API-VersionId");
    if !is_asked || url.key.is_empty() || fnmatch::is_pattern(&url.key) {
        return Ok(None);
    }
    let head = HeadObject {
        bucket: &url.bucket,
        key: &url.key,
        role: Role::Source,
        checksums: false,
    };
    match session.client.call(&head).await {
        Ok(object) => Ok(Some(Entry::Object(ListedObject {
            key: url.key.clone(),
            size: object.size,
            last_modified: object.last_modified,
            etag: object.etag,
            storage_class: None,
        }))),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(Failure::from(error).on(url)),
    }
}

/// The objects that a source means, a page at a time: with recursion all that are below, else
/// without those in directories, which are told.
pub(super) enum Objects {
    Below(Box<Tree>),
    Named(Option<Vec<ListedObject>>),
}

impl Objects {
    pub(super) async fn of(session: &Session, url: &S3Url) -> Result<Self, Failure> {
        let entries = sources(session, url).await?;
        if session.options.recursive {
            return Ok(Self::Below(Box::new(Tree::new(session, url))));
        }
        let mut objects = Vec::new();
        for entry in entries {
            match entry {
                Entry::Object(object) => objects.push(object),
                Entry::Directory(prefix) => session.omit_directory(url.with_key(prefix)),
            }
        }
        Ok(Self::Named(Some(objects)))
    }

    /// `None` after the last page.
    pub(super) async fn next(
        &mut self,
        session: &Session,
    ) -> Result<Option<Vec<ListedObject>>, Failure> {
        match self {
            Self::Below(tree) => tree.next(session).await,
            Self::Named(objects) => Ok(objects.take()),
        }
    }
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
    scope: Scope,
    level: Level<'a>,
    stage: Stage,
}

/// What is known of the path.
#[derive(Debug)]
enum Stage {
    /// It may still turn out to be one directory: that is all that came so far, and is held back.
    Undecided(Option<Entry>),
    /// It was taken for a directory, and is looked at again if there is nothing in it.
    Taken(S3Url),
    Decided,
}

impl<'a> Shown<'a> {
    pub(super) fn new(session: &'a Session, url: &S3Url) -> Self {
        Self {
            session,
            bucket: url.bucket.clone(),
            scope: Scope::of(session, &url.key),
            level: Level::of(session, url),
            stage: match session.options.show_directory {
                true => Stage::Decided,
                false => Stage::Undecided(None),
            },
        }
    }

    /// The same; but a path with a slash at its end is taken for a directory at once, which is a
    /// request less.
    ///
    /// Differs: the original shows the directory itself if there is an object of its name.
    pub(super) fn of_directory(session: &'a Session, url: &S3Url) -> Self {
        let shown = Self::new(session, url);
        let is_one = url.key.ends_with('/') && Pattern::new(&url.key).base() == url.key;
        if session.options.show_directory || !is_one {
            return shown;
        }
        let scope = shown.scope.clone();
        Self {
            level: Level::directory(session, &url.bucket, &url.key, scope),
            stage: Stage::Taken(url.clone()),
            ..shown
        }
    }

    /// The next entries, which may be none; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Entry>>, Failure> {
        let next = self.level.next().await?;
        let directory = match mem::replace(&mut self.stage, Stage::Decided) {
            Stage::Decided => return Ok(next),
            Stage::Taken(url) => {
                match &next {
                    None if !self.level.has_left_out() => {
                        *self = Self::new(self.session, &url);
                        return Ok(Some(Vec::new()));
                    }
                    // A page without entries may not be the last.
                    Some(page) if page.is_empty() => self.stage = Stage::Taken(url),
                    _ => {}
                }
                return Ok(next);
            }
            Stage::Undecided(directory) => directory,
        };
        let Some(more) = next else {
            return Ok(directory.map(|directory| self.enter(directory)));
        };
        let mut entries: Vec<Entry> = directory.into_iter().chain(more).collect();
        match &*entries {
            [] => self.stage = Stage::Undecided(None),
            [Entry::Directory(_)] => self.stage = Stage::Undecided(entries.pop()),
            _ => {}
        }
        Ok(Some(entries))
    }

    /// Goes on with what is in the directory that came alone, or shows that if there is more,
    /// which was left out.
    fn enter(&mut self, directory: Entry) -> Vec<Entry> {
        if self.level.has_left_out() {
            return vec![directory];
        }
        let scope = self.scope.clone();
        self.level = Level::directory(self.session, &self.bucket, directory.key(), scope);
        Vec::new()
    }
}

/// Many objects, a page at a time, in the order of the server.
#[derive(Debug)]
pub(super) struct Tree {
    lister: FlatLister,
    /// Everything below the prefix without.
    pattern: Option<Pattern>,
    url: S3Url,
    scope: Scope,
}

impl Tree {
    /// All objects that a path means, with everything below it.
    ///
    /// Compat: `S3Handler.s3walk` with recursion.
    pub(super) fn new(session: &Session, url: &S3Url) -> Self {
        let pattern = Pattern::new(&url.key);
        let prefix = pattern.fixed_prefix();
        let scope = Scope::of(session, &url.key);
        let base = pattern.base();
        let lister = session.client.list_flat(&url.bucket, &prefix, &base);
        Self {
            // The object with the name of a directory is before all that is in it.
            lister: match prefix == base {
                true => scope.within(lister),
                false => lister,
            },
            pattern: Some(pattern),
            url: url.clone(),
            scope,
        }
    }

    /// All objects whose keys begin with `prefix`; `scope` says which of them are meant.
    pub(super) fn below(client: &Client, bucket: &str, prefix: &str, scope: Scope) -> Self {
        Self {
            lister: scope.within(client.list_flat(bucket, prefix, prefix)),
            pattern: None,
            url: S3Url {
                bucket: bucket.to_owned(),
                key: prefix.to_owned(),
            },
            scope,
        }
    }

    /// The same for objects that are removed while they are listed.
    pub(super) fn with_one_reader(self) -> Self {
        Self {
            lister: self.lister.with_one_reader(),
            ..self
        }
    }

    /// The objects of the next page that are meant, which may be none; `None` after the last page.
    pub(super) async fn next(
        &mut self,
        session: &Session,
    ) -> Result<Option<Vec<ListedObject>>, Failure> {
        let page = self.scope.next_page(&mut self.lister).await;
        let about = |error| Failure::from(error).on(&self.url);
        let Some(mut page) = page.map_err(about)? else {
            tell_unreadable(session, &self.url, self.lister.unreadable());
            return Ok(None);
        };
        page.objects.retain(|object| {
            let matches = |pattern: &Pattern| pattern.matches_tree(&object.key);
            self.pattern.as_ref().is_none_or(matches) && self.scope.admits(object)
        });
        Ok(Some(page.objects))
    }
}

/// Keys that cannot be named were left out: that is a failure, not a detail.
pub(super) fn tell_unreadable(session: &Session, url: &S3Url, unreadable: u64) {
    if unreadable > 0 {
        let text = format!("{unreadable} keys are not UTF-8 and were left out");
        session.tally.list(unreadable);
        session.tally.fail(unreadable);
        session.output.failure(&Failure::about(url, text));
    }
}
