//! What the system lets this process have: files that are open, processors.

use std::{num::NonZeroUsize, sync::OnceLock, thread};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many of `jobs` may run at once. The limit is raised as far as that is allowed to everybody;
/// where that is not enough, fewer jobs are better than failures.
pub(super) fn jobs_within(jobs: usize) -> usize {
    let needed = (jobs * OF_A_JOB + OF_THE_REST) as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(current) = current.filter(|current| *current < needed) else {
        return jobs;
    };
    let wanted = maximum.map_or(needed, |maximum| maximum.min(needed));
    let raised = Rlimit {
        current: Some(wanted),
        maximum,
    };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => wanted,
        Err(_) => current,
    };
    let left = usize::try_from(limit).unwrap_or(usize::MAX);
    (left.saturating_sub(OF_THE_REST) / OF_A_JOB).clamp(1, jobs)
}

/// Processors that this process may use, by what it is bound to and by its quota, which are in files
/// that are read once.
pub(super) fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().map_or(1, NonZeroUsize::get))
}

/// A file, its directory, a temporary file or a map of parts, and a connection, which is held twice.
const OF_A_JOB: usize = 5;
/// Streams, walks, what is spilled to disk, the runtime, the resolver.
const OF_THE_REST: usize = 48;
