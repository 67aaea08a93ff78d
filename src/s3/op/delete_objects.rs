use std::collections::{HashMap, HashSet};

use http::Method;

use crate::s3::{
    error::{AnswerError, document},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
    xml::{Reader, Writer, XmlError},
};

/// Deletes up to 1,000 objects.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>. Keys that XML
/// cannot carry (see [`can_carry`](crate::s3::xml::can_carry)) must be deleted one by one.
///
/// The answer lists every key, deleted or not: the quiet form would make a key that the server
/// forgot look deleted.
#[derive(Debug, Clone, Copy)]
pub struct DeleteObjects<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The keys, 1 to 1,000.
    pub keys: &'a [String],
}

/// What became of the keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeleteObjectsOutput {
    /// The deleted keys.
    pub deleted: Vec<String>,
    /// The keys that were not deleted.
    pub failed: Vec<DeleteFailure>,
}

/// A key that was not deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteFailure {
    /// The key.
    pub key: String,
    /// The server's code.
    pub code: String,
    /// The server's text.
    pub message: String,
}

impl DeleteObjectsOutput {
    /// What became of each of the keys asked for: nothing, or why it was not deleted. A key that
    /// the answer does not name was not deleted as far as anyone knows.
    pub fn of_keys(&self, keys: &[String]) -> Vec<Option<DeleteFailure>> {
        let deleted: HashSet<&str> = self.deleted.iter().map(String::as_str).collect();
        let failed: HashMap<&str, &DeleteFailure> = self
            .failed
            .iter()
            .map(|failure| (&*failure.key, failure))
            .collect();
        let outcome = |key: &String| match failed.get(&**key) {
            Some(failure) => Some((*failure).clone()),
            None if deleted.contains(&**key) => None,
            None => Some(DeleteFailure {
                key: key.clone(),
                code: "NotConfirmed".to_owned(),
                message: "the server did not say what became of it".to_owned(),
            }),
        };
        keys.iter().map(outcome).collect()
    }
}

impl Operation for DeleteObjects<'_> {
    type Output = DeleteObjectsOutput;

    fn request(&self) -> Result<Request, RequestError> {
        let document = Writer::document("Delete", |w| {
            for key in self.keys {
                w.element("Object", |w| w.text("Key", key));
            }
        });
        // S3 requires a checksum here; MD5 is the one that every store knows.
        Ok(Request::new(OperationKind::DeleteObjects, Method::POST)
            .bucket(self.bucket)
            .parameter("delete", "")
            .summed_document(document))
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        document(
            OperationKind::DeleteObjects,
            answer,
            "DeleteResult",
            |reader| {
                let mut output = DeleteObjectsOutput::default();
                while let Some(name) = reader.child()? {
                    match name {
                        "Deleted" => output.deleted.push(entry(reader)?.key),
                        "Error" => output.failed.push(entry(reader)?),
                        _ => reader.skip()?,
                    }
                }
                Ok(output)
            },
        )
    }
}

fn entry(reader: &mut Reader<'_>) -> Result<DeleteFailure, XmlError> {
    let mut key = None;
    let (mut code, mut message) = (String::new(), String::new());
    while let Some(name) = reader.child()? {
        match name {
            "Key" => key = Some(reader.text()?),
            "Code" => code = reader.text()?,
            "Message" => message = reader.text()?,
            _ => reader.skip()?,
        }
    }
    Ok(DeleteFailure {
        key: key.ok_or(XmlError::Missing("Key"))?,
        code,
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::{
        op::testing::{assert_only_whole, parse},
        payload::Payload,
    };

    #[test]
    fn keys_are_escaped_and_summed() {
        let keys = ["a&b\r\n".to_owned(), " sp ".to_owned()];
        let request = DeleteObjects {
            bucket: "b",
            keys: &keys,
        }
        .request()
        .unwrap();
        assert!(request.headers.contains_key("content-md5"));
        let Payload::Bytes(body) = request.payload else {
            panic!("no body")
        };
        let expected = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <Object><Key>a&amp;b&#xD;&#xA;</Key></Object><Object><Key> sp </Key></Object></Delete>";
        assert_eq!(body, expected);
    }

    #[test]
    fn failures_keep_their_keys() {
        let delete = DeleteObjects {
            bucket: "b",
            keys: &[],
        };
        let body = "<DeleteResult><Deleted><Key>one</Key></Deleted><Error><Key>two</Key>\
                    <Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>";
        assert_only_whole(&delete, body);
        let output = parse(&delete, 200, &[], body).unwrap();
        assert_eq!(output.deleted, ["one"]);
        assert_eq!(
            (&*output.failed[0].key, &*output.failed[0].code),
            ("two", "AccessDenied")
        );
    }

    #[test]
    fn every_key_has_an_outcome_and_a_failure_beats_a_success() {
        let failure = |key: &str| DeleteFailure {
            key: key.to_owned(),
            code: "AccessDenied".to_owned(),
            message: String::new(),
        };
        let output = DeleteObjectsOutput {
            deleted: vec!["one".to_owned(), "two".to_owned()],
            failed: vec![failure("two"), failure("not asked for")],
        };
        let keys = ["two", "one", "three"].map(str::to_owned);
        let codes = output.of_keys(&keys);
        let codes = codes.iter().map(|o| o.as_ref().map(|o| o.code.as_str()));
        let expected = [Some("AccessDenied"), None, Some("NotConfirmed")];
        assert_eq!(codes.collect::<Vec<_>>(), expected);
    }
}
