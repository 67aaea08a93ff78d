//! What may happen to any request.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::server::{Action, Chance};

/// How much a fault can spoil, from less to more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    /// None.
    None,
    /// None, if it happens once in a command that tries again.
    Passes,
    /// The command may fail.
    Any,
}

/// The faults of one command.
pub type Happened = Arc<Mutex<Vec<(&'static str, Harm)>>>;

/// One request of five is spoiled.
pub fn chance(seed: u64, happened: Happened) -> Chance {
    let mut random = fastrand::Rng::with_seed(seed);
    Box::new(move |operation| {
        if random.u8(..5) > 0 {
            return None;
        }
        let (harm, action) = fault(&mut random, operation);
        happened.lock().unwrap().push((operation, harm));
        Some(action)
    })
}

fn fault(random: &mut fastrand::Rng, operation: &str) -> (Harm, Action) {
    let is_head = operation.starts_with("Head");
    // A source that is replaced between the last look at it and its deletion is lost: not every
    // store has conditions for deletions.
    let is_read = matches!(
        operation,
        "GetObject" | "HeadObject" | "CopyObject" | "UploadPartCopy"
    );
    let is_deletion = matches!(operation, "DeleteObject" | "AbortMultipartUpload");
    match random.u8(..100) {
        0..50 => (Harm::Passes, passing(random, is_head)),
        50..70 => (Harm::Passes, broken(random)),
        70..80 => (Harm::None, slow(random)),
        80..85 => (Harm::Any, refusal(random)),
        85..92 if is_read => (Harm::Any, others(random)),
        85..92 => (Harm::Any, Action::AbortUpload),
        _ => match lie(random) {
            // Nobody can tell it from the true success, which is as empty.
            Action::EmptyOk if is_deletion => (Harm::Passes, Action::LostReply),
            action => (Harm::Any, action),
        },
    }
}

fn status(status: u16, code: &'static str) -> Action {
    Action::Status { status, code }
}

/// What passes, whatever it happens to.
fn passing(random: &mut fastrand::Rng, is_head: bool) -> Action {
    match random.u8(..14) {
        0 => status(500, "InternalError"),
        1 => status(503, "SlowDown"),
        2 => status(429, "TooManyRequests"),
        // What a HEAD cannot tell from a lasting failure.
        3 if !is_head => status(400, "RequestTimeout"),
        4 if !is_head => status(409, "OperationAborted"),
        3..5 => status(504, "GatewayTimeout"),
        5 => Action::StatusHtml(503),
        6 => Action::EarlyStatus {
            status: 503,
            code: "SlowDown",
        },
        7 => Action::ResetBefore,
        8 => Action::CloseBefore,
        9 => Action::Refuse(1),
        10 => Action::Garbage,
        11 => Action::StallRequest(Duration::from_secs(45)),
        12 => Action::StallHeaders(Duration::from_secs(random.u64(1..100))),
        _ => Action::LostReply,
    }
}

/// What passes, if it is anything for this request.
fn broken(random: &mut fastrand::Rng) -> Action {
    let bytes = random.usize(..300);
    match random.u8(..8) {
        0 => Action::TruncatedXml,
        1 => Action::ShortBody { bytes },
        2 => Action::ResetMidBody { after_bytes: bytes },
        3 => Action::StallBody {
            after_bytes: bytes,
            duration: Duration::from_secs(400),
        },
        4 => Action::HugeHead(1 << 20),
        5 => Action::EndlessHeaders,
        6 => Action::SlowHead(Duration::from_secs(1)),
        _ => Action::IgnoreRange,
    }
}

fn slow(random: &mut fastrand::Rng) -> Action {
    match random.u8(..6) {
        0 => Action::CloseAfter,
        1 => Action::TrailingGarbage,
        2 => Action::Interim,
        3 => Action::PlainKeys,
        4 => Action::SlowBody {
            bytes_per_write: 50,
            pause: Duration::from_secs(5),
        },
        _ => Action::StallHeaders(Duration::from_secs(10)),
    }
}

fn refusal(random: &mut fastrand::Rng) -> Action {
    match random.u8(..5) {
        0 => status(403, "AccessDenied"),
        1 => status(400, "ExpiredToken"),
        2 => status(501, "NotImplemented"),
        3 => Action::Redirect {
            status: 307,
            location: "http://thief.test/bucket/key".to_owned(),
        },
        _ => Action::DeleteErrors {
            key_contains: "a".to_owned(),
            code: "AccessDenied",
        },
    }
}

fn others(random: &mut fastrand::Rng) -> Action {
    match random.u8(..5) {
        0 => Action::ReplaceObject,
        1 => Action::ResizeObject { by: 50 },
        2 => Action::ResizeObject { by: -50 },
        3 => Action::RemoveObject,
        _ => Action::AbortUpload,
    }
}

fn lie(random: &mut fastrand::Rng) -> Action {
    match random.u8(..11) {
        0 => Action::WrongETag,
        1 => Action::NoETag,
        2 => Action::ListLoop,
        3 => Action::NoToken,
        4 => Action::EmptyOk,
        5 => Action::ErrorIn200 {
            code: "InternalError",
        },
        6 => Action::CorruptChecked {
            at: random.usize(..1000),
        },
        7 => Action::DeleteOmits {
            key_contains: String::new(),
        },
        8 => Action::WrongLength { by: -3 },
        9 => Action::ShiftRange,
        _ => Action::WrongLength { by: 3 },
    }
}
