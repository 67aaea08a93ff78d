//! Conditional requests: `If-Match` and its like, for reading, copying and writing.

use super::error::{Result, S3Error};
use super::object::Object;
use super::request::Request;
use super::time::parse_http_date;

/// What the conditions of a read say.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Go,
    NotModified,
}

/// Judges the conditions of a GET or HEAD.
pub fn of_read(request: &Request, object: &Object) -> Result<Verdict> {
    let conditions = Conditions::read(request, "");
    if let Some(failed) = conditions.failed(object) {
        return Err(S3Error::precondition_failed(failed));
    }
    match conditions.unchanged(object) {
        Some(_) => Ok(Verdict::NotModified),
        None => Ok(Verdict::Go),
    }
}

/// Judges the conditions on the source of a copy.
pub fn of_copy_source(request: &Request, object: &Object) -> Result<()> {
    let conditions = Conditions::read(request, "x-amz-copy-source-");
    match conditions.failed(object).or(conditions.unchanged(object)) {
        Some(failed) => Err(S3Error::precondition_failed(&format!(
            "x-amz-copy-source-{failed}"
        ))),
        None => Ok(()),
    }
}

/// Judges the conditions of a write on what it would overwrite or delete.
pub fn of_write(request: &Request, current: Option<&Object>) -> Result<()> {
    if let Some(wanted) = request.header("if-match") {
        let Some(object) = current else {
            return Err(S3Error::no_such_key(request.key()));
        };
        if !matches(wanted, &object.etag) {
            return Err(S3Error::precondition_failed("If-Match"));
        }
    }
    match request.header("if-none-match") {
        Some("*") if current.is_some() => Err(S3Error::precondition_failed("If-None-Match")),
        Some("*") | None => Ok(()),
        Some(_) => Err(S3Error::not_implemented()),
    }
}

/// The four conditions of one request.
struct Conditions<'a> {
    matches: Option<&'a str>,
    none_match: Option<&'a str>,
    modified_since: Option<i64>,
    unmodified_since: Option<i64>,
}

impl<'a> Conditions<'a> {
    fn read(request: &'a Request, prefix: &str) -> Conditions<'a> {
        let header = |name: &str| request.header(&format!("{prefix}{name}"));
        let date = |name: &str| Some(parse_http_date(header(name)?)?.as_second());
        Conditions {
            matches: header("if-match"),
            none_match: header("if-none-match"),
            modified_since: date("if-modified-since"),
            unmodified_since: date("if-unmodified-since"),
        }
    }

    /// A condition that wants the object as it was, and fails. A matching ETag makes
    /// the date not matter.
    fn failed(&self, object: &Object) -> Option<&'static str> {
        if let Some(wanted) = self.matches {
            return (!matches(wanted, &object.etag)).then_some("If-Match");
        }
        let since = self.unmodified_since?;
        (object.last_modified.as_second() > since).then_some("If-Unmodified-Since")
    }

    /// A condition that wants a changed object, and fails. A different ETag makes the
    /// date not matter.
    fn unchanged(&self, object: &Object) -> Option<&'static str> {
        if let Some(known) = self.none_match {
            return matches(known, &object.etag).then_some("If-None-Match");
        }
        let since = self.modified_since?;
        (object.last_modified.as_second() <= since).then_some("If-Modified-Since")
    }
}

/// Whether an ETag is in a header's list, with or without quotes.
fn matches(list: &str, etag: &str) -> bool {
    let bare = |text: &str| text.trim().trim_matches('"').to_owned();
    list.trim() == "*" || list.split(',').any(|one| bare(one) == bare(etag))
}
