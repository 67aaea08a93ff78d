//! What happens to some of the requests.

use std::time::Duration;

use crate::server::{Action, Chance};

/// Spoils `percent` of the requests, in an order that follows from `seed`.
pub(crate) fn chance(percent: f64, seed: u64) -> Chance {
    let mut random = fastrand::Rng::with_seed(seed);
    Box::new(move |operation| {
        let is_spoiled = random.f64() * 100.0 < percent;
        is_spoiled.then(|| action(&mut random, operation))
    })
}

/// All of these pass.
fn action(random: &mut fastrand::Rng, operation: &str) -> Action {
    let bytes = random.usize(..200);
    let millis = Duration::from_millis(random.u64(1..200));
    match random.u8(..12) {
        0 => status(500, "InternalError"),
        1 => status(503, "SlowDown"),
        2 => Action::EarlyStatus {
            status: 503,
            code: "ServiceUnavailable",
        },
        3 => Action::ResetBefore,
        4 => Action::CloseBefore,
        5 => Action::ShortBody { bytes },
        6 => Action::ResetMidBody { after_bytes: bytes },
        7 => Action::StallHeaders(millis),
        8 => Action::SlowBody {
            bytes_per_write: 1000,
            pause: Duration::from_millis(1),
        },
        9 => Action::CloseAfter,
        10 if operation.starts_with("List") => Action::TruncatedXml,
        _ => Action::LostReply,
    }
}

fn status(status: u16, code: &'static str) -> Action {
    Action::Status { status, code }
}
