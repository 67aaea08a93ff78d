//! The signer, with a request that stores an object.

use std::hint::black_box;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use s4cmd::s3::{
    encode,
    payload::PayloadHash,
    sigv4::{Credentials, Scope, Signable, canonical_request, sign},
};

use crate::{
    benchmark::{Benchmark, Iteration},
    keys::keys,
};

const REQUESTS: usize = 100;

/// All that signing takes; most of it is hashing.
pub(crate) const SIGN: Benchmark = Benchmark {
    name: "sign",
    item: "request",
    items: REQUESTS,
    is_pure: true,
    prepare: prepare_sign,
};

/// The text that is hashed, by itself.
pub(crate) const CANONICAL: Benchmark = Benchmark {
    name: "canonical-request",
    item: "request",
    items: REQUESTS,
    is_pure: true,
    prepare: prepare_canonical,
};

fn prepare_sign() -> Iteration {
    let (paths, headers) = (paths(), headers());
    let credentials = Credentials {
        access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        session_token: None,
    };
    let scope = Scope {
        region: "us-east-1",
        service: "s3",
    };
    let now = "2024-02-03T04:05:06Z".parse().expect("a time");
    Box::new(move || {
        let is_signed = |path: &&String| {
            let mut headers = headers.clone();
            let mut request = Signable {
                method: &Method::PUT,
                path: black_box(path),
                query: "",
                headers: &mut headers,
            };
            let hash = PayloadHash::Sha256([7; 32]);
            sign(&mut request, &credentials, scope, now, hash).expect("a signature");
            headers.contains_key("authorization")
        };
        paths.iter().filter(is_signed).count()
    })
}

fn prepare_canonical() -> Iteration {
    let (paths, headers) = (paths(), headers());
    let hash = encode::hex(&[7; 32]);
    Box::new(move || {
        let is_whole = |path: &&String| {
            let path = black_box(path);
            let canonical = canonical_request(&Method::PUT, path, "", &headers, &hash);
            canonical.text.ends_with(hash.as_bytes())
        };
        paths.iter().filter(is_whole).count()
    })
}

fn paths() -> Vec<String> {
    let keys = keys(REQUESTS);
    let path = |key: &String| format!("/bucket/{}", encode::path(key));
    keys.iter().map(path).collect()
}

/// With those that the signer adds there are eight and one that is not signed.
fn headers() -> HeaderMap {
    let headers = [
        ("host", "s3.us-east-1.amazonaws.com"),
        ("content-type", "image/jpeg"),
        ("content-length", "1048576"),
        ("content-md5", "XUFAKrxLKna5cZ2REBfFkg=="),
        (
            "x-amz-meta-s4cmd",
            "uid:1000/gname:users/mtime:1706933106/mode:33188",
        ),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("user-agent", "s4cmd"),
    ];
    let header = |(name, value)| {
        let name = HeaderName::from_static(name);
        (name, HeaderValue::from_static(value))
    };
    headers.into_iter().map(header).collect()
}
