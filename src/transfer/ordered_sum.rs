use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::{local::Md5, s3::types::Md5Digest};

/// The MD5 of a whole whose parts come out of order: each part waits until it is its turn. Parts
/// that are waited for must be under way.
#[derive(Debug, Default)]
pub(super) struct OrderedSum {
    md5: Mutex<Md5>,
    /// How many parts were added.
    added: watch::Sender<u64>,
}

impl OrderedSum {
    /// Adds a part, by its number from 0.
    pub(super) async fn add(&self, index: u64, content: &[u8]) {
        let mut added = self.added.subscribe();
        // The sender is here, so that it cannot be gone.
        let _ = added.wait_for(|added| *added == index).await;
        let mut md5 = self.md5.lock().unwrap_or_else(PoisonError::into_inner);
        md5.update(content);
        drop(md5);
        self.added.send_replace(index + 1);
    }

    /// The sum of all parts that were added.
    pub(super) fn finish(&self) -> Md5Digest {
        let md5 = self.md5.lock().unwrap_or_else(PoisonError::into_inner);
        md5.clone().finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn the_order_of_arrival_does_not_matter() {
        let sum = Arc::new(OrderedSum::default());
        let parts = [(2, "c"), (0, "a"), (1, "b")].map(|(index, content)| {
            let sum = Arc::clone(&sum);
            async move { sum.add(index, content.as_bytes()).await }
        });
        futures_util::future::join_all(parts).await;
        let mut md5 = Md5::new();
        md5.update(b"abc");
        assert_eq!(sum.finish(), md5.finish());
    }
}
