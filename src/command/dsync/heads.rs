//! The two sides of a synchronisation: names in byte order, with the next one in view.

use std::path::Path;

use crate::{
    client::{ClientError, SortedObjects},
    command::{
        Failure, Session,
        put::{WalkedFiles, tell_problem},
        walk::tell_unreadable,
    },
    local::{Found, LocalFile},
    location::S3Url,
    s3::op::ListedObject,
};

/// The files of a directory.
pub(super) struct Files {
    files: WalkedFiles,
    pub(super) next: Option<LocalFile>,
}

impl Files {
    /// The files below `root`, at the first of them.
    pub(super) async fn below(session: &Session, root: &Path) -> Self {
        let mut this = Self {
            files: WalkedFiles::below(root),
            next: None,
        };
        this.advance(session).await;
        this
    }

    /// Goes to the next file. Problems on the way are told, and count as failures.
    pub(super) async fn advance(&mut self, session: &Session) {
        self.next = loop {
            match self.files.next().await {
                None => break None,
                Some(Found::File(file)) => break Some(file),
                Some(Found::Problem { path, reason }) => tell_problem(session, &path, &reason),
            }
        };
    }

    pub(super) fn relative(&self) -> Option<&str> {
        Some(&self.next.as_ref()?.relative)
    }
}

/// The objects below a prefix.
pub(super) struct Objects {
    listing: SortedObjects,
    url: S3Url,
    pub(super) next: Option<ListedObject>,
}

impl Objects {
    /// The objects below a prefix, which is empty or ends in a slash, at the first of them.
    pub(super) async fn below(
        session: &Session,
        bucket: &str,
        prefix: String,
    ) -> Result<Self, Failure> {
        let url = S3Url {
            bucket: bucket.to_owned(),
            key: prefix,
        };
        let mut this = Self {
            listing: SortedObjects::new(&session.client, bucket, &url.key),
            url,
            next: None,
        };
        this.advance(session).await?;
        Ok(this)
    }

    /// Goes to the next object.
    pub(super) async fn advance(&mut self, session: &Session) -> Result<(), Failure> {
        self.next = self.listing.next().await?;
        self.tell_end(session);
        Ok(())
    }

    /// [`Objects::advance`], but if the store turns out to list in another order than S3,
    /// everything is listed again and sorted. Names before `name` are skipped then: they are dealt
    /// with.
    pub(super) async fn catch_up(&mut self, session: &Session, name: &str) -> Result<(), Failure> {
        match self.listing.next().await {
            Err(ClientError::OutOfOrder) => {
                let (bucket, prefix) = (&self.url.bucket, &self.url.key);
                self.listing = SortedObjects::whole(&session.client, bucket, prefix).await?;
                self.advance(session).await?;
                while self.relative().is_some_and(|relative| relative < name) {
                    self.advance(session).await?;
                }
            }
            next => {
                self.next = next?;
                self.tell_end(session);
            }
        }
        Ok(())
    }

    pub(super) fn relative(&self) -> Option<&str> {
        self.next.as_ref()?.key.strip_prefix(&*self.url.key)
    }

    /// The key with this name.
    pub(super) fn key(&self, relative: &str) -> String {
        format!("{}{relative}", self.url.key)
    }

    fn tell_end(&self, session: &Session) {
        if self.next.is_none() {
            tell_unreadable(session, &self.url, self.listing.unreadable());
        }
    }
}
