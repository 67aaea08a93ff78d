//! Whether a file and an object have the same content, found out as cheaply as possible: sizes,
//! then what the listing says, then what the object itself says.

use crate::{
    local::{SourceFile, Sum, crc64_nvme, hash_composites, hash_region, sha256_region},
    location::S3Url,
    plan::etag::part_sizes,
    s3::{
        op::{HeadObject, HeadObjectOutput, HeadPart},
        operation::Operation,
        request::Role,
        types::{Checksum, ETag, Md5Digest},
    },
    transfer::{
        Engine, Error, Overwrite, Target,
        content::known_md5s,
        engine::{HASH_BUFFER, Outcome},
        proof::{Proof, Version},
    },
};

/// Asks for an object; `None` if there is none.
pub(super) async fn head(
    engine: &Engine,
    url: &S3Url,
    role: Role,
) -> Result<Option<HeadObjectOutput>, Error> {
    let operation = HeadObject {
        bucket: &url.bucket,
        key: &url.key,
        role,
        checksums: false,
    };
    let call = async {
        match engine.client_of(role).call(&operation).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    };
    engine.guard(call).await
}

/// What it means that something was not stored: the target may have come meanwhile, and be left
/// alone. But some stores refuse conditions themselves, and those of copies are about sources, too.
pub(super) async fn or_skipped(
    engine: &Engine,
    target: &S3Url,
    overwrite: Overwrite,
    error: Error,
) -> Result<Outcome, Error> {
    let may_be_there = overwrite == Overwrite::Skip && error.is_condition();
    if may_be_there && head(engine, target, Role::Target).await?.is_some() {
        return Ok(Outcome::Skipped);
    }
    Err(error)
}

/// Whether the target of a planned write is what it was. It is looked at because not every store
/// looks at conditions.
pub(super) fn is_as_planned(known: &Target, found: Option<&HeadObjectOutput>) -> bool {
    match (known, found) {
        (Target::Unknown, _) | (Target::Absent, None) => true,
        (Target::Listed(listed), Some(found)) => listed.etag == found.etag,
        (Target::Absent, Some(_)) | (Target::Listed(_), None) => false,
    }
}

/// What a comparison of contents came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They are the same.
    Same(Proof),
    /// They are not.
    Differs,
    /// All that is known of the object is its size, and that is the file's.
    Unknown,
}

/// A file and an object to be compared.
pub(super) struct Pair<'a> {
    pub(super) engine: &'a Engine,
    pub(super) file: &'a SourceFile,
    pub(super) url: &'a S3Url,
    /// Which end of a transfer the object is.
    pub(super) role: Role,
}

