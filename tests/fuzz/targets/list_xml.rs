//! Pages of listings, of both versions.

use s4cmd::s3::{
    op::{ListObjects, ListObjectsV2, ListPage, ListedObject},
    operation::{Answer, Operation},
    time,
    types::ETag,
    xml::{Reader, XmlError},
};

use super::{
    answer::{bare_tag, plain_number},
    xml::{DEEPEST, Element, escaped},
};

pub fn run(data: &[u8]) {
    walk(data);
    let page = second_version(data);
    let older = first_version(data);
    match (&page, &older) {
        (Some(page), Some(older)) => check_older(page, older),
        (None, None) => {}
        _ => panic!("one version takes it, the other does not"),
    }
    if let Some(root) = Element::read(data) {
        assert_eq!(
            page.as_ref().map(known),
            expected(&root).as_ref().map(known)
        );
    }
    if let Some(page) = page {
        check_bounds(data, &page);
        check_round_trip(&page);
    }
}

fn second_version(body: &[u8]) -> Option<ListPage> {
    let operation = ListObjectsV2 {
        bucket: "b",
        prefix: "",
        delimiter: None,
        continuation_token: None,
        start_after: None,
        url_encoding: true,
    };
    parsed(&operation, body)
}

fn first_version(body: &[u8]) -> Option<ListPage> {
    let operation = ListObjects {
        bucket: "b",
        prefix: "",
        delimiter: None,
        marker: None,
        url_encoding: true,
    };
    parsed(&operation, body)
}

fn parsed<O: Operation>(operation: &O, body: &[u8]) -> Option<O::Output> {
    let answer = Answer {
        status: http::StatusCode::OK,
        headers: &http::HeaderMap::new(),
        body,
    };
    operation.parse(&answer).ok()
}

/// The older version goes on behind the last name where the server does not say where.
fn check_older(page: &ListPage, older: &ListPage) {
    let mut names = page.objects.iter().map(|object| &object.key);
    let mut next = page.next.clone();
    if page.truncated && next.is_none() {
        next = names.next_back().max(page.prefixes.last()).cloned();
    }
    let page = ListPage {
        next,
        ..page.clone()
    };
    assert_eq!(known(older), known(&page));
}

/// Everything of a page in a form that compares by text: tags are equal also where they differ in
/// their quotes.
fn known(page: &ListPage) -> String {
    let tags = page.objects.iter().map(|object| object.etag.as_ref());
    let tags: Vec<Option<&str>> = tags.map(|tag| tag.map(ETag::as_str)).collect();
    format!("{page:?} {tags:?}")
}

/// What a page is by the slow reader; `None` if it must be refused.
fn expected(root: &Element) -> Option<ListPage> {
    let texts = [
        "IsTruncated",
        "NextContinuationToken",
        "NextMarker",
        "EncodingType",
    ];
    if root.name != "ListBucketResult" || root.depth() > DEEPEST || !root.are_plain(&texts) {
        return None;
    }
    let mut values = root.named("IsTruncated");
    let all_known = values.all(|value| ["true", "false"].contains(&&*value.text));
    let truncated = root.last("IsTruncated").filter(|_| all_known)? == "true";
    let decodes = root.last("EncodingType") == Some("url");
    let decode = |text: &str| match decodes {
        true => decoded(text),
        false => Some(text.to_owned()),
    };
    let non_empty = |name| root.last(name).filter(|text| !text.is_empty());
    let marker = match non_empty("NextMarker") {
        Some(marker) => Some(decode(marker)?),
        None => None,
    };
    let token = non_empty("NextContinuationToken").map(str::to_owned);
    let mut page = ListPage {
        truncated,
        next: token.or(marker),
        ..ListPage::default()
    };
    for contents in root.named("Contents") {
        let object = object(contents)?;
        match decode(&object.key) {
            Some(key) => page.objects.push(ListedObject { key, ..object }),
            None => page.unreadable += 1,
        }
    }
    for prefixes in root.named("CommonPrefixes") {
        for prefix in prefixes.named("Prefix") {
            match decode(prefix.plain()?) {
                Some(prefix) => page.prefixes.push(prefix),
                None => page.unreadable += 1,
            }
        }
    }
    Some(page)
}

