//! One cell of the matrix: a scenario in which one request, or all from one on, are spoiled.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    matrix::{
        invariants::{self, Observed},
        kinds::{self, Kind},
        scenarios::Scenario,
    },
    server::{Fault, Match, Seen},
    state::{self, State},
    world::{Run, World},
};

/// A scenario as it goes without a fault.
pub struct Plan {
    pub scenario: &'static Scenario,
    pub before: State,
    pub after: State,
    pub run: Run,
    pub requests: Vec<Seen>,
    /// The faults that belong to the scenario.
    pub faults: u64,
}

/// What is spoiled, and how.
#[derive(Clone, Copy)]
pub struct Cell<'a> {
    pub plan: &'a Plan,
    pub kind: &'static Kind,
    pub operation: &'static str,
    /// Which request of the operation, from 1.
    pub nth: usize,
    pub position: &'static str,
    pub times: Times,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    Once,
    ForEver,
}

/// What came of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All was done.
    Passed,
    /// It failed, and nothing is damaged.
    Failed,
    /// What must hold does not.
    Violation(String),
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            position,
            ..
        } = self;
        let (scenario, kind) = (self.plan.scenario.name, self.kind.name);
        write!(
            f,
            "{scenario} / {operation} / {position} / {kind} / {:?}",
            self.times
        )
    }
}

impl Plan {
    pub fn of(scenario: &'static Scenario) -> Self {
        let world = prepared(scenario);
        let before = state::of(&world);
        let run = world.run(scenario.line, 0);
        let faults = world.server.faults().happened();
        let status = if faults == 0 { 0 } else { 1 };
        assert_eq!(run.status, Some(status), "{}: {run:#?}", scenario.name);
        let requests = world.server.requests();
        for operation in scenario.spoils {
            let is_used = requests.iter().any(|seen| seen.operation == *operation);
            assert!(is_used, "{} does not use {operation}", scenario.name);
        }
        Self {
            scenario,
            before,
            after: state::of(&world),
            run: run.without(world.root()),
            requests,
            faults,
        }
    }

    /// All cells of the scenario in which a fault can really happen.
    pub fn cells(&self) -> Vec<Cell<'_>> {
        let mut cells = Vec::new();
        for operation in self.scenario.spoils {
            let requests = self.requests.iter();
            let requests: Vec<&Seen> = requests.filter(|s| s.operation == *operation).collect();
            for (position, nth) in positions(requests.len()) {
                let seen = requests[nth - 1];
                for kind in kinds::ALL.iter().filter(|kind| (kind.applies)(seen)) {
                    cells.extend([Times::Once, Times::ForEver].map(|times| Cell {
                        plan: self,
                        kind,
                        operation,
                        nth,
                        position,
                        times,
                    }));
                }
            }
        }
        cells
    }
}

/// The first, the middle and the last of so many, as far as they differ.
fn positions(count: usize) -> Vec<(&'static str, usize)> {
    match count {
        1 => vec![("only", 1)],
        2 => vec![("first", 1), ("last", 2)],
        _ => vec![("first", 1), ("middle", count.div_ceil(2)), ("last", count)],
    }
}

fn prepared(scenario: &Scenario) -> World {
    let world = World::new(scenario.config);
    (scenario.prepare)(&world);
    world
}

impl Cell<'_> {
    /// Runs it and checks everything.
    pub fn outcome(&self) -> Outcome {
        match catch_unwind(AssertUnwindSafe(|| self.observe())) {
            Ok(outcome) => outcome,
            Err(panic) => Outcome::Violation(format!("a panic: {}", panic_text(&*panic))),
        }
    }

    fn observe(&self) -> Outcome {
        let world = prepared(self.plan.scenario);
        world.server.faults().push(Fault {
            when: Match::op(self.operation).nth(self.nth as u32),
            times: match self.times {
                Times::Once => 1,
                Times::ForEver => u32::MAX,
            },
            action: (self.kind.action)(),
        });
        let run = world.run(&self.line(), 1).without(world.root());
        let observed = Observed {
            cell: *self,
            run,
            now: state::of(&world),
            world: &world,
        };
        let violations = invariants::check(&observed);
        if !violations.is_empty() {
            let (run, operations) = (&observed.run, observed.operations());
            let text = format!("{}\n{run:#?}\n{operations:?}", violations.join("\n"));
            return Outcome::Violation(text);
        }
        match observed.run.status == self.plan.run.status {
            true => Outcome::Passed,
            false => Outcome::Failed,
        }
    }

    /// Once, with all requests shown, so that no secret is in that; for ever, with few rounds.
    fn line(&self) -> String {
        let more = match self.times {
            Times::Once => "--debug",
            Times::ForEver => "-t 1 --retry-delay 1",
        };
        format!("{} {more}", self.plan.scenario.line)
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "without a text",
    }
}