impl Pair<'_> {
    /// Compares with what a listing says, and asks the server only where that is not enough.
    ///
    /// Compat: `S3Handler.sync_check`: the tag or the `md5` metadata. Differs: the metadata only
    /// where the tag is no sum of the content.
    pub(super) async fn with_listed(
        &self,
        size: u64,
        etag: Option<&ETag>,
    ) -> Result<Verdict, Error> {
        if self.file.len() != size {
            return Ok(Verdict::Differs);
        }
        if let Some(etag) = etag
            && self.has_tag(etag).await? == Some(true)
        {
            return self.same(Some(etag));
        }
        match head(self.engine, self.url, self.role).await? {
            Some(object) => self.with_object(&object).await,
            None => Ok(Verdict::Differs),
        }
    }

    /// Compares with what the object's head says.
    pub(super) async fn with_object(&self, object: &HeadObjectOutput) -> Result<Verdict, Error> {
        if self.file.len() != object.size {
            return Ok(Verdict::Differs);
        }
        let etag = object.etag.as_ref().filter(|_| !object.has_opaque_etag());
        let by_tag = match etag {
            Some(etag) => self.has_tag(etag).await?,
            None => None,
        };
        match by_tag {
            Some(true) => return self.same(object.etag.as_ref()),
            Some(false) if object.content_md5().is_some() => return Ok(Verdict::Differs),
            _ => {}
        }
        if let Some((digest, parts)) = etag.and_then(ETag::as_composite)
            && let Some(is_same) = self.has_first_part(object, &digest, parts).await?
        {
            return self.verdict(is_same, object);
        }
        if let Some(is_same) = self.has_checksum(object).await? {
            return self.verdict(is_same, object);
        }
        if let Some(noted) = object.metadata_md5() {
            return self.verdict(self.md5().await? == noted, object);
        }
        // All sizes of parts that tools use were tried, if there are any that fit.
        let was_tried = |(_, parts)| !part_sizes(object.size, parts).is_empty();
        match etag.and_then(ETag::as_composite).is_some_and(was_tried) {
            true => Ok(Verdict::Differs),
            false => Ok(Verdict::Unknown),
        }
    }

    fn verdict(&self, is_same: bool, object: &HeadObjectOutput) -> Result<Verdict, Error> {
        match is_same {
            true => self.same(object.etag.as_ref()),
            false => Ok(Verdict::Differs),
        }
    }

    /// Whether the checksum that the store keeps is that of the file; `None` if it keeps none.
    async fn has_checksum(&self, object: &HeadObjectOutput) -> Result<Option<bool>, Error> {
        let ask = HeadObject {
            bucket: &self.url.bucket,
            key: &self.url.key,
            role: self.role,
            checksums: true,
        };
        // Of another version it says nothing.
        let asked = question(self.engine, self.role, &ask).await?;
        let same = asked.filter(|asked| asked.etag == object.etag);
        let Some(checksum) = same.and_then(|same| same.checksum()) else {
            return Ok(None);
        };
        let _buffer = self.engine.buffers.reserve(HASH_BUFFER).await;
        let (file, len) = (self.file.file(), self.file.len());
        let is_same = async {
            Ok::<_, Error>(match checksum {
                Checksum::Sha256(stored) => {
                    stored == sha256_region(file, 0, len).await.map_err(source_error)?
                }
                Checksum::Crc64Nvme(stored) => {
                    stored == crc64_nvme(file, len).await.map_err(source_error)?
                }
            })
        };
        self.engine.guard(is_same).await.map(Some)
    }

    /// Whether a tag that is a sum of the content is that of the file; `None` if that cannot be
    /// told. A composite tag shows only that they are the same: the sizes of the parts are
    /// guessed.
    async fn has_tag(&self, etag: &ETag) -> Result<Option<bool>, Error> {
        if let Some(md5) = etag.as_md5() {
            return Ok(Some(self.md5().await? == md5));
        }
        let Some((digest, parts)) = etag.as_composite() else {
            return Ok(None);
        };
        let sizes = part_sizes(self.file.len(), parts);
        let found = self.composites(&sizes).await?.contains(&digest);
        Ok(found.then_some(true))
    }

    /// Whether a composite tag is that of the file, cut as the server says that it is. `None` if
    /// that cannot be told.
    async fn has_first_part(
        &self,
        object: &HeadObjectOutput,
        digest: &Md5Digest,
        parts: u32,
    ) -> Result<Option<bool>, Error> {
        match first_part(self.engine, self.url, self.role, object, parts).await? {
            Some(size) => Ok(Some(self.composites(&[size]).await?.contains(digest))),
            None => Ok(None),
        }
    }

    /// The file was the one that was opened all the time, or else nothing is proved.
    fn same(&self, etag: Option<&ETag>) -> Result<Verdict, Error> {
        self.file.check_unchanged()?;
        let (file, object) = (
            Some(Version::File(*self.file.identity())),
            etag.cloned().map(Version::Object),
        );
        let (source, target) = match self.role {
            Role::Target => (file, object),
            Role::Source | Role::CopySource => (object, file),
        };
        Ok(Verdict::Same(Proof {
            md5: self.engine.hashes.get(self.file, Sum::Whole),
            source,
            target,
        }))
    }

    async fn md5(&self) -> Result<Md5Digest, Error> {
        if let Some(known) = self.engine.hashes.get(self.file, Sum::Whole) {
            return Ok(known);
        }
        let _buffer = self.engine.buffers.reserve(HASH_BUFFER).await;
        let hash = hash_region(self.file.file(), 0, self.file.len(), false);
        let hash = async { hash.await.map_err(source_error) };
        let md5 = self.engine.guard(hash).await?.md5;
        self.file.check_unchanged()?;
        self.engine.hashes.put(self.file, Sum::Whole, md5);
        Ok(md5)
    }

    /// The composite sums for these sizes of parts, in one pass for all that are not known.
    async fn composites(&self, sizes: &[u64]) -> Result<Vec<Md5Digest>, Error> {
        let hashes = &self.engine.hashes;
        let (mut sums, mut unknown) = (Vec::new(), Vec::new());
        for size in sizes {
            match hashes.get(self.file, Sum::Parts(*size)) {
                Some(sum) => sums.push(sum),
                None => unknown.push(*size),
            }
        }
        if unknown.is_empty() {
            return Ok(sums);
        }
        let _buffer = self.engine.buffers.reserve(HASH_BUFFER).await;
        let hash = hash_composites(self.file.file(), self.file.len(), &unknown);
        let hash = async { hash.await.map_err(source_error) };
        let found = self.engine.guard(hash).await?;
        self.file.check_unchanged()?;
        for (size, sum) in unknown.iter().zip(&found) {
            hashes.put(self.file, Sum::Parts(*size), *sum);
        }
        sums.extend(found);
        Ok(sums)
    }
}

