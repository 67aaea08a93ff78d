//! Encryption with customer keys: nothing is encrypted, but the key is demanded.

use super::codec::{base64, unbase64};
use super::digest::md5;
use super::error::{Result, S3Error};
use super::object::{Headers, Object};
use super::request::Request;

const ALGORITHM: &str = "x-amz-server-side-encryption-customer-algorithm";
const KEY: &str = "x-amz-server-side-encryption-customer-key";
const KEY_MD5: &str = "x-amz-server-side-encryption-customer-key-md5";
/// The headers that an answer repeats.
pub const ANSWERED: [&str; 4] = [
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    ALGORITHM,
    KEY_MD5,
];

/// Checks that the key of a request is whole: 256 bits and their MD5.
pub fn check_key(request: &Request) -> Result<()> {
    let Some(key) = request.header(KEY) else {
        return Ok(());
    };
    let bytes = unbase64(key).filter(|bytes| bytes.len() == 32);
    let Some(bytes) = bytes.filter(|_| request.header(ALGORITHM) == Some("AES256")) else {
        return Err(S3Error::invalid_argument(
            "The secret key was invalid for the specified algorithm.",
        ));
    };
    if request.header(KEY_MD5) != Some(base64(&md5(&bytes)).as_str()) {
        return Err(S3Error::invalid_argument(
            "The calculated MD5 hash of the key did not match the hash that was provided.",
        ));
    }
    Ok(())
}

/// Checks that a request for an object (or upload) comes with the key it was stored with.
pub fn check_access(stored: &Headers, request: &Request) -> Result<()> {
    check(stored, request.header(KEY_MD5))
}

/// The same for the source of a copy, whose key has headers of its own.
pub fn check_copy_source(source: &Object, request: &Request) -> Result<()> {
    let name = KEY_MD5.replace("x-amz-", "x-amz-copy-source-");
    check(&source.headers, request.header(&name))
}

fn check(stored: &Headers, given: Option<&str>) -> Result<()> {
    match (stored.get(KEY_MD5), given) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(S3Error::invalid_request(
            "The encryption parameters are not applicable to this object.",
        )),
        (Some(_), None) => Err(S3Error::invalid_request(
            "The object was stored using a form of Server Side Encryption. The correct \
             parameters must be provided to retrieve the object.",
        )),
        (Some(stored), Some(given)) if stored == given => Ok(()),
        (Some(_), Some(_)) => Err(S3Error::access_denied("Access Denied")),
    }
}

/// Whether the ETag of an object with these headers is not its MD5.
pub fn hides_md5(headers: &Headers) -> bool {
    let kind = headers.get("x-amz-server-side-encryption");
    headers.contains_key(KEY_MD5) || kind.is_some_and(|kind| kind.starts_with("aws:kms"))
}
