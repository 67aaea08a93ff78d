//! The decision after a failed attempt: again, and when, or not.

use std::time::Duration;

use crate::{
    client::backoff,
    net::{TransportError, TransportErrorKind},
    s3::error::AnswerError,
};

/// How often and how patiently.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// `--retry`: how many more rounds a request gets after its quick attempts were used up by
    /// broken connections. 0 means that nothing is tried twice.
    pub rounds: u32,
    /// `--retry-delay`: the wait between two rounds.
    pub round_delay: Duration,
}

impl Default for RetryPolicy {
    /// Compat: the original's defaults of `--retry` and `--retry-delay`.
    fn default() -> Self {
        Self {
            rounds: 3,
            round_delay: Duration::from_secs(10),
        }
    }
}

/// Why an attempt failed.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    Answer {
        error: AnswerError,
        wait_at_least: Option<Duration>,
        /// The clock was found wrong: the next attempt is signed with the server's time.
        clock_corrected: bool,
    },
    Transport(TransportError),
}

/// The state of one request's retries.
#[derive(Debug)]
pub(super) struct Retry {
    policy: RetryPolicy,
    /// Attempts of this round that failed.
    failed: u32,
    rounds_left: u32,
    /// The one free retry of a connection that the server had closed was used.
    reopened: bool,
    /// The one retry after damage on the way was used.
    damaged: bool,
    /// The one retry with a corrected clock was used.
    clock_corrected: bool,
    /// Whether an attempt so far may have been carried out.
    pub(super) ambiguous: bool,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Again { after: Duration, paid: bool },
    GiveUp,
}

impl Retry {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        Self {
            policy,
            failed: 0,
            rounds_left: policy.rounds,
            reopened: false,
            damaged: false,
            clock_corrected: false,
            ambiguous: false,
        }
    }

    /// Decides. `reached` says whether any connection to this server ever worked: if none did,
    /// the address is more likely wrong than the server busy. `random` is 0 to 1.
    pub(super) fn after(&mut self, failure: &Failure, reached: bool, random: f64) -> Decision {
        self.ambiguous |= failure.is_ambiguous();
        if self.policy.rounds == 0 {
            return Decision::GiveUp;
        }
        if failure.is_clock_corrected() && !std::mem::replace(&mut self.clock_corrected, true) {
            return Decision::Again {
                after: Duration::ZERO,
                paid: true,
            };
        }
        if !self.is_retryable(failure) {
            return Decision::GiveUp;
        }
        if failure.is_closed() && !self.reopened {
            self.reopened = true;
            return Decision::Again {
                after: Duration::ZERO,
                paid: false,
            };
        }
        // Waiting for nothing takes half a minute each time.
        self.failed += if failure.is_timeout() { 2 } else { 1 };
        if self.failed < ATTEMPTS {
            let wait = backoff::wait(self.failed - 1, failure.is_throttling(), random);
            let after = wait.max(failure.wait_at_least().unwrap_or_default());
            return Decision::Again { after, paid: true };
        }
        self.next_round(failure, reached)
    }

    /// Decides when the quick attempts are used up, or the budget for them: a round is a long wait
    /// and therefore free.
    pub(super) fn next_round(&mut self, failure: &Failure, reached: bool) -> Decision {
        if self.rounds_left == 0 || !failure.deserves_a_round(reached) {
            return Decision::GiveUp;
        }
        self.rounds_left -= 1;
        self.failed = 0;
        Decision::Again {
            after: self.policy.round_delay,
            paid: false,
        }
    }

    fn is_retryable(&mut self, failure: &Failure) -> bool {
        match failure {
            Failure::Transport(error) => !matches!(
                error.kind(),
                TransportErrorKind::Tls | TransportErrorKind::Body
            ),
            Failure::Answer {
                error: AnswerError::Malformed { .. },
                ..
            } => true,
            Failure::Answer {
                error: AnswerError::Service(error),
                ..
            } => {
                let damage = matches!(&*error.code, "BadDigest" | "XAmzContentSHA256Mismatch");
                // Damage on the way is rare; twice in a row means that the hash is wrong.
                let again = !(damage && std::mem::replace(&mut self.damaged, damage));
                again && error.is_transient()
            }
        }
    }
}

impl Failure {
    fn is_ambiguous(&self) -> bool {
        match self {
            Self::Transport(error) => error.is_ambiguous(),
            Self::Answer {
                error: AnswerError::Malformed { .. },
                ..
            } => true,
            Self::Answer {
                error: AnswerError::Service(error),
                ..
            } => {
                let unsure = error.status.is_server_error() || error.status.is_success();
                unsure && !error.was_turned_away()
            }
        }
    }

    fn is_closed(&self) -> bool {
        matches!(self, Self::Transport(error) if error.kind() == TransportErrorKind::Closed)
    }

    fn is_clock_corrected(&self) -> bool {
        matches!(
            self,
            Self::Answer {
                clock_corrected: true,
                ..
            }
        )
    }

    pub(super) fn is_timeout(&self) -> bool {
        matches!(self, Self::Transport(error) if error.kind() == TransportErrorKind::Timeout)
    }

    pub(super) fn is_throttling(&self) -> bool {
        matches!(self, Self::Answer { error: AnswerError::Service(e), .. } if e.is_throttling())
    }

    /// Whether the server answered, and would answer the same again.
    pub(super) fn is_definite(&self) -> bool {
        matches!(self, Self::Answer { error: AnswerError::Service(e), .. } if !e.is_transient())
    }

