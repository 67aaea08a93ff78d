//! The `--API-*` options: one table says for each where it goes on the wire and which operations
//! take it. A new option is one new row.
//!
//! Compat: the original passes an option to every call whose input shape has a member of that
//! name; the table holds those shapes. Differs: listings take `RequestPayer` too, or nothing in a
//! requester-pays bucket could be listed, and ListParts takes the key of an encrypted object. What
//! came to those shapes later has rows as well.

mod table;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use md5::{Digest as _, Md5};

pub use table::{API_OPTIONS, ORIGINAL_API_OPTIONS};

use crate::s3::{
    operation::OperationKind,
    request::{Request, RequestError, Role},
    time,
};

/// One row of the table.
#[derive(Debug)]
pub struct ApiOption {
    /// The name on the command line, without `--`.
    pub flag: &'static str,
    /// What the command line's text means.
    pub kind: ValueKind,
    /// Where the value goes.
    pub wire: Wire,
    /// The operations that take it.
    pub operations: &'static [OperationKind],
}

/// What the command line's text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Goes out as it is.
    Text,
    /// A date, which goes out as an HTTP date.
    Date,
    /// A date, which goes out as ISO 8601 has it.
    IsoDate,
    /// A JSON object of strings.
    Map,
    /// A key of SSE-C. Alone it is the raw key, which goes out in base64 with its MD5; beside its
    /// `...KeyMD5` option both go out as they are.
    Key,
}

