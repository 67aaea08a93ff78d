//! What is run, over and over again.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::{
    child::{self, Measured},
    faults::chance,
    options::Options,
    process::{ACCESS_KEY, SECRET_KEY},
    server::{Config, S3Server},
    traffic::Traffic,
    tree::{BUCKET, Tree, differences},
};

/// A run of the program.
pub(crate) struct Step {
    name: &'static str,
    /// `{tree}` and `{back}` are directories, `{empty}` is one with nothing in it, and `{s3}` is
    /// where the objects are.
    line: &'static str,
    /// Whether the files are changed before.
    changes: bool,
    /// The directory that is the same as the store afterwards.
    same: &'static str,
}

const fn step(name: &'static str, line: &'static str, same: &'static str) -> Step {
    Step {
        name,
        line,
        changes: false,
        same,
    }
}

pub(crate) const STEPS: [Step; 13] = [
    step("put -r", "put -f -r {tree} {s3}", "{tree}"),
    step("dsync up, same", "dsync {tree} {s3}", "{tree}"),
    step("get -r", "get -f -r {s3}/* {back}", "{tree}"),
    step("dsync down, same", "dsync {s3} {back}", "{back}"),
    Step {
        changes: true,
        ..step("dsync -D up", "dsync -D {tree} {s3}", "{tree}")
    },
    step("dsync -D down", "dsync -D {s3} {back}", "{back}"),
    step("del -r", "del -r {s3}", "{empty}"),
    step("dsync up, all", "dsync {tree} {s3}", "{tree}"),
    step("verify", "verify {tree} {s3}", "{tree}"),
    step(
        "dsync -D, none",
        "dsync -D --allow-empty-source {empty} {s3}",
        "{empty}",
    ),
    step(
        "dsync -D, none",
        "dsync -D --allow-empty-source {s3} {back}",
        "{back}",
    ),
    step("dsync up, again", "dsync {tree} {s3}", "{tree}"),
    step("dsync down, all", "dsync {s3} {back}", "{back}"),
];

/// The program, its files and its store.
pub(crate) struct Soak {
    options: Options,
    server: S3Server,
    scratch: PathBuf,
    tree: Tree,
    runs: u64,
}

impl Soak {
    pub(crate) fn new(options: Options, scratch: &Path) -> Self {
        let server = S3Server::start_with(Config {
            access_key: ACCESS_KEY.to_owned(),
            secret_key: SECRET_KEY.to_owned(),
            ..Config::default()
        });
        server.store().create_bucket(BUCKET);
        for name in ["back", "empty"] {
            fs::create_dir(scratch.join(name)).expect("a directory");
        }
        let tree = Tree::make(scratch.join("tree"), options.objects).expect("files");
        Self {
            options,
            server,
            scratch: scratch.to_owned(),
            tree,
            runs: 0,
        }
    }

    /// Runs a step, prints its line of the table and tells what is not as it must be.
    pub(crate) fn run(&mut self, step: &Step) -> Vec<String> {
        if step.changes {
            self.tree.change().expect("changed files");
        }
        let measured = self.run_once(step);
        let mut problems = problems(&measured);
        let same = PathBuf::from(self.word(step.same));
        let different = differences(&same, &self.server);
        match measured.code {
            Some(0) => problems.extend(different.first().map(|key| {
                let count = different.len();
                format!("success, but {count} are not the same, among them {key}")
            })),
            // All attempts of some requests failed.
            Some(1) => {
                let name = |key: &String| key.rsplit('/').next().unwrap_or_default().to_owned();
                let untold = different
                    .iter()
                    .find(|key| !measured.errors.contains(&name(key)));
                problems.extend(untold.map(|key| format!("nothing was said of {key}")));
                if self.run_once(step).code != Some(0) {
                    problems.push("it failed, and so did the run after it".to_owned());
                } else if !differences(&same, &self.server).is_empty() {
                    problems.push("it failed, and the run after it did not heal it".to_owned());
                }
            }
            code => problems.push(format!("it ended with {code:?}: {}", measured.errors)),
        }
        let about = |problem| format!("run {}, {}: {problem}", self.runs, step.name);
        problems.into_iter().map(about).collect()
    }

    fn run_once(&mut self, step: &Step) -> Measured {
        self.runs += 1;
        let program = env::var("S4CMD").unwrap_or_else(|_| env!("CARGO_BIN_EXE_s4cmd").to_owned());
        let arguments: Vec<_> = step.line.split(' ').map(|word| self.word(word)).collect();
        let faults = self.server.faults();
        let seed = self.options.seed.wrapping_add(self.runs);
        faults.at_random(chance(self.options.faults, seed));
        let (before, mut traffic) = (faults.happened(), Traffic::default());
        let endpoint = self.server.endpoint();
        let look = || traffic.look(&self.server);
        let measured = child::run(&program, &arguments, &endpoint, &self.scratch, look);
        faults.clear();
        let mib = |kib: Option<u64>| {
            kib.map_or("-".to_owned(), |kib| format!("{:.1}", kib as f64 / 1024.0))
        };
        println!(
            "{:16} {:>4} {:>8.1} {:>8} {:>7} {:>7} {:>9} {:>8} {:>9} {:>6}",
            step.name,
            measured
                .code
                .map_or("-".to_owned(), |code| code.to_string()),
            measured.seconds,
            traffic.requests,
            faults.happened() - before,
            traffic.retries,
            mib(Some(measured.peak_kib)),
            mib(measured.median(1, |sample| sample.kib)),
            mib(measured.median(3, |sample| sample.kib)),
            measured.most_files(),
        );
        for line in measured.errors.lines().take(5) {
            println!("    {line}");
        }
        measured
    }

    fn word(&self, word: &str) -> String {
        let path = |name: &str| self.scratch.join(name).display().to_string();
        word.replace("{s3}", "s3://bucket/p")
            .replace("{tree}", &path("tree"))
            .replace("{back}", &path("back"))
            .replace("{empty}", &path("empty"))
    }
}

/// Memory and open files that are more than they may be, or that grow.
fn problems(measured: &Measured) -> Vec<String> {
    let mut problems = Vec::new();
    if measured.peak_kib > PEAK_KIB {
        problems.push(format!("it needed {} KiB", measured.peak_kib));
    }
    // Before that the C library still makes each thread its own store of memory.
    if measured.seconds < LONG {
        return problems;
    }
    let of = |quarter| measured.median(quarter, |sample| sample.kib);
    if let (Some(second), Some(last)) = (of(1), of(3))
        && last > second + GROWTH_KIB
    {
        problems.push(format!("memory grows: from {second} to {last} KiB"));
    }
    let of = |quarter| measured.median(quarter, |sample| sample.files);
    if let (Some(second), Some(last)) = (of(1), of(3))
        && last > second + GROWTH_FILES
    {
        problems.push(format!("open files grow: from {second} to {last}"));
    }
    problems
}

/// What no number of objects may need.
const PEAK_KIB: u64 = 64 << 10;
/// Seconds after which memory has found its level.
const LONG: f64 = 60.0;
/// By how much the last quarter of a run may exceed the second.
const GROWTH_KIB: u64 = 6 << 10;
const GROWTH_FILES: u64 = 16;
