//! One history: a world, its model, and the steps that are made in it.

use std::{fmt::Write as _, fs};

use crate::{
    histories::{
        chance::{Happened, Harm, chance},
        check::{self, Made},
        model::{Act, Model, STORE, WORK},
        steps::{self, Step},
    },
    state,
    world::{World, content},
};

pub struct History {
    seed: u64,
    random: fastrand::Rng,
    world: World,
    /// What is there.
    model: Model,
    has_faults: bool,
    is_aloud: bool,
}

/// What became of the steps.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    pub succeeded: u64,
    pub failed: u64,
    pub faults: u64,
    pub requests: u64,
}

impl Tally {
    pub fn add(&mut self, other: &Self) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.faults += other.faults;
        self.requests += other.requests;
    }
}

impl History {
    pub fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let (pages, has_v2) = ([1, 2, 3, 1000][random.usize(..4)], random.u8(..8) > 0);
        let world = World::new(|config| {
            config.max_keys = pages;
            config.list_v2 = has_v2;
        });
        for directory in ["p/d", "q/d", "r"] {
            fs::create_dir_all(world.path(directory)).unwrap();
        }
        Self {
            seed,
            random,
            model: model_of(&world),
            world,
            has_faults: true,
            is_aloud: false,
        }
    }

    pub fn without_faults(self) -> Self {
        Self {
            has_faults: false,
            ..self
        }
    }

    pub fn aloud(self) -> Self {
        Self {
            is_aloud: true,
            ..self
        }
    }

    /// Makes steps until one goes wrong; gives what was wrong with it then.
    pub fn run(mut self, steps: usize) -> Result<Tally, String> {
        let mut tally = Tally::default();
        for index in 0..steps {
            for _ in 0..self.random.u8(..4) {
                self.somebody_writes();
            }
            self.step(index, &mut tally)?;
        }
        Ok(tally)
    }

    fn step(&mut self, index: usize, tally: &mut Tally) -> Result<(), String> {
        let before = self.model.clone();
        let step = Step::random(&mut self.random);
        // One thing would go into a directory instead.
        let is_of_many = !matches!(step.act, Act::Transfer { tree: false, .. });
        let obstacle = self.has_faults && is_of_many && self.random.u8(..6) == 0;
        let obstacle = obstacle.then(|| self.obstruct()).flatten();
        let happened = Happened::default();
        let server = &self.world.server;
        server.clear_requests();
        server.store().forget_foreign();
        if self.has_faults {
            let chance = chance(self.random.u64(..), Happened::clone(&happened));
            server.faults().at_random(chance);
        }
        let run = self.world.run(&step.line, self.random.u64(..));
        server.faults().clear();
        if let Some(path) = &obstacle {
            let _ = fs::remove_dir(path);
        }
        let happened = std::mem::take(&mut *happened.lock().unwrap());
        let harm = harm(&happened, &step.line);
        let expected = step.act.applied_to(&before);
        let is_unsure = expected.is_unsure || obstacle.is_some();
        let made = Made {
            expected,
            before,
            now: model_of(&self.world),
            run,
            moves: matches!(step.act, Act::Transfer { moves: true, .. }),
            harm: if is_unsure { Harm::Any } else { harm },
            world: &self.world,
        };
        tally.faults += happened.len() as u64;
        tally.requests += server.requests().len() as u64;
        match made.run.status {
            Some(0) => tally.succeeded += 1,
            _ => tally.failed += 1,
        }
        let found = check::check(&made);
        let told = || self.tell(index, &step, &made, &happened);
        if self.is_aloud {
            println!("{}", told());
        }
        server.store().forget_uploads("bucket");
        match found.is_empty() {
            true => {
                self.model = made.now;
                Ok(())
            }
            false => Err(format!(
                "--- rerun with S4CMD_SEED={}\n{}\n{}",
                self.seed,
                found.join("\n"),
                told()
            )),
        }
    }

    fn tell(
        &self,
        index: usize,
        step: &Step,
        made: &Made<'_>,
        happened: &[(&'static str, Harm)],
    ) -> String {
        let mut text = format!("step {index}: {}\n{:?}", step.line, made.run);
        for seen in self.world.server.requests() {
            let key = seen.key.as_deref().unwrap_or_default();
            write!(text, "\n{} {key} {:?}", seen.operation, seen.status).unwrap();
        }
        write!(text, "\nfaults: {happened:?}").unwrap();
        let mut names: Vec<&String> = made.before.keys().chain(made.now.keys()).collect();
        names.extend(made.expected.after.keys());
        names.sort();
        names.dedup();
        for name in names {
            let size = |model: &Model| model.get(name).map(bytes::Bytes::len);
            let sizes = [&made.before, &made.expected.after, &made.now].map(size);
            if made.before.get(name) != made.now.get(name) || sizes[0] != sizes[1] {
                write!(text, "\n{name}: before, expected, now {sizes:?}").unwrap();
            }
        }
        text
    }

    /// Another client writes or deletes an object, or the user a file.
    fn somebody_writes(&mut self) {
        let place = steps::place(&mut self.random);
        let name = steps::name(&mut self.random, place);
        let delete = self.random.u8(..4) == 0;
        // Few enough that the same content is met in two places.
        let version = self.random.u64(..40);
        let len = [0, 1, 100, 700, 2500][version as usize % 5];
        let bytes = content(len, version);
        match delete {
            true => drop(self.model.remove(&name)),
            false => drop(self.model.insert(name.clone(), bytes.clone().into())),
        }
        match (name.strip_prefix(STORE), name.strip_prefix(WORK), delete) {
            (Some(key), _, true) => drop(self.world.server.store().remove("bucket", key)),
            (Some(key), ..) => drop(self.world.server.store().put("bucket", key, bytes)),
            (_, Some(path), true) => drop(fs::remove_file(self.world.path(path))),
            (_, Some(path), false) => self.world.file(path, bytes),
            _ => {}
        }
    }

    /// A directory where a file might come; gives its path.
    fn obstruct(&mut self) -> Option<std::path::PathBuf> {
        let name = steps::name(&mut self.random, "");
        let path = self.world.path(&name);
        fs::create_dir(&path).is_ok().then_some(path)
    }
}

fn model_of(world: &World) -> Model {
    let state = state::of(world).into_iter();
    let state = state.filter(|(name, _)| name.starts_with(STORE) || !name.starts_with("s3:"));
    state.map(|(name, content)| (name, content.body)).collect()
}

/// What all faults of a command together can do.
fn harm(happened: &[(&'static str, Harm)], line: &str) -> Harm {
    let worst = happened.iter().map(|(_, harm)| *harm).max();
    let passing = happened.iter().filter(|(_, harm)| *harm == Harm::Passes);
    match worst.unwrap_or(Harm::None) {
        // Twice in the same request, or without a second attempt.
        Harm::Passes if passing.count() > 1 || line.contains("-t 0") => Harm::Any,
        harm => harm,
    }
}
