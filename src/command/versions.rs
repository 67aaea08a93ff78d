//! `ls --versions`: what there is and was of the objects of a bucket.

use serde_json::{Value, json};

use crate::{
    command::{
        Failure, Layout, Session,
        ls::{ETAG, STORAGE_CLASS, Summary},
        record::Record,
        scope::Scope,
        walk,
    },
    location::S3Url,
    plan::pattern::Pattern,
    s3::{
        op::{ObjectVersion, VersionContent},
        time::iso8601,
        types::ETag,
    },
};

/// All versions and marks of deletion at a path and below it, in the order of the server: by key,
/// the newest first.
pub(super) async fn run(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let pattern = Pattern::new(&url.key);
    let scope = Scope::of(session, &url.key);
    let prefix = pattern.fixed_prefix();
    let mut lister = session.client.list_versions(&url.bucket, &prefix);
    let about = |error| Failure::from(error).on(url);
    let (mut versions, mut size, mut unreadable) = (0_u64, 0_u64, 0_u64);
    while let Some(mut page) = lister.next_page().await.map_err(about)? {
        unreadable += page.unreadable;
        page.versions.retain(|version| {
            pattern.matches_tree(&version.key)
                && scope.names(&version.key)
                && session.options.modified.admits(version.last_modified)
        });
        for content in page.versions.iter().filter_map(|v| v.content.as_ref()) {
            versions += 1;
            size = size.saturating_add(content.size);
        }
        let rows = page.versions.iter().map(|version| Row {
            url: url.with_key(&*version.key),
            version,
            layout: &session.options.layout,
        });
        session.output.lines(rows);
        if session.output.is_closed() {
            return Ok(());
        }
    }
    walk::tell_unreadable(session, url, unreadable);
    if session.options.layout.summarize {
        session.output.line(Summary {
            objects: versions,
            size,
            text: &session.options.layout.size(size),
        });
    }
    Ok(())
}

/// A version in a list.
struct Row<'a> {
    url: S3Url,
    version: &'a ObjectVersion,
    layout: &'a Layout,
}

impl Record for Row<'_> {
    fn text(&self) -> String {
        let Self {
            url,
            version,
            layout,
        } = self;
        let time = layout.time(version.last_modified);
        let content = version.content.as_ref();
        let size = content.map_or(DELETED.to_owned(), |content| layout.size(content.size));
        let latest = if version.is_latest { '*' } else { ' ' };
        let mut line = format!(
            "{time:>width$} {size:>SIZE$} {latest} {:<ID$} ",
            version.version_id,
            width = layout.time_width()
        );
        if layout.etags {
            let etag = content.and_then(etag).unwrap_or_default();
            line.push_str(&format!("{etag:<ETAG$} "));
        }
        if layout.storage_classes {
            let class = content.and_then(|content| content.storage_class.as_deref());
            line.push_str(&format!("{:<STORAGE_CLASS$} ", class.unwrap_or_default()));
        }
        line.push_str(&url.to_string());
        line
    }

    fn json(&self) -> Option<Value> {
        let version = self.version;
        let mut fields = json!({
            "type": "delete-marker",
            "url": self.url.to_string(),
            "version_id": version.version_id,
            "latest": version.is_latest,
            "modified": version.last_modified.map(iso8601),
        });
        if let Some(content) = &version.content {
            fields["type"] = "version".into();
            fields["size"] = content.size.into();
            fields["etag"] = etag(content).into();
            fields["storage_class"] = content.storage_class.as_deref().into();
        }
        Some(fields)
    }
}

fn etag(content: &VersionContent) -> Option<&str> {
    content.etag.as_ref().map(ETag::unquoted)
}

/// What stands for a size where there is nothing.
const DELETED: &str = "DELETED";
/// Characters of a size below a terabyte.
const SIZE: usize = 12;
/// Of an identifier, as Amazon makes them.
const ID: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::record::json_line;

    #[test]
    fn a_version_says_whether_it_is_the_latest() {
        let url = S3Url::parse("s3://b/k").unwrap();
        let layout = Layout::default();
        let mut version = ObjectVersion {
            key: "k".to_owned(),
            version_id: "v2".to_owned(),
            is_latest: true,
            last_modified: "2026-11-22T02:06:59Z".parse().ok(),
            content: None,
        };
        let row = |version: &ObjectVersion| {
            let row = Row {
                url: url.clone(),
                version,
                layout: &layout,
            };
            (row.text(), json_line(&row.json().unwrap()))
        };
        let expected = format!("2026-11-22 02:06      DELETED * {:32} s3://b/k", "v2");
        let json = r#"{"latest":true,"modified":"2026-11-22T02:06:59Z","type":"delete-marker","url":"s3://b/k","version_id":"v2"}"#;
        assert_eq!(row(&version), (expected, json.to_owned()));
        version.is_latest = false;
        version.content = Some(VersionContent {
            size: 7,
            etag: ETag::parse("\"e\""),
            storage_class: None,
        });
        let expected = format!("2026-11-22 02:06            7   {:32} s3://b/k", "v2");
        let json = r#"{"etag":"e","latest":false,"modified":"2026-11-22T02:06:59Z","size":7,"storage_class":null,"type":"version","url":"s3://b/k","version_id":"v2"}"#;
        assert_eq!(row(&version), (expected, json.to_owned()));
    }
}
