//! `ls`: buckets, or what a path means.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    command::{
        Failure, Layout, Session,
        record::Record,
        versions,
        walk::{Entry, Shown, Tree},
    },
    location::S3Url,
    s3::{
        op::{Bucket, ListBuckets, ListedObject},
        time::iso8601,
        types::ETag,
    },
};

pub(super) async fn run(session: &Session, url: Option<&S3Url>) -> Result<(), Failure> {
    match url {
        None if session.options.layout.versions => {
            let text = "--versions: a bucket is needed, as in s3://BUCKET";
            Err(Failure::InvalidArgument(text.to_owned()))
        }
        None => {
            let buckets = session.client.call(&ListBuckets).await;
            let buckets = buckets.map_err(|error| Failure::from(error).in_main_thread())?;
            let rows = buckets.iter().map(Row::bucket);
            print(session, rows, DIRECTORY.len());
            Ok(())
        }
        Some(url) if session.options.layout.versions => versions::run(session, url).await,
        Some(url) if session.options.recursive => tree(session, url).await,
        Some(url) => level(session, url).await,
    }
}

async fn level(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let mut shown = Shown::of_directory(session, url);
    let mut rows = Rows::new(session);
    while let Some(mut entries) = shown.next().await? {
        // Compat: directories have no time.
        if session.options.modified.is_set() {
            entries.retain(|entry| matches!(entry, Entry::Object(_)));
        }
        let more = entries.iter().map(|entry| Row::entry(session, url, entry));
        rows.add(session, more);
        if session.output.is_closed() {
            return Ok(());
        }
    }
    rows.print(session);
    Ok(())
}

async fn tree(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let mut tree = Tree::new(session, url);
    let mut rows = Rows::new(session);
    while let Some(objects) = tree.next(session).await? {
        let more = objects.iter();
        rows.add(
            session,
            more.map(|object| Row::object(session, url, object)),
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
#[derive(Debug)]
struct Rows {
    kept: Vec<Row>,
    stream: bool,
    objects: u64,
    size: u64,
}

impl Rows {
    /// Programs need neither order nor columns.
    fn new(session: &Session) -> Self {
        Self {
            kept: Vec::new(),
            stream: session.output.is_for_programs(),
            objects: 0,
            size: 0,
        }
    }

    fn add(&mut self, session: &Session, rows: impl Iterator<Item = Row>) {
        self.kept.extend(rows.inspect(|row| {
            self.objects += u64::from(row.size().is_some());
            self.size = self.size.saturating_add(row.size().unwrap_or(0));
        }));
        self.stream |= self.kept.len() > FITTED;
        if self.stream {
            print(session, self.kept.drain(..), WIDE);
        }
    }

    /// Compat: directories first.
    fn print(mut self, session: &Session) {
        let rank = |row: &Row| row.size().is_some();
        self.kept
            .sort_unstable_by(|a, b| (rank(a), &a.name).cmp(&(rank(b), &b.name)));
        let layout = &session.options.layout;
        let width = |row: &Row| row.size_in(layout).len();
        let width = self.kept.iter().map(width).max().unwrap_or(0);
        print(session, self.kept.into_iter(), width);
        if layout.summarize {
            session.output.line(Summary {
                objects: self.objects,
                size: self.size,
                text: &layout.size(self.size),
            });
        }
    }
}

fn print(session: &Session, rows: impl Iterator<Item = Row>, size_width: usize) {
    let columns = Columns {
        layout: &session.options.layout,
        time_width: session.options.layout.time_width(),
        size_width,
    };
    let lines = rows.map(|row| Line {
        row,
        columns: &columns,
    });
    session.output.lines(lines);
}

/// How rows become lines.
struct Columns<'a> {
    layout: &'a Layout,
    time_width: usize,
    size_width: usize,
}

/// A row in its columns.
struct Line<'a> {
    row: Row,
    columns: &'a Columns<'a>,
}

/// What a listing ends with.
pub(super) struct Summary<'a> {
    pub(super) objects: u64,
    pub(super) size: u64,
    pub(super) text: &'a str,
}

/// One line in its columns. Many of them may be kept, and so they are small until they are shown.
#[derive(Debug)]
struct Row {
    time: Option<Timestamp>,
    name: Box<str>,
    kind: Kind,
    /// What only some ask for.
    extra: Option<Box<Extra>>,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bucket,
    Directory,
    /// Of so many bytes.
    Object(u64),
}

#[derive(Debug, Default)]
struct Extra {
    etag: Option<ETag>,
    storage_class: Option<String>,
}

impl Row {
    fn bucket(bucket: &Bucket) -> Self {
        let url = S3Url {
            bucket: bucket.name.clone(),
            key: String::new(),
        };
        Self {
            time: bucket.created,
            name: url.to_string().into(),
            kind: Kind::Bucket,
            extra: None,
        }
    }

