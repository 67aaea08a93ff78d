//! `apply`: what a plan says, as long as everything is still what it was.

use std::path::{Path, PathBuf};

use tokio::task::JoinSet;

use crate::{
    command::{
        Cause, Failure, Session,
        dsync::direction,
        plan::{Plan, Sides, State, Step, Version},
        put::refuse_options,
        root::Root,
        session::JobSender,
    },
    local::Directory,
    location::{Location, S3Url},
    plan::{difference::Direction, paths},
    s3::{
        op::{DeleteObject, HeadObject, ListedObject},
        request::{Condition, Role},
    },
    transfer::{Afterwards, Compare, Copy, Download, Job, Overwrite, Target, Upload, resume_panic},
};

pub(super) async fn run(session: &Session, path: &Path) -> Result<(), Failure> {
    let (mut plan, sides) = Plan::open(path)?;
    if direction(session, &sides.source, &sides.target)? == Direction::Up {
        refuse_options(session)?;
    }
    // Nothing is half done because of what is wrong with the plan.
    let mut has_deletions = false;
    while let Some(step) = plan.next()? {
        has_deletions |= step.source.is_none();
    }
    let (mut plan, _) = Plan::open(path)?;
    session
        .transfer(async |jobs| transfer(session, &sides, &mut plan, &jobs).await)
        .await?;
    if !has_deletions {
        return Ok(());
    }
    if session.failures() > 0 {
        let text = format!(
            "{}: nothing was deleted, because of the failures before",
            sides.target
        );
        return Err(Failure::Runtime(Cause::Withheld, text));
    }
    let (plan, _) = Plan::open(path)?;
    delete(session, &sides, plan).await
}

async fn transfer(
    session: &Session,
    sides: &Sides,
    plan: &mut Plan,
    jobs: &JobSender,
) -> Result<(), Failure> {
    while let Some(step) = plan.next()? {
        if step.source.is_none() {
            continue;
        }
        session.tally.list(1);
        match job(sides, &step) {
            Ok(job) => jobs.send(job).await?,
            Err(failure) => session.fail(&failure),
        }
    }
    Ok(())
}

/// What a step asks for.
fn job(sides: &Sides, step: &Step) -> Result<Job, Failure> {
    let name = &*step.name;
    match (&sides.source, &sides.target, &step.source) {
        (Location::Local(root), Location::S3(_), Some(state)) => {
            let source = place_below(root, name)?;
            if State::of_file(&source, name)?.as_ref() != Some(state) {
                return Err(not_as_planned(source.display()));
            }
            Ok(Job::Upload(Upload {
                source,
                target: url_of(&sides.target, name)?,
                known: known(&sides.target, step)?,
                overwrite: Overwrite::AsPlanned,
                compare: Compare::Nothing,
            }))
        }
        (Location::S3(from), Location::S3(_), Some(state)) => Ok(Job::Copy(Copy {
            bucket: from.bucket.clone(),
            source: listed(url_of(&sides.source, name)?.key, state)?,
            target: url_of(&sides.target, name)?,
            known: known(&sides.target, step)?,
            overwrite: Overwrite::AsPlanned,
            compare: Compare::Nothing,
            afterwards: Afterwards::Keep,
        })),
        (Location::S3(from), Location::Local(root), Some(state)) => {
            let target = place_below(root, name)?;
            let is_as_planned = State::of_file(&target, name)? == step.target;
            Ok(Job::Download(Download {
                bucket: from.bucket.clone(),
                source: listed(url_of(&sides.source, name)?.key, state)?,
                root: PathBuf::from(root),
                target,
                // What comes meanwhile is not replaced.
                overwrite: match step.target {
                    Some(_) if is_as_planned => Overwrite::Replace,
                    None if is_as_planned => Overwrite::Refuse,
                    _ => Overwrite::AsPlanned,
                },
                // It may have been done before.
                compare: match is_as_planned {
                    true => Compare::Nothing,
                    false => Compare::Content,
                },
                pinned: true,
            }))
        }
        _ => Err(Failure::about(name, "no plan has such a step")),
    }
}

