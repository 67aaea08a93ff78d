use std::{fs::File, io, mem, ops::Range, os::unix::fs::FileExt as _};

use md5_lanes::{Md5, update_all};
use sha2::{Digest as _, Sha256};

use crate::{
    blocking,
    local::crc64::Crc64,
    s3::types::{ByteRange, Md5Digest, Sha256Digest, composite},
};

/// Sums of the same bytes, made in one pass.
#[derive(Debug, Clone, Default)]
pub struct Hasher {
    md5: Md5,
    sha256: Option<Sha256>,
}

/// The result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digests {
    /// Always.
    pub md5: Md5Digest,
    /// If it was asked for.
    pub sha256: Option<Sha256Digest>,
}

impl Hasher {
    /// MD5, and SHA-256 if asked for.
    pub fn new(with_sha256: bool) -> Self {
        Self {
            md5: Md5::new(),
            sha256: with_sha256.then(Sha256::new),
        }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let Some(sha256) = &mut self.sha256 else {
            return self.md5.update(bytes);
        };
        // Block by block, so that a processor works on both: neither keeps it busy.
        for block in bytes.chunks(BLOCK) {
            self.md5.update(block);
            sha256.update(block);
        }
    }

    /// The sums of all bytes added.
    pub fn finish(self) -> Digests {
        Digests {
            md5: self.md5.finish(),
            sha256: self.sha256.map(|s| s.finalize().into()),
        }
    }
}

/// Hashes a region of a file.
///
/// # Errors
/// It cannot be read, or ends too early (`UnexpectedEof`).
pub async fn hash_region(
    file: &File,
    offset: u64,
    len: u64,
    with_sha256: bool,
) -> io::Result<Digests> {
    let mut hasher = Hasher::new(with_sha256);
    read_region(file, offset, len, |chunk| hasher.update(chunk)).await?;
    Ok(hasher.finish())
}

/// The SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> Sha256Digest {
    Sha256::digest(bytes).into()
}

/// The SHA-256 of a region of a file.
///
/// # Errors
/// It cannot be read, or ends too early (`UnexpectedEof`).
pub async fn sha256_region(file: &File, offset: u64, len: u64) -> io::Result<Sha256Digest> {
    let mut sha256 = Sha256::new();
    read_region(file, offset, len, |chunk| sha256.update(chunk)).await?;
    Ok(sha256.finalize().into())
}

/// The CRC-64/NVME of a file.
///
/// # Errors
/// It cannot be read, or ends too early (`UnexpectedEof`).
pub async fn crc64_nvme(file: &File, len: u64) -> io::Result<u64> {
    let mut crc = Crc64::default();
    read_region(file, 0, len, |chunk| crc.update(chunk)).await?;
    Ok(crc.finish())
}

/// The MD5 of a file that is cut into parts, and those of the parts, all of the same bytes.
///
/// # Errors
/// It cannot be read, or ends too early (`UnexpectedEof`).
pub async fn hash_parts(
    file: &File,
    parts: impl Iterator<Item = ByteRange>,
) -> io::Result<(Md5Digest, Vec<Md5Digest>)> {
    let (mut whole, mut digests) = (Md5::new(), Vec::new());
    for range in parts {
        let mut part = Md5::new();
        let both = |chunk: &[u8]| {
            whole.update(chunk);
            part.update(chunk);
        };
        read_region(file, range.start, range.len(), both).await?;
        digests.push(part.finish());
    }
    Ok((whole.finish(), digests))
}

/// The MD5s of the parts' MD5s, as composite ETags have them, for several sizes of parts at once.
///
/// # Errors
/// It cannot be read, or ends too early (`UnexpectedEof`).
pub async fn hash_composites(
    file: &File,
    len: u64,
    part_sizes: &[u64],
) -> io::Result<Vec<Md5Digest>> {
    let mut sums: Vec<_> = part_sizes.iter().copied().map(PartSums::new).collect();
    let all = |chunk: &[u8]| sums.iter_mut().for_each(|sum| sum.update(chunk));
    read_region(file, 0, len, all).await?;
    let composites = sums.into_iter().map(|sum| composite(&sum.finish()));
    Ok(composites.collect())
}

