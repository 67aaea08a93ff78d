//! Verification of signatures, in the Authorization header and in presigned URLs.

use jiff::Timestamp;

use super::canonical::{Canonical, signature, string_to_sign};
use super::config::Config;
use super::error::{Result, S3Error};
use super::request::Request;
use super::time::{iso_date, parse_amz_date, parse_http_date};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// How far the two clocks may differ.
const MAX_SKEW_SECONDS: i64 = 15 * 60;
/// The longest life of a presigned URL: a week.
const MAX_EXPIRES: i64 = 604_800;

/// The parts of a signature, wherever in the request they stood.
struct Claim<'a> {
    presigned: bool,
    credential: Vec<&'a str>,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
    amz_date: String,
    signed_at: Timestamp,
    payload_hash: &'a str,
    token: Option<&'a str>,
}

/// Checks that a request is signed, and rightly.
pub fn verify(request: &Request, config: &Config, now: Timestamp) -> Result<()> {
    let claim = if request.header("authorization").is_some() {
        from_header(request, config)?
    } else if request.has_query("X-Amz-Signature") {
        from_query(request)?
    } else if config.require_auth {
        return Err(S3Error::access_denied("Access Denied"));
    } else {
        return Ok(());
    };
    check_credential(&claim, config)?;
    check_token(&claim, config)?;
    check_time(&claim, request, now)?;
    check_signed_headers(&claim, request)?;
    check_signature(&claim, request, config)
}

/// Reads `AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`.
fn from_header<'a>(request: &'a Request, config: &Config) -> Result<Claim<'a>> {
    let header = request.header("authorization").unwrap_or("");
    let Some(fields) = header.strip_prefix(ALGORITHM) else {
        return Err(S3Error::invalid_request(
            "The authorization mechanism you have provided is not supported. Please use \
             AWS4-HMAC-SHA256.",
        ));
    };
    let field = |name: &str| {
        let mut all = fields.split(',').map(str::trim);
        let value = all.find_map(|f| f.strip_prefix(name)?.strip_prefix('='));
        value.ok_or_else(|| malformed("The authorization header is malformed.", config))
    };
    let (amz_date, signed_at) = header_date(request)?;
    let Some(payload_hash) = request.header("x-amz-content-sha256") else {
        let message = "Missing required header for this request: x-amz-content-sha256";
        return Err(S3Error::invalid_request(message));
    };
    Ok(Claim {
        presigned: false,
        credential: field("Credential")?.split('/').collect(),
        signed_headers: field("SignedHeaders")?.split(';').collect(),
        signature: field("Signature")?,
        amz_date,
        signed_at,
        payload_hash,
        token: request.header("x-amz-security-token"),
    })
}

/// The time of signing: `x-amz-date` wins over `Date`.
fn header_date(request: &Request) -> Result<(String, Timestamp)> {
    if let Some(text) = request.header("x-amz-date")
        && let Some(at) = parse_amz_date(text)
    {
        return Ok((text.to_owned(), at));
    }
    let date = request.header("date").and_then(parse_http_date);
    match date {
        Some(at) => Ok((at.strftime("%Y%m%dT%H%M%SZ").to_string(), at)),
        None => Err(S3Error::access_denied(
            "AWS authentication requires a valid Date or x-amz-date header",
        )),
    }
}

/// Reads the `X-Amz-*` parameters of a presigned URL.
fn from_query(request: &Request) -> Result<Claim<'_>> {
    let field = |name: &str| {
        let value = request.query(name);
        value.ok_or_else(|| query_error(&format!("Query-string authentication needs {name}")))
    };
    if field("X-Amz-Algorithm")? != ALGORITHM {
        return Err(query_error(
            "X-Amz-Algorithm only supports AWS4-HMAC-SHA256",
        ));
    }
    let amz_date = field("X-Amz-Date")?;
    let signed_at = parse_amz_date(amz_date)
        .ok_or_else(|| query_error("X-Amz-Date must be in the ISO8601 Long Format"))?;
    Ok(Claim {
        presigned: true,
        credential: field("X-Amz-Credential")?.split('/').collect(),
        signed_headers: field("X-Amz-SignedHeaders")?.split(';').collect(),
        signature: field("X-Amz-Signature")?,
        amz_date: amz_date.to_owned(),
        signed_at,
        payload_hash: request
            .header("x-amz-content-sha256")
            .unwrap_or("UNSIGNED-PAYLOAD"),
        token: request.query("X-Amz-Security-Token"),
    })
}

