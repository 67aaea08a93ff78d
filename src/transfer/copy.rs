//! An object to an object: within a store without the bytes coming here.

use crate::{
    client::ClientError,
    plan::split::MAX_SINGLE,
    s3::{
        api_option::ApiOptions,
        op::{CopyObject, CopySource, DeleteObject, HeadObjectOutput, MetadataDirective},
        operation::OperationKind,
        properties::Properties,
        request::{Condition, Role},
        types::ETag,
    },
    transfer::{
        Afterwards, Compare, Copy, Engine, Error, Overwrite, Proof, Target, Version,
        compare::{self, or_skipped},
        content::check_listed,
        copy_parts,
        engine::Outcome,
        relay,
    },
};

/// How a copy ended, and what it is of.
pub(super) struct Copied {
    pub(super) outcome: Outcome,
    pub(super) versions: Versions,
}

/// The tags of both ends of a copy.
pub(super) struct Versions {
    source: Option<ETag>,
    /// If it is known to be right.
    target: Option<ETag>,
}

pub(super) async fn run(engine: &Engine, copy: &Copy) -> Result<Copied, Error> {
    refuse_itself(engine, copy)?;
    let mut tried = false;
    loop {
        match attempt(engine, copy).await {
            Err(error) if !tried && error.is_worth_a_restart() => tried = true,
            other => return other,
        }
    }
}

/// Whether copies with these options are other objects than their sources.
pub fn changes_objects(options: &ApiOptions) -> bool {
    [VERSION, METADATA_DIRECTIVE, "API-StorageClass"]
        .iter()
        .chain(&CONTENT_OPTIONS)
        .chain(&ENCRYPTION_OPTIONS)
        .any(|flag| options.has(flag))
}

/// Compat: `S3Handler.copy` moved objects onto themselves, which deleted them. A copy onto itself
/// makes sense only to change something, or to bring an old version back.
fn refuse_itself(engine: &Engine, copy: &Copy) -> Result<(), Error> {
    let changes = changes_objects(engine.client.api_options());
    let allowed = changes && copy.afterwards == Afterwards::Keep;
    if copy.source_url() == copy.target && !allowed && !engine.options.relay {
        return Err(Error::SameObject);
    }
    Ok(())
}

fn proof(source: Option<&ETag>, target: Option<&ETag>) -> Proof {
    let version = |etag: Option<&ETag>| etag.cloned().map(Version::Object);
    Proof {
        md5: None,
        source: version(source),
        target: version(target),
    }
}

async fn attempt(engine: &Engine, copy: &Copy) -> Result<Copied, Error> {
    let source = compare::head(engine, &copy.source_url(), Role::CopySource).await?;
    let source = source.ok_or(Error::Gone)?;
    check_listed(&copy.source, &source)?;
    let ended = |outcome, target: Option<&ETag>| Copied {
        outcome,
        versions: Versions {
            source: source.etag.clone(),
            target: target.cloned(),
        },
    };
    if let Some(outcome) = without_transfer(engine, copy, &source).await? {
        return Ok(ended(outcome, None));
    }
    let stored = if engine.is_dry_run() {
        engine
            .predict_write(&copy.target.bucket, OperationKind::CopyObject)
            .await?;
        None
    } else {
        let limit = engine.options.max_single_copy.min(MAX_SINGLE + 1);
        let one_request = source.size < limit || source.size == 0;
        // Parts of what cannot be pinned could be of two versions.
        let stored = match &source.etag {
            _ if engine.options.relay => relay::relay(engine, copy, &source).await,
            Some(etag) if !one_request => copy_parts::copy(engine, copy, &source, etag).await,
            _ => whole(engine, copy, &source).await,
        };
        match stored {
            Err(error) => {
                let outcome = or_skipped(engine, &copy.target, copy.overwrite, error).await?;
                return Ok(ended(outcome, None));
            }
            Ok(stored) => stored,
        }
    };
    let proof = proof(source.etag.as_ref(), stored.as_ref());
    Ok(ended(Outcome::Done(proof), stored.as_ref()))
}

/// Looks at the target as far as the rules need it. `None` means that the object is to be copied.
async fn without_transfer(
    engine: &Engine,
    copy: &Copy,
    source: &HeadObjectOutput,
) -> Result<Option<Outcome>, Error> {
    let (compares, overwrite) = (copy.compare == Compare::Content, copy.overwrite);
    let is_planned = overwrite == Overwrite::AsPlanned;
    if is_planned && source.etag != copy.source.etag {
        return Err(Error::NotAsPlanned(copy.source_url().to_string()));
    }
    let is_asked = compares || overwrite != Overwrite::Replace;
    if !is_asked || !is_planned && matches!(copy.known, Target::Absent) {
        return Ok(None);
    }
    let found = compare::head(engine, &copy.target, Role::Target).await?;
    if is_planned && compare::is_as_planned(&copy.known, found.as_ref()) {
        return Ok(None);
    }
    // What was planned may have been done before.
    if let Some(target) = found.as_ref().filter(|_| compares || is_planned)
        && compare::same_objects(source, target)
    {
        let proof = proof(source.etag.as_ref(), target.etag.as_ref());
        return Ok(Some(Outcome::Synced(proof)));
    }
    if found.is_none() && !is_planned {
        return Ok(None);
    }
    match overwrite {
        Overwrite::Skip => Ok(Some(Outcome::Skipped)),
        Overwrite::Refuse => Err(Error::Exists(copy.target.to_string())),
        Overwrite::AsPlanned => Err(Error::NotAsPlanned(copy.target.to_string())),
        Overwrite::Replace => Ok(None),
    }
}