/// The MD5s of the parts of something that is cut into parts of one size.
#[derive(Debug)]
pub struct PartSums {
    part_size: u64,
    /// Of the present part that were added.
    filled: u64,
    part: Md5,
    digests: Vec<Md5Digest>,
}

impl PartSums {
    /// For parts of so many bytes.
    pub fn new(part_size: u64) -> Self {
        Self {
            part_size: part_size.max(1),
            filled: 0,
            part: Md5::new(),
            digests: Vec::new(),
        }
    }

    /// Adds bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = usize::try_from(self.part_size - self.filled).unwrap_or(usize::MAX);
            let (taken, rest) = bytes.split_at(room.min(bytes.len()));
            self.part.update(taken);
            self.filled += taken.len() as u64;
            if self.filled == self.part_size {
                self.end_part();
            }
            bytes = rest;
        }
    }

    fn end_part(&mut self) {
        self.digests.push(mem::take(&mut self.part).finish());
        self.filled = 0;
    }

    /// The sums of all parts, in order; the last one may be smaller.
    pub fn finish(mut self) -> Vec<Md5Digest> {
        if self.filled > 0 {
            self.end_part();
        }
        self.digests
    }
}

/// The MD5 of a part of a file, which is made step by step.
#[derive(Debug)]
pub struct PartSum {
    /// Of the part, what is still to be added.
    rest: Range<u64>,
    md5: Md5,
}

impl PartSum {
    /// Of nothing so far.
    pub fn new(part: ByteRange) -> Self {
        Self {
            rest: part.start..part.start + part.len(),
            md5: Md5::new(),
        }
    }

    /// Of nothing so far of a whole file of so many bytes.
    pub fn of_file(len: u64) -> Self {
        Self {
            rest: 0..len,
            md5: Md5::new(),
        }
    }

    /// What of the part is still to be added.
    pub fn rest(&self) -> Range<u64> {
        self.rest.clone()
    }

    /// The sum of what was added.
    pub fn finish(self) -> Md5Digest {
        self.md5.finish()
    }

    /// Reads so many bytes, if there are as many, and gives them.
    fn read<'a>(
        &'a mut self,
        file: &File,
        most: u64,
        buffer: &'a mut Vec<u8>,
    ) -> io::Result<(&'a mut Md5, &'a [u8])> {
        let left = self.rest.end - self.rest.start;
        let len = usize::try_from(left.min(most)).unwrap_or(PIECE).min(PIECE);
        buffer.resize(PIECE, 0);
        let piece = &mut buffer[..len];
        file.read_exact_at(piece, self.rest.start)?;
        self.rest.start += len as u64;
        Ok((&mut self.md5, piece))
    }
}

/// Goes on with the sums of several parts of files, by so many bytes each, or less where a part
/// ends. Eight parts at once take little longer than two.
///
/// # Errors
/// One cannot be read, or ends too early (`UnexpectedEof`).
pub async fn hash_on(parts: &mut [(&File, &mut PartSum)], len: u64) -> io::Result<()> {
    let mut buffers = vec![Vec::new(); parts.len()];
    let is_long = len > QUICK / parts.len().max(1) as u64;
    in_turns(len, is_long, |_, want| {
        for at in (0..want).step_by(PIECE) {
            let most = (want - at) as u64;
            let both = parts.iter_mut().zip(&mut buffers);
            let read: io::Result<Vec<_>> = both
                .map(|((file, part), buffer)| part.read(file, most, buffer))
                .collect();
            update_all(read?.into_iter().map(|(md5, piece)| (md5, [piece])));
        }
        Ok(())
    })
    .await
}

/// Reads a region of a file in pieces. Other tasks get their turn every few megabytes, and so does
/// a cancellation.
///
/// # Errors
/// It cannot be read, or ends before the region does (`UnexpectedEof`).
pub async fn read_region(
    file: &File,
    offset: u64,
    len: u64,
    mut take: impl FnMut(&[u8]),
) -> io::Result<()> {
    let mut buffer = vec![0; usize::try_from(len).unwrap_or(CHUNK).min(CHUNK)];
    in_turns(len, len > CHUNK as u64, |at, want| {
        let chunk = &mut buffer[..want];
        file.read_exact_at(chunk, offset + at)?;
        take(chunk);
        Ok(())
    })
    .await
}

