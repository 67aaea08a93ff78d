//! File reads and writes on the threads of the runtime.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Runs a short blocking call where it stands, telling the runtime to move other work away.
///
/// Moving each piece to the blocking pool costs more than the call itself (a context switch each
/// way, and a buffer that changes cores). On a single-threaded runtime, as tests have, there is
/// nobody to move the work to, so the call just runs.
pub(crate) fn in_place<T>(call: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(call),
        _ => call(),
    }
}
