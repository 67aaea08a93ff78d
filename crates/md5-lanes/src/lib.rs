//! MD5 (RFC 1321) of one stream of bytes, and of several at the same time.
//!
//! MD5 is a chain: each of its steps needs the result of the one before, so that a processor that
//! could do several at once does one, and a core makes some 600 MiB/s of it. What helps is to have
//! more chains: eight streams beside each other in vectors of four words, which all processors
//! have, take hardly longer than one, and come to four times as much on one core.
//!
//! MD5 is broken as a proof against those who mean harm. It is here because S3 says by it what is
//! stored.

mod lanes;
mod one;
mod rounds;
mod vectors;

pub use lanes::update_all;

/// The MD5 of a stream of bytes.
#[derive(Debug, Clone)]
pub struct Md5 {
    state: [u32; 4],
    /// Bytes that were added.
    len: u64,
    /// Those of them that do not make a block yet.
    tail: [u8; BLOCK],
}

impl Md5 {
    /// Of nothing so far.
    pub const fn new() -> Self {
        Self {
            state: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476],
            len: 0,
            tail: [0; BLOCK],
        }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let rest = self.fill(bytes);
        let (blocks, rest) = rest.as_chunks();
        self.blocks(blocks);
        self.keep(rest);
    }

    /// The sum of all bytes that were added.
    pub fn finish(mut self) -> [u8; 16] {
        let bits = self.len.wrapping_mul(8);
        let filled = self.filled();
        let zeros = (2 * BLOCK - 1 - LENGTH - filled) % BLOCK;
        let mut padding = [0; BLOCK + LENGTH];
        padding[0] = 0x80;
        padding[zeros + 1..][..LENGTH].copy_from_slice(&bits.to_le_bytes());
        self.update(&padding[..zeros + 1 + LENGTH]);
        let mut digest = [0; 16];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_le_bytes();
        }
        digest
    }

    /// Of the bytes in the tail.
    fn filled(&self) -> usize {
        (self.len % BLOCK as u64) as usize
    }

    /// Completes the block that was begun, if there is one; gives the bytes behind it.
    fn fill<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let filled = self.filled();
        if filled == 0 {
            return bytes;
        }
        let (taken, rest) = bytes.split_at(bytes.len().min(BLOCK - filled));
        self.tail[filled..][..taken.len()].copy_from_slice(taken);
        self.len += taken.len() as u64;
        if filled + taken.len() == BLOCK {
            one::compress(&mut self.state, &[self.tail]);
        }
        rest
    }

    /// Adds whole blocks, if none was begun.
    fn blocks(&mut self, blocks: &[[u8; BLOCK]]) {
        one::compress(&mut self.state, blocks);
        self.len += blocks.as_flattened().len() as u64;
    }

    /// Begins a block.
    fn keep(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.tail[..bytes.len()].copy_from_slice(bytes);
            self.len += bytes.len() as u64;
        }
    }
}

impl Default for Md5 {
    fn default() -> Self {
        Self::new()
    }
}

const BLOCK: usize = 64;
/// Bytes of the length at the end.
const LENGTH: usize = 8;

#[cfg(test)]
mod tests {
    use md5::Digest as _;
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn reference(bytes: &[u8]) -> [u8; 16] {
        md5::Md5::digest(bytes).into()
    }

    #[test]
    fn the_examples_of_the_rfc_are_right() {
        let hex = |text: &str| {
            let mut md5 = Md5::new();
            md5.update(text.as_bytes());
            md5.finish().map(|byte| format!("{byte:02x}")).concat()
        };
        assert_eq!(hex(""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
        assert_eq!(
            hex(&"1234567890".repeat(8)),
            "57edf4a22be3c955ac49da2e2107b67a"
        );
    }

    #[test]
    fn every_length_is_padded_rightly() {
        let bytes: Vec<u8> = (0..=200).collect();
        for len in 0..bytes.len() {
            let mut md5 = Md5::new();
            md5.update(&bytes[..len]);
            assert_eq!(md5.finish(), reference(&bytes[..len]), "{len} bytes");
        }
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_bytes_are_cut(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8),
        ) {
            let mut md5 = Md5::new();
            for piece in &pieces {
                md5.update(piece);
            }
            prop_assert_eq!(md5.finish(), reference(&pieces.concat()));
        }
    }
}
