//! Receiving a request's body: one copy is kept, all checksums are computed on the way.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use super::codec::{base64, unbase64};
use super::config::Config;
use super::digest::{Digests, Hasher};
use super::error::{Result, S3Error};
use super::payload::Payload;
use super::request::Request;

/// A body that has arrived in full.
#[derive(Clone)]
pub struct Received {
    pub payload: Payload,
    pub digests: Digests,
}

/// How much memory is reserved on a client's word.
const MAX_RESERVE: u64 = 64 << 20;

impl Received {
    /// Reads a body to its end; None if the client breaks off.
    pub async fn read(request: &Request, mut body: Incoming, discard: bool) -> Option<Received> {
        let signed = request
            .header("x-amz-content-sha256")
            .is_some_and(|hash| hash.len() == 64);
        let crc32 = request.header("x-amz-checksum-crc32").is_some();
        let mut hasher = Hasher::new(signed, crc32);
        let reserve = body.size_hint().exact().unwrap_or(0).min(MAX_RESERVE);
        let mut kept = BytesMut::with_capacity(if discard { 0 } else { reserve as usize });
        let mut len = 0;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.ok()?.into_data() else {
                continue;
            };
            hasher.update(&data);
            len += data.len() as u64;
            if !discard {
                kept.extend_from_slice(&data);
            }
        }
        let payload = match discard {
            true => Payload::Zeros(len),
            false => Payload::Bytes(kept.freeze()),
        };
        let digests = hasher.finish();
        Some(Received { payload, digests })
    }

    /// The body of a document.
    pub fn bytes(&self) -> Bytes {
        self.payload.to_bytes()
    }

    /// Checks the body against every checksum its request gives.
    pub fn verify(&self, request: &Request, config: &Config) -> Result<()> {
        self.verify_sha256(request)?;
        if config.checks_md5 {
            self.verify_md5(request)?;
        }
        self.verify_crc32(request)
    }

    fn verify_sha256(&self, request: &Request) -> Result<()> {
        let claimed = request.header("x-amz-content-sha256").unwrap_or("");
        let computed = self.digests.sha256.as_deref();
        if claimed.is_empty() || claimed == "UNSIGNED-PAYLOAD" || computed == Some(claimed) {
            return Ok(());
        }
        if claimed.starts_with("STREAMING-") {
            return Err(S3Error::not_implemented());
        }
        let Some(computed) = computed else {
            return Err(S3Error::invalid_argument(
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value.",
            ));
        };
        let message = "The provided 'x-amz-content-sha256' header does not match what was \
                       computed.";
        Err(S3Error::new(400, "XAmzContentSHA256Mismatch", message)
            .with("ClientComputedContentSHA256", claimed)
            .with("S3ComputedContentSHA256", computed))
    }

    fn verify_md5(&self, request: &Request) -> Result<()> {
        let Some(claimed) = request.header("content-md5") else {
            return Ok(());
        };
        if unbase64(claimed).is_none_or(|md5| md5.len() != 16) {
            let message = "The Content-MD5 you specified was invalid.";
            return Err(S3Error::new(400, "InvalidDigest", message));
        }
        let computed = base64(&self.digests.md5);
        if claimed == computed {
            return Ok(());
        }
        let message = "The Content-MD5 you specified did not match what we received.";
        Err(S3Error::new(400, "BadDigest", message)
            .with("ExpectedDigest", claimed)
            .with("CalculatedDigest", computed))
    }

    fn verify_crc32(&self, request: &Request) -> Result<()> {
        let claimed = request.header("x-amz-checksum-crc32");
        let computed = self.digests.crc32.map(|crc| base64(&crc));
        if claimed == computed.as_deref() {
            return Ok(());
        }
        let message = "The CRC32 you specified did not match the calculated checksum.";
        Err(S3Error::new(400, "BadDigest", message))
    }
}
