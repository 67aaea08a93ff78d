//! What a path means, without what is below it, a page at a time.

use std::collections::VecDeque;

use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    client::{ClientError, Lister},
    command::{
        Failure, Session,
        scope::Scope,
        walk::{Entry, tell_unreadable},
    },
    location::S3Url,
    plan::pattern::{Pattern, Step},
    s3::op::ListPage,
};

/// The entries that match a pattern, or are directly in a directory. They come in the order of
/// the keys, if the server lists in that order.
///
/// A few listings run at once and read a little ahead: what is held does not grow with the number
/// of entries.
///
/// Compat: `S3Handler.s3walk` without recursion.
#[derive(Debug)]
pub(super) struct Level<'a> {
    session: &'a Session,
    url: S3Url,
    /// Everything without.
    pattern: Option<Pattern>,
    /// In the order of the keys. What is below a page of a listing goes in front of the rest of
    /// that listing, so that there is never more than a page for each level.
    listings: VecDeque<Listing>,
    tasks: JoinSet<()>,
    unreadable: u64,
    has_left_out: bool,
    scope: Scope,
}

#[derive(Debug)]
enum Listing {
    /// Of a prefix, which is to be listed.
    Waiting(String),
    /// Its pages come from here.
    Running(mpsc::Receiver<Listed>),
}

/// A page of a listing; `None` after the last, so that a listing that broke off is not taken for
/// one that ended.
type Listed = Result<Option<ListPage>, ClientError>;

impl<'a> Level<'a> {
    /// What a path means.
    pub(super) fn of(session: &'a Session, url: &S3Url) -> Self {
        let pattern = Pattern::new(&url.key);
        let prefix = pattern.fixed_prefix();
        let scope = Scope::of(session, &url.key);
        Self::new(session, url.clone(), Some(pattern), prefix, scope)
    }

    /// What is directly in a directory, given by its prefix with the slash; `scope` says which of
    /// it is meant.
    pub(super) fn directory(
        session: &'a Session,
        bucket: &str,
        prefix: &str,
        scope: Scope,
    ) -> Self {
        let url = S3Url {
            bucket: bucket.to_owned(),
            key: prefix.to_owned(),
        };
        Self::new(session, url, None, prefix.to_owned(), scope)
    }

    fn new(
        session: &'a Session,
        url: S3Url,
        pattern: Option<Pattern>,
        prefix: String,
        scope: Scope,
    ) -> Self {
        Self {
            session,
            url,
            pattern,
            listings: VecDeque::from([Listing::Waiting(prefix)]),
            tasks: JoinSet::new(),
            unreadable: 0,
            has_left_out: false,
            scope,
        }
    }

    /// Whether there was something so far that is not among the entries: an object that the user
    /// left out by its time, or one that cannot be named.
    pub(super) fn has_left_out(&self) -> bool {
        self.has_left_out || self.unreadable > 0
    }

    /// The next entries, which may be none; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Entry>>, Failure> {
        loop {
            self.start_listings();
            let Some(Listing::Running(pages)) = self.listings.front_mut() else {
                tell_unreadable(self.session, &self.url, self.unreadable);
                return Ok(None);
            };
            let broke_off = || Failure::runtime("a listing broke off");
            let about = |error| Failure::from(error).on(&self.url);
            match pages.recv().await.ok_or_else(broke_off)?.map_err(about)? {
                Some(page) => return Ok(Some(self.entries(page))),
                None => drop(self.listings.pop_front()),
            }
        }
    }

    fn start_listings(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        let most = self.session.transfer.jobs.clamp(1, LISTINGS);
        let is_running = |listing: &&Listing| matches!(listing, Listing::Running(_));
        let mut running = self.listings.iter().filter(is_running).count();
        for (index, listing) in self.listings.iter_mut().take(most).enumerate() {
            // The first one is waited for.
            if let Listing::Waiting(prefix) = listing
                && (index == 0 || running < most)
            {
                let client = &self.session.client;
                let lister = client.list(&self.url.bucket, prefix, Some("/"));
                let (sender, receiver) = mpsc::channel(1);
                self.tasks.spawn(list(lister, sender));
                *listing = Listing::Running(receiver);
                running += 1;
            }
        }
    }

    /// What is meant of a page.
    fn entries(&mut self, page: ListPage) -> Vec<Entry> {
        self.unreadable += page.unreadable;
        let mut entries = Vec::new();
        for prefix in page.prefixes.into_iter().rev() {
            match self.pattern.as_ref().map(|pattern| pattern.step(&prefix)) {
                None | Some(Step::Directory) if self.scope.may_have_below(&prefix) => {
                    entries.push(Entry::Directory(prefix));
                }
                None | Some(Step::Directory) => self.has_left_out = true,
                Some(Step::Descend) => self.listings.push_front(Listing::Waiting(prefix)),
                Some(Step::Skip) => {}
            }
        }
        for object in page.objects {
            let matches = |pattern: &Pattern| pattern.matches(&object.key);
            if !self.pattern.as_ref().is_none_or(matches) {
                continue;
            }
            if self.scope.admits(&object) {
                entries.push(Entry::Object(object));
            } else {
                self.has_left_out = true;
            }
        }
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
