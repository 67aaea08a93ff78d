//! Operations on whole buckets.

use super::super::error::{Result, S3Error};
use super::super::reply::Reply;
use super::super::store::Bucket;
use super::super::time::iso_date;
use super::super::xml::{Element, Writer};
use super::Call;

/// ListBuckets.
pub fn list(call: &Call) -> Result<Reply> {
    let buckets = call.shared.store.lock();
    let mut xml = Writer::new("ListAllMyBucketsResult");
    xml.nested("Owner", |xml| {
        xml.leaf("ID", "s3-test-owner");
    });
    xml.nested("Buckets", |xml| {
        for (name, bucket) in buckets.iter() {
            xml.nested("Bucket", |xml| {
                xml.leaf("Name", name);
                xml.leaf("CreationDate", iso_date(bucket.created));
            });
        }
    });
    Ok(Reply::xml(xml))
}

/// CreateBucket.
pub fn create(call: &Call) -> Result<Reply> {
    let name = call.request.bucket();
    if !is_valid_name(name) {
        let error = S3Error::new(
            400,
            "InvalidBucketName",
            "The specified bucket is not valid.",
        );
        return Err(error.with("BucketName", name));
    }
    let location = wanted_location(call)?;
    let mut buckets = call.shared.store.lock();
    if buckets.contains_key(name) {
        let message = "Your previous request to create the named bucket succeeded and you \
                       already own it.";
        let error = S3Error::new(409, "BucketAlreadyOwnedByYou", message);
        return Err(error.with("BucketName", name));
    }
    let bucket = Bucket::new(call.shared.clock.now(), &location);
    buckets.insert(name.to_owned(), bucket);
    let mut reply = Reply::new(200);
    reply.set("location", &format!("/{name}"));
    Ok(reply)
}

/// The region in the body of CreateBucket, or "" for the first region. Other regions
/// make only buckets of their own; the first one lets choose.
fn wanted_location(call: &Call) -> Result<String> {
    let body = call.body.bytes();
    let wanted = if body.is_empty() {
        None
    } else {
        let text = std::str::from_utf8(&body).map_err(|_| S3Error::malformed_xml())?;
        let root = Element::parse(text).ok_or_else(S3Error::malformed_xml)?;
        if root.name != "CreateBucketConfiguration" {
            return Err(S3Error::malformed_xml());
        }
        root.child_text("LocationConstraint").map(str::to_owned)
    };
    let region = &call.shared.config.region;
    match (region.as_str(), wanted) {
        ("us-east-1", None) => Ok(String::new()),
        ("us-east-1", Some(wanted)) if wanted == "us-east-1" => {
            let message = "The specified location-constraint is not valid";
            let error = S3Error::new(400, "InvalidLocationConstraint", message);
            Err(error.with("LocationConstraint", wanted))
        }
        ("us-east-1", Some(wanted)) => Ok(wanted),
        (region, Some(wanted)) if wanted == region => Ok(wanted),
        (_, wanted) => {
            let wanted = wanted.unwrap_or_else(|| "unspecified".into());
            let message = format!(
                "The {wanted} location constraint is incompatible for the region specific \
                 endpoint this request was sent to."
            );
            Err(S3Error::new(
                400,
                "IllegalLocationConstraintException",
                message,
            ))
        }
    }
}

fn is_valid_name(name: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.bytes().all(|b| letter(b) || b == b'-' || b == b'.')
        && name.bytes().next().is_some_and(letter)
        && name.bytes().last().is_some_and(letter)
        && !name.contains("..")
}

/// DeleteBucket.
pub fn delete(call: &Call) -> Result<Reply> {
    let name = call.request.bucket();
    let mut buckets = call.shared.store.lock();
    let Some(bucket) = buckets.get(name) else {
        return Err(S3Error::no_such_bucket(name));
    };
    if !bucket.objects.is_empty() || !bucket.uploads.is_empty() {
        let message = "The bucket you tried to delete is not empty";
        return Err(S3Error::new(409, "BucketNotEmpty", message).with("BucketName", name));
    }
    buckets.remove(name);
    Ok(Reply::new(204))
}

/// HeadBucket.
pub fn head(call: &Call) -> Result<Reply> {
    let region = call.shared.config.region.as_str();
    let location = call
        .shared
        .store
        .with(call.request.bucket(), |b| Ok(b.location.clone()))?;
    let mut reply = Reply::new(200);
    reply.set("content-type", "application/xml");
    reply.set(
        "x-amz-bucket-region",
        if location.is_empty() {
            region
        } else {
            &location
        },
    );
    Ok(reply)
}

/// GetBucketLocation: the answer's root holds the region itself.
pub fn location(call: &Call) -> Result<Reply> {
    let location = call
        .shared
        .store
        .with(call.request.bucket(), |b| Ok(b.location.clone()))?;
    let mut xml = Writer::new("LocationConstraint");
    xml.text(&location);
    Ok(Reply::xml(xml))
}
