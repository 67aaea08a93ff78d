//! The server's clock, by which signatures are judged.

use std::sync::atomic::{AtomicI64, Ordering};

use http::{HeaderMap, header};
use jiff::{SignedDuration, Timestamp};

use crate::s3::time;

/// What to add to this machine's clock to get the server's, in seconds.
#[derive(Debug, Default)]
pub(super) struct Clock {
    offset: AtomicI64,
}

/// A time to sign with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) now: Timestamp,
    offset: i64,
}

impl Clock {
    pub(super) fn read(&self) -> Reading {
        let offset = self.offset.load(Ordering::Relaxed);
        let now = Timestamp::now();
        Reading {
            now: now
                .checked_add(SignedDuration::from_secs(offset))
                .unwrap_or(now),
            offset,
        }
    }

    /// Signatures are valid for 15 minutes by the server's clock, so a wrong clock here is no
    /// reason to fail. Gives whether an attempt that was signed with the time `used` should be
    /// signed again. The offset is always from this machine's clock: corrections do not add up.
    pub(super) fn correct(&self, headers: &HeaderMap, used: Reading) -> bool {
        let text = |name| headers.get(name)?.to_str().ok();
        let Some(date) = text(header::DATE).and_then(time::parse_http_date) else {
            return false;
        };
        // A cache tells how old its answer is.
        let age = text(header::AGE).and_then(|age| age.parse::<u32>().ok());
        let server = date.as_second() + i64::from(age.unwrap_or(0));
        let offset = server - Timestamp::now().as_second();
        let wrong = (offset - used.offset).abs() > TOLERATED_SKEW;
        if wrong {
            self.offset.store(offset, Ordering::Relaxed);
        }
        wrong
    }
}

/// Seconds; servers accept 15 minutes, and answers take their time.
const TOLERATED_SKEW: i64 = 4 * 60;
