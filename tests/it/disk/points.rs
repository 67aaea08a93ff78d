//! Which calls a scenario makes on its files.

use std::{collections::BTreeSet, fs};

use crate::{
    disk::scenarios::Scenario,
    run::{Running, World},
};

/// What can be made to fail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Point {
    pub(super) call: String,
    /// From the parent of the working directory. Names that are random end in a star, and stand for
    /// the one that is there before the run. `None` for those that there are only later: any call
    /// of this kind.
    pub(super) path: Option<String>,
}

/// Calls by names, and what they can fail with.
const CALLS: [(&str, &[&str]); 22] = [
    ("openat", OPENED),
    ("read", READ),
    ("pread64", READ),
    ("pwrite64", WRITTEN),
    ("write", WRITTEN),
    ("fsync", WRITTEN),
    ("fdatasync", WRITTEN),
    ("ftruncate", WRITTEN),
    ("fallocate", WRITTEN),
    ("rename", CHANGED),
    ("renameat", CHANGED),
    ("renameat2", CHANGED),
    ("linkat", CHANGED),
    ("mkdir", CHANGED),
    ("mkdirat", CHANGED),
    ("fchmod", &["EPERM", "EROFS", "EIO"]),
    ("unlink", &["EACCES", "EROFS", "EIO", "EPERM", "ESTALE"]),
    ("unlinkat", &["EACCES", "EROFS", "EIO", "EPERM", "ESTALE"]),
    ("getdents64", &["EIO", "ESTALE", "ENOENT"]),
    ("statx", LOOKED_AT),
    ("newfstatat", LOOKED_AT),
    ("flock", &["EINTR", "ENOLCK"]),
];
const OPENED: &[&str] = &[
    "EACCES", "EMFILE", "ENFILE", "EINTR", "EIO", "ENOENT", "ELOOP", "ESTALE", "EROFS", "ENOSPC",
];
const READ: &[&str] = &["EIO", "EINTR", "ESTALE"];
const WRITTEN: &[&str] = &["ENOSPC", "EIO", "EDQUOT", "EINTR"];
const CHANGED: &[&str] = &[
    "ENOSPC",
    "EIO",
    "EACCES",
    "EROFS",
    "EDQUOT",
    "EPERM",
    "ENAMETOOLONG",
];
const LOOKED_AT: &[&str] = &["EACCES", "EIO", "ELOOP", "ENOENT", "ENOTDIR", "ESTALE"];

/// Calls that, of this program, are all for files like those of the tests.
const OF_FILES: [&str; 9] = [
    "pwrite64",
    "ftruncate",
    "renameat",
    "renameat2",
    "linkat",
    "fchmod",
    "unlink",
    "unlinkat",
    "flock",
];

/// What is known of a path with a random name; `None` if it has none.
fn random(path: &str) -> Option<String> {
    let (directory, name) = path.rsplit_once('/')?;
    let end = [".tmp", ".map"].into_iter().find(|end| name.ends_with(end));
    let is_note = directory.ends_with("s4cmd/uploads");
    (end.is_some() || is_note).then(|| format!("{directory}/*{}", end.unwrap_or_default()))
}

impl Point {
    /// The path in a world; `None` if what it stands for is not there.
    pub(super) fn path_in(&self, world: &World) -> Option<String> {
        let path = world.outside(self.path.as_deref()?);
        let text = path.to_str().unwrap();
        let Some((directory, end)) = text.split_once('*') else {
            return Some(text.to_owned());
        };
        let names = crate::run::all_files(directory.as_ref()).into_iter();
        let name = names.rev().find(|name| name.ends_with(end))?;
        Some(format!("{directory}{name}"))
    }

    /// The ways it can fail.
    pub(super) fn errors(&self) -> &'static [&'static str] {
        let call = CALLS.iter().find(|(call, _)| *call == self.call);
        call.map_or(&[], |(_, errors)| errors)
    }
}

/// The program under `strace`, with the trace beside the working directory.
pub(super) fn traced(world: &World, scenario: &Scenario, options: &[String]) -> Running {
    let mut command = world.command_of("strace");
    command.args(["-f", "--seccomp-bpf", "-y", "-o", "../trace"]);
    command.args(options).arg("--");
    command.arg(env!("CARGO_BIN_EXE_s4cmd"));
    Running::spawn(command.args(scenario.words(world)))
}

/// Runs a scenario without a fault, and looks what it does.
pub(super) fn of(scenario: &Scenario) -> Vec<Point> {
    let world = scenario.world();
    let calls: Vec<_> = CALLS.iter().map(|(call, _)| *call).collect();
    let trace = ["-e".to_owned(), format!("trace={}", calls.join(","))];
    traced(&world, scenario, &trace).wait().succeeds();
    let text = fs::read_to_string(world.outside("trace")).unwrap();
    let root = world.outside("");
    let root = root.to_str().unwrap();
    let mut points = BTreeSet::new();
    for line in text.lines() {
        let Some((call, rest)) = call_of(line) else {
            continue;
        };
        for path in paths(call, rest, root) {
            let path = match random(&path) {
                None => Some(path),
                Some(pattern) if scenario.resumes => Some(pattern),
                // There is no telling these from calls for other files.
                Some(_) if !OF_FILES.contains(&call) => continue,
                Some(_) => None,
            };
            let call = call.to_owned();
            points.insert(Point { call, path });
        }
    }
    points.into_iter().collect()
}

/// The name of a call, and what it was called with.
fn call_of(line: &str) -> Option<(&str, &str)> {
    let (_, line) = line.split_once(' ')?;
    let (call, rest) = line.trim_start().split_once('(')?;
    CALLS
        .iter()
        .any(|(name, _)| *name == call)
        .then_some((call, rest))
}

/// What is below `root` in the arguments: open files, and whole paths.
fn paths(call: &str, arguments: &str, root: &str) -> Vec<String> {
    let arguments = arguments.split(") = ").next().unwrap_or_default();
    // The working directory is not what a whole path is about.
    let arguments = arguments.replace("AT_FDCWD<", "");
    let has_content = matches!(call, "read" | "pread64" | "write" | "pwrite64");
    let mut paths = Vec::new();
    for (index, piece) in arguments.split('"').enumerate() {
        let is_quoted = index % 2 == 1;
        if is_quoted && !has_content {
            paths.push(piece);
        } else if !is_quoted {
            let open = piece.split('<').skip(1);
            paths.extend(open.filter_map(|file| file.split('>').next()));
        }
    }
    let below = paths.iter().filter_map(|path| path.strip_prefix(root));
    let below = below.map(|path| path.trim_matches('/').to_owned());
    below.collect()
}
