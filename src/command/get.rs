//! `get`: objects and directories to files.

use std::{os::unix::ffi::OsStrExt as _, path::Path};

use crate::{
    command::{
        Failure, Session,
        session::JobSender,
        walk::{self, Entry, tell_unreadable},
    },
    local::create_below,
    location::{S3Url, basename},
    plan::paths,
    s3::op::ListedObject,
    transfer::{Compare, Download, Job, Overwrite},
};

pub(super) async fn run(session: &Session, source: &S3Url, target: &str) -> Result<(), Failure> {
    let entries = session
        .until_cancelled(walk::entries(session, source))
        .await?;
    if entries.is_empty() {
        if session.options.ignore_empty_source {
            return Ok(());
        }
        return Err(Failure::Runtime("Source doesn't exist.".to_owned()));
    }
    let into_directory = Path::new(target).is_dir();
    if entries.len() > 1 && !into_directory {
        return Err(Failure::Runtime(format!(
            "Target \"{target}\" is not a directory."
        )));
    }
    let rules = Rules {
        overwrite: session.overwrite(),
        compare: session.compare(),
    };
    session
        .transfer(async |jobs| {
            for entry in entries {
                let target = Path::new(target);
                get_one(session, source, entry, target, into_directory, rules, &jobs).await?;
            }
            Ok(())
        })
        .await
}

/// How existing files are treated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) overwrite: Overwrite,
    pub(super) compare: Compare,
}

/// Compat: an existing directory decides, not a slash: things go into it under their own names.
async fn get_one(
    session: &Session,
    source: &S3Url,
    entry: Entry,
    target: &Path,
    into_directory: bool,
    rules: Rules,
    jobs: &JobSender,
) -> Result<(), Failure> {
    let url = source.with_key(entry.key());
    match entry {
        Entry::Directory(_) if !session.options.recursive => {
            session
                .output
                .line(format_args!("omitting directory \"{url}\"."));
            Ok(())
        }
        Entry::Directory(prefix) => {
            let root = if into_directory {
                match paths::below(target, basename(&prefix)) {
                    Ok(root) => root,
                    Err(error) => {
                        session.output.failure(&Failure::about(url, error));
                        return Ok(());
                    }
                }
            } else {
                target.to_owned()
            };
            get_tree(session, &url, &prefix, &root, rules, jobs)
                .await
                .map(|_| ())
        }
        Entry::Object(object) => {
            // A slash at least says that a missing target is to be a directory.
            let into_directory = into_directory || target.as_os_str().as_bytes().ends_with(b"/");
            let (root, relative) = if into_directory {
                (target.to_owned(), basename(&object.key).to_owned())
            } else {
                let name = target
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned());
                let parent = target.parent().map(Path::to_owned).unwrap_or_default();
                (parent, name.unwrap_or_default())
            };
            // An object named like a directory is one when it comes to files.
            let relative = if object.key.ends_with('/') {
                format!("{relative}/")
            } else {
                relative
            };
            get_object(
                session,
                &source.bucket,
                object,
                &root,
                &relative,
                rules,
                jobs,
            )
            .await
        }
    }
}

/// Everything below a prefix, to the same names below `root`. Gives the number of objects.
pub(super) async fn get_tree(
    session: &Session,
    url: &S3Url,
    prefix: &str,
    root: &Path,
    rules: Rules,
    jobs: &JobSender,
) -> Result<u64, Failure> {
    let mut lister = session.client.list(&url.bucket, prefix, None);
    let mut objects = 0;
    while let Some(page) = lister.next_page().await? {
        objects += page.objects.len() as u64 + page.unreadable;
        for object in page.objects {
            let relative = object
                .key
                .strip_prefix(prefix)
                .unwrap_or(&object.key)
                .to_owned();
            // The marker of the directory itself.
            if relative.is_empty() {
                continue;
            }
            get_object(session, &url.bucket, object, root, &relative, rules, jobs).await?;
        }
    }
    tell_unreadable(session, url, lister.unreadable());
    Ok(objects)
}

/// One object to its name below `root`, if that is a name that a file can have.
async fn get_object(
    session: &Session,
    bucket: &str,
    object: ListedObject,
    root: &Path,
    relative: &str,
    rules: Rules,
    jobs: &JobSender,
) -> Result<(), Failure> {
    let url = S3Url {
        bucket: bucket.to_owned(),
        key: object.key.clone(),
    };
    let target = match paths::below(root, relative) {
        Ok(target) => target,
        Err(error) => {
            session.output.failure(&Failure::about(url, error));
            return Ok(());
        }
    };
    if relative.ends_with('/') {
        make_directory(session, &url, &object, root, &target);
        return Ok(());
    }
    let job = Download {
        bucket: bucket.to_owned(),
        source: object,
        root: root.to_owned(),
        target,
        overwrite: rules.overwrite,
        compare: rules.compare,
    };
    jobs.send(Job::Download(job)).await
}

/// Objects that end in a slash mark directories; consoles and some tools make them.
fn make_directory(
    session: &Session,
    url: &S3Url,
    object: &ListedObject,
    root: &Path,
    target: &Path,
) {
    if object.size > 0 {
        let text = "its name ends in a slash, which no file's can";
        session.output.failure(&Failure::about(url, text));
        return;
    }
    if session.client.mutations() == crate::client::Mutations::Forbidden {
        return;
    }
    if let Err(error) = create_below(root, target) {
        session.output.failure(&Failure::about(url, error));
    }
}
