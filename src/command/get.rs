//! `get`: objects and directories to files.

use std::{os::unix::ffi::OsStrExt as _, path::Path};

use crate::{
    client::Mutations,
    command::{
        CaseConflict, Failure, Session,
        case_conflict::CaseNames,
        root::is_directory,
        scope::Scope,
        session::JobSender,
        targets::Targets,
        walk::{self, Entry, Tree},
    },
    local::Directory,
    location::{S3Url, basename},
    plan::paths,
    s3::op::ListedObject,
    transfer::{Compare, Download, Job, Overwrite},
};

pub(super) async fn run(session: &Session, source: &S3Url, target: &str) -> Result<(), Failure> {
    let entries = walk::sources(session, source).await?;
    let into_directory = is_directory(target)?;
    if entries.len() > 1 && !into_directory {
        return Err(Failure::runtime(format!(
            "Target \"{target}\" is not a directory."
        )));
    }
    session
        .transfer(async |jobs| {
            let names = entries.iter().map(|entry| basename(entry.key()).to_owned());
            let mut getter = Getter {
                session,
                bucket: &source.bucket,
                scope: Scope::of(session, &source.key),
                overwrite: session.overwrite(),
                compare: session.compare(),
                targets: Targets::new(names),
                cases: CaseNames::new(session.options.case_conflict),
                jobs,
            };
            for entry in entries {
                getter
                    .entry(entry, Path::new(target), into_directory)
                    .await?;
            }
            Ok(())
        })
        .await
}

/// Turns what is in a bucket into jobs.
pub(super) struct Getter<'a> {
    pub(super) session: &'a Session,
    pub(super) bucket: &'a str,
    pub(super) scope: Scope,
    pub(super) overwrite: Overwrite,
    pub(super) compare: Compare,
    pub(super) targets: Targets,
    pub(super) cases: CaseNames,
    pub(super) jobs: JobSender,
}

impl Getter<'_> {
    /// Compat: an existing directory decides, not a slash: things go into it under their own
    /// names.
    async fn entry(
        &mut self,
        entry: Entry,
        target: &Path,
        into_directory: bool,
    ) -> Result<(), Failure> {
        match entry {
            Entry::Directory(prefix) if !self.session.options.recursive => {
                self.session.omit_directory(self.url(&prefix));
                Ok(())
            }
            Entry::Directory(prefix) => {
                let base = if into_directory {
                    format!("{}/", basename(&prefix))
                } else {
                    String::new()
                };
                self.tree(&prefix, target, &base).await
            }
            Entry::Object(object) => {
                // A slash at least says that a missing target is to be a directory.
                let slash = target.as_os_str().as_bytes().ends_with(b"/");
                let (root, name) = match (into_directory || slash, target.parent()) {
                    (true, _) | (_, None) => (target, basename(&object.key).to_owned()),
                    (false, Some(parent)) => {
                        let name = target.file_name().unwrap_or_default();
                        (parent, name.to_string_lossy().into_owned())
                    }
                };
                // An object named like a directory is one when it comes to files.
                let slash = if object.key.ends_with('/') { "/" } else { "" };
                let relative = format!("{name}{slash}");
                self.object(object, root, &relative).await
            }
        }
    }

    /// Everything below a prefix, to the same names below `base`, which is below `root`: empty or
    /// with a slash at its end.
    async fn tree(&mut self, prefix: &str, root: &Path, base: &str) -> Result<(), Failure> {
        let mut tree = Tree::below(
            &self.session.client,
            self.bucket,
            prefix,
            self.scope.clone(),
        );
        while let Some(objects) = tree.next(self.session).await? {
            for object in objects {
                let relative = object.key.strip_prefix(prefix).unwrap_or(&object.key);
                // The marker of the directory itself.
                if !relative.is_empty() {
                    let relative = format!("{base}{relative}");
                    self.object(object, root, &relative).await?;
                }
            }
        }
        Ok(())
    }

    /// One object to its name below `root`, if that is a name that a file can have.
    pub(super) async fn object(
        &mut self,
        object: ListedObject,
        root: &Path,
        relative: &str,
    ) -> Result<(), Failure> {
        self.session.tally.list(1);
        let target = match paths::below(root, relative) {
            Ok(target) => target,
            Err(error) => {
                self.session
                    .fail(&Failure::about(self.url(&object.key), error));
                return Ok(());
            }
        };
        // Sources that share a name share what is below it, too.
        let base = relative.split('/').next().unwrap_or_default();
        if !self.targets.take(base, relative) && !relative.ends_with('/') {
            self.session
                .refuse_target(self.url(&object.key), target.display());
            return Ok(());
        }
        if relative.ends_with('/') {
            self.make_directory(&object, root, &target);
            return Ok(());
        }
        if self.leaves_out(&object, relative, &target)? {
            return Ok(());
        }
        let job = Download {
            bucket: self.bucket.to_owned(),
            source: object,
            root: root.to_owned(),
            target,
            overwrite: self.overwrite,
            compare: self.compare,
            pinned: false,
        };
        self.jobs.send(Job::Download(job)).await
    }

    /// Whether `--case-conflict` keeps an object from being downloaded.
    fn leaves_out(
        &mut self,
        object: &ListedObject,
        relative: &str,
        target: &Path,
    ) -> Result<bool, Failure> {
        let Some(rule) = self.cases.conflict(relative, target) else {
            return Ok(false);
        };
        let (source, target) = (self.url(&object.key), target.display());
        let reason = "a file whose name differs only by case either exists or is being downloaded";
        match rule {
            CaseConflict::Ignore => Ok(false),
            CaseConflict::Warn => {
                let text = format!("warning: {source} => {target}: {reason}");
                self.session.output.warning(text);
                Ok(false)
            }
            CaseConflict::Skip => {
                let text = format!("warning: skipped {source} => {target}: {reason}");
                self.session.output.warning(text);
                self.session.tally.skip(1);
                Ok(true)
            }
            CaseConflict::Error => {
                self.session.tally.fail(1);
                Err(Failure::about(
                    source,
                    format!("not downloaded to {target}: {reason}"),
                ))
            }
        }
    }

    /// Objects that end in a slash mark directories; consoles and some tools make them.
    fn make_directory(&self, object: &ListedObject, root: &Path, target: &Path) {
        let failed = |error: &dyn std::fmt::Display| {
            self.session
                .fail(&Failure::about(self.url(&object.key), error));
        };
        if object.size > 0 {
            failed(&"its name ends in a slash, which no file's can");
            return;
        }
        let made = match self.session.client.mutations() {
            Mutations::Allowed => Directory::create(root, target).map(drop),
            Mutations::Forbidden => Directory::check(root, target),
        };
        match made {
            Ok(()) => self.session.tally.skip(1),
            Err(error) => failed(&error),
        }
    }

    fn url(&self, key: &str) -> S3Url {
        S3Url {
            bucket: self.bucket.to_owned(),
            key: key.to_owned(),
        }
    }
}
