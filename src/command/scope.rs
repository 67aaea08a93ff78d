//! Which of the things that a listing has are meant.

use std::sync::Arc;

use crate::{
    client::{ClientError, FlatLister},
    command::Session,
    plan::{filter::TimeFilter, fnmatch, rules::Rules},
    s3::op::{ListPage, ListedObject},
};

/// The rules of `--include` and `--exclude`, and bounds of times, for what is below a root.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    rules: Arc<Rules>,
    modified: TimeFilter,
    /// A prefix, which is empty or ends in a slash.
    root: String,
    /// Whether what is excluded whole must be listed all the same.
    lists_all: bool,
}

impl Scope {
    /// For what is below a prefix, which is empty or ends in a slash.
    pub(super) fn below(session: &Session, root: &str) -> Self {
        Self {
            rules: Arc::clone(&session.options.rules),
            modified: session.options.modified,
            root: root.to_owned(),
            lists_all: false,
        }
    }

    /// The same, for a listing whose gaps lead to deletions.
    pub(super) fn listing_all(self) -> Self {
        Self {
            lists_all: true,
            ..self
        }
    }

    /// For what a path means: the rules are for names below what comes before its first wildcard.
    /// What the path itself names is called by its last component.
    pub(super) fn of(session: &Session, key: &str) -> Self {
        let key = key.strip_suffix('/').unwrap_or(key);
        let mut root = String::new();
        for component in key.split('/').take_while(|part| !fnmatch::is_pattern(part)) {
            root.push_str(component);
            root.push('/');
        }
        let root = if key.is_empty() { "" } else { &root };
        Self::below(session, root)
    }

    /// Whether an object is meant.
    pub(super) fn admits(&self, object: &ListedObject) -> bool {
        self.names(&object.key) && self.modified.admits(object.last_modified)
    }

    /// Whether the rules admit a name.
    pub(super) fn names(&self, key: &str) -> bool {
        self.rules.is_empty() || self.rules.admits(self.name(key))
    }

    /// Whether anything below a prefix, which ends in a slash, can be meant.
    pub(super) fn may_have_below(&self, prefix: &str) -> bool {
        let below = prefix.strip_prefix(&*self.root);
        self.rules.is_empty() || below.is_none_or(|below| self.rules.may_admit_below(below))
    }

    /// A listing that leaves out what is before and behind all that is meant, as far as that can be
    /// told to the server.
    pub(super) fn within(&self, lister: FlatLister) -> FlatLister {
        let [begin, end] = self.rules.range();
        let key = |name: &str| format!("{}{name}", self.root);
        // A little before: nothing is lost where a server begins a key too late.
        let before = begin.map(|name| {
            name.char_indices()
                .next_back()
                .map_or("", |(at, _)| &name[..at])
        });
        lister.within(before.map(key), end.map(key))
    }

    /// The next page of a listing. What the rules exclude whole is not listed further than to the
    /// end of the page where it begins.
    pub(super) async fn next_page(
        &self,
        lister: &mut FlatLister,
    ) -> Result<Option<ListPage>, ClientError> {
        let page = lister.next_page().await?;
        let last = page.as_ref().and_then(|page| page.objects.last());
        if let Some(last) = last
            && let Some(excluded) = self.excluded_directory(&last.key)
        {
            // Nothing below it sorts behind this, short of names that begin with the very last
            // character that there is: those are listed and left out.
            lister.skip_behind(format!("{excluded}{}", char::MAX));
        }
        Ok(page)
    }

    /// The outermost directory of a key that has nothing in it that is meant.
    fn excluded_directory<'a>(&self, key: &'a str) -> Option<&'a str> {
        if self.rules.is_empty() || self.lists_all {
            return None;
        }
        let start = key.strip_prefix(&*self.root).map(|_| self.root.len())?;
        let directories = key.match_indices('/').map(|(at, _)| &key[..=at]);
        directories
            .filter(|directory| directory.len() > start)
            .find(|directory| !self.may_have_below(directory))
    }

    /// What the rules call a key: its path below the root; of what is not below it, the last
    /// component.
    fn name<'a>(&self, key: &'a str) -> &'a str {
        let of_itself = || key.rsplit('/').next().unwrap_or(key);
        key.strip_prefix(&*self.root).unwrap_or_else(of_itself)
    }
}