/// Calls `next` for each chunk: where it begins, and its length.
async fn in_turns(
    len: u64,
    is_long: bool,
    mut next: impl FnMut(u64, usize) -> io::Result<()>,
) -> io::Result<()> {
    let mut done = 0;
    while done < len {
        let turn_end = len.min(done + TURN);
        let turn = || -> io::Result<()> {
            while done < turn_end {
                let want = usize::try_from(turn_end - done).unwrap_or(CHUNK).min(CHUNK);
                next(done, want)?;
                done += want as u64;
            }
            Ok(())
        };
        if is_long {
            blocking::for_long(turn)?;
        } else {
            blocking::in_place(turn)?;
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Of each of several parts, so that all fit.
const PIECE: usize = 64 * 1024;
/// Stays in the caches nearest to a core, from when it is read until it is summed.
const CHUNK: usize = 64 * 1024;
/// Of both sums.
const BLOCK: usize = 64;
/// Some millisecond of summing several: to move other work away takes as long.
const QUICK: u64 = 4 * 1024 * 1024;
/// Some 10 ms of hashing.
const TURN: u64 = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use md5::Md5 as Reference;

    use super::*;

    fn md5(bytes: &[u8]) -> [u8; 16] {
        Reference::digest(bytes).into()
    }

    #[tokio::test]
    async fn regions_are_summed_exactly() {
        let mut file = tempfile::tempfile().unwrap();
        let content: Vec<u8> = (0..CHUNK * 20 + 3).map(|n| (n % 253) as u8).collect();
        file.write_all(&content).unwrap();
        let digests = hash_region(&file, 7, content.len() as u64 - 7, true)
            .await
            .unwrap();
        assert_eq!(digests.md5, md5(&content[7..]));
        assert_eq!(digests.sha256, Some(Sha256::digest(&content[7..]).into()));
        let beyond = hash_region(&file, 0, content.len() as u64 + 1, false).await;
        assert_eq!(beyond.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let nothing = hash_region(&file, 0, 0, false).await.unwrap();
        assert_eq!(nothing.md5, md5(b""));
        let sha256 = sha256_region(&file, 0, 5).await.unwrap();
        assert_eq!(sha256, <[u8; 32]>::from(Sha256::digest(&content[..5])));
    }

    #[tokio::test]
    async fn composites_of_many_part_sizes_are_made_at_once() {
        let mut file = tempfile::tempfile().unwrap();
        let content: Vec<u8> = (0..CHUNK * 2 + 3).map(|n| (n % 251) as u8).collect();
        file.write_all(&content).unwrap();
        let sizes = [1000, CHUNK as u64, content.len() as u64, u64::MAX];
        let sums = hash_composites(&file, content.len() as u64, &sizes).await;
        let slow = |size: &u64| {
            let mut whole = Reference::new();
            let size = usize::try_from(*size).unwrap().min(content.len());
            content
                .chunks(size)
                .for_each(|part| whole.update(md5(part)));
            <[u8; 16]>::from(whole.finalize())
        };
        assert_eq!(sums.unwrap(), sizes.iter().map(slow).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn the_crc_is_the_one_of_s3() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"123456789").unwrap();
        // The check value of the catalogue of CRCs.
        assert_eq!(crc64_nvme(&file, 9).await.unwrap(), 0xae8b_1486_0a79_9888);
    }

    #[tokio::test]
    async fn parts_and_their_whole_are_summed_together() {
        let mut file = tempfile::tempfile().unwrap();
        let content: Vec<u8> = (0..CHUNK * 2 + 3).map(|n| (n % 253) as u8).collect();
        file.write_all(&content).unwrap();
        let (middle, end) = (CHUNK as u64 + 1, content.len() as u64);
        let ranges = [ByteRange::new(0, middle), ByteRange::new(middle, end)];
        let (whole, parts) = hash_parts(&file, ranges.into_iter().flatten())
            .await
            .unwrap();
        let (first, second) = content.split_at(CHUNK + 1);
        assert_eq!(
            (whole, parts),
            (md5(&content), vec![md5(first), md5(second)])
        );
    }
}
