//! ListMultipartUploads and ListParts.

use super::super::codec::encode_listing;
use super::super::error::{Result, S3Error};
use super::super::reply::Reply;
use super::super::request::Request;
use super::super::store::Upload;
use super::super::time::iso_date;
use super::super::xml::Writer;
use super::Call;
use super::list::page_size;

/// ListMultipartUploads, by key and then by time.
pub fn uploads(call: &Call) -> Result<Reply> {
    let request = call.request;
    let limit = page_size(request, "max-uploads", call.shared.config.max_keys)?;
    let found = call.shared.store.with(request.bucket(), |bucket| {
        let prefix = request.query("prefix").unwrap_or("");
        let uploads = bucket
            .uploads
            .iter()
            .filter(|(_, u)| u.key.starts_with(prefix));
        Ok(uploads
            .map(|(id, upload)| (id.clone(), upload.clone()))
            .collect::<Vec<_>>())
    })?;
    let (page, truncated) = page_of_uploads(request, found, limit);
    let url = request.query("encoding-type") == Some("url");
    let text = |key: &str| {
        if url {
            encode_listing(key)
        } else {
            key.to_owned()
        }
    };
    let mut xml = Writer::new("ListMultipartUploadsResult");
    xml.leaf("Bucket", request.bucket());
    xml.leaf("KeyMarker", text(request.query("key-marker").unwrap_or("")));
    xml.leaf(
        "UploadIdMarker",
        request.query("upload-id-marker").unwrap_or(""),
    );
    xml.leaf("Prefix", text(request.query("prefix").unwrap_or("")));
    xml.leaf_opt("EncodingType", url.then_some("url"));
    if let Some((id, upload)) = page.last().filter(|_| truncated) {
        xml.leaf("NextKeyMarker", text(&upload.key));
        xml.leaf("NextUploadIdMarker", id);
    }
    xml.leaf("MaxUploads", limit.to_string());
    xml.leaf("IsTruncated", truncated.to_string());
    for (id, upload) in &page {
        xml.nested("Upload", |xml| {
            xml.leaf("Key", text(&upload.key));
            xml.leaf("UploadId", id);
            xml.leaf("StorageClass", storage_class(upload));
            xml.leaf("Initiated", iso_date(upload.initiated));
        });
    }
    Ok(Reply::xml(xml))
}

/// Sorts, starts after the markers and cuts to a page. An upload-id marker counts only
/// beside a key marker.
fn page_of_uploads(
    request: &Request,
    mut uploads: Vec<(String, Upload)>,
    limit: usize,
) -> (Vec<(String, Upload)>, bool) {
    uploads.sort_by(|(id, one), (other_id, other)| {
        (&one.key, one.initiated, id).cmp(&(&other.key, other.initiated, other_id))
    });
    let key_marker = request.query_filled("key-marker").unwrap_or("");
    let id_marker = request.query_filled("upload-id-marker");
    let seen = uploads
        .iter()
        .position(|(id, upload)| upload.key == key_marker && Some(id.as_str()) == id_marker);
    match seen {
        Some(index) => drop(uploads.drain(..=index)),
        None => uploads.retain(|(_, upload)| upload.key.as_str() > key_marker),
    }
    let truncated = uploads.len() > limit;
    uploads.truncate(limit);
    (uploads, truncated)
}

fn storage_class(upload: &Upload) -> &str {
    upload
        .headers
        .get("x-amz-storage-class")
        .map_or("STANDARD", String::as_str)
}

/// ListParts.
pub fn parts(call: &Call) -> Result<Reply> {
    let request = call.request;
    let limit = page_size(request, "max-parts", call.shared.config.max_keys)?;
    let marker = request.query_filled("part-number-marker").unwrap_or("0");
    let after: u32 = marker
        .parse()
        .map_err(|_| S3Error::invalid_argument("Provided part-number-marker not an integer"))?;
    let id = request.query("uploadId").unwrap_or("");
    let upload = call.shared.store.with(request.bucket(), |bucket| {
        Ok(bucket.upload(id, request.key())?.clone())
    })?;
    let mut page: Vec<_> = upload.parts.range(after.saturating_add(1)..).collect();
    let truncated = page.len() > limit;
    page.truncate(limit);
    let mut xml = Writer::new("ListPartsResult");
    xml.leaf("Bucket", request.bucket());
    xml.leaf("Key", request.key());
    xml.leaf("UploadId", id);
    xml.leaf("StorageClass", storage_class(&upload));
    xml.leaf("PartNumberMarker", after.to_string());
    xml.leaf_opt(
        "NextPartNumberMarker",
        page.last().map(|(number, _)| number.to_string()),
    );
    xml.leaf("MaxParts", limit.to_string());
    xml.leaf("IsTruncated", truncated.to_string());
    for (number, part) in page {
        xml.nested("Part", |xml| {
            xml.leaf("PartNumber", number.to_string());
            xml.leaf("LastModified", iso_date(part.last_modified));
            xml.leaf("ETag", &part.etag);
            xml.leaf("Size", part.payload.len().to_string());
        });
    }
    Ok(Reply::xml(xml))
}
