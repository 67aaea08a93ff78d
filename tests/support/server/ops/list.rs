//! Listing objects, both versions.

use super::super::codec::{base64, encode_listing, unbase64};
use super::super::config::{Order, StartAfter};
use super::super::error::{Result, S3Error};
use super::super::object::Object;
use super::super::reply::Reply;
use super::super::request::Request;
use super::super::store::Bucket;
use super::super::time::iso_date;
use super::super::xml::Writer;
use super::Call;

/// What one page is asked to show.
struct Query<'a> {
    prefix: &'a str,
    delimiter: &'a str,
    /// The page starts after this key or common prefix.
    after: String,
    max_keys: usize,
    url_encoding: bool,
    /// Whether one key more is left out.
    is_late: bool,
    /// Keys up to this are left out, wherever they are in the order.
    least: String,
    order: Order,
    listed_millis: u16,
}

/// A key and its object.
type Entry<'a> = (&'a String, &'a Object);

/// One page.
#[derive(Default)]
struct Page {
    objects: Vec<(String, Object)>,
    prefixes: Vec<String>,
    truncated: bool,
    /// The last key or common prefix on the page.
    last: String,
}

/// ListObjects, the first version: the next page starts after a key.
pub fn v1(call: &Call) -> Result<Reply> {
    let request = call.request;
    let marker = request.query("marker").unwrap_or("");
    let query = Query::new(call, marker)?;
    let page = call
        .shared
        .store
        .with(request.bucket(), |bucket| Ok(query.page(bucket)))?;
    let omit = request.tweak.omit_position;
    let mut xml = Writer::new("ListBucketResult");
    query.write_head(&mut xml, request);
    xml.leaf("Marker", query.text(marker));
    if page.truncated && !query.delimiter.is_empty() && !omit {
        xml.leaf("NextMarker", query.text(&page.last));
    }
    xml.leaf("IsTruncated", (page.truncated || omit).to_string());
    query.write_entries(&mut xml, &page, true);
    Ok(Reply::xml(xml))
}

/// ListObjectsV2: the next page is found by a token that says nothing to the client.
pub fn v2(call: &Call) -> Result<Reply> {
    let request = call.request;
    if !call.shared.config.list_v2 {
        return Err(S3Error::not_implemented());
    }
    let token = request.query("continuation-token");
    let start_after = request.query("start-after");
    let rule = call.shared.config.start_after;
    let (after, least) = match (token, start_after) {
        (Some(token), _) => read_token(token)?,
        (None, Some(key)) => begin(key, rule)?,
        (None, None) => Default::default(),
    };
    let mut query = Query::new(call, &after)?;
    query.is_late = rule == StartAfter::Late && token.is_none() && start_after.is_some();
    query.least = least;
    let page = call
        .shared
        .store
        .with(request.bucket(), |bucket| Ok(query.page(bucket)))?;
    let omit = request.tweak.omit_position;
    let mut xml = Writer::new("ListBucketResult");
    query.write_head(&mut xml, request);
    xml.leaf(
        "KeyCount",
        (page.objects.len() + page.prefixes.len()).to_string(),
    );
    xml.leaf_opt("StartAfter", start_after.map(|key| query.text(key)));
    xml.leaf_opt("ContinuationToken", token);
    if page.truncated && !omit {
        xml.leaf(
            "NextContinuationToken",
            write_token(&page.last, &query.least),
        );
    }
    xml.leaf("IsTruncated", (page.truncated || omit).to_string());
    query.write_entries(
        &mut xml,
        &page,
        request.query("fetch-owner") == Some("true"),
    );
    Ok(Reply::xml(xml))
}

/// Of a listing that is to begin behind a key: where it does, and which keys it leaves out.
fn begin(key: &str, rule: StartAfter) -> Result<(String, String)> {
    match rule {
        StartAfter::Taken | StartAfter::Late => Ok((key.to_owned(), String::new())),
        StartAfter::ByBytes => Ok((String::new(), key.to_owned())),
        StartAfter::Refused if !key.is_empty() => Err(S3Error::invalid_request(
            "StartAfter is not supported by this bucket.",
        )),
        StartAfter::Ignored | StartAfter::Refused => Ok(Default::default()),
    }
}

/// A token holds the last entry of its page, and which keys the listing leaves out; the salt makes
/// each one different, and base64 exercises the client's encoding of `+`, `/` and `=`.
fn write_token(last: &str, least: &str) -> String {
    let salt = fastrand::u32(..);
    base64(format!("{salt:08x}\u{7ff}{last}\u{7ff}{least}").as_bytes())
}

fn read_token(token: &str) -> Result<(String, String)> {
    let text = unbase64(token).and_then(|bytes| String::from_utf8(bytes).ok());
    let mut fields = text.iter().flat_map(|text| text.split('\u{7ff}')).skip(1);
    match (fields.next(), fields.next()) {
        (Some(last), Some(least)) => Ok((last.to_owned(), least.to_owned())),
        _ => Err(
            S3Error::invalid_argument("The continuation token provided is incorrect")
                .with("ArgumentName", "continuation-token"),
        ),
    }
}