fn object(contents: &Element) -> Option<ListedObject> {
    let texts = ["Key", "Size", "LastModified", "ETag", "StorageClass"];
    if !contents.are_plain(&texts) {
        return None;
    }
    let mut sizes = contents.named("Size");
    if !sizes.all(|size| plain_number(&size.text).is_some()) {
        return None;
    }
    let tag = contents.last("ETag").filter(|tag| bare_tag(tag).is_some());
    let class = contents
        .last("StorageClass")
        .filter(|class| !class.is_empty());
    Some(ListedObject {
        key: contents.last("Key")?.to_owned(),
        size: plain_number(contents.last("Size")?)?,
        last_modified: contents.last("LastModified").and_then(time::parse_iso8601),
        etag: tag.map(ETag::new),
        storage_class: class.map(str::to_owned),
    })
}

/// `%XX` is a byte, `+` a space, and everything else is itself.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        let pair = behind
            .first_chunk()
            .map(|pair: &[u8; 2]| pair.map(char::from));
        let digits = pair.and_then(|[high, low]| Some((high.to_digit(16)?, low.to_digit(16)?)));
        match (first, digits) {
            (b'%', Some((high, low))) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap());
                rest = &behind[2..];
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).ok()
}

fn encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.*/".contains(&byte);
    let byte = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        _ if keep(byte) => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Nothing of a page is made up: it takes no more memory than its document.
fn check_bounds(data: &[u8], page: &ListPage) {
    let keys = page.objects.iter().map(|object| object.key.len());
    let prefixes = page.prefixes.iter().map(String::len);
    let texts: usize = keys.chain(prefixes).sum();
    // Each has tags around it.
    let names = page.objects.len() + page.prefixes.len();
    assert!(texts + names * "<a/>".len() <= data.len());
}

/// A page that is written down once more is the same page.
fn check_round_trip(page: &ListPage) {
    let page = ListPage {
        unreadable: 0,
        ..page.clone()
    };
    for with_encoding in [true, false] {
        let written = written(&page, with_encoding);
        let again = second_version(written.as_bytes());
        let again = again.unwrap_or_else(|| panic!("refused: {written}"));
        assert_eq!(known(&again), known(&page), "{written}");
    }
}

fn written(page: &ListPage, with_encoding: bool) -> String {
    let name = |name: &str| match with_encoding {
        true => encoded(name),
        false => escaped(name),
    };
    let mut objects = String::new();
    for object in &page.objects {
        objects += &format!(
            "<Contents><Key>{}</Key><Size>{}</Size>",
            name(&object.key),
            object.size
        );
        if let Some(at) = object.last_modified {
            objects += &format!("<LastModified>{at}</LastModified>");
        }
        if let Some(etag) = &object.etag {
            objects += &format!("<ETag>{}</ETag>", escaped(etag.as_str()));
        }
        if let Some(class) = &object.storage_class {
            objects += &format!("<StorageClass>{}</StorageClass>", escaped(class));
        }
        objects += "</Contents>";
    }
    for prefix in &page.prefixes {
        objects += &format!(
            "<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>",
            name(prefix)
        );
    }
    let next = page.next.as_deref().map_or(String::new(), |next| {
        format!(
            "<NextContinuationToken>{}</NextContinuationToken>",
            escaped(next)
        )
    });
    let encoding = if with_encoding {
        "<EncodingType>url</EncodingType>"
    } else {
        ""
    };
    format!(
        "<ListBucketResult>{objects}<IsTruncated>{}</IsTruncated>{next}{encoding}\
         </ListBucketResult>",
        page.truncated
    )
}

/// The reader itself, by the shape of the document: however it is walked, it ends, and an element
/// is never deeper than the limit.
fn walk(data: &[u8]) {
    let Ok(mut reader) = Reader::new(data) else {
        return;
    };
    if reader.root("ListBucketResult").is_err() {
        return;
    }
    let mut depth = 1;
    let mut opened = 0;
    while depth > 0 {
        match reader.child() {
            Ok(Some(_)) => {
                depth += 1;
                opened += 1;
            }
            Ok(None) => depth -= 1,
            Err(XmlError::Limit(_)) => {
                return;
            }
            Err(_) => return,
        }
        assert!(depth <= DEEPEST && opened <= data.len());
    }
    // The end is an end.
    let _ = reader.finish();
}