/// Where a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// A header.
    Header(&'static str),
    /// One header for each entry of a map.
    HeaderPrefix(&'static str),
    /// A query parameter.
    Query(&'static str),
    /// Accepted, and sent nowhere: no operation has such a member.
    Nowhere,
}

/// A value of the kind that its row asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// For [`ValueKind::Text`] and [`ValueKind::Key`].
    Text(String),
    /// For [`ValueKind::Date`] and [`ValueKind::IsoDate`].
    Date(Timestamp),
    /// For [`ValueKind::Map`], in the order given.
    Map(Vec<(String, String)>),
}

/// The options of one run, ready to be put on requests.
#[derive(Clone, Default)]
pub struct ApiOptions {
    values: Vec<(&'static ApiOption, Value)>,
}

impl std::fmt::Debug for ApiOptions {
    /// Names only: a value may be an encryption key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.values.iter().map(|(option, _)| option.flag))
            .finish()
    }
}

impl ApiOptions {
    /// Sets an option; the last value wins.
    pub fn set(&mut self, option: &'static ApiOption, value: Value) {
        self.values.retain(|(other, _)| other.flag != option.flag);
        self.values.push((option, value));
    }

    /// Sets an option that takes text, by its name; one that does not exist is none.
    pub fn set_text(&mut self, flag: &str, text: impl Into<String>) {
        if let Some(option) = API_OPTIONS.iter().find(|option| option.flag == flag) {
            self.set(option, Value::Text(text.into()));
        }
    }

    /// Whether an option was given.
    pub fn has(&self, flag: &str) -> bool {
        self.values.iter().any(|(option, _)| option.flag == flag)
    }

    /// Whether an option was given that the one operation takes and the other does not.
    pub fn sets_more_on(&self, one: OperationKind, other: OperationKind) -> bool {
        self.values.iter().any(|(option, _)| {
            option.operations.contains(&one) && !option.operations.contains(&other)
        })
    }

    /// The value of an option that takes text.
    pub fn text(&self, flag: &str) -> Option<&str> {
        let (_, value) = self.values.iter().find(|(option, _)| option.flag == flag)?;
        match value {
            Value::Text(text) => Some(text),
            Value::Date(_) | Value::Map(_) => None,
        }
    }

    /// Puts the options that the request's operation takes on the request. What is set here beats
    /// what the request had, except that metadata is merged.
    ///
    /// # Errors
    /// A value cannot be sent as a header.
    pub fn apply(&self, request: &mut Request) -> Result<(), RequestError> {
        for (option, value) in &self.values {
            // A listing may be of either end; with two owners named it is not known of which.
            let is_listing = matches!(
                request.operation,
                OperationKind::ListObjects | OperationKind::ListObjectsV2
            );
            if is_listing && option.flag == "API-ExpectedBucketOwner" && self.has(SOURCE_OWNER) {
                continue;
            }
            if let Some(wire) = option.wire_on(request) {
                self.apply_one(option, wire, value, request)?;
            }
        }
        Ok(())
    }

    fn apply_one(
        &self,
        option: &ApiOption,
        wire: Wire,
        value: &Value,
        request: &mut Request,
    ) -> Result<(), RequestError> {
        match (wire, value) {
            (Wire::Header(name), Value::Text(text)) if option.kind == ValueKind::Key => {
                self.apply_key(option, name, text, request)
            }
            (Wire::Header(name), Value::Text(text)) => request.set_header(name, text),
            (Wire::Header(name), Value::Date(at)) => {
                let text = match option.kind {
                    ValueKind::IsoDate => time::iso8601(*at),
                    _ => time::http_date(*at),
                };
                request.set_header(name, &text)
            }
            (Wire::HeaderPrefix(prefix), Value::Map(entries)) => entries
                .iter()
                .try_for_each(|(key, text)| request.set_header(&format!("{prefix}{key}"), text)),
            (Wire::Query(name), Value::Text(text)) => {
                request.query.retain(|(other, _)| other != name);
                request.query.push((name.to_owned(), text.clone()));
                Ok(())
            }
            // The table's kinds rule out every other pair.
            _ => Ok(()),
        }
    }

    fn apply_key(
        &self,
        option: &ApiOption,
        header: &str,
        key: &str,
        request: &mut Request,
    ) -> Result<(), RequestError> {
        if self.has(&format!("{}MD5", option.flag)) {
            request.set_header(header, key)?;
        } else {
            request.set_header(header, &STANDARD.encode(key))?;
            request.set_header(&format!("{header}-MD5"), &STANDARD.encode(Md5::digest(key)))?;
        }
        if let Some(value) = request.headers.get_mut(header) {
            value.set_sensitive(true);
        }
        Ok(())
    }
}

impl ApiOption {
    /// Where the value goes on this request; `None` if it does not take it.
    fn wire_on(&self, request: &Request) -> Option<Wire> {
        let takes = self.operations.contains(&request.operation);
        match request.role {
            // The version is one of the source.
            Role::Target if self.flag == "API-VersionId" => None,
            Role::Source | Role::Target if takes => {
                // A copy pins its source's ETag, which was read under the user's condition.
                let pinned = self.flag == "API-CopySourceIfMatch"
                    && request.headers.contains_key("x-amz-copy-source-if-match");
                (!pinned).then_some(self.wire)
            }
            Role::CopySource => self.wire_on_copy_source(request.operation),
            Role::Source | Role::Target => None,
        }
    }

    /// Reading the source of a copy is subject to what is said of the source, under the names that
    /// reading has for it.
    ///
    /// Differs: the original's look at the source got none of it, and failed for encrypted ones.
    fn wire_on_copy_source(&self, operation: OperationKind) -> Option<Wire> {
        let takes = self.operations.contains(&operation);
        if let Wire::Header(name) = self.wire
            && let Some((_, reading)) = READING.iter().find(|(copying, _)| *copying == name)
        {
            // Conditions and keys are for reading; a move deletes what it read under them.
            let reads = operation != OperationKind::DeleteObject || self.flag == SOURCE_OWNER;
            return reads.then_some(Wire::Header(reading));
        }
        let about_source = matches!(
            self.flag,
            "API-RequestPayer" | "API-VersionId" | "API-MFA" | "API-BypassGovernanceRetention"
        );
        (takes && about_source).then_some(self.wire)
    }
}

const SOURCE_OWNER: &str = "API-ExpectedSourceBucketOwner";
/// Headers of a copy that are about its source, and what they are called when that is read.
const READING: [(&str, &str); 8] = [
    (
        "x-amz-source-expected-bucket-owner",
        "x-amz-expected-bucket-owner",
    ),
    ("x-amz-copy-source-if-match", "if-match"),
    ("x-amz-copy-source-if-none-match", "if-none-match"),
    ("x-amz-copy-source-if-modified-since", "if-modified-since"),
    (
        "x-amz-copy-source-if-unmodified-since",
        "if-unmodified-since",
    ),
    (
        "x-amz-copy-source-server-side-encryption-customer-algorithm",
        "x-amz-server-side-encryption-customer-algorithm",
    ),
    (
        "x-amz-copy-source-server-side-encryption-customer-key",
        "x-amz-server-side-encryption-customer-key",
    ),
    (
        "x-amz-copy-source-server-side-encryption-customer-key-MD5",
        "x-amz-server-side-encryption-customer-key-MD5",
    ),
];

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::s3::operation::OperationKind::*;

    fn option(flag: &str) -> &'static ApiOption {
        API_OPTIONS
            .iter()
            .find(|option| option.flag == flag)
            .unwrap()
    }

    fn put() -> Request {
        Request::new(PutObject, Method::PUT).object("b", "k")
    }

    #[test]
    fn metadata_merges_and_headers_replace() {
        let mut options = ApiOptions::default();
        options.set(
            option("API-Metadata"),
            Value::Map(vec![("a".into(), "1".into())]),
        );
        options.set(option("API-ContentType"), Value::Text("text/plain".into()));
        let mut request = put().header("content-type", "x/y").unwrap();
        request = request.metadata(&[("md5".into(), "0".into())]).unwrap();
        options.apply(&mut request).unwrap();
        assert_eq!(request.headers["x-amz-meta-a"], "1");
        assert_eq!(request.headers["x-amz-meta-md5"], "0");
        assert_eq!(request.headers["content-type"], "text/plain");
    }

    #[test]
    fn an_sse_key_alone_is_encoded_and_summed() {
        let raw = "01234567890123456789012345678901";
        let mut options = ApiOptions::default();
        options.set(option("API-SSECustomerKey"), Value::Text(raw.into()));
        let mut request = put();
        options.apply(&mut request).unwrap();
        let header = "x-amz-server-side-encryption-customer-key";
        assert_eq!(request.headers[header], STANDARD.encode(raw));
        assert!(request.headers[header].is_sensitive());
        assert_eq!(
            request.headers[format!("{header}-md5")],
            "KYvwGXoFFJ42a2u2GDWhwQ=="
        );

        options.set(option("API-SSECustomerKeyMD5"), Value::Text("sum".into()));
        let mut request = put();
        options.apply(&mut request).unwrap();
        assert_eq!(request.headers[header], raw);
        assert_eq!(request.headers[format!("{header}-md5")], "sum");
    }

    #[test]
    fn options_stay_off_operations_that_do_not_take_them() {
        let mut options = ApiOptions::default();
        options.set(option("API-VersionId"), Value::Text("v".into()));
        options.set(option("API-ETag"), Value::Text("e".into()));
        let mut request = put();
        options.apply(&mut request).unwrap();
        assert!(request.query.is_empty() && request.headers.is_empty());
        let mut request = Request::new(GetObject, Method::GET).object("b", "k");
        options.apply(&mut request).unwrap();
        assert_eq!(request.query, [("versionId".to_owned(), "v".to_owned())]);
    }

    #[test]
    fn debug_output_has_no_values() {
        let mut options = ApiOptions::default();
        options.set(option("API-SSECustomerKey"), Value::Text("canary".into()));
        assert!(!format!("{options:?}").contains("canary"));
    }
}
