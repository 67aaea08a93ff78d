//! From the names of a source, with what the target has of each, to jobs.

use std::path::Path;

use crate::{
    command::{
        Failure, Session,
        case_conflict::CaseNames,
        dsync::side::{Entry, facts_of},
        get::Getter,
        root::Root,
        scope::Scope,
        session::JobSender,
        targets::Targets,
    },
    local::LocalFile,
    location::{Location, S3Url},
    plan::{
        difference::{Decision, Direction, Facts, Method, decide},
        paths,
    },
    s3::op::ListedObject,
    transfer::{Afterwards, Compare, Copy, Job, Overwrite, Target, Upload},
};

/// Where pairs become jobs.
pub(super) struct Pairs<'a> {
    session: &'a Session,
    direction: Direction,
    source: &'a Location,
    target: &'a Location,
    getter: Option<Getter<'a>>,
    jobs: JobSender,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(
        session: &'a Session,
        direction: Direction,
        source: &'a Location,
        target: &'a Location,
        jobs: JobSender,
    ) -> Self {
        let mut this = Self {
            session,
            direction,
            source,
            target,
            getter: None,
            jobs,
        };
        if let (Location::S3(source), Direction::Down) = (source, direction) {
            this.getter = Some(Getter {
                session,
                bucket: &source.bucket,
                scope: Scope::below(session, &source.join("").key),
                overwrite: this.overwrite(),
                compare: this.compare(),
                targets: Targets::new(std::iter::empty()),
                cases: CaseNames::new(session.options.case_conflict),
                jobs: this.jobs.clone(),
            });
        }
        this
    }

    /// Transfers what the source has under a name, if it differs from what is known of the target.
    pub(super) async fn add(
        &mut self,
        name: &str,
        source: Entry,
        known: Option<Entry>,
    ) -> Result<(), Failure> {
        match (source, self.target) {
            (Entry::Object(object), Location::Local(root)) => {
                self.down(name, object, known, Path::new(root)).await
            }
            (source, Location::S3(target)) => self.up_or_across(name, source, known, target).await,
            // Two local directories were refused.
            (Entry::File(_), Location::Local(_)) => Ok(()),
        }
    }

    async fn down(
        &mut self,
        name: &str,
        object: ListedObject,
        known: Option<Entry>,
        root: &Path,
    ) -> Result<(), Failure> {
        // The marker of the directory itself.
        if name.is_empty() {
            self.leave_out();
            return Ok(());
        }
        let known = match known {
            Some(known) => Some(known),
            None => match self.look_up(root, name) {
                Ok(found) => found,
                Err(failure) => {
                    self.session.fail_found(&failure);
                    return Ok(());
                }
            },
        };
        if known.is_some_and(|known| self.is_settled(name, facts_of(&object), known.facts())) {
            return Ok(());
        }
        match &mut self.getter {
            Some(getter) => getter.object(object, root, name).await,
            None => Ok(()),
        }
    }

    async fn up_or_across(
        &mut self,
        name: &str,
        source: Entry,
        known: Option<Entry>,
        target: &S3Url,
    ) -> Result<(), Failure> {
        let directory = target.join("");
        let target = directory.with_key(format!("{}{name}", directory.key));
        // The marker of the source directory has no place at the root of a bucket.
        if target.key.is_empty() {
            self.leave_out();
            return Ok(());
        }
        if let Some(known) = &known
            && self.is_settled(name, source.facts(), known.facts())
        {
            return Ok(());
        }
        let known = match known {
            Some(Entry::Object(object)) => Target::Listed(object),
            _ => Target::Absent,
        };
        let (overwrite, compare) = (self.overwrite(), self.compare());
        let job = match (source, self.source) {
            (Entry::File(file), _) => Job::Upload(Upload {
                source: file.path,
                target,
                known,
                overwrite,
                compare,
            }),
            (Entry::Object(object), Location::S3(from)) => Job::Copy(Copy {
                bucket: from.bucket.clone(),
                source: object,
                target,
                known,
                overwrite,
                compare,
                afterwards: Afterwards::Keep,
            }),
            // Objects come from S3.
            (Entry::Object(_), Location::Local(_)) => return Ok(()),
        };
        self.session.tally.list(1);
        self.jobs.send(job).await
    }

    /// Whether what is known of both sides is enough to see that nothing is to be done, and tells
    /// so.
    fn is_settled(&self, name: &str, source: Facts<'_>, target: Facts<'_>) -> bool {
        let options = &self.session.options;
        // Only the newest versions were listed.
        let decision = match self.session.client.api_options().has("API-VersionId") {
            true => Decision::Unknown,
            false => decide(options.method, self.direction, source, target),
        };
        let place = |location| Root::of(location).place(name);
        let places = || (place(self.source), place(self.target));
        if decision == Decision::Same {
            let (source, target) = places();
            self.session.is_same(source, target);
        } else if options.no_overwrite {
            let (source, target) = places();
            self.session.skip(source, target);
        } else {
            return false;
        }
        self.session.tally.list(1);
        true
    }

    /// What there is of a target that was not walked, as far as sizes and times are compared.
    fn look_up(&self, root: &Path, name: &str) -> Result<Option<Entry>, Failure> {
        if self.session.options.method == Method::Content || name.ends_with('/') {
            return Ok(None);
        }
        // What has no path is refused when its turn comes.
        let Ok(path) = paths::below(root, name) else {
            return Ok(None);
        };
        let file = LocalFile::at(path.clone(), name);
        let file = file.map_err(|error| Failure::os(path.display(), &error))?;
        Ok(file.map(Entry::File))
    }

    fn leave_out(&self) {
        self.session.tally.list(1);
        self.session.tally.skip(1);
    }

    fn overwrite(&self) -> Overwrite {
        match self.session.options.no_overwrite {
            true => Overwrite::Skip,
            false => Overwrite::Replace,
        }
    }

    /// Whether a job looks at the contents: sizes and times were compared by then, and what is left
    /// alone need not be compared.
    fn compare(&self) -> Compare {
        match self.session.options.method {
            Method::Content if self.session.options.no_overwrite => Compare::Nothing,
            Method::Content => Compare::Content,
            Method::Size | Method::Time | Method::ExactTime => Compare::Nothing,
        }
    }
}