impl<'a> Query<'a> {
    fn new(call: &Call<'a>, after: &str) -> Result<Query<'a>> {
        let request: &'a Request = call.request;
        let url_encoding = match request.query("encoding-type") {
            None => false,
            Some("url") => !request.tweak.plain_keys,
            Some(_) => {
                return Err(S3Error::invalid_argument(
                    "Invalid Encoding Method specified in Request",
                ));
            }
        };
        let ignore = request.tweak.ignore_position;
        Ok(Query {
            prefix: request.query("prefix").unwrap_or(""),
            delimiter: request.query("delimiter").unwrap_or(""),
            after: if ignore {
                String::new()
            } else {
                after.to_owned()
            },
            max_keys: page_size(request, "max-keys", call.shared.config.max_keys)?,
            url_encoding,
            is_late: false,
            least: String::new(),
            order: call.shared.config.order,
            listed_millis: call.shared.config.listed_millis,
        })
    }

    /// Collects one page: keys and common prefixes count alike.
    fn page(&self, bucket: &Bucket) -> Page {
        let mut page = Page::default();
        let entries = self.entries(bucket);
        let entries = entries.filter(|(key, _)| **key > self.least || self.least.is_empty());
        for (key, object) in entries.skip(usize::from(self.is_late)) {
            let group = self.common_prefix(key);
            let entry = group.unwrap_or(key);
            let in_order = self.order == Order::Keys;
            let shown_before = in_order && *key <= self.after || group == Some(&self.after);
            if shown_before || (group.is_some() && page.last == entry) {
                continue;
            }
            if page.objects.len() + page.prefixes.len() == self.max_keys {
                page.truncated = self.max_keys > 0;
                break;
            }
            match group {
                Some(group) => page.prefixes.push(group.to_owned()),
                None => page.objects.push((key.clone(), object.clone())),
            }
            page.last = entry.to_owned();
        }
        page
    }

    /// The keys with the prefix, from where the page starts.
    fn entries<'b>(&'b self, bucket: &'b Bucket) -> Box<dyn Iterator<Item = Entry<'b>> + 'b> {
        let with_prefix = |(key, _): &Entry<'_>| key.starts_with(self.prefix);
        if self.order == Order::Keys {
            let start = self.after.as_str().max(self.prefix).to_owned();
            return Box::new(bucket.objects.range(start..).take_while(with_prefix));
        }
        let mut entries: Vec<Entry<'_>> = bucket.objects.iter().filter(with_prefix).collect();
        match self.order {
            Order::Keys => {}
            Order::Directories => entries.sort_by(|(a, _), (b, _)| a.split('/').cmp(b.split('/'))),
            Order::LastAfter(count) => {
                if let Some(last) = entries.pop() {
                    entries.insert(count.min(entries.len()), last);
                }
            }
        }
        let is_last = |(key, _): &Entry<'_>| **key == self.after;
        let start = match entries.iter().position(is_last) {
            Some(last) => last + 1,
            None => entries
                .iter()
                .position(|(key, _)| self.is_behind(key))
                .unwrap_or(entries.len()),
        };
        Box::new(entries.into_iter().skip(start))
    }

    /// Whether a key stands behind the one that the page starts after, which is not there.
    fn is_behind(&self, key: &str) -> bool {
        match self.order {
            Order::Directories => key.split('/').gt(self.after.split('/')),
            Order::Keys | Order::LastAfter(_) => *key > *self.after,
        }
    }

    /// The key up to the first delimiter behind the prefix.
    fn common_prefix<'k>(&self, key: &'k str) -> Option<&'k str> {
        if self.delimiter.is_empty() {
            return None;
        }
        let at = key[self.prefix.len()..].find(self.delimiter)?;
        Some(&key[..self.prefix.len() + at + self.delimiter.len()])
    }

    /// A key as the client wants it written.
    fn text(&self, key: &str) -> String {
        match self.url_encoding {
            true => encode_listing(key),
            false => key.to_owned(),
        }
    }

    fn write_head(&self, xml: &mut Writer, request: &Request) {
        xml.leaf("Name", request.bucket());
        xml.leaf("Prefix", self.text(self.prefix));
        if !self.delimiter.is_empty() {
            xml.leaf("Delimiter", self.text(self.delimiter));
        }
        xml.leaf("MaxKeys", self.max_keys.to_string());
        if self.url_encoding {
            xml.leaf("EncodingType", "url");
        }
    }

    fn write_entries(&self, xml: &mut Writer, page: &Page, owner: bool) {
        for (key, object) in &page.objects {
            xml.nested("Contents", |xml| {
                xml.leaf("Key", self.text(key));
                let listed = iso_date(object.last_modified);
                let millis = format!(".{:03}Z", self.listed_millis);
                xml.leaf("LastModified", listed.replace(".000Z", &millis));
                xml.leaf("ETag", &object.etag);
                xml.leaf("Size", object.size.to_string());
                if owner {
                    xml.nested("Owner", |xml| {
                        xml.leaf("ID", "s3-test-owner");
                    });
                }
                xml.leaf("StorageClass", object.storage_class());
            });
        }
        for prefix in &page.prefixes {
            xml.nested("CommonPrefixes", |xml| {
                xml.leaf("Prefix", self.text(prefix));
            });
        }
    }
}

/// The size of a page: what is asked for, up to what the server gives.
pub fn page_size(request: &Request, name: &str, limit: usize) -> Result<usize> {
    let Some(text) = request.query_filled(name) else {
        return Ok(limit);
    };
    let asked: usize = text.parse().map_err(|_| {
        S3Error::invalid_argument(&format!(
            "Provided {name} not an integer or within integer range"
        ))
        .with("ArgumentName", name)
        .with("ArgumentValue", text)
    })?;
    Ok(asked.min(limit))
}
