//! All objects below a prefix, read at several places at once.

use std::collections::VecDeque;

use futures_util::future::join_all;

use crate::{
    client::{Client, ClientError, Lister, foresight},
    s3::op::{ListPage, ListedObject},
};

/// Reads a listing without a delimiter. If it is long, other readers begin behind keys that are
/// expected some pages further on; what they read ahead is kept until it is its turn. The pages
/// come as if one reader had read them all.
///
/// That is not taken on trust. Each reader goes on until it is past the place where the next one
/// began, and what it finds there must be what that one found. Otherwise, and whenever a reader
/// ahead fails, the reader that was there before goes on alone, as if there had never been another.
///
/// What this cannot notice is a server that begins by one order and lists by another. There are
/// such: several stores that keep objects as files list in the order of a walk through directories
/// (`a/b` before `a-b`). For them places are taken only in the first component below a directory
/// that has everything that is wanted. There both orders part the keys alike: they differ only
/// about what is below `a` where a place goes on behind `a` with something that sorts before a
/// slash, and a place has letters and digits where it is not like a key that was already listed.
/// Only Amazon's own service, which is known for its order, is begun anywhere; and where another
/// order than that of bytes was seen, no reader is added any more.
///
/// Source: `StartAfter` of
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>.
#[derive(Debug)]
pub struct FlatLister {
    client: Client,
    bucket: String,
    prefix: String,
    base: String,
    /// In the order of their places: the pages of the first one come next.
    readers: VecDeque<Reader>,
    may_add: bool,
    /// Behind this nothing is wanted.
    end: Option<String>,
    /// Whether the first reader begins at a place, and did not read anything yet.
    is_placed: bool,
    /// What is wanted came.
    is_over: bool,
    unreadable: u64,
    /// What was read by all readers, and how many of these keys for nothing.
    pages: u64,
    keys: u64,
    waste: u64,
    /// The most bytes that a page took.
    largest: usize,
    /// How many pages ahead the next reader is to begin.
    reach: u64,
}

/// Reads what is behind a place, up to the place of the next reader.
#[derive(Debug)]
struct Reader {
    lister: Lister,
    /// `None` is the beginning.
    place: Option<String>,
    /// What was read and is not used yet.
    ahead: VecDeque<ListPage>,
    /// The first and the last key that were read, from so many pages.
    first: String,
    last: String,
    pages: u64,
}

impl Client {
    /// Lists the objects whose keys begin with `prefix`. `base` is empty or ends in a slash, and
    /// only what is below it is wanted, beside an object of that name without the slash.
    pub fn list_flat(&self, bucket: &str, prefix: &str, base: &str) -> FlatLister {
        FlatLister {
            readers: VecDeque::from([Reader::new(self.list(bucket, prefix, None), None)]),
            client: self.clone(),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            base: base.to_owned(),
            may_add: true,
            end: None,
            is_placed: false,
            is_over: false,
            unreadable: 0,
            pages: 0,
            keys: 0,
            waste: 0,
            largest: 1,
            reach: REACH,
        }
    }
}

impl FlatLister {
    /// The same with one reader: for where what is not listed would be taken for removed, or is
    /// being removed.
    pub fn with_one_reader(self) -> Self {
        Self {
            may_add: false,
            ..self
        }
    }

    /// The same for keys behind `begin` and up to `end`. Others may come all the same: only what
    /// all servers are known to agree about is left out.
    pub fn within(self, begin: Option<String>, end: Option<String>) -> Self {
        let begin = begin.filter(|place| self.is_agreed(place));
        let end = end.filter(|place| self.is_agreed(place));
        match begin {
            Some(place) => {
                let lister = self.client.list_behind(&self.bucket, &self.prefix, place);
                Self {
                    readers: VecDeque::from([Reader::new(lister, None)]),
                    is_placed: true,
                    end,
                    ..self
                }
            }
            None => Self { end, ..self },
        }
    }

