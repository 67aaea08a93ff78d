//! DeleteObject and DeleteObjects.

use super::super::condition;
use super::super::error::{Result, S3Error};
use super::super::reply::Reply;
use super::super::request::Tweak;
use super::super::store::Bucket;
use super::super::xml::{Element, Writer};
use super::Call;

/// The most keys of one DeleteObjects.
const MAX_KEYS: usize = 1000;

/// DeleteObject: a key that is not there is as good as deleted.
pub fn one(call: &Call) -> Result<Reply> {
    let request = call.request;
    call.shared.store.with(request.bucket(), |bucket| {
        condition::of_write(request, bucket.objects.get(request.key()))?;
        bucket.objects.remove(request.key());
        Ok(Reply::new(204))
    })
}

/// What became of one key.
enum Outcome {
    Deleted,
    Failed(String),
    Omitted,
}

/// DeleteObjects.
pub fn many(call: &Call) -> Result<Reply> {
    check_digest(call)?;
    call.body.verify(call.request, &call.shared.config)?;
    let (keys, quiet) = parse(&call.body.bytes()).ok_or_else(S3Error::malformed_xml)?;
    let mut xml = Writer::new("DeleteResult");
    call.shared.store.with(call.request.bucket(), |bucket| {
        for key in &keys {
            match delete(bucket, key, &call.request.tweak) {
                Outcome::Failed(code) => {
                    xml.nested("Error", |xml| {
                        xml.leaf("Key", key).leaf("Code", &code);
                        xml.leaf("Message", "Scripted failure");
                    });
                }
                Outcome::Deleted if !quiet => {
                    xml.nested("Deleted", |xml| {
                        xml.leaf("Key", key);
                    });
                }
                Outcome::Deleted | Outcome::Omitted => (),
            }
        }
        Ok(())
    })?;
    Ok(Reply::xml(xml))
}

fn delete(bucket: &mut Bucket, key: &str, tweak: &Tweak) -> Outcome {
    if let Some((text, code)) = &tweak.delete_error
        && key.contains(text.as_str())
    {
        return Outcome::Failed(code.clone());
    }
    if tweak
        .delete_omits
        .as_ref()
        .is_some_and(|text| key.contains(text.as_str()))
    {
        return Outcome::Omitted;
    }
    bucket.objects.remove(key);
    Outcome::Deleted
}

/// This operation demands a checksum of its body.
fn check_digest(call: &Call) -> Result<()> {
    let headers = call.request.headers.keys().map(|name| name.as_str());
    let mut checksums =
        headers.filter(|name| *name == "content-md5" || name.starts_with("x-amz-checksum-"));
    match checksums.next() {
        Some(_) => Ok(()),
        None => Err(S3Error::invalid_request(
            "Missing required header for this request: Content-MD5",
        )),
    }
}

/// Reads the keys and whether only failures are to be reported.
fn parse(body: &[u8]) -> Option<(Vec<String>, bool)> {
    let root = Element::parse(std::str::from_utf8(body).ok()?)?;
    if root.name != "Delete" {
        return None;
    }
    let keys = root
        .all("Object")
        .map(|object| object.child_text("Key").map(str::to_owned));
    let keys: Vec<String> = keys.collect::<Option<_>>()?;
    let quiet = root.child_text("Quiet") == Some("true");
    (1..=MAX_KEYS)
        .contains(&keys.len())
        .then_some((keys, quiet))
}
