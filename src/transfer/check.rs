//! Whether two ends have the same content, without a transfer.

use crate::{
    local::SourceFile,
    location::S3Url,
    s3::{
        op::ListedObject,
        request::Role,
        types::{ETag, Md5Digest},
    },
    transfer::{
        Check, End, Engine, Error,
        compare::{self, Pair, Verdict},
    },
};

/// What a comparison came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// The contents are the same; their MD5, if it was made.
    Verified(Option<Md5Digest>),
    /// The sizes are the same, and that is all that the store can tell.
    SizeOnly,
    /// They are not the same.
    Differ,
}

pub(super) async fn run(engine: &Engine, check: &Check) -> Result<Checked, Error> {
    let checked = match (&check.source, &check.target) {
        (End::File(path), End::Object(url, listed)) => {
            file(engine, path, url, listed, Role::Target).await?
        }
        (End::Object(url, listed), End::File(path)) => {
            file(engine, path, url, listed, Role::Source).await?
        }
        (End::Object(source, from), End::Object(target, to)) => {
            objects(engine, (source, from), (target, to)).await?
        }
        // Nothing asks for it.
        (End::File(_), End::File(_)) => Checked::SizeOnly,
    };
    // Another version than the one that was right is not right because it has the same size.
    Ok(match checked {
        Checked::SizeOnly if check.was_same => Checked::Differ,
        checked => checked,
    })
}

async fn file(
    engine: &Engine,
    path: &std::path::Path,
    url: &S3Url,
    listed: &ListedObject,
    role: Role,
) -> Result<Checked, Error> {
    let file = SourceFile::open(path)?;
    let pair = Pair {
        engine,
        file: &file,
        url,
        role,
    };
    Ok(
        match pair.with_listed(listed.size, listed.etag.as_ref()).await? {
            Verdict::Same(proof) => Checked::Verified(proof.md5),
            Verdict::Differs => Checked::Differ,
            Verdict::Unknown => Checked::SizeOnly,
        },
    )
}

async fn objects(
    engine: &Engine,
    (source, from): (&S3Url, &ListedObject),
    (target, to): (&S3Url, &ListedObject),
) -> Result<Checked, Error> {
    if from.size != to.size {
        return Ok(Checked::Differ);
    }
    if ETag::show_equal(from.etag.as_ref(), to.etag.as_ref()) {
        return Ok(Checked::Verified(
            from.etag.as_ref().and_then(|etag| etag.as_md5()),
        ));
    }
    let heads = (
        compare::head(engine, source, Role::CopySource).await?,
        compare::head(engine, target, Role::Target).await?,
    );
    let (Some(source), Some(target)) = heads else {
        return Ok(Checked::Differ);
    };
    Ok(if compare::same_objects(&source, &target) {
        Checked::Verified(source.content_md5().or_else(|| source.metadata_md5()))
    } else if compare::surely_differ(&source, &target) {
        Checked::Differ
    } else {
        Checked::SizeOnly
    })
}
