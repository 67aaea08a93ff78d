//! A listing in the order of keys, also from stores that list in another one.

use std::{collections::VecDeque, vec};

use crate::{
    client::{Client, ClientError, Lister},
    s3::op::ListedObject,
};

/// All objects below a prefix, in the byte order of their keys.
///
/// S3 lists in that order, and then this streams. Some stores walk directories and list `a/b`
/// before `a-b`. They are noticed in the first 10,000 objects and then the whole listing
/// is read and sorted. Where a store breaks the order only later, [`ClientError::OutOfOrder`]
/// says so: call [`SortedObjects::whole`] and begin again.
#[derive(Debug)]
pub struct SortedObjects {
    lister: Lister,
    state: State,
    unreadable: u64,
}

#[derive(Debug)]
enum State {
    Unread,
    /// In order so far; the pages that were read ahead.
    Streaming {
        ahead: VecDeque<ListedObject>,
        last: String,
    },
    Sorted(vec::IntoIter<ListedObject>),
}

impl SortedObjects {
    /// Lists below `prefix`.
    pub fn new(client: &Client, bucket: &str, prefix: &str) -> Self {
        let lister = client.list(bucket, prefix, None);
        Self {
            lister,
            state: State::Unread,
            unreadable: 0,
        }
    }

    /// Reads the whole listing into memory and sorts it.
    ///
    /// # Errors
    /// As [`Lister::next_page`].
    pub async fn whole(client: &Client, bucket: &str, prefix: &str) -> Result<Self, ClientError> {
        let mut this = Self::new(client, bucket, prefix);
        this.read_all(Vec::new()).await?;
        Ok(this)
    }

    /// The next object; `None` after the last.
    ///
    /// # Errors
    /// As [`Lister::next_page`], and [`ClientError::OutOfOrder`].
    pub async fn next(&mut self) -> Result<Option<ListedObject>, ClientError> {
        if matches!(self.state, State::Unread) {
            self.read_ahead().await?;
        }
        match &mut self.state {
            State::Unread => Ok(None),
            State::Sorted(objects) => Ok(objects.next()),
            State::Streaming { ahead, last } => {
                while ahead.is_empty() {
                    match self.lister.next_page().await? {
                        Some(page) => ahead.extend(page.objects),
                        None => return Ok(None),
                    }
                }
                let Some(object) = ahead.pop_front() else {
                    return Ok(None);
                };
                if !last.is_empty() && object.key <= *last {
                    return Err(ClientError::OutOfOrder);
                }
                last.clone_from(&object.key);
                Ok(Some(object))
            }
        }
    }

    /// How many objects have names that are not UTF-8 and were left out.
    pub fn unreadable(&self) -> u64 {
        self.unreadable + self.lister.unreadable()
    }

    async fn read_ahead(&mut self) -> Result<(), ClientError> {
        let mut ahead = Vec::new();
        while ahead.len() < LOOK_AHEAD {
            match self.lister.next_page().await? {
                Some(page) => ahead.extend(page.objects),
                None => break,
            }
        }
        if ahead.is_sorted_by(|a, b| a.key < b.key) {
            self.state = State::Streaming {
                ahead: ahead.into(),
                last: String::new(),
            };
            return Ok(());
        }
        self.read_all(ahead).await
    }

    async fn read_all(&mut self, mut objects: Vec<ListedObject>) -> Result<(), ClientError> {
        while let Some(page) = self.lister.next_page().await? {
            objects.extend(page.objects);
        }
        objects.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        // A store that changes while it is listed can give a key twice.
        objects.dedup_by(|later, earlier| later.key == earlier.key);
        self.state = State::Sorted(objects.into_iter());
        Ok(())
    }
}

/// Objects that are read before the order is trusted: ten full pages.
const LOOK_AHEAD: usize = 10_000;
