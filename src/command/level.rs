//! What a path means, without what is below it, a page at a time.

use std::collections::VecDeque;

use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    client::{ClientError, Lister},
    command::{
        Failure, Session,
        walk::{Entry, tell_unreadable},
    },
    location::S3Url,
    plan::pattern::{Pattern, Step},
    s3::op::ListPage,
};

/// The entries that match a pattern, or are directly in a directory. They come in the order of
/// the keys, if the server lists in that order.
///
/// Level by level, a few listings run at once and read a little ahead: what is held does not grow
/// with the number of entries.
///
/// Compat: `S3Handler.s3walk` without recursion.
#[derive(Debug)]
pub(super) struct Level<'a> {
    session: &'a Session,
    url: S3Url,
    /// Everything without.
    pattern: Option<Pattern>,
    /// The prefixes that are still to be listed, in order.
    waiting: VecDeque<String>,
    /// The listings under way, in order.
    running: VecDeque<mpsc::Receiver<Listed>>,
    tasks: JoinSet<()>,
    unreadable: u64,
}

/// A page of a listing; `None` after the last, so that a listing that broke off is not taken for
/// one that ended.
type Listed = Result<Option<ListPage>, ClientError>;

impl<'a> Level<'a> {
    /// What a path means.
    pub(super) fn of(session: &'a Session, url: &S3Url) -> Self {
        let pattern = Pattern::new(&url.key);
        let prefix = pattern.fixed_prefix();
        Self::new(session, url.clone(), Some(pattern), prefix)
    }

    /// What is directly in a directory, given by its prefix with the slash.
    pub(super) fn directory(session: &'a Session, bucket: &str, prefix: &str) -> Self {
        let url = S3Url {
            bucket: bucket.to_owned(),
            key: prefix.to_owned(),
        };
        Self::new(session, url, None, prefix.to_owned())
    }

    fn new(session: &'a Session, url: S3Url, pattern: Option<Pattern>, prefix: String) -> Self {
        Self {
            session,
            url,
            pattern,
            waiting: VecDeque::from([prefix]),
            running: VecDeque::new(),
            tasks: JoinSet::new(),
            unreadable: 0,
        }
    }

    /// The next entries, which may be none; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Entry>>, Failure> {
        loop {
            self.start_listings();
            let Some(pages) = self.running.front_mut() else {
                tell_unreadable(self.session, &self.url, self.unreadable);
                return Ok(None);
            };
            let broke_off = || Failure::runtime("a listing broke off");
            match pages.recv().await.ok_or_else(broke_off)?? {
                Some(page) => return Ok(Some(self.entries(page))),
                None => self.running.pop_front(),
            };
        }
    }

    fn start_listings(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        let most = self.session.transfer.jobs.clamp(1, LISTINGS);
        while self.running.len() < most
            && let Some(prefix) = self.waiting.pop_front()
        {
            let client = &self.session.client;
            let lister = client.list(&self.url.bucket, &prefix, Some("/"));
            let (sender, receiver) = mpsc::channel(1);
            self.tasks.spawn(list(lister, sender));
            self.running.push_back(receiver);
        }
    }

    /// What is meant of a page.
    fn entries(&mut self, page: ListPage) -> Vec<Entry> {
        self.unreadable += page.unreadable;
        let mut entries = Vec::new();
        for prefix in page.prefixes {
            match self.pattern.as_ref().map(|pattern| pattern.step(&prefix)) {
                None | Some(Step::Directory) => entries.push(Entry::Directory(prefix)),
                Some(Step::Descend) => self.waiting.push_back(prefix),
                Some(Step::Skip) => {}
            }
        }
        let objects = page.objects.into_iter().filter(|object| {
            let matches = |pattern: &Pattern| pattern.matches(&object.key);
            self.pattern.as_ref().is_none_or(matches)
                && self.session.options.modified.admits(object.last_modified)
        });
        entries.extend(objects.map(Entry::Object));
        entries.sort_by(|a, b| a.key().cmp(b.key()));
        entries
    }
}

async fn list(mut lister: Lister, pages: mpsc::Sender<Listed>) {
    loop {
        let page = lister.next_page().await;
        let is_last = !matches!(page, Ok(Some(_)));
        if pages.send(page).await.is_err() || is_last {
            return;
        }
    }
}

/// Listings at once. Each holds up to three pages of 1,000 entries.
const LISTINGS: usize = 16;