/// Checks key id, day, region, service and terminator.
fn check_credential(claim: &Claim, config: &Config) -> Result<()> {
    let [key, day, region, service, end] = claim.credential[..] else {
        return Err(malformed("The Credential is mal-formed.", config));
    };
    if key != config.access_key {
        let message = "The AWS Access Key Id you provided does not exist in our records.";
        let error = S3Error::new(403, "InvalidAccessKeyId", message);
        return Err(error.with("AWSAccessKeyId", key));
    }
    if region != config.region {
        let message = format!(
            "The authorization header is malformed; the region '{region}' is wrong; \
             expecting '{}'",
            config.region
        );
        return Err(match claim.presigned {
            true => query_error(&message).with("Region", &config.region),
            false => malformed(&message, config),
        });
    }
    if service != "s3" || end != "aws4_request" || !claim.amz_date.starts_with(day) {
        let message = "The authorization header is malformed; the Credential's scope is wrong.";
        return Err(malformed(message, config));
    }
    Ok(())
}

/// Checks the session token against the configured one.
fn check_token(claim: &Claim, config: &Config) -> Result<()> {
    if config.any_token || claim.token == config.session_token.as_deref() {
        return Ok(());
    }
    let message = "The provided token is malformed or otherwise invalid.";
    Err(S3Error::new(400, "InvalidToken", message))
}

/// Checks the clocks; a presigned URL may be old, but not older than it says.
fn check_time(claim: &Claim, request: &Request, now: Timestamp) -> Result<()> {
    let age = now.as_second() - claim.signed_at.as_second();
    if !claim.presigned {
        return match age.abs() > MAX_SKEW_SECONDS {
            true => Err(too_skewed(&claim.amz_date, now)),
            false => Ok(()),
        };
    }
    let expires = request
        .query("X-Amz-Expires")
        .and_then(|text| text.parse().ok());
    let Some(expires) = expires.filter(|e| (1..=MAX_EXPIRES).contains(e)) else {
        return Err(query_error(
            "X-Amz-Expires must be between 1 and 604800 seconds",
        ));
    };
    if age < -MAX_SKEW_SECONDS {
        return Err(S3Error::access_denied("Request is not valid yet"));
    }
    if age > expires {
        return Err(S3Error::access_denied("Request has expired")
            .with("X-Amz-Expires", expires.to_string())
            .with("ServerTime", iso_date(now)));
    }
    Ok(())
}

/// The answer to a request whose date is too far from the server's.
pub fn too_skewed(request_time: &str, now: Timestamp) -> S3Error {
    let message = "The difference between the request time and the current time is too large.";
    S3Error::new(403, "RequestTimeTooSkewed", message)
        .with("RequestTime", request_time)
        .with("ServerTime", iso_date(now))
        .with(
            "MaxAllowedSkewMilliseconds",
            (MAX_SKEW_SECONDS * 1000).to_string(),
        )
}

/// Checks that everything that must be signed is named as signed.
fn check_signed_headers(claim: &Claim, request: &Request) -> Result<()> {
    let must = |name: &&str| {
        name.starts_with("x-amz-")
            || *name == "host"
            || (*name == "content-type" && !claim.presigned)
    };
    let present = request.headers.keys().map(|name| name.as_str());
    let mut missing: Vec<&str> = present
        .filter(must)
        .filter(|name| !claim.signed_headers.contains(name))
        .collect();
    missing.sort_unstable();
    if missing.is_empty() {
        return Ok(());
    }
    let message = "There were headers present in the request which were not signed";
    Err(S3Error::access_denied(message).with("HeadersNotSigned", missing.join(", ")))
}

/// Computes the signature and compares.
fn check_signature(claim: &Claim, request: &Request, config: &Config) -> Result<()> {
    let (raw_path, raw_query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let canonical = Canonical {
        method: request.method.as_str(),
        raw_path,
        raw_query,
        headers: &request.headers,
        signed_headers: &claim.signed_headers,
        payload_hash: claim.payload_hash,
    };
    let canonical = canonical.text().unwrap_or_default();
    let scope = claim.credential[1..].join("/");
    let to_sign = string_to_sign(&claim.amz_date, &scope, &canonical);
    let in_order = claim.signed_headers.is_sorted();
    if in_order && signature(&config.secret_key, &scope, &to_sign) == claim.signature {
        return Ok(());
    }
    let message = "The request signature we calculated does not match the signature you \
                   provided. Check your key and signing method.";
    Err(S3Error::new(403, "SignatureDoesNotMatch", message)
        .with("AWSAccessKeyId", &config.access_key)
        .with("StringToSign", to_sign)
        .with("SignatureProvided", claim.signature)
        .with("CanonicalRequest", canonical))
}

fn malformed(message: &str, config: &Config) -> S3Error {
    S3Error::new(400, "AuthorizationHeaderMalformed", message).with("Region", &config.region)
}

fn query_error(message: &str) -> S3Error {
    S3Error::new(400, "AuthorizationQueryParametersError", message)
}
