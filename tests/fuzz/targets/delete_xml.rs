//! What became of keys that were to be deleted. The first line has the keys that were asked for,
//! with commas between; the rest is the answer.

use s4cmd::s3::{
    op::{DeleteObjects, DeleteObjectsOutput},
    operation::{Answer, Operation},
};

use super::xml::{DEEPEST, Element};

pub fn run(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let first = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let body = parts.next().unwrap_or_default();
    let keys: Vec<String> = first.split(',').map(str::to_owned).collect();
    let operation = DeleteObjects {
        bucket: "b",
        keys: &keys,
    };
    let answer = Answer {
        status: http::StatusCode::OK,
        headers: &http::HeaderMap::new(),
        body,
    };
    let output = operation.parse(&answer).ok();
    if let Some(root) = Element::read(body) {
        let expected = expected(&root);
        assert_eq!(output.is_some(), expected.is_some());
        if let (Some(output), Some(expected)) = (&output, &expected) {
            check_answer(&keys, output, expected);
        }
    }
    if let Some(output) = output {
        check_outcomes(&keys, &output);
    }
}

/// Each entry: the key, and the code and message if it was not deleted.
type Entry = (String, Option<(String, String)>);

fn expected(root: &Element) -> Option<Vec<Entry>> {
    if root.name != "DeleteResult" || root.depth() > DEEPEST {
        return None;
    }
    let named = |name: &str| ["Deleted", "Error"].contains(&name);
    let entries = root.children.iter().filter(|entry| named(&entry.name));
    entries.map(entry).collect()
}

fn entry(entry: &Element) -> Option<Entry> {
    if !entry.are_plain(&["Key", "Code", "Message"]) {
        return None;
    }
    let text = |name| entry.last(name).unwrap_or_default().to_owned();
    let failure = (entry.name == "Error").then(|| (text("Code"), text("Message")));
    Some((entry.last("Key")?.to_owned(), failure))
}

/// By the slow reader: the last word on a key counts, and a failure more than a success.
fn check_answer(keys: &[String], output: &DeleteObjectsOutput, entries: &[Entry]) {
    for (key, outcome) in keys.iter().zip(output.of_keys(keys)) {
        let mut said = entries.iter().filter(|(name, _)| name == key);
        let mut failures = said.clone().filter_map(|(_, failure)| failure.as_ref());
        let outcome = outcome.map(|failure| (failure.code, failure.message));
        match failures.next_back() {
            Some(failure) => assert_eq!(outcome.as_ref(), Some(failure)),
            None if said.next().is_some() => assert_eq!(outcome, None),
            None => assert_eq!(
                outcome.map(|(code, _)| code).as_deref(),
                Some("NotConfirmed")
            ),
        }
    }
}

/// Every key is exactly one of deleted, failed and not confirmed.
fn check_outcomes(keys: &[String], output: &DeleteObjectsOutput) {
    let outcomes = output.of_keys(keys);
    assert_eq!(outcomes.len(), keys.len());
    for (key, outcome) in keys.iter().zip(outcomes) {
        let is_failed = output.failed.iter().any(|failure| failure.key == *key);
        let is_deleted = output.deleted.contains(key);
        match outcome {
            None => assert!(is_deleted && !is_failed),
            Some(failure) => {
                assert_eq!(failure.key, *key);
                assert!(is_failed || !is_deleted && failure.code == "NotConfirmed");
            }
        }
    }
}