    /// Whether keys are on the same sides of a place by the order of bytes and by that of a walk
    /// through directories. They differ about what is below `a` and a place such as `a-b`.
    fn is_agreed(&self, place: &str) -> bool {
        let is_behind_slash = |byte: u8| byte > b'/';
        let name = place.strip_prefix(&self.base);
        self.client.endpoint().is_aws()
            || name.is_some_and(|name| name.bytes().all(is_behind_slash))
    }

    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// As [`Lister::next_page`].
    pub async fn next_page(&mut self) -> Result<Option<ListPage>, ClientError> {
        if self.is_over {
            return Ok(None);
        }
        if self.readers[0].ahead.is_empty() {
            match self.read().await {
                // Not every server can begin anywhere.
                Err(error) if self.is_placed && is_about_place(&error) => {
                    let lister = self.client.list(&self.bucket, &self.prefix, None);
                    self.readers = VecDeque::from([Reader::new(lister, None)]);
                    self.read().await?;
                }
                read => read?,
            }
            self.is_placed = false;
            self.add_reader();
        }
        let page = self.readers[0].ahead.pop_front();
        let page = page.map(|page| self.up_to_next_reader(page));
        let page = page.map(|page| self.up_to_end(page));
        self.unreadable += page.as_ref().map_or(0, |page| page.unreadable);
        Ok(page)
    }

    /// How many objects so far have names that are not UTF-8 and were left out.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Leaves out what follows up to `key`, which is behind all that came so far; not if the last
    /// page came, and not if the server is seen to have another order. Reading ahead is over then:
    /// it would read what is left out.
    ///
    /// A server that walks directories and yet begins where it is told by bytes could hide names
    /// so: this is not for deciding what is to be deleted.
    pub fn skip_behind(&mut self, key: String) {
        self.read_alone();
        if self.readers[0].ahead.is_empty() {
            self.readers[0].lister.skip_behind(key);
        }
    }

    /// Each reader that has something to do reads a page. All answers are waited for: a request
    /// that nobody waits for would stand in the way of others.
    async fn read(&mut self) -> Result<(), ClientError> {
        let held: usize = self.readers.iter().map(|reader| reader.ahead.len()).sum();
        let mut room = (self.may_keep() / self.largest).saturating_sub(held);
        let ends: Vec<_> = self
            .readers
            .iter()
            .skip(1)
            .map(|next| next.place.clone())
            .collect();
        let mut reading = Vec::new();
        for (index, reader) in self.readers.iter_mut().enumerate() {
            let is_past = |end: &Option<String>| Some(&reader.last) > end.as_ref();
            let has_room = room > 0 || index == 0 || reader.pages == 0;
            if !reader.lister.is_over() && has_room && !ends.get(index).is_some_and(is_past) {
                room = room.saturating_sub(usize::from(index > 0));
                reading.push(async move { (index, reader.lister.next_page().await) });
            }
        }
        for (index, page) in join_all(reading).await {
            match page {
                Ok(Some(page)) => self.keep(index, page),
                Ok(None) => {}
                Err(error) if index == 0 => return Err(error),
                Err(_) => {
                    self.may_add = false;
                    self.drop_from(index);
                }
            }
        }
        self.drop_empty();
        Ok(())
    }

    /// Bytes, by all readers.
    fn may_keep(&self) -> usize {
        let most = self.client.inner.options.read_ahead;
        usize::try_from(most).unwrap_or(usize::MAX)
    }

    fn keep(&mut self, index: usize, page: ListPage) {
        let weight = page
            .objects
            .iter()
            .map(|object| object.key.len() + OBJECT)
            .sum();
        self.largest = self.largest.max(weight);
        self.pages += 1;
        self.keys += page.objects.len() as u64;
        if let Some(reader) = self.readers.get_mut(index) {
            reader.keep(page);
        }
    }

    /// Beyond the end there is nothing to read.
    fn drop_empty(&mut self) {
        let is_empty = |reader: &Reader| reader.lister.is_over() && reader.last.is_empty();
        while self.readers.len() > 1 && self.readers.back().is_some_and(is_empty) {
            self.drop_from(self.readers.len() - 1);
            self.waste += self.page();
            self.reach = (self.reach / 2).max(1);
        }
    }

    /// Lets one more reader begin, if it is likely to be worth it.
    fn add_reader(&mut self) {
        let readers = self.readers.len();
        // Where a reader meets the next one, half a page is read twice, by and large. Counted in
        // halves of keys: pages may have one key.
        let waste = 2 * self.waste + readers as u64 * self.page();
        let is_in_order = |reader: &Reader| reader.lister.is_in_order();
        if !self.may_add
            || readers >= self.client.inner.options.max_requests.min(READERS)
            || waste * WASTE > 2 * self.keys
            || !self.readers.iter().all(is_in_order)
        {
            return;
        }
        let place = |index| Some((index, self.place_behind(index)?));
        if let Some((index, place)) = (0..readers).find_map(place) {
            let (bucket, prefix) = (&self.bucket, &self.prefix);
            let lister = self.client.list_behind(bucket, prefix, place.clone());
            self.readers
                .insert(index + 1, Reader::new(lister, Some(place)));
        }
    }

