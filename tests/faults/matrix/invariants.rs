//! What must hold in every cell.

use std::collections::{BTreeSet, HashSet};

use bytes::Bytes;

use crate::{
    matrix::{
        cell::{Cell, Times},
        kinds::Class,
    },
    server::Foreign,
    state::{Content, State, file_name},
    world::{CANARIES, Run, World},
};

/// A cell that was run.
pub struct Observed<'a> {
    pub cell: Cell<'a>,
    pub run: Run,
    pub now: State,
    pub world: &'a World,
}

/// What others did to objects, or the server in place of what it was told.
#[derive(Default)]
struct Others {
    written: HashSet<Bytes>,
    damaged: HashSet<Bytes>,
    removed: HashSet<String>,
    /// What somebody else wrote under a name, in order.
    versions: Vec<(String, Bytes)>,
}

/// Everything that does not hold.
pub fn check(observed: &Observed<'_>) -> Vec<String> {
    let others = Others::of(observed.world);
    let mut found = Vec::new();
    observed.it_happened(&others, &mut found);
    match observed.succeeded() {
        true => observed.all_is_right(&others, &mut found),
        false => observed.all_is_old_or_new(&others, &mut found),
    }
    observed.nothing_is_lost(&others, &mut found);
    observed.nothing_is_left(&mut found);
    observed.it_ends_in_time(&mut found);
    observed.nothing_is_told(&mut found);
    observed.it_survives(&others, &mut found);
    found
}

impl Others {
    fn of(world: &World) -> Self {
        let mut others = Self::default();
        for (bucket, key, foreign) in world.server.store().foreign() {
            let name = format!("s3://{bucket}/{key}");
            match foreign {
                Foreign::Written(bytes) => {
                    others.written.insert(bytes.clone());
                    others.versions.push((name, bytes));
                }
                Foreign::Damaged(bytes) => drop(others.damaged.insert(bytes)),
                Foreign::Removed => drop(others.removed.insert(name)),
            }
        }
        others
    }

    fn did_nothing(&self) -> bool {
        self.written.is_empty() && self.removed.is_empty() && self.damaged.is_empty()
    }

    /// Whether what is under a name now may be theirs.
    fn explain(&self, name: &str, now: Option<&Content>) -> bool {
        match now {
            Some(content) => self.written.contains(&content.body),
            None => self.removed.contains(name),
        }
    }
}