    fn entry(session: &Session, url: &S3Url, entry: &Entry) -> Self {
        match entry {
            Entry::Object(object) => Self::object(session, url, object),
            Entry::Directory(prefix) => Self {
                time: None,
                name: url.with_key(&**prefix).to_string().into(),
                kind: Kind::Directory,
                extra: None,
            },
        }
    }

    fn object(session: &Session, url: &S3Url, object: &ListedObject) -> Self {
        let layout = &session.options.layout;
        let has_extra = session.output.is_for_programs() || layout.etags || layout.storage_classes;
        let extra = || {
            Box::new(Extra {
                etag: object.etag.clone(),
                storage_class: object.storage_class.clone(),
            })
        };
        Self {
            time: object.last_modified,
            name: url.with_key(&*object.key).to_string().into(),
            kind: Kind::Object(object.size),
            extra: has_extra.then(extra),
        }
    }

    /// Bytes; a directory or a bucket has none.
    fn size(&self) -> Option<u64> {
        match self.kind {
            Kind::Bucket | Kind::Directory => None,
            Kind::Object(size) => Some(size),
        }
    }

    fn size_in(&self, layout: &Layout) -> String {
        let size = self.size().map(|size| layout.size(size));
        size.unwrap_or_else(|| DIRECTORY.to_owned())
    }

    fn etag(&self) -> Option<&str> {
        self.extra.as_ref()?.etag.as_ref().map(ETag::unquoted)
    }

    fn storage_class(&self) -> Option<&str> {
        self.extra.as_ref()?.storage_class.as_deref()
    }
}

impl Record for Line<'_> {
    /// The last column needs no width: blanks at the end are cut.
    fn text(&self) -> String {
        let Columns {
            layout,
            time_width,
            size_width,
        } = self.columns;
        let row = &self.row;
        // Compat: blanks of the same width where there is no time.
        let time = layout.time(row.time);
        let mut line = format!("{time:>time_width$} {:>size_width$} ", row.size_in(layout));
        let mut column = |is_shown, text: Option<&str>, width| {
            if is_shown {
                line.push_str(&format!("{:<width$} ", text.unwrap_or_default()));
            }
        };
        column(layout.etags, row.etag(), ETAG);
        column(layout.storage_classes, row.storage_class(), STORAGE_CLASS);
        line.push_str(&row.name);
        line.truncate(line.trim_end().len());
        line
    }

    fn json(&self) -> Option<Value> {
        let row = &self.row;
        let time = row.time.map(iso8601);
        Some(match row.kind {
            Kind::Bucket => json!({"type": "bucket", "url": row.name, "created": time}),
            Kind::Directory => json!({"type": "directory", "url": row.name}),
            Kind::Object(size) => json!({
                "type": "object",
                "url": row.name,
                "size": size,
                "modified": time,
                "etag": row.etag(),
                "storage_class": row.storage_class(),
            }),
        })
    }
}

impl Record for Summary<'_> {
    fn text(&self) -> String {
        format!("Total Objects: {}, Total Size: {}", self.objects, self.text)
    }

    fn json(&self) -> Option<Value> {
        Some(json!({"type": "summary", "objects": self.objects, "size": self.size}))
    }
}

const DIRECTORY: &str = "DIR";
/// Compat: up to this many entries the layout is exactly that of the original.
const FITTED: usize = 100_000;
/// The width of sizes beyond that: a terabyte less one byte.
const WIDE: usize = 12;

/// An MD5 and the number of its parts, in characters.
pub(super) const ETAG: usize = 38;
/// `INTELLIGENT_TIERING`.
pub(super) const STORAGE_CLASS: usize = 19;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_are_told() {
        let row = |time: Option<&str>, kind, name: &str| Row {
            time: time.and_then(|time| time.parse().ok()),
            name: name.into(),
            kind,
            extra: Some(Box::new(Extra {
                etag: ETag::parse("\"e\""),
                storage_class: None,
            })),
        };
        let line = |row, layout: &Layout| {
            let columns = Columns {
                layout,
                time_width: layout.time_width(),
                size_width: 3,
            };
            let columns = &columns;
            Line { row, columns }.text()
        };
        let plain = Layout::default();
        assert_eq!(
            line(row(None, Kind::Directory, "s3://feat-a/x/"), &plain),
            "                 DIR s3://feat-a/x/"
        );
        let file = || {
            let time = Some("2026-11-22T02:06:59Z");
            row(time, Kind::Object(6), "s3://feat-a/one.txt ")
        };
        assert_eq!(
            line(file(), &plain),
            "2026-11-22 02:06   6 s3://feat-a/one.txt"
        );
        let full = Layout {
            etags: true,
            storage_classes: true,
            ..Layout::default()
        };
        let expected = format!(
            "2026-11-22 02:06   6 {:38} {:19} s3://feat-a/one.txt",
            "e", ""
        );
        assert_eq!(line(file(), &full), expected);
    }
}
