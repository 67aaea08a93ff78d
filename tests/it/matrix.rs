//! Commands times faults: what must hold whichever they are.

use std::time::Duration;

use crate::{
    run::{Run, World, each},
    server::{Action, Config, Fault, Match},
};

/// A command, and the request of it that is spoiled.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub line: &'static str,
    /// The operation and, counted from 1, which request of it.
    pub spoiled: (&'static str, u32),
    /// What the failure is about, as it must be named.
    pub names: &'static str,
    pub config: fn() -> Config,
    pub prepare: fn(&World),
    /// All was done, and right.
    pub done: fn(&World, &Run),
    /// What was there is there, or a complete new version.
    pub intact: fn(&World),
}

impl Scenario {
    fn world(&self) -> World {
        let world = World::with((self.config)());
        (self.prepare)(&world);
        world
    }

    /// The number of requests when nothing goes wrong.
    fn planned(&self) -> usize {
        let world = self.world();
        let run = world.run(self.line).succeeds();
        (self.done)(&world, &run);
        world.assert_clean();
        let (operation, nth) = self.spoiled;
        let seen = world.server.requests_of(operation).len();
        assert!(
            seen >= nth as usize,
            "{operation} is not used: {}",
            self.line
        );
        world.server.requests().len()
    }

    fn spoil(&self, world: &World, times: u32, action: &Action) {
        let (operation, nth) = self.spoiled;
        world.server.faults().push(Fault {
            when: Match::op(operation).nth(nth),
            times,
            action: action.clone(),
        });
    }

    /// Each of the faults happens once, and the command succeeds all the same, with a few requests
    /// more than without.
    pub fn survives(&self, actions: Vec<Action>) {
        let planned = self.planned();
        each(actions, |action| {
            let world = self.world();
            self.spoil(&world, 1, &action);
            let run = world.run(self.line).succeeds();
            assert_eq!(world.server.faults().pending(), 0, "it did not happen");
            (self.done)(&world, &run);
            world.assert_clean();
            // A download that was damaged begins again: twice the plan.
            let requests = world.server.requests().len();
            assert!(requests <= 2 * planned + 2, "{:?}", world.operations());
        });
    }

    /// Each of the faults happens for ever: one line, nothing half-done, an end in bounded time.
    pub fn gives_up(&self, actions: Vec<Action>) {
        let planned = self.planned();
        each(actions, |action| {
            let world = self.world();
            self.spoil(&world, u32::MAX, &action);
            let line = format!("{} -t 1 --retry-delay 1", self.line);
            let run = world.run(&line).fails().within(60).says(self.names);
            assert_eq!(run.failures().len(), 1, "{run:#?}");
            (self.intact)(&world);
            world.assert_clean();
            // Two rounds of five attempts, and one for a connection that was closed.
            let requests = world.server.requests().len();
            assert!(requests <= 12 * planned, "{:?}", world.operations());
        });
    }

    /// Each of the faults is final: no second attempt.
    pub fn stops_at_once(&self, actions: Vec<Action>) {
        let planned = self.planned();
        each(actions, |action| {
            let world = self.world();
            self.spoil(&world, u32::MAX, &action);
            let run = world
                .run(self.line)
                .fails()
                .within(20)
                .says("Scripted failure");
            assert_eq!(run.failures().len(), 1, "{run:#?}");
            (self.intact)(&world);
            world.assert_clean();
            // To look what is there and to give an upload up takes three requests more.
            let requests = world.server.requests().len();
            assert!(requests <= planned + 3, "{:?}", world.operations());
        });
    }
}

/// [`Scenario::gives_up`] for several at once: most of the time is spent on waiting.
pub fn all_give_up(cases: Vec<(Scenario, Vec<Action>)>) {
    each(cases, |(scenario, actions)| scenario.gives_up(actions));
}

pub fn status(status: u16, code: &'static str) -> Action {
    Action::Status { status, code }
}

/// What passes, and can happen to every request.
pub fn passing() -> Vec<Action> {
    let header_value = "1".to_owned();
    vec![
        status(500, "InternalError"),
        status(502, "BadGateway"),
        status(503, "SlowDown"),
        status(503, "ServiceUnavailable"),
        status(504, "GatewayTimeout"),
        status(429, "TooManyRequests"),
        status(400, "RequestTimeout"),
        Action::StatusHtml(503),
        Action::RetryAfter {
            status: 503,
            code: "SlowDown",
            header_value,
        },
        Action::EarlyStatus {
            status: 503,
            code: "SlowDown",
        },
        Action::ResetBefore,
        Action::CloseBefore,
        Action::Garbage,
        Action::StallHeaders(Duration::from_millis(200)),
        Action::LostReply,
        Action::CloseAfter,
    ]
}

/// What passes, and can happen to an answer that has a document.
pub fn spoiled_documents() -> Vec<Action> {
    vec![
        Action::ErrorIn200 {
            code: "InternalError",
        },
        Action::ErrorIn200 { code: "SlowDown" },
        Action::EmptyOk,
        Action::TruncatedXml,
        Action::ShortBody { bytes: 0 },
        Action::ShortBody { bytes: 40 },
        Action::ResetMidBody { after_bytes: 40 },
    ]
}

/// What can go on for ever without the request being carried out.
pub fn lasting() -> Vec<Action> {
    vec![
        status(500, "InternalError"),
        status(503, "SlowDown"),
        Action::StatusHtml(503),
        Action::EarlyStatus {
            status: 503,
            code: "ServiceUnavailable",
        },
        Action::ResetBefore,
        Action::CloseBefore,
        Action::Garbage,
        Action::ErrorIn200 {
            code: "InternalError",
        },
    ]
}

/// What more attempts cannot change.
pub fn last_word() -> Vec<Action> {
    vec![
        status(403, "AccessDenied"),
        status(400, "ExpiredToken"),
        status(403, "InvalidAccessKeyId"),
        status(400, "InvalidRequest"),
        status(501, "NotImplemented"),
    ]
}
