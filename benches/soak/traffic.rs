//! What a run sends.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher},
};

use crate::server::{S3Server, Seen};

/// Counts requests, and forgets them. It has to be asked often: the server keeps all of each.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) requests: u64,
    /// That there had been in the same run already.
    pub(crate) retries: u64,
    seen: HashSet<u64>,
}

impl Traffic {
    pub(crate) fn look(&mut self, server: &S3Server) {
        for seen in server.take_requests() {
            self.requests += 1;
            // The names to delete are in the body.
            if seen.operation != "DeleteObjects" && !self.seen.insert(digest(&seen)) {
                self.retries += 1;
            }
        }
    }
}

fn digest(seen: &Seen) -> u64 {
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    hasher.hash_one((&seen.method, &seen.target))
}
