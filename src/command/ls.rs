//! `ls`: buckets, or what a path means.

use jiff::Timestamp;

use crate::{
    command::{
        Failure, Session,
        walk::{self, Entry, Tree},
    },
    location::S3Url,
    s3::op::{Bucket, ListBuckets, ListedObject},
};

pub(super) async fn run(session: &Session, url: Option<&S3Url>) -> Result<(), Failure> {
    match url {
        None => {
            let buckets = session.client.call(&ListBuckets).await?;
            print(
                session,
                &buckets.iter().map(Row::bucket).collect::<Vec<_>>(),
            );
            Ok(())
        }
        Some(url) if session.options.recursive => tree(session, url).await,
        Some(url) => level(session, url).await,
    }
}

async fn level(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let mut entries = walk::shown(session, url).await?;
    // Compat: directories have no time.
    if session.options.modified.is_set() {
        entries.retain(|entry| matches!(entry, Entry::Object(_)));
    }
    let rows: Vec<Row> = entries.iter().map(|entry| Row::entry(url, entry)).collect();
    print(session, &rows);
    Ok(())
}

/// A tree may have millions of keys: the columns are fitted to the values only as long as all of
/// them are kept, and then they stream with wide columns.
async fn tree(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let mut tree = Tree::new(session, url);
    let mut rows = Vec::new();
    let mut streaming = false;
    while let Some(objects) = tree.next(session).await? {
        rows.extend(objects.iter().map(|object| Row::object(url, object)));
        if rows.len() > FITTED || streaming {
            streaming = true;
            rows.iter()
                .for_each(|row| session.output.line(row.format(&WIDE)));
            rows.clear();
        }
        if session.output.is_closed() {
            return Ok(());
        }
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    print(session, &rows);
    Ok(())
}

fn print(session: &Session, rows: &[Row]) {
    let width = |column: fn(&Row) -> &str| {
        rows.iter()
            .map(|row| column(row).chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths = Widths {
        time: width(|row| &row.time),
        size: width(|row| &row.size),
    };
    for row in rows {
        session.output.line(row.format(&widths));
    }
}

/// One line in its columns. The last column needs no width: blanks at the end are cut.
#[derive(Debug)]
struct Row {
    time: String,
    size: String,
    name: String,
}

struct Widths {
    time: usize,
    size: usize,
}

impl Row {
    fn bucket(bucket: &Bucket) -> Self {
        let url = S3Url {
            bucket: bucket.name.clone(),
            key: String::new(),
        };
        Self {
            time: time(bucket.created),
            size: DIRECTORY.to_owned(),
            name: url.to_string(),
        }
    }

    fn entry(url: &S3Url, entry: &Entry) -> Self {
        match entry {
            Entry::Object(object) => Self::object(url, object),
            Entry::Directory(prefix) => Self {
                time: time(None),
                size: DIRECTORY.to_owned(),
                name: url.with_key(&**prefix).to_string(),
            },
        }
    }

    fn object(url: &S3Url, object: &ListedObject) -> Self {
        Self {
            time: time(object.last_modified),
            size: object.size.to_string(),
            name: url.with_key(&*object.key).to_string(),
        }
    }

    fn format(&self, widths: &Widths) -> String {
        let Self { time, size, name } = self;
        let line = format!("{time:>0$} {size:>1$} {name}", widths.time, widths.size);
        line.trim_end().to_owned()
    }
}

/// Compat: UTC, to the minute; blanks of the same width where there is none.
fn time(at: Option<Timestamp>) -> String {
    match at {
        Some(at) => at.strftime("%Y-%m-%d %H:%M").to_string(),
        None => " ".repeat(16),
    }
}

const DIRECTORY: &str = "DIR";
/// Compat: up to this many entries the layout is exactly that of the original.
const FITTED: usize = 100_000;
const WIDE: Widths = Widths { time: 16, size: 12 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_value() {
        let at = "2026-11-22T02:06:59Z".parse().ok();
        let row = |time_of, size: &str, name: &str| Row {
            time: time(time_of),
            size: size.to_owned(),
            name: name.to_owned(),
        };
        let widths = Widths { time: 16, size: 3 };
        let directory = row(None, "DIR", "s3://feat-a/x/").format(&widths);
        assert_eq!(directory, "                 DIR s3://feat-a/x/");
        let file = row(at, "6", "s3://feat-a/one.txt ").format(&widths);
        assert_eq!(file, "2026-11-22 02:06   6 s3://feat-a/one.txt");
    }
}
