use std::{
    io,
    sync::{Mutex, PoisonError},
};

use crate::{
    blocking,
    command::root::Root,
    local::{Record, Sorted, Sorter},
    s3::types::Md5Digest,
    transfer::{Job, Proof, Version},
};

/// What a run found out to be the same on both sides, for a verification afterwards. It is kept on
/// disk where there is much of it.
#[derive(Debug)]
pub(super) struct Ledger {
    target: Root,
    /// `None` after something could not be kept: what is there then is not to be relied on.
    proofs: Mutex<Option<Sorter>>,
}

/// The versions of both sides that were the same, by their digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) md5: Option<Md5Digest>,
    source: Md5Digest,
    target: Md5Digest,
}

impl Ledger {
    /// For what is written to a directory.
    pub(super) fn new(target: Root) -> Self {
        Self {
            target,
            proofs: Mutex::new(Some(Sorter::default())),
        }
    }

    /// Keeps what is proved of a job. What cannot be kept is only found out again.
    pub(super) fn keep(&self, job: &Job, proof: &Proof) {
        if let Some(name) = self.target.name_of(job)
            && let (Some(source), Some(target)) = (&proof.source, &proof.target)
        {
            let md5 = proof.md5.as_ref().map_or(&[][..], |md5| md5);
            let value = [&source.digest()[..], &target.digest(), md5].concat();
            blocking::in_place(|| {
                let mut proofs = self.lock();
                let pushed = proofs.as_mut().map(|to| to.push(name.as_bytes(), &value));
                if let Some(Err(_)) = pushed {
                    *proofs = None;
                }
            });
        }
    }

    /// All that was kept, in the order of the names.
    pub(super) fn sorted(&self) -> io::Result<Entries> {
        let sorter = self.lock().take();
        Ok(Entries {
            sorted: sorter.unwrap_or_default().finish()?,
            next: None,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Sorter>> {
        self.proofs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn from(record: Record) -> Option<Self> {
        let (source, rest) = record.value.split_at_checked(16)?;
        let (target, md5) = rest.split_at_checked(16)?;
        Some(Self {
            name: String::from_utf8(record.key).ok()?,
            md5: md5.try_into().ok(),
            source: source.try_into().ok()?,
            target: target.try_into().ok()?,
        })
    }

    /// Whether both sides still are what was the same.
    pub(super) fn holds(&self, source: Option<&Version>, target: Option<&Version>) -> bool {
        let is = |version: Option<&Version>, digest| version.map(Version::digest) == Some(digest);
        is(source, self.source) && is(target, self.target)
    }
}

/// Entries of a ledger, to be asked for in order.
#[derive(Debug)]
pub(super) struct Entries {
    sorted: Sorted,
    next: Option<Kept>,
}

impl Entries {
    /// The last entry with a name. Names are asked for in order.
    pub(super) fn of(&mut self, name: &str) -> io::Result<Option<Kept>> {
        let mut found = None;
        loop {
            match self.next.take() {
                Some(kept) if *kept.name > *name => {
                    self.next = Some(kept);
                    return Ok(found);
                }
                Some(kept) if kept.name == name => found = Some(kept),
                _ => {}
            }
            self.next = match self.sorted.next().transpose()? {
                Some(record) => Kept::from(record),
                None => return Ok(found),
            };
        }
    }
}
