//! What differs is transferred.

use std::path::Path;

use crate::{
    command::{
        Failure, Session,
        dsync::{
            Found, directory_prefix,
            heads::{Files, Objects},
        },
        get::Getter,
        put::refuse_options,
        session::JobSender,
        targets::Targets,
    },
    location::S3Url,
    plan::merge::{Side, next_side},
    transfer::{Afterwards, Compare, Copy, Job, Overwrite, Target, Upload},
};

pub(super) async fn down(
    session: &Session,
    source: &S3Url,
    target: &Path,
) -> Result<Found, Failure> {
    let prefix = directory_prefix(source);
    let mut found = Found::Something;
    session
        .transfer(async |jobs| {
            let mut getter = Getter {
                session,
                bucket: &source.bucket,
                overwrite: Overwrite::Replace,
                compare: Compare::Content,
                targets: Targets::new(std::iter::empty()),
                jobs,
            };
            if getter.tree(&prefix, target, "").await? == 0 {
                found = Found::Nothing;
            }
            Ok(())
        })
        .await?;
    Ok(found)
}

pub(super) async fn up(session: &Session, source: &Path, target: &S3Url) -> Result<Found, Failure> {
    refuse_options(session)?;
    if !source.is_dir() {
        return Ok(Found::Nothing);
    }
    let first = async { Ok(Files::below(session, source).await) };
    let mut files = session.until_cancelled(first).await?;
    if files.next.is_none() {
        // A directory that could not be read is not empty, and that was told.
        return Ok(if session.output.failures() > 0 {
            Found::Something
        } else {
            Found::Nothing
        });
    }
    session
        .transfer(async |jobs| {
            let prefix = directory_prefix(target);
            let mut objects = Objects::below(session, &target.bucket, prefix).await?;
            while let Some(file) = files.next.take() {
                let known = known(session, &mut objects, &file.relative).await?;
                let upload = Upload {
                    target: target.with_key(objects.key(&file.relative)),
                    source: file.path,
                    known,
                    overwrite: Overwrite::Replace,
                    compare: Compare::Content,
                };
                jobs.send(Job::Upload(upload)).await?;
                files.advance(session).await;
            }
            Ok(())
        })
        .await?;
    Ok(Found::Something)
}

pub(super) async fn across(
    session: &Session,
    source: &S3Url,
    target: &S3Url,
) -> Result<Found, Failure> {
    let mut found = Found::Something;
    session
        .transfer(async |jobs| {
            found = copy_all(session, source, target, &jobs).await?;
            Ok(())
        })
        .await?;
    Ok(found)
}

async fn copy_all(
    session: &Session,
    source: &S3Url,
    target: &S3Url,
    jobs: &JobSender,
) -> Result<Found, Failure> {
    let mut sources = Objects::below(session, &source.bucket, directory_prefix(source)).await?;
    if sources.next.is_none() {
        return Ok(Found::Nothing);
    }
    let mut targets = Objects::below(session, &target.bucket, directory_prefix(target)).await?;
    while let Some(relative) = sources.relative().map(str::to_owned) {
        let known = known(session, &mut targets, &relative).await?;
        let key = targets.key(&relative);
        let Some(object) = sources.next.take() else {
            break;
        };
        // The marker of the source directory has no place at the root of a bucket.
        if !key.is_empty() && session.options.modified.admits(object.last_modified) {
            let copy = Copy {
                bucket: source.bucket.clone(),
                source: object,
                target: target.with_key(key),
                known,
                overwrite: Overwrite::Replace,
                compare: Compare::Content,
                afterwards: Afterwards::Keep,
            };
            jobs.send(Job::Copy(copy)).await?;
        }
        sources.advance(session).await?;
    }
    Ok(Found::Something)
}

/// What the target's listing has for a name. Names are asked for in order.
async fn known(
    session: &Session,
    targets: &mut Objects,
    relative: &str,
) -> Result<Target, Failure> {
    loop {
        match next_side(Some(relative), targets.relative()) {
            Side::Target => targets.catch_up(session, relative).await?,
            Side::Both => return Ok(targets.next.clone().map_or(Target::Absent, Target::Listed)),
            Side::Source | Side::End => return Ok(Target::Absent),
        }
    }
}