    /// Whether every other request would fail as well.
    pub(super) fn is_about_everything(&self) -> bool {
        matches!(self, Self::Answer { error: AnswerError::Service(e), .. } if e.is_about_credentials())
    }

    fn wait_at_least(&self) -> Option<Duration> {
        match self {
            Self::Answer { wait_at_least, .. } => *wait_at_least,
            Self::Transport(_) => None,
        }
    }

    /// Timeouts had minutes already.
    fn deserves_a_round(&self, reached: bool) -> bool {
        match self {
            Self::Transport(error) => match error.kind() {
                TransportErrorKind::Interrupted | TransportErrorKind::Closed => true,
                TransportErrorKind::Connect => reached,
                _ => false,
            },
            Self::Answer { .. } => false,
        }
    }
}

/// Quick attempts of one request in a round.
///
/// Source: five is what botocore's legacy mode, which the original ran in for years, makes.
pub(super) const ATTEMPTS: u32 = 5;

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::s3::{
        error::ServiceError,
        operation::{Answer, OperationKind},
    };

    fn service(status: u16, code: &str) -> Failure {
        let body = format!("<Error><Code>{code}</Code><Message>m</Message></Error>");
        let headers = HeaderMap::new();
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer {
            status,
            headers: &headers,
            body: body.as_bytes(),
        };
        let error = ServiceError::from_answer(OperationKind::PutObject, &answer);
        Failure::Answer {
            error: error.into(),
            wait_at_least: None,
            clock_corrected: false,
        }
    }

    fn transport(kind: TransportErrorKind) -> Failure {
        Failure::Transport(TransportError::of_kind(kind))
    }

    /// How many times a request is sent when every attempt fails like this.
    fn attempts(policy: RetryPolicy, failure: &Failure, reached: bool) -> u32 {
        let mut retry = Retry::new(policy);
        let mut sent = 1;
        while retry.after(failure, reached, 0.5) != Decision::GiveUp {
            sent += 1;
        }
        sent
    }

    #[test]
    fn classes_get_their_attempts() {
        let policy = RetryPolicy {
            rounds: 1,
            round_delay: Duration::from_secs(10),
        };
        let count = |failure: &Failure| attempts(policy, failure, true);
        assert_eq!(count(&service(503, "SlowDown")), 5);
        assert_eq!(count(&service(500, "InternalError")), 5);
        assert_eq!(count(&service(200, "InternalError")), 5);
        assert_eq!(count(&service(400, "RequestTimeout")), 5);
        for code in [
            "AccessDenied",
            "NoSuchKey",
            "ExpiredToken",
            "PreconditionFailed",
        ] {
            assert_eq!(count(&service(403, code)), 1, "{code}");
        }
        assert_eq!(count(&service(400, "BadDigest")), 2);
        assert_eq!(count(&transport(TransportErrorKind::Tls)), 1);
        assert_eq!(count(&transport(TransportErrorKind::Body)), 1);
        assert_eq!(count(&transport(TransportErrorKind::Timeout)), 3);
        assert_eq!(count(&transport(TransportErrorKind::Interrupted)), 10);
        assert_eq!(count(&transport(TransportErrorKind::Closed)), 11);
    }

    #[test]
    fn an_address_that_never_answered_is_not_waited_for() {
        let policy = RetryPolicy::default();
        let refused = transport(TransportErrorKind::Connect);
        assert_eq!(attempts(policy, &refused, false), 5);
        assert_eq!(attempts(policy, &refused, true), 20);
    }

    #[test]
    fn retry_0_is_one_attempt() {
        let policy = RetryPolicy {
            rounds: 0,
            round_delay: Duration::ZERO,
        };
        assert_eq!(attempts(policy, &service(503, "SlowDown"), true), 1);
        assert_eq!(
            attempts(policy, &transport(TransportErrorKind::Closed), true),
            1
        );
    }

    #[test]
    fn a_server_can_ask_for_more_time() {
        let Failure::Answer { error, .. } = service(503, "SlowDown") else {
            unreachable!()
        };
        let asked = Duration::from_secs(7);
        let failure = Failure::Answer {
            error,
            wait_at_least: Some(asked),
            clock_corrected: false,
        };
        let decision = Retry::new(RetryPolicy::default()).after(&failure, true, 0.0);
        assert_eq!(
            decision,
            Decision::Again {
                after: asked,
                paid: true
            }
        );
    }

    #[test]
    fn a_server_that_is_too_busy_is_left_alone_for_longer() {
        let wait = |failure: &Failure| Retry::new(RetryPolicy::default()).after(failure, true, 1.0);
        for (failure, seconds) in [
            (service(500, "InternalError"), 0.1),
            (service(503, "SlowDown"), 1.0),
            (service(503, "503"), 1.0),
            (service(200, "SlowDown"), 1.0),
        ] {
            let after = Duration::from_secs_f64(seconds);
            assert_eq!(wait(&failure), Decision::Again { after, paid: true });
        }
    }

    #[test]
    fn what_may_have_happened_is_remembered() {
        let mut retry = Retry::new(RetryPolicy::default());
        retry.after(&service(403, "AccessDenied"), true, 0.0);
        retry.after(&service(503, "SlowDown"), true, 0.0);
        retry.after(&transport(TransportErrorKind::Connect), true, 0.0);
        assert!(!retry.ambiguous);
        retry.after(&transport(TransportErrorKind::Interrupted), true, 0.0);
        retry.after(&service(404, "NoSuchUpload"), true, 0.0);
        assert!(retry.ambiguous);
    }
}
