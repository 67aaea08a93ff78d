use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// The directories that were looked through for what killed runs left, by digests of their paths.
/// A few at a time: to look through one again costs only time.
#[derive(Debug, Clone, Default)]
pub(super) struct Swept {
    seen: Arc<Mutex<HashSet<u64>>>,
    digest: RandomState,
}

impl Swept {
    /// Whether a directory was not seen before.
    pub(super) fn is_new(&self, path: &Path) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() == MOST {
            seen.clear();
        }
        seen.insert(self.digest.hash_one(path))
    }
}

const MOST: usize = 4096;
