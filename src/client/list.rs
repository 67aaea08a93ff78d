//! Listings: pages that are checked before anyone believes them.

use std::sync::atomic::Ordering;

use crate::{
    client::{Client, ClientError},
    s3::op::{ListObjects, ListObjectsV2, ListPage},
};

/// Reads a listing page by page. A page that fails, repeats, or is cut ends the listing with an
/// error; only `None` says that everything was seen.
#[derive(Debug)]
pub struct Lister {
    client: Client,
    bucket: String,
    prefix: String,
    delimiter: Option<String>,
    next: Next,
    names: LoopCheck,
    tokens: LoopCheck,
    /// The last key, as long as all came in their order.
    last: Option<String>,
}

#[derive(Debug)]
enum Next {
    First,
    FirstBehind(String),
    At(String),
    /// Behind a key; if the server does not begin there, at the token of the page before.
    Behind(String, String),
    End,
}

/// Where a page begins.
#[derive(Clone, Copy)]
enum From<'a> {
    Start,
    Token(&'a str),
    Behind(&'a str),
}

impl Client {
    /// Lists the objects whose keys begin with `prefix`; with a delimiter, only down to it.
    pub fn list(&self, bucket: &str, prefix: &str, delimiter: Option<&str>) -> Lister {
        Lister {
            client: self.clone(),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            delimiter: delimiter.map(str::to_owned),
            next: Next::First,
            names: LoopCheck::default(),
            tokens: LoopCheck::default(),
            last: Some(String::new()),
        }
    }

    /// The same without a delimiter, from behind a key on: a server that does not begin there is
    /// an error.
    pub(super) fn list_behind(&self, bucket: &str, prefix: &str, key: String) -> Lister {
        Lister {
            next: Next::FirstBehind(key),
            ..self.list(bucket, prefix, None)
        }
    }
}

impl Lister {
    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// As [`Client::call`], and [`ClientError::Listing`].
    pub async fn next_page(&mut self) -> Result<Option<ListPage>, ClientError> {
        let (token, page) = match std::mem::replace(&mut self.next, Next::End) {
            Next::End => return Ok(None),
            Next::First => (None, self.fetch(From::Start).await?),
            Next::FirstBehind(key) => {
                let page = self.fetch(From::Behind(&key)).await?;
                if !is_behind(&page, &key) {
                    return Err(self.untrusted("it does not begin where it was told"));
                }
                (None, page)
            }
            Next::At(token) => {
                let page = self.fetch(From::Token(&token)).await?;
                (Some(token), page)
            }
            Next::Behind(key, token) => {
                let page = self.behind(&key, &token).await?;
                (Some(token), page)
            }
        };
        if !self.was_asked_for(&page) {
            return Err(self.untrusted("it has keys that were not asked for"));
        }
        self.check_order(&page);
        if page.truncated {
            let next = page.next.clone();
            let next = next.ok_or_else(|| self.untrusted("more should follow, but not where"))?;
            let repeats = first_name(&page).is_some_and(|name| self.names.repeats(name));
            if Some(&next) == token.as_ref() || repeats || self.tokens.repeats(&next) {
                return Err(self.untrusted("it goes in a circle"));
            }
            self.next = Next::At(next);
        }
        Ok(Some(page))
    }

    /// Whether all keys so far came in the order of their bytes.
    pub(super) fn is_in_order(&self) -> bool {
        self.last.is_some()
    }

    /// Whether no page follows.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.next, Next::End)
    }

    /// As [`FlatLister::skip_behind`](super::FlatLister::skip_behind), of one reader.
    pub(super) fn skip_behind(&mut self, key: String) {
        self.next = match std::mem::replace(&mut self.next, Next::End) {
            Next::At(token) if self.last.is_some() => Next::Behind(key, token),
            next => next,
        };
    }

    fn check_order(&mut self, page: &ListPage) {
        for object in &page.objects {
            match &mut self.last {
                Some(last) if object.key > *last || last.is_empty() => last.clone_from(&object.key),
                _ => {
                    self.last = None;
                    return;
                }
            }
        }
    }

    async fn behind(&self, key: &str, token: &str) -> Result<ListPage, ClientError> {
        match self.fetch(From::Behind(key)).await {
            Ok(page) if is_behind(&page, key) => Ok(page),
            // Buckets without an order refuse to begin anywhere.
            Err(error) if error.service().is_none() => Err(error),
            _ => self.fetch(From::Token(token)).await,
        }
    }

    async fn fetch(&self, from: From<'_>) -> Result<ListPage, ClientError> {
        let (token, key) = match from {
            From::Start => (None, None),
            From::Token(token) => (Some(token), None),
            From::Behind(key) => (None, Some(key)),
        };
        let v1_only = &self.client.inner.facts.lists_v1_only;
        if !v1_only.load(Ordering::Relaxed) {
            let v2 = ListObjectsV2 {
                bucket: &self.bucket,
                prefix: &self.prefix,
                delimiter: self.delimiter.as_deref(),
                continuation_token: token,
                start_after: key,
                url_encoding: true,
            };
            match self.client.call(&v2).await {
                Err(error) if matches!(from, From::Start) && lacks_v2(&error) => {
                    v1_only.store(true, Ordering::Relaxed);
                }
                other => return other,
            }
        }
        let v1 = ListObjects {
            bucket: &self.bucket,
            prefix: &self.prefix,
            delimiter: self.delimiter.as_deref(),
            marker: token.or(key),
            url_encoding: true,
        };
        self.client.call(&v1).await
    }

    /// Whatever is below a prefix begins with it, and a common prefix goes on behind it. Who
    /// answers otherwise did not understand the question.
    fn was_asked_for(&self, page: &ListPage) -> bool {
        let keys = page.objects.iter().map(|object| &object.key);
        let below =
            |prefix: &String| prefix.len() > self.prefix.len() && prefix.starts_with(&self.prefix);
        keys.into_iter().all(|key| key.starts_with(&self.prefix)) && page.prefixes.iter().all(below)
    }

    fn untrusted(&self, reason: &'static str) -> ClientError {
        ClientError::Listing {
            bucket: self.bucket.clone(),
            reason,
        }
    }
}

