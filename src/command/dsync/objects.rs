//! The objects below a prefix, in the order of their keys, also from stores that list in another.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::{
    client::{Client, FlatLister},
    command::{Failure, Session, dsync::side::ReadError, scope::Scope, walk::tell_unreadable},
    local::{Record, Sorted, Sorter},
    location::S3Url,
    plan::merge::goes_on,
    s3::{op::ListedObject, types::ETag},
};

/// A listing that comes in the byte order of the keys.
///
/// S3 lists in that order, and then this streams. Some stores walk directories and list `a/b`
/// before `a-b`. They are noticed in the first 10,000 objects, and then the listing is sorted on
/// disk. Where a store breaks the order only later, [`ReadError::OutOfOrder`] says so: what was
/// concluded from the order is void, and the listing is to be read again, sorted.
pub(super) struct Objects {
    url: S3Url,
    lister: FlatLister,
    scope: Scope,
    state: State,
}

enum State {
    Unread {
        sorted: bool,
    },
    /// In order so far; the pages that were read ahead.
    Streaming {
        ahead: VecDeque<ListedObject>,
        last: String,
    },
    Sorted {
        objects: Box<Sorted>,
        last: String,
    },
}

impl Objects {
    /// Lists below a directory with `client`. `sorted` is for stores that are known to have
    /// another order.
    pub(super) fn below(session: &Session, client: &Client, url: &S3Url, sorted: bool) -> Self {
        let url = url.join("");
        let scope = Scope::below(session, &url.key);
        let objects = Self {
            lister: scope.within(client.list_flat(&url.bucket, &url.key, &url.key)),
            scope,
            state: State::Unread { sorted },
            url,
        };
        if sorted {
            objects.listing_all()
        } else {
            objects
        }
    }

    /// The same, where what is not listed would be taken for removed.
    pub(super) fn listing_all(self) -> Self {
        Self {
            lister: self.lister.with_one_reader(),
            scope: self.scope.listing_all(),
            ..self
        }
    }

    /// The next object whose name the rules admit; `None` after the last.
    pub(super) async fn next(
        &mut self,
        session: &Session,
    ) -> Result<Option<ListedObject>, ReadError> {
        if let State::Unread { sorted } = self.state {
            self.begin(sorted).await?;
        }
        let next = match &mut self.state {
            State::Unread { .. } => None,
            State::Sorted { objects, last } => next_sorted(objects, last)?,
            State::Streaming { ahead, last } => {
                if ahead.is_empty() {
                    let page = page(&self.url, &mut self.lister, &self.scope)
                        .await?
                        .unwrap_or_default();
                    // Before anything on it is believed.
                    if !goes_on(Some(last), keys(&page)) {
                        return Err(ReadError::OutOfOrder);
                    }
                    *ahead = page.into();
                }
                let next = ahead.pop_front();
                if let Some(next) = &next {
                    last.clone_from(&next.key);
                }
                next
            }
        };
        if next.is_none() {
            tell_unreadable(session, &self.url, self.lister.unreadable());
        }
        Ok(next)
    }

    async fn begin(&mut self, sorted: bool) -> Result<(), ReadError> {
        let mut ahead = Vec::new();
        let mut is_whole = sorted;
        while !sorted && ahead.len() < LOOK_AHEAD {
            match page(&self.url, &mut self.lister, &self.scope).await? {
                Some(page) => ahead.extend(page),
                None => break,
            }
        }
        is_whole |= !goes_on(None, keys(&ahead));
        self.state = match is_whole {
            true => State::Sorted {
                objects: Box::new(self.sort(ahead).await?),
                last: String::new(),
            },
            false => State::Streaming {
                ahead: ahead.into(),
                last: String::new(),
            },
        };
        Ok(())
    }

    async fn sort(&mut self, ahead: Vec<ListedObject>) -> Result<Sorted, Failure> {
        let mut sorter = Sorter::default();
        let mut add = |objects: Vec<ListedObject>| {
            objects
                .iter()
                .try_for_each(|object| sorter.push(object.key.as_bytes(), &encode(object)))
                .map_err(no_room)
        };
        add(ahead)?;
        while let Some(page) = page(&self.url, &mut self.lister, &self.scope).await? {
            add(page)?;
        }
        sorter.finish().map_err(no_room)
    }
}

