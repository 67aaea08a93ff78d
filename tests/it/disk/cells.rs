//! One call of one scenario fails in one way, and what came of it is held against the rules.

use std::{collections::BTreeMap, fmt, fs, io, time::Duration};

use rustix::io::Errno;

use crate::{
    disk::{
        points::{Point, traced},
        scenarios::{Item, Place, Scenario},
    },
    run::{Run, World, all_files},
};

/// A fault.
pub(super) struct Cell<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) point: Point,
    pub(super) error: &'static str,
    pub(super) times: Times,
}

/// Which of the calls fail, of each thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    First,
    All,
    AllButFirst,
}

/// What came of it.
pub(super) enum Outcome {
    /// All was done in spite of it.
    Survived,
    /// It was told, and nothing else was hurt.
    Failed,
    /// The call was not made this time.
    NotReached,
    /// No thread made the call a second time, and nothing failed.
    OnlyOnce,
}

/// The rule that was broken.
pub(super) type Wrong = String;

impl fmt::Debug for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Point { call, path } = &self.point;
        let path = path.as_deref().unwrap_or("a temporary file");
        let (name, error, times) = (self.scenario.name, self.error, self.times);
        write!(f, "{name}: {call} of {path} gives {error} ({times:?})")
    }
}

impl<'a> Cell<'a> {
    /// All cells of a point.
    pub(super) fn at(scenario: &'a Scenario, point: &Point) -> Vec<Self> {
        let with = |error: &'static str, times| Self {
            scenario,
            point: point.clone(),
            error,
            times,
        };
        let times = |error: &str| match error {
            // Nothing is interrupted for ever.
            "EINTR" => &[Times::First][..],
            _ => &[Times::First, Times::All, Times::AllButFirst],
        };
        let errors = point.errors().iter();
        let cells = errors.flat_map(|error| times(error).iter().map(|times| with(error, *times)));
        cells.collect()
    }

    pub(super) fn check(&self) -> Result<Outcome, Wrong> {
        let world = self.scenario.world();
        let call = &self.point.call;
        let when = match self.times {
            Times::First => "1",
            Times::All => "1+",
            Times::AllButFirst => "2+",
        };
        let mut options = vec![
            "-e".to_owned(),
            format!("trace={call}"),
            "-e".to_owned(),
            format!("inject={call}:error={}:when={when}", self.error),
        ];
        if self.point.path.is_some() {
            let Some(path) = self.point.path_in(&world) else {
                return Ok(self.not_reached());
            };
            options.extend(["-P".to_owned(), path]);
        }
        let run = traced(&world, self.scenario, &options).wait();
        let trace = fs::read_to_string(world.outside("trace")).unwrap();
        if !trace.contains("(INJECTED)") {
            return Ok(self.not_reached());
        }
        let items = (self.scenario.items)();
        let outcome = self.judge(&world, &run, &items);
        let outcome = outcome.map_err(|wrong| format!("{wrong}\n{}{}", run.stdout, run.stderr))?;
        self.heals(&world, &items)?;
        Ok(outcome)
    }

    fn not_reached(&self) -> Outcome {
        match self.times {
            Times::AllButFirst => Outcome::OnlyOnce,
            Times::First | Times::All => Outcome::NotReached,
        }
    }

    fn judge(&self, world: &World, run: &Run, items: &[Item]) -> Result<Outcome, Wrong> {
        let rule = |holds: bool, text: &str| match holds {
            true => Ok(()),
            false => Err(text.to_owned()),
        };
        rule(run.took < Duration::from_secs(20), "it took long")?;
        rule(!run.stderr.contains("panicked"), "it panicked")?;
        let code = run.status.code();
        rule(matches!(code, Some(0 | 1)), "it ended otherwise")?;
        // What could not be removed stays, and so does what the run before left and this one could
        // not see.
        if !self.removes() && !self.scenario.resumes {
            litter(world)?;
        }
        if code == Some(0) {
            // Who is told that there is nothing may believe it.
            if !self.denies() {
                for item in items {
                    let is_right = item.is_as(world, item.new.as_deref());
                    rule(is_right, &format!("success, and not {:?}", item.place))?;
                    rule(item.has_its_mode(world), "the mode is another")?;
                }
            }
            return Ok(Outcome::Survived);
        }
        let withheld = run.stderr.contains("nothing was deleted");
        for item in items {
            let is_old = item.is_as(world, item.old.as_deref());
            let is_new = item.is_as(world, item.new.as_deref());
            rule(is_old || is_new, &format!("torn: {:?}", item.place))?;
            let is_deleted = item.new.is_none() && !is_old;
            rule(!(is_deleted && withheld), "deleted all the same")?;
            if self.spares(item, items) {
                rule(is_new, &format!("did not go on: {:?}", item.place))?;
            }
        }
        self.is_told(run, items)?;
        Ok(Outcome::Failed)
    }

    /// A failure has the name and the reason.
    fn is_told(&self, run: &Run, items: &[Item]) -> Result<(), Wrong> {
        let reason = io::Error::from(errno(self.error)).to_string();
        let reason = reason.split(" (os error").next().unwrap_or_default();
        let mut names: Vec<_> = items.iter().map(|item| name_of(item)).collect();
        names.extend(self.point.path.as_deref().map(last));
        let is_told = |line: &str| {
            let has_name = names.iter().any(|name| line.contains(name));
            has_name && (self.denies() || line.contains(reason))
        };
        match run.failures().into_iter().any(is_told) {
            true => Ok(()),
            false => Err(format!("not told: \"{reason}\" and one of {names:?}")),
        }
    }

    /// Whether the fault is one of another file.
    fn spares(&self, item: &Item, items: &[Item]) -> bool {
        let Some(path) = self.point.path.as_deref() else {
            return false;
        };
        let path = path.strip_prefix("work/").unwrap_or(path);
        let is_file = items.iter().any(|item| item.file == path);
        is_file && item.file != path && item.new.is_some()
    }

    /// Whether the system says that there is nothing.
    fn denies(&self) -> bool {
        matches!(self.error, "ENOENT" | "ENOTDIR")
    }

    fn removes(&self) -> bool {
        self.point.call.starts_with("unlink")
    }

    /// The next run makes it right.
    fn heals(&self, world: &World, items: &[Item]) -> Result<(), Wrong> {
        let run = world.run_words(&self.scenario.words(world));
        let is_right = |item: &Item| item.is_as(world, item.new.as_deref());
        let heals = run.status.success() && items.iter().all(is_right);
        if !heals {
            return Err(format!("the next run does not heal it: {run:#?}"));
        }
        match self.removes() && !self.scenario.name.starts_with("get") {
            true => Ok(()),
            false => litter(world),
        }
    }
}

