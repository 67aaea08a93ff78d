//! Listings: pages that are checked before anyone believes them.

pub(super) mod sorted;

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
    loops: LoopCheck,
    unreadable: u64,
}

#[derive(Debug)]
enum Next {
    First,
    At(String),
    End,
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
            loops: LoopCheck::default(),
            unreadable: 0,
        }
    }
}

impl Lister {
    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// As [`Client::call`], and [`ClientError::Listing`].
    pub async fn next_page(&mut self) -> Result<Option<ListPage>, ClientError> {
        let token = match std::mem::replace(&mut self.next, Next::End) {
            Next::End => return Ok(None),
            Next::First => None,
            Next::At(token) => Some(token),
        };
        let page = self.fetch(token.as_deref()).await?;
        self.unreadable += page.unreadable;
        if page.truncated {
            let next = page.next.clone();
            let next = next.ok_or_else(|| self.untrusted("more should follow, but not where"))?;
            if Some(&next) == token.as_ref() || self.loops.repeats(&page) {
                return Err(self.untrusted("it goes in a circle"));
            }
            self.next = Next::At(next);
        }
        Ok(Some(page))
    }

    /// How many objects so far have names that are not UTF-8 and were left out.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    async fn fetch(&self, token: Option<&str>) -> Result<ListPage, ClientError> {
        let v1_only = &self.client.inner.facts.lists_v1_only;
        if !v1_only.load(Ordering::Relaxed) {
            let v2 = ListObjectsV2 {
                bucket: &self.bucket,
                prefix: &self.prefix,
                delimiter: self.delimiter.as_deref(),
                continuation_token: token,
                start_after: None,
                url_encoding: true,
            };
            match self.client.call(&v2).await {
                Err(error) if token.is_none() && lacks_v2(&error) => {
                    v1_only.store(true, Ordering::Relaxed);
                }
                other => return other,
            }
        }
        let v1 = ListObjects {
            bucket: &self.bucket,
            prefix: &self.prefix,
            delimiter: self.delimiter.as_deref(),
            marker: token,
            url_encoding: true,
        };
        self.client.call(&v1).await
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

/// Finds circles of any length with the memory of one page: the first entry of each page is
/// compared with that of the last page whose number was a power of two (Brent's algorithm).
#[derive(Debug, Default)]
struct LoopCheck {
    pages: u64,
    first_entry: Option<String>,
}

impl LoopCheck {
    fn repeats(&mut self, page: &ListPage) -> bool {
        let objects = page.objects.first().map(|object| object.key.as_str());
        let prefixes = page.prefixes.first().map(String::as_str);
        // An empty page in the middle is allowed: all its objects may be gone.
        let Some(first) = objects.into_iter().chain(prefixes).min() else {
            return false;
        };
        let repeats = self.first_entry.as_deref() == Some(first);
        self.pages += 1;
        if self.pages.is_power_of_two() {
            self.first_entry = Some(first.to_owned());
        }
        repeats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(prefix: &str) -> ListPage {
        ListPage {
            prefixes: vec![prefix.to_owned()],
            ..ListPage::default()
        }
    }

    #[test]
    fn circles_of_any_length_are_found() {
        for length in 1..20_u32 {
            let mut check = LoopCheck::default();
            let found = (0..200_u32).position(|n| check.repeats(&page(&(n % length).to_string())));
            assert!(found.is_some(), "circle of {length}");
        }
        let mut check = LoopCheck::default();
        assert!((0..1000).all(|n| !check.repeats(&page(&n.to_string()))));
    }
}