/// Whether the source of a copy, a directory, has anything in one below it, with its slash.
pub(super) async fn has_any_below(
    session: &Session,
    source: &S3Url,
    directory: &str,
) -> Result<bool, Failure> {
    let root = source.join("").key;
    let prefix = format!("{root}{directory}");
    let scope = Scope::below(session, &root);
    let mut lister = session.source.list_flat(&source.bucket, &prefix, &prefix);
    let page = page(source, &mut lister, &scope).await?;
    Ok(page.is_some())
}

/// The admitted objects of the next page that has any.
async fn page(
    url: &S3Url,
    lister: &mut FlatLister,
    scope: &Scope,
) -> Result<Option<Vec<ListedObject>>, Failure> {
    loop {
        let page = scope.next_page(lister).await;
        let page = page.map_err(|error| Failure::from(error).on(url))?;
        let Some(page) = page else {
            return Ok(None);
        };
        let mut objects = page.objects;
        objects.retain(|object| scope.names(&object.key));
        if !objects.is_empty() {
            return Ok(Some(objects));
        }
    }
}

fn keys(objects: &[ListedObject]) -> impl Iterator<Item = &str> {
    objects.iter().map(|object| &*object.key)
}

/// A store that changes while it is listed can give a key twice.
fn next_sorted(objects: &mut Sorted, last: &mut String) -> Result<Option<ListedObject>, Failure> {
    for record in objects {
        let object = decode(record.map_err(no_room)?)?;
        if last.is_empty() || object.key != *last {
            last.clone_from(&object.key);
            return Ok(Some(object));
        }
    }
    Ok(None)
}

/// What could not be kept on disk.
pub(in crate::command) fn no_room(error: std::io::Error) -> Failure {
    Failure::os("the temporary directory (see TMPDIR)", &error)
}

/// All but the key, as text with tabs between. The tag is last, because it may be anything.
fn encode(object: &ListedObject) -> Vec<u8> {
    let time = object.last_modified.map(Timestamp::as_nanosecond);
    let time = time.map_or(String::new(), |time| time.to_string());
    let class = object.storage_class.as_deref().unwrap_or_default();
    let etag = object.etag.as_ref().map_or("", ETag::as_str);
    format!(
        "{}\t{time}\t{}\t{etag}",
        object.size,
        class.replace('\t', " ")
    )
    .into_bytes()
}

fn decode(record: Record) -> Result<ListedObject, Failure> {
    let broken = || Failure::runtime("a temporary file was damaged");
    let key = String::from_utf8(record.key).map_err(|_| broken())?;
    let text = String::from_utf8(record.value).map_err(|_| broken())?;
    let mut fields = text.splitn(4, '\t');
    let mut field = || fields.next().ok_or_else(broken);
    let size = field()?.parse().map_err(|_| broken())?;
    let time = match field()? {
        "" => None,
        time => Some(time.parse().map_err(|_| broken())?),
    };
    let last_modified = time.map(Timestamp::from_nanosecond).transpose();
    let class = field()?;
    let etag = field()?;
    Ok(ListedObject {
        key,
        size,
        last_modified: last_modified.map_err(|_| broken())?,
        etag: ETag::parse(etag),
        storage_class: (!class.is_empty()).then(|| class.to_owned()),
    })
}

/// Objects that are read before the order is trusted: ten full pages.
const LOOK_AHEAD: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_on_disk_comes_back() {
        let full = ListedObject {
            key: "a\tb\n/é".to_owned(),
            size: u64::MAX,
            last_modified: "2026-11-24T01:02:03.456789Z".parse().ok(),
            etag: Some(ETag::new("\"with\ttab\"")),
            storage_class: Some("GLACIER".to_owned()),
        };
        let empty = ListedObject {
            key: String::new(),
            size: 0,
            last_modified: None,
            etag: None,
            storage_class: None,
        };
        for object in [full, empty] {
            let record = Record {
                key: object.key.clone().into_bytes(),
                value: encode(&object),
            };
            assert_eq!(decode(record), Ok(object));
        }
    }
}
