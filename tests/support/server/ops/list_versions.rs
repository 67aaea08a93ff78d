//! ListObjectVersions: of each object there is the one version that S3 calls "null".

use super::super::codec::encode_listing;
use super::super::error::Result;
use super::super::reply::Reply;
use super::super::time::iso_date;
use super::super::xml::Writer;
use super::Call;
use super::list::page_size;

pub fn versions(call: &Call) -> Result<Reply> {
    let request = call.request;
    let limit = page_size(request, "max-keys", call.shared.config.max_keys)?;
    let prefix = request.query("prefix").unwrap_or("");
    let marker = request.query("key-marker").unwrap_or("");
    let mut found = call.shared.store.with(request.bucket(), |bucket| {
        let objects = bucket.objects.iter();
        let objects = objects.filter(|(key, _)| key.starts_with(prefix) && key.as_str() > marker);
        let objects = objects.map(|(key, object)| (key.clone(), object.clone()));
        Ok(objects.take(limit + 1).collect::<Vec<_>>())
    })?;
    let truncated = found.len() > limit;
    found.truncate(limit);
    let url = request.query("encoding-type") == Some("url");
    let text = |key: &str| match url {
        true => encode_listing(key),
        false => key.to_owned(),
    };
    let mut xml = Writer::new("ListVersionsResult");
    xml.leaf("Name", request.bucket());
    xml.leaf("Prefix", text(prefix));
    xml.leaf("KeyMarker", text(marker));
    xml.leaf("MaxKeys", limit.to_string());
    xml.leaf_opt("EncodingType", url.then_some("url"));
    xml.leaf("IsTruncated", truncated.to_string());
    if let Some((key, _)) = found.last().filter(|_| truncated) {
        xml.leaf("NextKeyMarker", text(key));
        xml.leaf("NextVersionIdMarker", "null");
    }
    for (key, object) in &found {
        xml.nested("Version", |xml| {
            xml.leaf("Key", text(key));
            xml.leaf("VersionId", "null");
            xml.leaf("IsLatest", "true");
            xml.leaf("LastModified", iso_date(object.last_modified));
            xml.leaf("ETag", &object.etag);
            xml.leaf("Size", object.size.to_string());
            xml.leaf("StorageClass", object.storage_class());
        });
    }
    Ok(Reply::xml(xml))
}
