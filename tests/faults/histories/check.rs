//! What must hold after each step.

use std::collections::{BTreeSet, HashSet};

use bytes::Bytes;

use crate::{
    histories::{
        chance::Harm,
        model::{Expected, Model},
    },
    server::Foreign,
    world::{CANARIES, Run, World},
};

/// A step that was made.
pub struct Made<'a> {
    pub before: Model,
    pub expected: Expected,
    pub now: Model,
    pub run: Run,
    /// Whether it is a move.
    pub moves: bool,
    pub harm: Harm,
    pub world: &'a World,
}

/// Everything that does not hold.
pub fn check(made: &Made<'_>) -> Vec<String> {
    let others = Others::of(made.world);
    let mut found = Vec::new();
    let expected = &made.expected;
    let names: BTreeSet<&String> = made.before.keys().chain(made.now.keys()).collect();
    let names = names.into_iter().chain(expected.after.keys());
    let is_done = made.run.status == Some(expected.status);
    for name in names.collect::<BTreeSet<_>>() {
        let now = made.now.get(name);
        let (old, new) = (made.before.get(name), expected.after.get(name));
        // A command that fails in any case may do a part of what it could.
        let may_be_old = !(is_done && (expected.status == 0 || made.harm < Harm::Any));
        let is_explained = others.explain(name, now)
            || others.touched.contains(name) && made.may_be_written(now)
            || made.may_be_moved(&others, old, now);
        if now != new && !(may_be_old && now == old) && !is_explained {
            let size = |content: Option<&Bytes>| content.map(Bytes::len);
            found.push(format!("{name} is {:?}, not {:?}", size(now), size(new)));
        }
    }
    made.nothing_is_lost(&others, &mut found);
    made.nothing_is_left(&mut found);
    made.it_ends_well(&mut found);
    found
}

/// What others did while the command ran.
#[derive(Default)]
struct Others {
    written: HashSet<Bytes>,
    removed: HashSet<String>,
    /// All names that they touched.
    touched: HashSet<String>,
    versions: Vec<(String, Bytes)>,
}

impl Others {
    fn of(world: &World) -> Self {
        let mut others = Self::default();
        for (bucket, key, foreign) in world.server.store().foreign() {
            let name = format!("s3://{bucket}/{key}");
            others.touched.insert(name.clone());
            match foreign {
                Foreign::Removed => drop(others.removed.insert(name)),
                Foreign::Written(bytes) | Foreign::Damaged(bytes) => {
                    others.written.insert(bytes.clone());
                    others.versions.push((name, bytes));
                }
            }
        }
        others
    }

    /// Whether what is there now may be theirs, or a copy of theirs.
    fn explain(&self, name: &str, now: Option<&Bytes>) -> bool {
        match now {
            Some(bytes) => self.written.contains(bytes),
            None => self.removed.contains(name),
        }
    }
}

impl Made<'_> {
    /// Where a target is free in between, a move that it was in the way of is made.
    fn may_be_moved(&self, others: &Others, old: Option<&Bytes>, now: Option<&Bytes>) -> bool {
        let is_elsewhere = || self.now.values().any(|content| Some(content) == old);
        self.moves && !others.touched.is_empty() && now.is_none() && is_elsewhere()
    }

    /// Where others removed or replaced a target in between, the command may find it free.
    fn may_be_written(&self, now: Option<&Bytes>) -> bool {
        now.is_some_and(|now| self.before.values().any(|content| content == now))
    }

    /// A source that was moved away is at its target.
    fn nothing_is_lost(&self, others: &Others, found: &mut Vec<String>) {
        for (source, target) in &self.expected.moved {
            let is_gone = !self.now.contains_key(source) && !others.removed.contains(source);
            if !is_gone || others.touched.contains(target) {
                continue;
            }
            let theirs = others
                .versions
                .iter()
                .rev()
                .find(|(name, _)| name == source);
            let last = theirs.map(|(_, bytes)| bytes).or(self.before.get(source));
            if self.now.get(target) != last {
                found.push(format!("{source} was deleted and is not at {target}"));
            }
        }
    }

    fn nothing_is_left(&self, found: &mut Vec<String>) {
        let temporary = self.now.keys().filter(|name| name.ends_with(".tmp"));
        found.extend(temporary.map(|name| format!("{name} is left")));
        let told = &self.run.stderr;
        for upload in self.world.server.store().uploads("bucket") {
            let is_told = told.contains(&upload.id)
                || told.contains(&upload.key) && told.contains("left open");
            if !is_told {
                found.push(format!("the upload of {} is left open, untold", upload.key));
            }
        }
    }

    fn it_ends_well(&self, found: &mut Vec<String>) {
        let Run {
            status,
            stderr,
            took,
            ..
        } = &self.run;
        let right = self.expected.status;
        if self.harm < Harm::Any && *status != Some(right) {
            found.push(format!("it ends with {status:?}, not with {right}"));
        }
        if *status != Some(0) && stderr.trim().is_empty() {
            found.push("no reason".to_owned());
        }
        if *status == Some(0) && right != 0 && self.harm < Harm::Any {
            found.push("success where there is none".to_owned());
        }
        let requests = self.world.server.requests().len();
        if took.as_secs() > 12 * 3600 || requests > 2000 {
            found.push(format!("{took:?} and {requests} requests"));
        }
        if self.world.has_spoken_to_others() {
            found.push(format!("it spoke to {:?}", self.world.hosts()));
        }
        let stdout = String::from_utf8_lossy(&self.run.stdout);
        for canary in CANARIES {
            if stdout.contains(canary) || stderr.contains(canary) {
                found.push(format!("{canary} was told"));
            }
        }
    }
}