/// Gives the tag of the copy, if it is known to be right.
async fn whole(
    engine: &Engine,
    copy: &Copy,
    source: &HeadObjectOutput,
) -> Result<Option<ETag>, Error> {
    let options = engine.client.api_options();
    // Naming a content header or metadata means to change that and to keep the others, but S3
    // takes such headers only if it is told to replace all.
    let changes = CONTENT_OPTIONS.iter().any(|flag| options.has(flag));
    let metadata = if changes && !options.has(METADATA_DIRECTIVE) {
        MetadataDirective::Replace
    } else {
        MetadataDirective::Copy
    };
    let mut properties = uncopied(engine, source);
    if metadata == MetadataDirective::Replace {
        properties = properties.and(Properties::content(source));
    }
    if options.has("API-Tagging") && !options.has(TAGGING_DIRECTIVE) {
        properties = properties
            .with("x-amz-tagging-directive", "REPLACE")
            .map_err(ClientError::from)?;
    }
    let operation = CopyObject {
        bucket: &copy.target.bucket,
        key: &copy.target.key,
        source: pinned(engine, copy, source.etag.as_ref()),
        metadata,
        properties: &properties,
        condition: copy.overwrite.condition(&copy.known),
    };
    let stored = engine.guard(engine.client.call(&operation)).await?;
    if Some(&stored.etag) == source.etag.as_ref() {
        return Ok(Some(stored.etag));
    }
    // The tag may be another kind of sum than the source's: then the size must do, but that is no
    // proof.
    match compare::head(engine, &copy.target, Role::Target).await? {
        Some(object) if object.size != source.size => {
            Err(Error::Damaged("the copy has another size than its source"))
        }
        Some(object) if compare::surely_differ(source, &object) => {
            Err(Error::Damaged("the copy has another MD5 than its source"))
        }
        Some(object) if compare::same_objects(source, &object) => Ok(object.etag),
        Some(_) => Ok(None),
        None => Err(Error::Damaged("the server did not store the copy")),
    }
}

/// What even CopyObject does not copy by itself, unless the user chose something else.
pub(super) fn uncopied(engine: &Engine, source: &HeadObjectOutput) -> Properties {
    let options = engine.client.api_options();
    let placement = Properties::placement(source);
    // AWS encrypts everything at least with its own keys. To say so would only keep a bucket from
    // encrypting with a better one.
    let is_default = engine.client.endpoint().is_aws() && Properties::has_default_key(source);
    if is_default || ENCRYPTION_OPTIONS.iter().any(|flag| options.has(flag)) {
        return placement;
    }
    placement.and(Properties::encryption(source))
}

/// The source, at the version that was looked at.
pub(super) fn pinned<'a>(
    engine: &'a Engine,
    copy: &'a Copy,
    etag: Option<&'a ETag>,
) -> CopySource<'a> {
    CopySource {
        bucket: &copy.bucket,
        key: &copy.source.key,
        version_id: engine.client.api_options().text(VERSION),
        if_match: etag,
    }
}

/// The last step of a move. Both ends are looked at once more: the target must be what was copied,
/// and the source must not be something newer.
pub(super) async fn delete_source(
    engine: &Engine,
    copy: &Copy,
    copied: &Versions,
) -> Result<(), Error> {
    if engine.is_dry_run() {
        return Ok(());
    }
    let kept = |reason: &str| Error::SourceKept(reason.to_owned());
    let source = compare::head(engine, &copy.source_url(), Role::CopySource).await?;
    let source = source.ok_or_else(|| kept("it is gone already"))?;
    match &copied.source {
        None => {
            return Err(kept(
                "without a tag it cannot be told whether it was replaced",
            ));
        }
        copied if source.etag != *copied => {
            return Err(kept("it was replaced while it was copied"));
        }
        _ => {}
    }
    let target = compare::head(engine, &copy.target, Role::Target).await?;
    let target = target.ok_or_else(|| kept("the copy is gone"))?;
    if compare::surely_differ(&source, &target) {
        return Err(kept("the copy is not the same"));
    }
    // Tags of parts can be told beforehand, so this one should have been the one that was.
    let is_sum_of_parts = !target.has_opaque_etag()
        && target
            .etag
            .as_ref()
            .is_some_and(|etag| etag.as_composite().is_some());
    let is_right = target.etag == copied.target || compare::same_objects(&source, &target);
    if is_sum_of_parts && !is_right {
        return Err(kept("the tag of the copy is not that of its parts"));
    }
    let delete = DeleteObject {
        bucket: &copy.bucket,
        key: &copy.source.key,
        role: Role::CopySource,
        condition: Condition::Always,
    };
    match engine.see_through(engine.source.call(&delete)).await {
        Ok(_) => Ok(()),
        Err(Error::Cancelled) => Err(Error::Cancelled),
        Err(error) => Err(kept(&error.to_string())),
    }
}

pub(super) const METADATA_DIRECTIVE: &str = "API-MetadataDirective";
pub(super) const TAGGING_DIRECTIVE: &str = "API-TaggingDirective";
const VERSION: &str = "API-VersionId";
/// What S3 takes with CopyObject only if it replaces all metadata.
const CONTENT_OPTIONS: [&str; 7] = [
    "API-CacheControl",
    "API-ContentDisposition",
    "API-ContentEncoding",
    "API-ContentLanguage",
    "API-ContentType",
    "API-Expires",
    "API-Metadata",
];
/// Each of them chooses the encryption of the copy.
const ENCRYPTION_OPTIONS: [&str; 4] = [
    "API-ServerSideEncryption",
    "API-SSEKMSKeyId",
    "API-SSECustomerAlgorithm",
    "API-SSECustomerKey",
];
