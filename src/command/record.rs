//! What a command tells, line by line: for people as text, for programs as JSON.

use std::fmt::{self, Write as _};

use serde_json::{Value, json};

use crate::{command::Failure, location::S3Url};

/// Something that is told in a line of its own.
pub(super) trait Record {
    /// For people, and for the scripts that know the lines of the original.
    fn text(&self) -> String;

    /// For programs: an object with a `type`; `None` for what only people want.
    ///
    /// Names and meanings of its fields stay as they are: others may come.
    fn json(&self) -> Option<Value>;
}

/// What most commands tell.
#[derive(Clone, Copy)]
pub(super) enum Fact<'a> {
    /// Only for people.
    Text(&'a dyn fmt::Display),
    /// A source went to a target.
    Transferred(&'a dyn fmt::Display, &'a dyn fmt::Display),
    /// A source needed not to, because the target is the same.
    Equal(&'a dyn fmt::Display, &'a dyn fmt::Display),
    /// A target was left alone.
    Skipped(&'a dyn fmt::Display, &'a dyn fmt::Display),
    /// A directory, because nobody asked for whole trees.
    Omitted(&'a dyn fmt::Display),
    /// An object or a file.
    Deleted(&'a dyn fmt::Display),
    /// An upload that was begun and not ended, and its id.
    Aborted(&'a S3Url, &'a str),
    /// A bucket is there now.
    Created(&'a str),
    /// A bucket is gone.
    Removed(&'a str),
    /// A bucket has another policy.
    PolicySet(&'a S3Url),
    /// A bucket has none.
    PolicyDeleted(&'a S3Url),
    /// Who may do what with it was said.
    AclSet(&'a S3Url),
    /// The size of an object or a directory, and how that is shown.
    Size(&'a S3Url, u64, &'a dyn fmt::Display),
    /// The size of everything.
    Total(u64, &'a dyn fmt::Display),
    /// A URL that anybody can use.
    Signed(&'a str),
}

impl Record for Fact<'_> {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.to_string(),
            // Compat: these are the lines that scripts look for.
            Self::Transferred(source, target) => format!("{source} => {target}"),
            Self::Equal(source, target) => format!("{source} => {target} (synced)"),
            Self::Skipped(source, target) => format!("{source} => {target} (skipped)"),
            Self::Omitted(name) => format!("omitting directory \"{name}\"."),
            Self::Deleted(name) => format!("Delete {name}"),
            Self::Aborted(url, id) => format!("Abort {id} {url}"),
            Self::Created(_) | Self::Removed(_) => "Done.".to_owned(),
            // Compat: the lines of s3cmd.
            Self::PolicySet(url) => format!("{url}: Policy updated"),
            Self::PolicyDeleted(url) => format!("{url}: Policy deleted"),
            Self::AclSet(url) => format!("{url}: ACL set"),
            Self::Size(url, _, size) => format!("{size}\t{url}"),
            Self::Total(_, size) => size.to_string(),
            Self::Signed(url) => (*url).to_owned(),
        }
    }

    fn json(&self) -> Option<Value> {
        let pair = |kind, source: &dyn fmt::Display, target: &dyn fmt::Display| {
            let (source, target) = (source.to_string(), target.to_string());
            json!({"type": kind, "source": source, "target": target})
        };
        let bucket = |kind, name| json!({"type": kind, "url": format!("s3://{name}/")});
        let at = |kind, url: &S3Url| json!({"type": kind, "url": url.to_string()});
        Some(match self {
            Self::Text(_) => return None,
            Self::Transferred(source, target) => pair("transferred", source, target),
            Self::Equal(source, target) => pair("equal", source, target),
            Self::Skipped(source, target) => pair("skipped", source, target),
            Self::Omitted(name) => json!({"type": "omitted", "source": name.to_string()}),
            Self::Deleted(name) => json!({"type": "deleted", "target": name.to_string()}),
            Self::Aborted(url, id) => {
                json!({"type": "aborted", "url": url.to_string(), "upload_id": id})
            }
            Self::Created(name) => bucket("created", name),
            Self::Removed(name) => bucket("removed", name),
            Self::PolicySet(url) => at("policy-set", url),
            Self::PolicyDeleted(url) => at("policy-deleted", url),
            Self::AclSet(url) => at("acl-set", url),
            Self::Size(url, size, _) => {
                json!({"type": "size", "url": url.to_string(), "size": size})
            }
            Self::Total(size, _) => json!({"type": "total", "size": size}),
            Self::Signed(url) => json!({"type": "signed", "url": url}),
        })
    }
}

impl Record for Failure {
    fn text(&self) -> String {
        self.to_string()
    }

    fn json(&self) -> Option<Value> {
        let text = self.to_string();
        // The class is in the brackets in front.
        let parts = text
            .strip_prefix('[')
            .and_then(|text| text.split_once("] "));
        let (class, error) = parts.unwrap_or(("", &text));
        Some(json!({"type": "error", "class": class, "error": error}))
    }
}

/// Something that is not a result, and not a failure.
pub(super) struct Remark<'a> {
    /// Its `type`.
    pub(super) kind: &'static str,
    pub(super) text: &'a dyn fmt::Display,
}

impl Record for Remark<'_> {
    fn text(&self) -> String {
        self.text.to_string()
    }

    fn json(&self) -> Option<Value> {
        Some(json!({"type": self.kind, "text": self.text.to_string()}))
    }
}

/// A line of several that belong together.
pub(super) struct Line(pub(super) String);

impl Record for Line {
    fn text(&self) -> String {
        self.0.clone()
    }

    fn json(&self) -> Option<Value> {
        None
    }
}

/// What such lines are together.
pub(super) struct Object(pub(super) Value);

impl Record for Object {
    fn text(&self) -> String {
        self.0.to_string()
    }

    fn json(&self) -> Option<Value> {
        Some(self.0.clone())
    }
}

/// One line of JSON, in which no terminal finds a control character.
pub(super) fn json_line(value: &Value) -> String {
    let mut line = String::new();
    for character in value.to_string().chars() {
        if character.is_control() {
            // JSON itself lets those above ASCII stand. Writing to a String cannot fail.
            let _ = write!(line, "\\u{:04x}", u32::from(character));
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Cause;

    #[test]
    fn programs_rely_on_these_names() {
        let url = S3Url {
            bucket: "b".to_owned(),
            key: "k\u{9b}\n\"".to_owned(),
        };
        let failure = Failure::Runtime(Cause::Other, "no [such] thing".to_owned());
        let remark = Remark {
            kind: "warning",
            text: &"careful",
        };
        let facts: [(&dyn Record, &str); 16] = [
            (
                &Fact::Transferred(&"a", &"s3://b/a"),
                r#"{"source":"a","target":"s3://b/a","type":"transferred"}"#,
            ),
            (
                &Fact::Equal(&"a", &"b"),
                r#"{"source":"a","target":"b","type":"equal"}"#,
            ),
            (
                &Fact::Skipped(&"a", &"b"),
                r#"{"source":"a","target":"b","type":"skipped"}"#,
            ),
            (&Fact::Omitted(&"d"), r#"{"source":"d","type":"omitted"}"#),
            (
                &Fact::Deleted(&url),
                r#"{"target":"s3://b/k\u009b\n\"","type":"deleted"}"#,
            ),
            (
                &Fact::Aborted(&url.with_key("k"), "id"),
                r#"{"type":"aborted","upload_id":"id","url":"s3://b/k"}"#,
            ),
            (&Fact::Created("b"), r#"{"type":"created","url":"s3://b/"}"#),
            (&Fact::Removed("b"), r#"{"type":"removed","url":"s3://b/"}"#),
            (
                &Fact::Size(&url.with_key(""), 1536, &"1.5K"),
                r#"{"size":1536,"type":"size","url":"s3://b/"}"#,
            ),
            (
                &Fact::PolicySet(&url.with_key("")),
                r#"{"type":"policy-set","url":"s3://b/"}"#,
            ),
            (
                &Fact::PolicyDeleted(&url.with_key("")),
                r#"{"type":"policy-deleted","url":"s3://b/"}"#,
            ),
            (
                &Fact::AclSet(&url.with_key("k")),
                r#"{"type":"acl-set","url":"s3://b/k"}"#,
            ),
            (&Fact::Total(7, &7), r#"{"size":7,"type":"total"}"#),
            (
                &Fact::Signed("https://x"),
                r#"{"type":"signed","url":"https://x"}"#,
            ),
            (
                &failure,
                r#"{"class":"Runtime Failure","error":"no [such] thing","type":"error"}"#,
            ),
            (&remark, r#"{"text":"careful","type":"warning"}"#),
        ];
        for (fact, line) in facts {
            assert_eq!(json_line(&fact.json().unwrap()), line);
        }
        assert_eq!(Fact::Text(&"Creating s3://b").json(), None);
    }
}