impl Observed<'_> {
    /// The run came to the end that it has without a fault.
    fn succeeded(&self) -> bool {
        self.run.status == self.cell.plan.run.status
    }

    pub fn operations(&self) -> Vec<&'static str> {
        let requests = self.world.server.requests();
        requests.iter().map(|seen| seen.operation).collect()
    }

    fn names(&self) -> BTreeSet<&String> {
        let plan = self.cell.plan;
        let all = plan.before.keys().chain(plan.after.keys());
        all.chain(self.now.keys()).collect()
    }

    fn it_happened(&self, others: &Others, found: &mut Vec<String>) {
        if self.world.server.faults().happened() <= self.cell.plan.faults {
            found.push("the fault did not happen".to_owned());
        }
        let by_others = self.cell.kind.name.starts_with("object ");
        if by_others && others.did_nothing() {
            found.push("nobody did anything to an object".to_owned());
        }
    }

    /// I1 and I6.
    fn all_is_right(&self, others: &Others, found: &mut Vec<String>) {
        for name in self.names() {
            let (now, right) = (self.now.get(name), self.cell.plan.after.get(name));
            // After a lie the same bytes may have come another way, with other metadata.
            let body = |content: Option<&Content>| content.map(|content| content.body.clone());
            let is_right = match self.cell.kind.class {
                Class::Lie => body(now) == body(right),
                _ => now == right,
            };
            // A store that took the bytes with their MD5, stored others and lost the metadata
            // looks like one whose tags are no MD5s.
            let is_damaged = now.is_some_and(|now| others.damaged.contains(&now.body));
            let is_unseen = is_damaged && self.cell.operation != "CopyObject";
            if !is_right && !is_unseen && !others.explain(name, now) {
                found.push(format!("I1: {name} is {now:?}, not {right:?}"));
            }
        }
    }

    /// I2 and I6.
    fn all_is_old_or_new(&self, others: &Others, found: &mut Vec<String>) {
        let plan = self.cell.plan;
        for name in self.names() {
            let now = self.now.get(name);
            let (old, new) = (plan.before.get(name), plan.after.get(name));
            let is_damaged = now.is_some_and(|now| others.damaged.contains(&now.body));
            if now != old && now != new && !is_damaged && !others.explain(name, now) {
                found.push(format!("I2: {name} is {now:?}, not {old:?} or {new:?}"));
            }
        }
        self.it_says_what_failed(found);
    }

    fn it_says_what_failed(&self, found: &mut Vec<String>) {
        let plan = self.cell.plan;
        let told = self.told();
        if told.trim().is_empty() {
            found.push("I2: no reason".to_owned());
        }
        let is_of_bucket = matches!(
            self.cell.operation,
            "ListObjectsV2" | "ListObjects" | "ListBuckets" | "HeadBucket" | "CreateBucket"
        );
        if is_of_bucket {
            // The original's line names the operation alone.
            let names = [
                "bucket",
                "ListObjects",
                "ListBuckets",
                "cannot connect to http://s3.test",
            ];
            if !names.iter().any(|name| told.contains(name)) {
                found.push("I2: neither the bucket nor the listing is named".to_owned());
            }
            return;
        }
        let keeps = plan.scenario.line.contains(" -D ");
        for name in self.names() {
            let (now, right) = (self.now.get(name), plan.after.get(name));
            let is_extra = right.is_none() && now.is_some();
            // Refused credentials end the run: what was not begun is told of as a whole.
            let is_named = told.contains(file_name(name))
                || told.contains("what is left is not tried")
                || is_extra && keeps && told.contains("nothing was deleted");
            if now != right && !is_named {
                found.push(format!("I2: {name} is not done, and not named"));
            }
        }
    }

    /// I3.
    fn nothing_is_lost(&self, others: &Others, found: &mut Vec<String>) {
        let plan = self.cell.plan;
        for (name, old) in &plan.before {
            if self.now.contains_key(name) || others.removed.contains(name) {
                continue;
            }
            if plan.after.contains_key(name) {
                found.push(format!("I3: {name} is gone"));
            } else if plan.scenario.line.starts_with("mv ") {
                let theirs = others
                    .versions
                    .iter()
                    .rev()
                    .find(|(other, _)| other == name);
                let last = theirs.map_or(&old.body, |(_, bytes)| bytes);
                if !self.now.values().any(|content| content.body == *last) {
                    found.push(format!(
                        "I3: {name} was deleted, and its content is nowhere"
                    ));
                }
            }
        }
    }

    /// I4.
    fn nothing_is_left(&self, found: &mut Vec<String>) {
        let temporary = self.now.keys().filter(|name| name.ends_with(".tmp"));
        found.extend(temporary.map(|name| format!("I4: {name} is left")));
        let uploads = self.world.server.store().uploads("bucket");
        let told = self.told();
        let is_unseen = self.cell.operation == "CreateMultipartUpload";
        for upload in &uploads {
            let is_told = told.contains(&upload.id) || is_unseen && told.contains("left open");
            if !is_told {
                found.push(format!(
                    "I4: the upload of {} is left open, untold",
                    upload.key
                ));
            }
        }
        // What cannot be given up, and what nobody knows the identifier of.
        let passes = self.must_survive() && self.cell.times == Times::Once;
        let is_not_given_up = self.cell.operation == "AbortMultipartUpload" && !passes;
        let most = match self.cell.times {
            Times::Once => usize::from(is_unseen || is_not_given_up),
            Times::ForEver if is_unseen => SENT,
            Times::ForEver => usize::from(is_not_given_up),
        };
        if uploads.len() > most {
            found.push(format!("I4: {} uploads are left open", uploads.len()));
        }
    }

    /// I5.
    fn it_ends_in_time(&self, found: &mut Vec<String>) {
        let plan = self.cell.plan;
        let planned = plan.requests.len();
        let spoiled = plan.requests.iter();
        let spoiled = spoiled
            .filter(|seen| seen.operation == self.cell.operation)
            .count() as u64;
        let class = self.cell.kind.class;
        // Operations for which the server works before it answers have five minutes.
        let silence = match self.cell.operation {
            "CompleteMultipartUpload" | "CopyObject" | "UploadPartCopy" => 300,
            _ => 30,
        };
        let each = match class {
            Class::Harmless => 4000,
            _ => ATTEMPTS * (10 + silence + 20),
        };
        let (seconds, requests) = match (class, self.cell.times) {
            (Class::Final, _) => (60, planned + 6),
            (_, Times::Once) => (600 + each, 2 * planned + 6),
            (_, Times::ForEver) => (600 + each * (2 * spoiled + 4), (planned + 4) * SENT),
        };
        let took = self.run.took.as_secs();
        if self.run.status.is_none() || took > seconds {
            found.push(format!("I5: {took} s, more than {seconds}"));
        }
        let sent = self.world.server.requests().len();
        if sent > requests {
            found.push(format!("I5: {sent} requests, more than {requests}"));
        }
    }

    /// I6 and I7.
    fn nothing_is_told(&self, found: &mut Vec<String>) {
        if self.world.has_spoken_to_others() {
            found.push(format!("I6: it spoke to {:?}", self.world.hosts()));
        }
        let stdout = String::from_utf8_lossy(&self.run.stdout);
        for canary in CANARIES {
            if stdout.contains(canary) || self.run.stderr.contains(canary) {
                found.push(format!("I7: {canary} was told"));
            }
        }
    }

    fn must_survive(&self) -> bool {
        match self.cell.kind.class {
            Class::Harmless => true,
            Class::Passing => self.cell.times == Times::Once && !self.can_only_be_printed(),
            Class::Final | Class::Lie => false,
        }
    }

    /// What was printed before its sum was known cannot be taken back.
    fn can_only_be_printed(&self) -> bool {
        self.cell.plan.scenario.line.starts_with("cat") && self.cell.kind.name == "flipped bit"
    }

    /// I9, and I1 of commands whose result is what they write.
    fn it_survives(&self, others: &Others, found: &mut Vec<String>) {
        let plan = self.cell.plan;
        let must = self.must_survive();
        if must && !self.succeeded() {
            found.push("I9: it should have been survived".to_owned());
        }
        let line = plan.scenario.line;
        let only_tells = ["ls", "du", "cat"]
            .iter()
            .any(|command| line.starts_with(command));
        let (told, right) = (&self.run.stdout, &plan.run.stdout);
        if self.succeeded() && (must || only_tells && others.did_nothing()) {
            if sorted_lines(told) != sorted_lines(right) {
                found.push("I1: it wrote something else".to_owned());
            }
        } else if line.starts_with("cat") && others.did_nothing() && !self.can_only_be_printed() {
            let objects = plan
                .before
                .iter()
                .filter(|(name, _)| name.starts_with("s3://"));
            if !is_of_beginnings(told, objects.map(|(_, content)| &content.body)) {
                found.push("I2: it wrote what is not in the objects".to_owned());
            }
        }
    }

    /// What was told of failures, without the lines about requests.
    fn told(&self) -> String {
        let lines = self.run.stderr.lines();
        let lines: Vec<&str> = lines.filter(|line| !line.starts_with("  (D)")).collect();
        lines.join("\n")
    }
}

/// Whether a text consists of beginnings of these, in their order.
fn is_of_beginnings<'a>(mut text: &[u8], all: impl Iterator<Item = &'a Bytes>) -> bool {
    for whole in all {
        let common = text.iter().zip(whole).take_while(|(a, b)| a == b).count();
        text = &text[common..];
    }
    text.is_empty()
}

fn sorted_lines(text: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    lines
}

/// Quick attempts of a request.
const ATTEMPTS: u64 = 5;
/// How often a request may be sent with one more round of attempts, once for free.
const SENT: usize = 2 * ATTEMPTS as usize + 2;