fn lacks_v2(error: &ClientError) -> bool {
    error.service().is_some_and(|service| {
        matches!(service.status.as_u16(), 405 | 501) || service.code == "NotImplemented"
    })
}

/// Whether all that is on a page is behind a key.
fn is_behind(page: &ListPage, key: &str) -> bool {
    let mut keys = page.objects.iter().map(|object| &object.key);
    keys.all(|other| **other > *key)
}

/// The first name on a page; `None` for an empty page, which is allowed in the middle: all its
/// objects may be gone.
fn first_name(page: &ListPage) -> Option<&str> {
    let object = page.objects.first().map(|object| object.key.as_str());
    let prefix = page.prefixes.first().map(String::as_str);
    object.into_iter().chain(prefix).min()
}

/// Finds circles of any length with the memory of two marks: each is compared with the last one
/// whose number was a power of two (Brent's algorithm), and with the first one: a server that loses
/// its place begins again, and may find it later. Both the names and the tokens of pages are
/// watched: an empty page has no names, and tokens may be salted.
#[derive(Debug, Default)]
pub(super) struct LoopCheck {
    marks: u64,
    first: Option<String>,
    kept: Option<String>,
}

impl LoopCheck {
    pub(super) fn repeats(&mut self, mark: &str) -> bool {
        let is_kept = |kept: &Option<String>| kept.as_deref() == Some(mark);
        let repeats = is_kept(&self.kept) || is_kept(&self.first);
        self.marks += 1;
        if self.marks == 1 {
            self.first = Some(mark.to_owned());
        }
        if self.marks.is_power_of_two() {
            self.kept = Some(mark.to_owned());
        }
        repeats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_of_any_length_are_found() {
        for length in 1..20_u32 {
            let mut check = LoopCheck::default();
            let found = (0..200_u32).position(|n| check.repeats(&(n % length).to_string()));
            assert!(found.is_some(), "circle of {length}");
        }
        let mut check = LoopCheck::default();
        assert!((0..1000).all(|n| !check.repeats(&n.to_string())));
    }

    /// After four pages the first one came again, once, and its names were listed twice.
    #[test]
    fn a_listing_that_begins_again_is_found_at_once() {
        for before in 1..20_u32 {
            let mut check = LoopCheck::default();
            assert!((0..before).all(|n| !check.repeats(&n.to_string())));
            assert!(check.repeats("0"), "after {before}");
        }
    }
}