/// The size of the first part of an object, which all but the last one of a usual upload have.
/// `None` if the server does not say, or it is no usual upload.
pub(super) async fn first_part(
    engine: &Engine,
    url: &S3Url,
    role: Role,
    object: &HeadObjectOutput,
    parts: u32,
) -> Result<Option<u64>, Error> {
    let ask = HeadPart {
        bucket: &url.bucket,
        key: &url.key,
        role,
    };
    let is_usual = |size: &u64| object.size.div_ceil((*size).max(1)) == u64::from(parts);
    let size = question(engine, role, &ask).await?.flatten();
    Ok(size.filter(is_usual))
}

/// A question that not every server knows, and that not everybody may ask.
pub(super) async fn question<O: Operation>(
    engine: &Engine,
    role: Role,
    question: &O,
) -> Result<Option<O::Output>, Error> {
    let call = engine.client_of(role).call(question);
    match engine.guard(call).await {
        Err(Error::Client(error)) if error.service().is_some() => Ok(None),
        answer => answer.map(Some),
    }
}

/// Whether two objects have the same content, as far as the server knows. Where both tags are
/// MD5s they decide: the metadata may be left from an earlier content.
pub(super) fn same_objects(a: &HeadObjectOutput, b: &HeadObjectOutput) -> bool {
    if a.size != b.size {
        return false;
    }
    if ETag::show_equal(a.etag.as_ref(), b.etag.as_ref()) {
        return true;
    }
    match (a.content_md5(), b.content_md5()) {
        (Some(a), Some(b)) => a == b,
        _ => have_md5_in_common(a, b),
    }
}

/// Whether two objects cannot have the same content. Tags of different kinds say nothing, and some
/// stores have tags that only look like MD5s.
pub(super) fn surely_differ(a: &HeadObjectOutput, b: &HeadObjectOutput) -> bool {
    let both_known = known_md5s(a).next().is_some() && known_md5s(b).next().is_some();
    let same_tag = a.etag.is_some() && a.etag == b.etag;
    a.size != b.size || both_known && !same_tag && !have_md5_in_common(a, b)
}

fn have_md5_in_common(a: &HeadObjectOutput, b: &HeadObjectOutput) -> bool {
    known_md5s(a).any(|md5| known_md5s(b).any(|other| other == md5))
}

/// A file that ends earlier than it did a moment ago was changed.
pub(super) fn source_error(error: std::io::Error) -> Error {
    use crate::local::SourceError;
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => SourceError::Changed.into(),
        _ => SourceError::Io(error).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::local::SourceError;

    #[test]
    fn a_file_that_became_shorter_is_one_that_changed() {
        let text = |kind: io::ErrorKind| source_error(kind.into()).to_string();
        let changed = Error::from(SourceError::Changed).to_string();
        assert_eq!(text(io::ErrorKind::UnexpectedEof), changed);
        assert_ne!(text(io::ErrorKind::PermissionDenied), changed);
    }
}