    /// A place well ahead of a reader, and well before the next one.
    fn place_behind(&self, index: usize) -> Option<String> {
        let reader = &self.readers[index];
        if reader.lister.is_over() {
            return None;
        }
        let (first, last) = (
            self.countable(&reader.first)?,
            self.countable(&reader.last)?,
        );
        let is_wanted = |place: &String| self.end.as_ref().is_none_or(|end| place < end);
        let place = |ahead| foresight::place(first, last, reader.pages, ahead).filter(is_wanted);
        match self.readers.get(index + 1) {
            Some(next) if place(2 * self.reach)? >= *next.place.as_ref()? => None,
            _ => place(self.reach),
        }
    }

    /// The part of a key in which a place may be taken.
    fn countable<'a>(&self, key: &'a str) -> Option<&'a str> {
        let below = key.strip_prefix(&self.base)?;
        let component = below.find('/').filter(|_| !self.client.endpoint().is_aws());
        Some(&key[..self.base.len() + component.unwrap_or(below.len())])
    }

    /// What of a page of the first reader comes before the place of the next one. Once that is not
    /// all of it, the next reader is the first.
    fn up_to_next_reader(&mut self, mut page: ListPage) -> ListPage {
        let [reader, next] = match self.readers.make_contiguous() {
            [reader, next, ..] => [reader, next],
            _ => return page,
        };
        let is_before = |object: &ListedObject| Some(&object.key) <= next.place.as_ref();
        let before = page
            .objects
            .iter()
            .take_while(|object| is_before(object))
            .count();
        let past = &page.objects[before..];
        if past.is_empty() && !reader.is_at_end() {
            return page;
        }
        let is_parted = reader.lister.is_in_order() && !past.iter().any(is_before);
        if !is_parted || page.unreadable > 0 || !next.begins_with(past) {
            self.read_alone();
            return page;
        }
        self.waste += past.len() as u64;
        page.objects.truncate(before);
        self.readers.pop_front();
        page
    }

    /// What of a page is before the end.
    fn up_to_end(&mut self, mut page: ListPage) -> ListPage {
        let Some(end) = &self.end else { return page };
        let is_behind = |object: &ListedObject| object.key > *end;
        if page.objects.last().is_some_and(is_behind) && self.readers[0].lister.is_in_order() {
            page.objects.retain(|object| !is_behind(object));
            self.is_over = true;
        }
        page
    }

    fn read_alone(&mut self) {
        self.may_add = false;
        self.drop_from(1);
    }

    fn drop_from(&mut self, index: usize) {
        self.readers.truncate(index);
    }

    /// How many keys a page has.
    fn page(&self) -> u64 {
        self.keys / self.pages.max(1)
    }
}

/// Whether a listing failed that would not have, had it begun at its beginning.
fn is_about_place(error: &ClientError) -> bool {
    error.service().is_some() || matches!(error, ClientError::Listing { .. })
}

impl Reader {
    fn new(lister: Lister, place: Option<String>) -> Self {
        Self {
            lister,
            place,
            ahead: VecDeque::new(),
            first: String::new(),
            last: String::new(),
            pages: 0,
        }
    }

    fn keep(&mut self, page: ListPage) {
        if let [first, .., last] | [first @ last] = &*page.objects {
            if self.last.is_empty() {
                self.first.clone_from(&first.key);
            }
            self.last.clone_from(&last.key);
        }
        self.pages += 1;
        self.ahead.push_back(page);
    }

    /// Whether there is nothing behind what was taken from it.
    fn is_at_end(&self) -> bool {
        self.ahead.is_empty() && self.lister.is_over()
    }

    /// Whether the first page has these objects, as far as it goes.
    fn begins_with(&self, objects: &[ListedObject]) -> bool {
        let Some(page) = self.ahead.front() else {
            return false;
        };
        let goes_on = self.ahead.len() > 1 || !self.lister.is_over();
        let has_enough = page.objects.len() >= objects.len() || goes_on;
        let mut pairs = page.objects.iter().zip(objects).peekable();
        let has_some = pairs.peek().is_some();
        has_some
            && has_enough
            && page.unreadable == 0
            && pairs.all(|(one, other)| one.key == other.key)
    }
}

/// Bytes that an object of a page takes beside its key, by and large.
const OBJECT: usize = 200;
/// More would hardly be faster, within what may be kept.
const READERS: usize = 8;
/// One in so many requests may be made for nothing.
const WASTE: u64 = 20;
/// Pages that a reader has for itself: half a page in so many is about one in [`WASTE`].
const REACH: u64 = 11;
