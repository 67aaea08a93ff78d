use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bytes of buffers may be alive at once, over all jobs. A reservation is made before a
/// buffer is filled and ends when it is dropped. One that is larger than everything gets
/// everything: it goes alone rather than never.
#[derive(Debug, Clone)]
pub struct ByteBudget {
    kibibytes: Arc<Semaphore>,
    total: u32,
}

impl ByteBudget {
    /// A budget of so many bytes.
    pub fn new(bytes: u64) -> Self {
        let total = u32::try_from(bytes / KIB).unwrap_or(u32::MAX).max(1);
        Self {
            kibibytes: Arc::new(Semaphore::new(total as usize)),
            total,
        }
    }

    #[allow(clippy::expect_used, reason = "nobody closes the semaphore")]
    pub(super) async fn reserve(&self, bytes: u64) -> OwnedSemaphorePermit {
        let wanted = u32::try_from(bytes.div_ceil(KIB))
            .unwrap_or(u32::MAX)
            .min(self.total);
        let permits = Arc::clone(&self.kibibytes);
        permits
            .acquire_many_owned(wanted)
            .await
            .expect("the semaphore is never closed")
    }
}

const KIB: u64 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_largest_goes_alone() {
        let budget = ByteBudget::new(10 * KIB);
        let all = budget.reserve(u64::MAX).await;
        assert_eq!(budget.kibibytes.available_permits(), 0);
        drop(all);
        let _one = budget.reserve(1).await;
        assert_eq!(budget.kibibytes.available_permits(), 9);
    }
}
