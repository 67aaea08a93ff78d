//! The checksums of bodies: MD5 for ETags, SHA-256 for signatures, CRC32 on request.

use md5::Md5;
use sha2::{Digest, Sha256};

use super::codec::hex;

/// MD5 of some bytes in memory.
pub fn md5(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

/// The ETag of an object stored in one piece: its MD5 in quotes.
pub fn etag_of(bytes: &[u8]) -> String {
    quoted(&md5(bytes))
}

/// An MD5 written as an ETag.
pub fn quoted(md5: &[u8; 16]) -> String {
    format!("\"{}\"", hex(md5))
}

/// The ETag of an object stored in parts: the MD5 of their MD5s and their number.
pub fn composite_etag(parts: &[[u8; 16]]) -> String {
    format!("\"{}-{}\"", hex(&md5(&parts.concat())), parts.len())
}

/// An ETag that is not an MD5 of anything, as encrypted objects have.
pub fn opaque_etag() -> String {
    quoted(&fastrand::u128(..).to_be_bytes())
}

/// Computes while a body arrives whatever its request needs.
pub struct Hasher {
    md5: Md5,
    sha256: Option<Sha256>,
    crc32: Option<u32>,
}

/// What a `Hasher` found.
#[derive(Clone, Default)]
pub struct Digests {
    pub md5: [u8; 16],
    pub sha256: Option<String>,
    pub crc32: Option<[u8; 4]>,
}

impl Hasher {
    pub fn new(sha256: bool, crc32: bool) -> Hasher {
        Hasher {
            md5: Md5::new(),
            sha256: sha256.then(Sha256::new),
            crc32: crc32.then_some(u32::MAX),
        }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
        if let Some(crc) = &mut self.crc32 {
            *crc = bytes.iter().fold(*crc, crc32_step);
        }
    }

    pub fn finish(self) -> Digests {
        Digests {
            md5: self.md5.finalize().into(),
            sha256: self.sha256.map(|hash| hex(&hash.finalize())),
            crc32: self.crc32.map(|crc| (!crc).to_be_bytes()),
        }
    }
}

/// The table of the reflected polynomial of IEEE 802.3.
const CRC32: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

fn crc32_step(crc: u32, byte: &u8) -> u32 {
    crc >> 8 ^ CRC32[usize::from(crc as u8 ^ byte)]
}