/// After the transfers, in the order of the plan.
async fn delete(session: &Session, sides: &Sides, mut plan: Plan) -> Result<(), Failure> {
    let mut running = JoinSet::new();
    while let Some(step) = plan.next()? {
        let (None, Some(state)) = (&step.source, &step.target) else {
            continue;
        };
        while running.len() >= session.transfer.jobs.max(1) {
            resume_panic(running.join_next().await);
        }
        if session.cancel.is_cancelled() {
            break;
        }
        session.tally.list(1);
        match &sides.target {
            Location::Local(root) => {
                let removed = remove_file(session, root, &step.name, state);
                session.deleted(Root::of(&sides.target).place(&step.name), removed);
            }
            Location::S3(_) => {
                let url = url_of(&sides.target, &step.name)?;
                let (session, state) = (session.clone(), state.clone());
                running.spawn(async move {
                    let removed = remove_object(&session, &url, &state).await;
                    session.deleted(&url, removed);
                });
            }
        }
    }
    while let Some(ended) = running.join_next().await {
        resume_panic(Some(ended));
    }
    Ok(())
}

fn remove_file(session: &Session, root: &str, name: &str, state: &State) -> Result<(), Failure> {
    let path = place_below(root, name)?;
    match State::of_file(&path, name)? {
        Some(found) if found == *state => {}
        Some(_) => return Err(not_as_planned(path.display())),
        // It may have been done before.
        None => return Ok(()),
    }
    if session.is_dry_run() {
        return Ok(());
    }
    let directory = Directory::open(Path::new(root), path.parent().unwrap_or(Path::new(root)));
    let directory = directory.map_err(|error| Failure::about(path.display(), error))?;
    let removed = directory.remove(path.file_name().unwrap_or_default());
    removed.map_err(|error| Failure::os(path.display(), &error))
}

/// Not every store looks at conditions, and so it is looked before.
async fn remove_object(session: &Session, url: &S3Url, state: &State) -> Result<(), Failure> {
    let Version::Object(etag) = &state.version else {
        return Err(not_as_planned(url));
    };
    let about = |error| Failure::from(error).on(url);
    let (bucket, key) = (&*url.bucket, &*url.key);
    let head = HeadObject {
        bucket,
        key,
        role: Role::Target,
        checksums: false,
    };
    match session.client.call(&head).await {
        Ok(object) if object.etag.as_ref() == Some(etag) => {}
        Ok(_) => return Err(not_as_planned(url)),
        // It may have been done before.
        Err(error) if error.is_not_found() => return Ok(()),
        Err(error) => return Err(about(error)),
    }
    if session.is_dry_run() {
        return Ok(());
    }
    let delete = DeleteObject {
        bucket,
        key,
        role: Role::Target,
        condition: Condition::Unchanged(etag),
    };
    session.client.call(&delete).await.map_err(about)
}

fn not_as_planned(what: impl std::fmt::Display) -> Failure {
    Failure::about(what, "it was changed after it was planned")
}

fn place_below(root: &str, name: &str) -> Result<PathBuf, Failure> {
    let path = paths::below(Path::new(root), name);
    path.map_err(|error| Failure::about(name, error))
}

fn url_of(location: &Location, name: &str) -> Result<S3Url, Failure> {
    match Root::of(location) {
        Root::Objects(url) => Ok(url.with_key(format!("{}{name}", url.key))),
        Root::Files(_) => Err(Failure::about(name, "no plan has such a step")),
    }
}

fn known(target: &Location, step: &Step) -> Result<Target, Failure> {
    match &step.target {
        None => Ok(Target::Absent),
        Some(state) => Ok(Target::Listed(listed(
            url_of(target, &step.name)?.key,
            state,
        )?)),
    }
}

fn listed(key: String, state: &State) -> Result<ListedObject, Failure> {
    let Version::Object(etag) = &state.version else {
        return Err(Failure::about(key, "no plan has such a step"));
    };
    Ok(ListedObject {
        key,
        size: state.size,
        last_modified: None,
        etag: Some(etag.clone()),
        storage_class: None,
    })
}
