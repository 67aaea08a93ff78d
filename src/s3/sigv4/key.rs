//! The signing key: a chain of HMACs over day, region and service.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Derives the key of a day, region and service. Four HMACs of a few bytes are cheaper than a
/// lock around a cache of them.
pub(super) fn derive(secret: &str, date: &str, region: &str, service: &str) -> Zeroizing<[u8; 32]> {
    let first = Zeroizing::new(format!("AWS4{secret}"));
    let day = Zeroizing::new(hmac(first.as_bytes(), date.as_bytes()));
    let region = Zeroizing::new(hmac(&*day, region.as_bytes()));
    let service = Zeroizing::new(hmac(&*region, service.as_bytes()));
    Zeroizing::new(hmac(&*service, b"aws4_request"))
}

/// HMAC-SHA256.
#[allow(clippy::expect_used, reason = "HMAC takes keys of every length")]
pub(super) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}
