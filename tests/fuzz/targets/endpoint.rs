//! Where requests go. The fields are the URL of an endpoint, a region, a bucket and a key.

use http::Method;
use s4cmd::s3::{
    endpoint::{Addressing, AwsHosts, Endpoint},
    operation::OperationKind,
    request::Request,
};

use super::input;

pub fn run(data: &[u8]) {
    let [url, region, bucket, key] = input::texts::<4>(data, input::FIELD);
    // The parser of names asserts what does not hold without tables, in debug builds only.
    if cfg!(debug_assertions) && url.to_ascii_lowercase().contains("xn--") {
        return;
    }
    for addressing in [Addressing::Path, Addressing::VirtualHost] {
        match Endpoint::custom(&url, &region, addressing) {
            Ok(endpoint) => check(&endpoint, &bucket, &key),
            Err(error) => check_error(&url, &region, &error.to_string()),
        }
    }
    if let Ok(endpoint) = Endpoint::aws(&region, AwsHosts::default()) {
        assert!(endpoint.is_aws() && endpoint.region() == region);
        check(&endpoint, &bucket, &key);
    }
}

/// What goes on the wire is a URL of this host, and means this bucket and this key and no others.
fn check(endpoint: &Endpoint, bucket: &str, key: &str) {
    let shown = endpoint.to_string();
    assert!(!shown.contains(char::is_control) && !shown.contains(['@', '?', '#', ' ']));
    let request = Request::new(OperationKind::GetObject, Method::GET).object(bucket, key);
    let Ok(address) = endpoint.address(&request) else {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let is_plain = !bucket.is_empty() && bucket.bytes().all(is_name) && bucket.len() <= 255;
        let is_up = [".", ".."].contains(&bucket);
        assert!(!is_plain || is_up || key.len() > 1024);
        return;
    };
    let scheme = endpoint.scheme().as_str();
    let url = format!("{scheme}://{}{}", address.authority, address.path);
    let uri: http::Uri = url.parse().unwrap_or_else(|_| panic!("no URL: {url:?}"));
    assert_eq!(
        uri.authority().map(|authority| authority.as_str()),
        Some(&*address.authority)
    );
    assert_eq!(uri.path(), address.path);
    assert_eq!(uri.query(), None);
    let base = shown
        .strip_prefix(&format!("{scheme}://"))
        .expect("its scheme");
    let (host, path) = base.split_at(base.find('/').unwrap_or(base.len()));
    let before_key = match address.authority.strip_suffix(host) {
        Some("") => format!("{path}/{bucket}/"),
        Some(label) => {
            assert_eq!(label, format!("{bucket}."));
            format!("{path}/")
        }
        None => panic!("another host: {}", address.authority),
    };
    let encoded = address.path.strip_prefix(&before_key).expect("the bucket");
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(encoded).collect();
    assert_eq!(decoded, key.as_bytes());
}

/// What stands in front of an `@` may be a password.
fn check_error(url: &str, region: &str, text: &str) {
    if text.starts_with("invalid region") {
        assert_eq!(
            text,
            format!("invalid region \"{region}\": use letters, digits and '-' only")
        );
        return;
    }
    let shown = match url.rfind('@') {
        Some(at) => {
            let scheme = url[..at].find("://").map_or("", |end| &url[..end]);
            let separator = if scheme.is_empty() { "" } else { "://" };
            format!("{scheme}{separator}***{}", &url[at..])
        }
        None => url.to_owned(),
    };
    assert!(
        text.starts_with(&format!("invalid endpoint URL \"{shown}\": ")),
        "{text}"
    );
}
