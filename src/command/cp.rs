//! `cp` and `mv`: objects and directories to other places in S3.

use std::collections::HashSet;

use crate::{
    command::{
        Failure, Session,
        put::not_a_directory,
        scope::Scope,
        session::JobSender,
        targets::Targets,
        walk::{self, Entry, Tree},
    },
    location::{S3Target, S3Url, basename},
    s3::op::ListedObject,
    transfer::{Afterwards, Copy, Job, Target},
};

/// Differs: the original's copies ignored `-f` and `-s` and replaced what was there.
pub(super) async fn run(
    session: &Session,
    source: &S3Url,
    target: &S3Target,
    afterwards: Afterwards,
) -> Result<(), Failure> {
    let entries = walk::sources(&session.at_source(), source).await?;
    if entries.len() > 1 && !target.takes_many() {
        return Err(not_a_directory(target));
    }
    let is_alone = entries.len() == 1;
    let base_of = |entry: &Entry| match entry {
        Entry::Directory(prefix) => {
            let name = prefix.strip_suffix('/').unwrap_or(prefix);
            let name = name.rsplit('/').next().unwrap_or(name);
            target.of_directory(name, is_alone)
        }
        Entry::Object(object) => target.of_object(basename(&object.key), is_alone),
    };
    session
        .transfer(async |jobs| {
            let bases = entries.iter().map(|entry| base_of(entry).to_string());
            let is_copied = |entry: &&Entry| match entry {
                Entry::Directory(prefix) => {
                    session.options.recursive
                        && !is_into_itself(session, &source.bucket, prefix, &base_of(entry))
                }
                Entry::Object(_) => true,
            };
            let sources = entries
                .iter()
                .filter(|_| session.is_one_bucket(&source.bucket, &target.url.bucket));
            let sources = sources
                .filter(is_copied)
                .map(|entry| entry.key().to_owned());
            let mut copier = Copier {
                session,
                bucket: &source.bucket,
                scope: Scope::of(session, &source.key),
                afterwards,
                sources: sources.collect(),
                targets: Targets::new(bases),
                jobs,
            };
            for entry in entries {
                let base = base_of(&entry);
                copier.entry(entry, &base).await?;
            }
            Ok(())
        })
        .await
}

/// Turns what is in a bucket into jobs.
struct Copier<'a> {
    session: &'a Session,
    bucket: &'a str,
    scope: Scope,
    afterwards: Afterwards,
    /// The objects that are copied, and the prefixes that are copied whole, if they could be among
    /// the targets.
    sources: HashSet<String>,
    targets: Targets,
    jobs: JobSender,
}

impl Copier<'_> {
    async fn entry(&mut self, entry: Entry, base: &S3Url) -> Result<(), Failure> {
        match entry {
            Entry::Object(object) => self.object(object, base, base.clone()).await,
            Entry::Directory(prefix) if !self.session.options.recursive => {
                self.session.omit_directory(self.url(&prefix));
                Ok(())
            }
            Entry::Directory(prefix) => self.tree(&prefix, base).await,
        }
    }

    /// Everything below a prefix, to `base`, which is empty or ends in a slash; markers of
    /// directories as well: moved away they should not stay. (At the root of a bucket there is no
    /// place for a marker, and so it stays.)
    async fn tree(&mut self, prefix: &str, base: &S3Url) -> Result<(), Failure> {
        if is_into_itself(self.session, self.bucket, prefix, base) {
            let url = self.url(prefix);
            let text = format!("a directory cannot be copied or moved into itself, to {base}");
            self.session.output.failure(&Failure::about(url, text));
            return Ok(());
        }
        let mut tree = Tree::below(
            &self.session.source,
            self.bucket,
            prefix,
            self.scope.clone(),
        );
        while let Some(objects) = tree.next(self.session).await? {
            for object in objects {
                let relative = object.key.strip_prefix(prefix).unwrap_or(&object.key);
                let target = base.with_key(format!("{}{relative}", base.key));
                if !target.key.is_empty() {
                    self.object(object, base, target).await?;
                }
            }
        }
        Ok(())
    }

    async fn object(
        &mut self,
        object: ListedObject,
        base: &S3Url,
        target: S3Url,
    ) -> Result<(), Failure> {
        self.session.tally.list(1);
        // What is made there would be listed, and copied again; or replace what is still to be.
        // (Onto itself is judged later.)
        let problem = if target.key == object.key {
            None
        } else if self.sources.contains(&target.key) {
            Some("is itself copied or moved")
        } else if directories_of(&target.key).any(|prefix| self.sources.contains(prefix)) {
            Some("is in a directory that is copied or moved")
        } else {
            None
        };
        if let Some(problem) = problem {
            let url = self.url(&object.key);
            let text = format!("the target {target} {problem}");
            self.session.fail(&Failure::about(url, text));
            return Ok(());
        }
        if !self.targets.take(&base.to_string(), &target.to_string()) {
            self.session.refuse_target(self.url(&object.key), target);
            return Ok(());
        }
        let job = Copy {
            bucket: self.bucket.to_owned(),
            source: object,
            target,
            known: Target::Unknown,
            overwrite: self.session.overwrite(),
            compare: self.session.compare(),
            afterwards: self.afterwards,
        };
        self.jobs.send(Job::Copy(job)).await
    }

    fn url(&self, key: &str) -> S3Url {
        S3Url {
            bucket: self.bucket.to_owned(),
            key: key.to_owned(),
        }
    }
}

/// All the beginnings of a key that end in a slash.
fn directories_of(key: &str) -> impl Iterator<Item = &str> {
    key.match_indices('/').map(|(at, _)| &key[..=at])
}

/// Whether the contents of a directory would go to a place in it. (Onto itself is judged object by
/// object.)
fn is_into_itself(session: &Session, bucket: &str, prefix: &str, base: &S3Url) -> bool {
    session.is_one_bucket(bucket, &base.bucket)
        && base.key.starts_with(prefix)
        && base.key != prefix
}
