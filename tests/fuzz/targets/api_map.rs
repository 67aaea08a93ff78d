//! The JSON of `--API-Metadata`, up to the headers that it becomes.

use std::collections::BTreeMap;

use http::Method;
use s4cmd::{
    cli::api_args::map,
    s3::{
        api_option::{API_OPTIONS, ApiOptions, Value},
        operation::OperationKind,
        request::Request,
    },
};

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let entries = map(text);
    if let Some(expected) = plain_object(text) {
        let entries = entries.as_ref().expect("plain JSON");
        let entries: BTreeMap<_, _> = entries.iter().cloned().collect();
        assert_eq!(entries, expected);
    }
    let Ok(entries) = entries else {
        return;
    };
    let names: BTreeMap<&str, &str> = entries.iter().map(|(n, v)| (&**n, &**v)).collect();
    assert_eq!(names.len(), entries.len(), "a name twice");
    assert_eq!(map(&written(&entries)).as_ref(), Ok(&entries));
    headers(entries);
}

/// No text becomes another header, or anything that servers read differently.
fn headers(entries: Vec<(String, String)>) {
    let option = API_OPTIONS
        .iter()
        .find(|option| option.flag == "API-Metadata");
    let mut options = ApiOptions::default();
    options.set(option.expect("a row"), Value::Map(entries.clone()));
    let mut request = Request::new(OperationKind::PutObject, Method::PUT).object("b", "k");
    let applied = options.apply(&mut request);
    let is_name = |name: &str| {
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        name.bytes().all(is_token)
    };
    let is_value = |value: &str| {
        value
            .trim_matches(' ')
            .bytes()
            .all(|byte| (0x20..=0x7e).contains(&byte))
    };
    let all_sendable = entries
        .iter()
        .all(|(name, value)| is_name(name) && is_value(value));
    // Names may be too long as well.
    assert!(applied.is_err() || all_sendable, "{entries:?}");
    if let Err(error) = applied {
        let longest = entries.iter().map(|(name, _)| name.len()).max();
        assert!(!all_sendable || longest > Some(60_000), "{error}");
        return;
    }
    for (name, value) in &request.headers {
        let name = name.as_str().strip_prefix("x-amz-meta-").expect("metadata");
        let value = value.to_str().expect("text");
        let mut same = entries
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name));
        assert!(same.any(|(_, other)| other.trim_matches(' ') == value));
    }
    for (name, _) in &entries {
        assert!(request.headers.contains_key(format!("x-amz-meta-{name}")));
    }
}

fn written(entries: &[(String, String)]) -> String {
    let string = |text: &str| {
        let unit = |unit: u16| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            _ => format!("\\u{unit:04x}"),
        };
        let units: String = text.encode_utf16().map(unit).collect();
        format!("\"{units}\"")
    };
    let pairs = entries
        .iter()
        .map(|(name, value)| format!("{}:{}", string(name), string(value)));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

/// An object of strings without escapes and blanks; the last value of a name counts.
fn plain_object(text: &str) -> Option<BTreeMap<String, String>> {
    let inside = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut entries = BTreeMap::new();
    let mut rest = inside;
    while !rest.is_empty() {
        let (name, behind) = plain_string(rest)?;
        let (value, behind) = plain_string(behind.strip_prefix(':')?)?;
        entries.insert(name, value);
        rest = match behind.strip_prefix(',') {
            Some("") => return None,
            Some(more) => more,
            None if behind.is_empty() => behind,
            None => return None,
        };
    }
    Some(entries)
}

fn plain_string(text: &str) -> Option<(String, &str)> {
    let (inside, rest) = text.strip_prefix('"')?.split_once('"')?;
    let is_plain = |character: char| character != '\\' && character >= ' ';
    inside
        .chars()
        .all(is_plain)
        .then(|| (inside.to_owned(), rest))
}