fn litter(world: &World) -> Result<(), Wrong> {
    let files = all_files(&world.path(""));
    let is_left = |name: &&String| name.ends_with(".tmp") || name.ends_with(".map");
    let files: Vec<_> = files.iter().filter(is_left).collect();
    let uploads = world.server.store().uploads("bucket");
    match files.is_empty() && uploads.is_empty() {
        true => Ok(()),
        false => Err(format!("left behind: {files:?} {uploads:?}")),
    }
}

fn name_of(item: &Item) -> &'static str {
    match item.place {
        Place::File(name) | Place::Key(name) => last(name),
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn errno(name: &str) -> Errno {
    match name {
        "EACCES" => Errno::ACCESS,
        "EDQUOT" => Errno::DQUOT,
        "EINTR" => Errno::INTR,
        "EIO" => Errno::IO,
        "ELOOP" => Errno::LOOP,
        "EMFILE" => Errno::MFILE,
        "ENAMETOOLONG" => Errno::NAMETOOLONG,
        "ENFILE" => Errno::NFILE,
        "ENOENT" => Errno::NOENT,
        "ENOLCK" => Errno::NOLCK,
        "ENOSPC" => Errno::NOSPC,
        "ENOTDIR" => Errno::NOTDIR,
        "EPERM" => Errno::PERM,
        "EROFS" => Errno::ROFS,
        "ESTALE" => Errno::STALE,
        other => panic!("what is {other}?"),
    }
}

/// Counts what came of cells, by their calls.
#[derive(Debug, Default)]
pub(super) struct Table(BTreeMap<String, [usize; 4]>);

impl Table {
    pub(super) fn add(&mut self, call: &str, outcome: &Result<Outcome, Wrong>) {
        let column = match outcome {
            Ok(Outcome::Survived) => 0,
            Ok(Outcome::Failed) => 1,
            Ok(Outcome::NotReached) => 2,
            Ok(Outcome::OnlyOnce) => return,
            Err(_) => 3,
        };
        self.0.entry(call.to_owned()).or_default()[column] += 1;
    }

    /// Of all cells, how many did not come to their fault, in hundredths.
    pub(super) fn percent_not_reached(&self) -> usize {
        let all: usize = self.0.values().flatten().sum();
        let missed: usize = self.0.values().map(|row| row[2]).sum();
        missed * 100 / all.max(1)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "call         cells survived failed not reached wrong")?;
        for (call, [survived, failed, missed, wrong]) in &self.0 {
            let all = survived + failed + missed + wrong;
            writeln!(
                f,
                "{call:12} {all:>5} {survived:>8} {failed:>6} {missed:>11} {wrong:>5}"
            )?;
        }
        Ok(())
    }
}
