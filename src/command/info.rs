//! `info`: what is known of objects and buckets.

use http::{HeaderMap, HeaderName};
use serde_json::{Map, Value, json};

use crate::{
    client::ClientError,
    command::{
        Failure, Session,
        walk::{self, Entry},
    },
    location::S3Url,
    plan::pattern::Pattern,
    s3::{
        encode,
        op::{GetBucketPolicy, HeadBucket, HeadObject, HeadObjectOutput},
        properties::Properties,
        request::Role,
        time::iso8601,
        types::ETag,
    },
};

pub(super) async fn run(session: &Session, urls: &[S3Url]) -> Result<(), Failure> {
    for url in urls {
        if let Err(failure) = each(session, url).await {
            session.output.failure(&failure);
        }
    }
    Ok(())
}

async fn each(session: &Session, url: &S3Url) -> Result<(), Failure> {
    if url.key.is_empty() {
        return bucket(session, url).await;
    }
    // A key is taken as it is, also that of the marker of a directory.
    if Pattern::new(&url.key).fixed_prefix() == url.key {
        return object(session, url).await;
    }
    for entry in walk::sources(session, url).await? {
        if let Entry::Object(listed) = entry {
            object(session, &url.with_key(listed.key)).await?;
        }
    }
    Ok(())
}

async fn bucket(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let bucket = &*url.bucket;
    let about = |error: ClientError| Failure::from(error).on(url);
    let head = session.client.call(&HeadBucket { bucket }).await;
    let region = head.map_err(about)?.region;
    let policy = match session.client.call(&GetBucketPolicy { bucket }).await {
        Ok(_) => "yes",
        Err(error) if error.is_not_found() => "none",
        // Who may list a bucket need not be allowed to see that.
        Err(_) => "unknown",
    };
    let lines = [
        format!("{url} (bucket):"),
        line("Location", region.as_deref().unwrap_or("unknown")),
        line("Policy", policy),
    ];
    let object = json!({
        "type": "bucket-info",
        "url": url.to_string(),
        "region": region,
        "policy": policy,
    });
    session.output.paragraph(lines, object);
    Ok(())
}

async fn object(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let head = HeadObject {
        bucket: &url.bucket,
        key: &url.key,
        role: Role::Source,
        checksums: true,
    };
    let head = session.client.call(&head).await;
    let head = head.map_err(|error| Failure::from(error).on(url))?;
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let md5 = head.metadata_md5().or(head.content_md5());
    let md5 = md5.map(|md5| encode::hex(&md5));
    let modified = head.last_modified.map(iso8601);
    let facts = [
        ("File size", Some(head.size.to_string())),
        ("Last mod", modified.clone()),
        ("MIME type", text("content-type").map(str::to_owned)),
        ("Storage", Some(storage_class(&head.headers).to_owned())),
        ("MD5 sum", md5.clone()),
        (
            "ETag",
            head.etag.as_ref().map(|etag| etag.unquoted().to_owned()),
        ),
        ("SSE", text(ENCRYPTION).map(str::to_owned)),
    ];
    let known = facts
        .iter()
        .filter_map(|(name, value)| Some(line(name, value.as_deref()?)));
    let others = others(&head);
    let more = others
        .iter()
        .map(|(name, value)| format!("   {name}: {value}"));
    let title = format!("{url} (object):");
    let headers: Map<String, Value> = others
        .iter()
        .map(|(name, value)| (name.clone(), Value::String(value.clone())))
        .collect();
    let object = json!({
        "type": "object-info",
        "url": url.to_string(),
        "size": head.size,
        "modified": modified,
        "content_type": text("content-type"),
        "storage_class": storage_class(&head.headers),
        "md5": md5,
        "etag": head.etag.as_ref().map(ETag::unquoted),
        "encryption": text(ENCRYPTION),
        "headers": headers,
    });
    session
        .output
        .paragraph([title].into_iter().chain(known).chain(more), object);
    Ok(())
}

/// Headers that say something about the object and have no line of their own.
fn others(head: &HeadObjectOutput) -> Vec<(String, String)> {
    let is_wanted = |name: &HeaderName| {
        let is_about_it = |name: &str| {
            name.starts_with("x-amz-")
                && !name.starts_with("x-amz-request")
                && !name.starts_with("x-amz-id")
        };
        !OWN.contains(&name.as_str())
            && (Properties::describes_content(name) || is_about_it(name.as_str()))
    };
    let headers = head.headers.iter();
    let mut others: Vec<_> = headers
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.to_string(), value.into_owned())
        })
        .collect();
    others.sort();
    others
}

/// S3 leaves the usual one out.
fn storage_class(headers: &HeaderMap) -> &str {
    let class = headers.get(STORAGE_CLASS);
    class
        .and_then(|class| class.to_str().ok())
        .unwrap_or("STANDARD")
}

/// Compat: the form of s3cmd.
fn line(name: &str, value: &str) -> String {
    format!("   {:<11}{value}", format!("{name}:"))
}

const STORAGE_CLASS: &str = "x-amz-storage-class";
const ENCRYPTION: &str = "x-amz-server-side-encryption";
/// Those that have a line of their own.
const OWN: [&str; 3] = ["content-type", STORAGE_CLASS, ENCRYPTION];
