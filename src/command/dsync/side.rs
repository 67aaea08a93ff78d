//! The two sides of a synchronisation: names in byte order, with the next one in view.

use std::path::Path;

use crate::{
    command::{
        Failure, Session,
        dsync::{objects::Objects, unread::Unread},
        put::{WalkedFiles, tell_problem},
        root::Root,
    },
    local::{Found, LocalFile},
    location::Location,
    plan::difference::Facts,
    s3::op::ListedObject,
    transfer::Version,
};

/// Why a side could not be read.
#[derive(Debug)]
pub(in crate::command) enum ReadError {
    /// The store lists in another order than S3, which was noticed too late to sort.
    OutOfOrder,
    /// Something else.
    Failure(Failure),
}

impl ReadError {
    /// What is told of it. What is sorted is in order.
    pub(in crate::command) fn into_failure(self) -> Failure {
        match self {
            Self::OutOfOrder => Failure::runtime("the keys are out of order"),
            Self::Failure(failure) => failure,
        }
    }
}

impl<E: Into<Failure>> From<E> for ReadError {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

/// One thing that a side has.
#[derive(Debug, Clone)]
pub(in crate::command) enum Entry {
    File(LocalFile),
    Object(ListedObject),
}

impl Entry {
    pub(in crate::command) fn facts(&self) -> Facts<'_> {
        match self {
            Self::File(file) => Facts {
                size: file.len,
                modified: file.modified,
                etag: None,
            },
            Self::Object(object) => facts_of(object),
        }
    }

    pub(in crate::command) fn version(&self) -> Option<Version> {
        match self {
            Self::File(file) => Some(Version::File(file.identity)),
            Self::Object(object) => object.etag.clone().map(Version::Object),
        }
    }
}

/// What a listing tells of an object.
pub(in crate::command) fn facts_of(object: &ListedObject) -> Facts<'_> {
    Facts {
        size: object.size,
        modified: object.last_modified,
        etag: object.etag.as_ref(),
    }
}

/// What a directory has, on one of the two sides.
pub(in crate::command) struct Side {
    names: Names,
    /// Of the directory, as keys and paths of what is in it begin.
    root: Root,
    next: Option<Entry>,
    unread: Unread,
}

enum Names {
    Files(Box<WalkedFiles>),
    Objects(Box<Objects>),
    /// A target that is not there yet.
    Nothing,
}

impl From<WalkedFiles> for Names {
    fn from(files: WalkedFiles) -> Self {
        Self::Files(Box::new(files))
    }
}

impl From<Objects> for Names {
    fn from(objects: Objects) -> Self {
        Self::Objects(Box::new(objects))
    }
}

impl Side {
    /// What is below a source, at the first of it. Files that cannot be read are told, and count
    /// as failures.
    pub(in crate::command) async fn source(
        session: &Session,
        source: &Location,
        target: &Location,
        sorted: bool,
    ) -> Result<Self, ReadError> {
        let names = match source {
            Location::Local(path) => WalkedFiles::below(session, Path::new(path)).into(),
            Location::S3(url) => {
                let client = match target {
                    Location::Local(_) => &session.client,
                    Location::S3(_) => &session.source,
                };
                let objects = Objects::below(session, client, url, sorted);
                match session.options.delete {
                    Some(_) => objects.listing_all().into(),
                    None => objects.into(),
                }
            }
        };
        Self::at_first(session, names, Root::of(source)).await
    }

    /// The same of a target.
    pub(in crate::command) async fn target(
        session: &Session,
        target: &Location,
        sorted: bool,
    ) -> Result<Self, ReadError> {
        let names = match target {
            Location::Local(path) => WalkedFiles::below_target(session, Path::new(path)).into(),
            Location::S3(url) => Objects::below(session, &session.client, url, sorted).into(),
        };
        Self::at_first(session, names, Root::of(target)).await
    }

    /// A directory that is not there.
    pub(in crate::command) async fn nothing(
        session: &Session,
        location: &Location,
    ) -> Result<Self, ReadError> {
        Self::at_first(session, Names::Nothing, Root::of(location)).await
    }

    async fn at_first(session: &Session, names: Names, root: Root) -> Result<Self, ReadError> {
        let mut this = Self {
            names,
            root,
            next: None,
            unread: Unread::default(),
        };
        this.advance(session).await?;
        Ok(this)
    }

    /// The path of the next one from the root.
    pub(in crate::command) fn name(&self) -> Option<&str> {
        match (self.next.as_ref()?, &self.root) {
            (Entry::File(file), _) => Some(&file.relative),
            (Entry::Object(object), Root::Objects(url)) => object.key.strip_prefix(&*url.key),
            (Entry::Object(_), Root::Files(_)) => None,
        }
    }

    /// Takes the next one, with its name, and goes on to what follows. There must be one.
    pub(in crate::command) async fn taken(
        &mut self,
        session: &Session,
    ) -> Result<(String, Entry), ReadError> {
        let name = self.name().map(str::to_owned);
        let taken = name.zip(self.next.take());
        self.advance(session).await?;
        taken.ok_or_else(|| Failure::runtime("a listing broke off").into())
    }

    /// Whether a name before the next one may be there all the same, because something could not
    /// be read. Names are asked for in their order.
    pub(in crate::command) fn may_have(&mut self, name: &str) -> bool {
        self.unread.may_have(name)
    }

    async fn advance(&mut self, session: &Session) -> Result<(), ReadError> {
        self.next = match &mut self.names {
            Names::Files(files) => {
                let problem = |path: &Path, reason: &str| {
                    tell_problem(session, path, reason);
                    if let Root::Files(root) = &self.root {
                        self.unread.add(path.strip_prefix(root).unwrap_or(path));
                    }
                };
                next_file(files, problem).await.map(Entry::File)
            }
            Names::Objects(objects) => objects.next(session).await?.map(Entry::Object),
            Names::Nothing => None,
        };
        Ok(())
    }
}

async fn next_file(
    files: &mut WalkedFiles,
    mut problem: impl FnMut(&Path, &str),
) -> Option<LocalFile> {
    loop {
        match files.next().await? {
            Found::File(file) => return Some(file),
            Found::Problem { path, reason } => problem(&path, &reason),
        }
    }
}
