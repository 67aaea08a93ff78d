//! `ls`: buckets, or what a path means.

use jiff::Timestamp;

use crate::{
    command::{
        Failure, Session,
        walk::{Entry, Shown, Tree},
    },
    location::S3Url,
    s3::op::{Bucket, ListBuckets, ListedObject},
};

pub(super) async fn run(session: &Session, url: Option<&S3Url>) -> Result<(), Failure> {
    match url {
        None => {
            let buckets = session.client.call(&ListBuckets).await;
            let buckets = buckets.map_err(|error| Failure::from(error).in_main_thread())?;
            print(session, buckets.iter().map(Row::bucket), DIRECTORY.len());
            Ok(())
        }
        Some(url) if session.options.recursive => tree(session, url).await,
        Some(url) => level(session, url).await,
    }
}

async fn level(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let mut shown = Shown::new(session, url);
    let mut rows = Rows::default();
    while let Some(mut entries) = shown.next().await? {
        // Compat: directories have no time.
        if session.options.modified.is_set() {
            entries.retain(|entry| matches!(entry, Entry::Object(_)));
        }
        rows.add(session, entries.iter().map(|entry| Row::entry(url, entry)));
        if session.output.is_closed() {
            return Ok(());
        }
    }
    rows.print(session);
    Ok(())
}

async fn tree(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let mut tree = Tree::new(session, url);
    let mut rows = Rows::default();
    while let Some(objects) = tree.next(session).await? {
        rows.add(
            session,
            objects.iter().map(|object| Row::object(url, object)),
        );
        if session.output.is_closed() {
            return Ok(());
        }
    }
    rows.print(session);
    Ok(())
}

/// There may be millions of rows: they are sorted, and the columns fitted to the values, only as
/// long as all of them are kept. Then they stream in the order of the keys, with wide columns.
#[derive(Debug, Default)]
struct Rows {
    kept: Vec<Row>,
    stream: bool,
}

impl Rows {
    fn add(&mut self, session: &Session, rows: impl Iterator<Item = Row>) {
        self.kept.extend(rows);
        self.stream |= self.kept.len() > FITTED;
        if self.stream {
            print(session, self.kept.drain(..), WIDE);
        }
    }

    /// Compat: directories first.
    fn print(mut self, session: &Session) {
        let rank = |row: &Row| row.size.is_some();
        self.kept
            .sort_unstable_by(|a, b| (rank(a), &a.name).cmp(&(rank(b), &b.name)));
        let width = self.kept.iter().map(Row::size_width).max().unwrap_or(0);
        print(session, self.kept.into_iter(), width);
    }
}

fn print(session: &Session, rows: impl Iterator<Item = Row>, size_width: usize) {
    session.output.lines(rows.map(|row| row.format(size_width)));
}

/// One line in its columns. Many of them may be kept, and so they are small until they are shown.
#[derive(Debug)]
struct Row {
    time: Option<Timestamp>,
    /// Bytes; a directory or a bucket has none.
    size: Option<u64>,
    name: String,
}

impl Row {
    fn bucket(bucket: &Bucket) -> Self {
        let url = S3Url {
            bucket: bucket.name.clone(),
            key: String::new(),
        };
        Self {
            time: bucket.created,
            size: None,
            name: url.to_string(),
        }
    }

    fn entry(url: &S3Url, entry: &Entry) -> Self {
        match entry {
            Entry::Object(object) => Self::object(url, object),
            Entry::Directory(prefix) => Self {
                time: None,
                size: None,
                name: url.with_key(&**prefix).to_string(),
            },
        }
    }

    fn object(url: &S3Url, object: &ListedObject) -> Self {
        Self {
            time: object.last_modified,
            size: Some(object.size),
            name: url.with_key(&*object.key).to_string(),
        }
    }

    fn size_width(&self) -> usize {
        match self.size {
            Some(size) => size.checked_ilog10().map_or(1, |log| log as usize + 1),
            None => DIRECTORY.len(),
        }
    }

    /// The last column needs no width: blanks at the end are cut.
    fn format(&self, size_width: usize) -> String {
        // Compat: UTC, to the minute; blanks of the same width where there is none.
        let time = self
            .time
            .map(|at| at.strftime("%Y-%m-%d %H:%M").to_string());
        let size = self
            .size
            .map_or(DIRECTORY.to_owned(), |size| size.to_string());
        let (time, name) = (time.unwrap_or_default(), &self.name);
        let line = format!("{time:>16} {size:>size_width$} {name}");
        line.trim_end().to_owned()
    }
}

const DIRECTORY: &str = "DIR";
/// Compat: up to this many entries the layout is exactly that of the original.
const FITTED: usize = 100_000;
/// The width of sizes beyond that: a terabyte less one byte.
const WIDE: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_value() {
        let row = |time: Option<&str>, size, name: &str| Row {
            time: time.and_then(|time| time.parse().ok()),
            size,
            name: name.to_owned(),
        };
        let directory = row(None, None, "s3://feat-a/x/");
        assert_eq!(directory.format(3), "                 DIR s3://feat-a/x/");
        let file = row(
            Some("2026-11-22T02:06:59Z"),
            Some(6),
            "s3://feat-a/one.txt ",
        );
        assert_eq!(file.format(3), "2026-11-22 02:06   6 s3://feat-a/one.txt");
        for (size, width) in [(0, 1), (9, 1), (10, 2), (999, 3), (u64::MAX, 20)] {
            assert_eq!(row(None, Some(size), "").size_width(), width);
        }
        assert_eq!(directory.size_width(), 3);
    }
}
