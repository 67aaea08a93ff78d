//! AWS Signature Version 4 with the rules of S3: the path is encoded once and never normalised,
//! the payload's hash is a header.
//!
//! Source: S3 API Reference, "Authenticating Requests (AWS Signature Version 4)".

mod canonical;
mod key;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header::InvalidHeaderValue};
use jiff::Timestamp;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::s3::{encode, payload::PayloadHash, time};

pub use canonical::canonical_request;

/// An access key with its secret.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Credentials {
    /// The access key's id; not secret.
    pub access_key: String,
    /// The secret.
    pub secret_key: String,
    /// The token of temporary credentials.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}

/// What a signature is good for.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The region.
    pub region: &'a str,
    /// The service: `s3` for every request of this crate.
    pub service: &'a str,
}

/// A request in the form that is signed: what is in here is what must be sent.
#[derive(Debug)]
pub struct Signable<'a> {
    /// The method.
    pub method: &'a Method,
    /// The encoded path.
    pub path: &'a str,
    /// The query string as [`encode::query`] makes it; empty for none.
    pub query: &'a str,
    /// The headers, `host` among them.
    pub headers: &'a mut HeaderMap,
}

/// Signs by headers: adds `x-amz-content-sha256`, `x-amz-date`, `x-amz-security-token` and
/// `authorization`.
///
/// # Errors
/// The access key or the token has characters that a header cannot carry.
pub fn sign(
    request: &mut Signable<'_>,
    credentials: &Credentials,
    scope: Scope<'_>,
    now: Timestamp,
    payload: PayloadHash,
) -> Result<(), InvalidHeaderValue> {
    let payload = payload_text(payload);
    request
        .headers
        .insert(CONTENT_SHA256, HeaderValue::from_str(&payload)?);
    sign_headers(request, credentials, scope, now, &payload)
}

/// [`sign`] without `x-amz-content-sha256`, as services other than S3 want it.
///
/// # Errors
/// As [`sign`].
pub fn sign_headers(
    request: &mut Signable<'_>,
    credentials: &Credentials,
    scope: Scope<'_>,
    now: Timestamp,
    payload: &str,
) -> Result<(), InvalidHeaderValue> {
    let date_time = time::amz_date(now);
    request
        .headers
        .insert(DATE, HeaderValue::from_str(&date_time)?);
    if let Some(token) = &credentials.session_token {
        let mut token = HeaderValue::from_str(token)?;
        token.set_sensitive(true);
        request.headers.insert(SECURITY_TOKEN, token);
    }
    let canonical = canonical_request(
        request.method,
        request.path,
        request.query,
        request.headers,
        payload,
    );
    let scope = ScopeText::new(&date_time, scope);
    let signature = signature(&canonical.text, &date_time, &scope, &credentials.secret_key);
    let mut authorization = HeaderValue::from_str(&format!(
        "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={signature}",
        credentials.access_key, scope.text, canonical.signed_headers,
    ))?;
    authorization.set_sensitive(true);
    request
        .headers
        .insert(http::header::AUTHORIZATION, authorization);
    Ok(())
}

/// Signs by query: gives the query string of a URL that anybody can use for `expires` seconds.
/// `parameters` are the request's own, unencoded; `request.query` is not looked at.
///
/// Limits: `expires` is 1 to 604,800 (seven days); the server refuses others.
pub fn presign(
    request: &Signable<'_>,
    parameters: &[(String, String)],
    credentials: &Credentials,
    scope: Scope<'_>,
    now: Timestamp,
    expires: u32,
) -> String {
    let date_time = time::amz_date(now);
    let scope = ScopeText::new(&date_time, scope);
    let signed_headers = canonical::signed_headers(request.headers);
    let mut parameters = parameters.to_vec();
    let mut add = |name: &str, value: String| parameters.push((name.to_owned(), value));
    add("X-Amz-Algorithm", ALGORITHM.to_owned());
    add(
        "X-Amz-Credential",
        format!("{}/{}", credentials.access_key, scope.text),
    );
    add("X-Amz-Date", date_time.clone());
    add("X-Amz-Expires", expires.to_string());
    add("X-Amz-SignedHeaders", signed_headers);
    if let Some(token) = &credentials.session_token {
        add("X-Amz-Security-Token", token.clone());
    }
    let query = encode::query(&parameters);
    let canonical = canonical_request(
        request.method,
        request.path,
        &query,
        request.headers,
        UNSIGNED_PAYLOAD,
    );
    let signature = signature(&canonical.text, &date_time, &scope, &credentials.secret_key);
    format!("{query}&X-Amz-Signature={signature}")
}

/// The text that is signed: algorithm, time, scope and the hash of the canonical request.
pub fn string_to_sign(canonical: &[u8], date_time: &str, scope: &str) -> String {
    use sha2::{Digest as _, Sha256};
    format!(
        "{ALGORITHM}\n{date_time}\n{scope}\n{}",
        encode::hex(&Sha256::digest(canonical))
    )
}

struct ScopeText<'a> {
    date: &'a str,
    scope: Scope<'a>,
    text: String,
}

impl<'a> ScopeText<'a> {
    fn new(date_time: &'a str, scope: Scope<'a>) -> Self {
        let date = date_time.get(..8).unwrap_or(date_time);
        let text = format!("{date}/{}/{}/aws4_request", scope.region, scope.service);
        Self { date, scope, text }
    }
}

fn signature(canonical: &[u8], date_time: &str, scope: &ScopeText<'_>, secret: &str) -> String {
    let signing_key = key::derive(secret, scope.date, scope.scope.region, scope.scope.service);
    let text = string_to_sign(canonical, date_time, &scope.text);
    encode::hex(&key::hmac(&*signing_key, text.as_bytes()))
}

fn payload_text(payload: PayloadHash) -> String {
    match payload {
        PayloadHash::Sha256(digest) => encode::hex(&digest),
        PayloadHash::Unsigned => UNSIGNED_PAYLOAD.to_owned(),
    }
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
