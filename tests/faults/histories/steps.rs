//! Random steps: command lines, and what others do between them.

use crate::histories::model::{Act, Rules, STORE, WORK};

/// Directories that commands read from and write to.
const DIRECTORIES: [&str; 2] = ["p", "q"];
/// Names in each of them; some are such that listings encode them, or order them otherwise than
/// directories do.
const NAMES: [&str; 6] = ["a", "b", "c+ %41", "d/e", "d/f", "d-"];
/// Where whole directories go.
const SINK: &str = "r";

/// A command line, and what it means.
#[derive(Debug, Clone)]
pub struct Step {
    pub line: String,
    pub act: Act,
}

/// A random name of the model, of an object or of a file.
pub fn name(random: &mut fastrand::Rng, place: &str) -> String {
    let (directory, name) = (one(random, &DIRECTORIES), one(random, &NAMES));
    format!("{place}{directory}/{name}")
}

/// A random place of the two.
pub fn place(random: &mut fastrand::Rng) -> &'static str {
    one(random, &[STORE, WORK])
}

fn one<'a>(random: &mut fastrand::Rng, all: &[&'a str]) -> &'a str {
    all[random.usize(..all.len())]
}

impl Step {
    pub fn random(random: &mut fastrand::Rng) -> Self {
        let act = act(random);
        let mut words = words(&act);
        words.extend(options(random, &act));
        Self {
            line: words.join(" "),
            act,
        }
    }
}

fn act(random: &mut fastrand::Rng) -> Act {
    let rules = Rules {
        force: random.u8(..3) > 0,
        skip_same: random.bool(),
    };
    // Not from files to files.
    let (from, to) = match random.u8(..3) {
        0 => (STORE, WORK),
        1 => (WORK, STORE),
        _ => (STORE, STORE),
    };
    let moves = from == to && random.bool();
    let directory = one(random, &DIRECTORIES);
    match random.u8(..12) {
        0..5 => Act::Transfer {
            from: name(random, from),
            to: name(random, to),
            tree: false,
            moves,
            rules,
        },
        5..7 => Act::Transfer {
            from: format!("{from}{directory}"),
            to: format!("{to}{SINK}/{directory}"),
            tree: true,
            moves,
            rules,
        },
        7 => Act::Delete {
            name: name(random, STORE),
            tree: false,
        },
        8 => Act::Delete {
            name: format!("{STORE}{}", one(random, &["p", "q", SINK, SINK])),
            tree: true,
        },
        _ => {
            let other = if directory == "p" { "q" } else { "p" };
            let to_directory = if from == to {
                other
            } else {
                one(random, &DIRECTORIES)
            };
            Act::Synchronise {
                from: format!("{from}{directory}"),
                to: format!("{to}{to_directory}"),
                delete: random.u8(..3) > 0,
            }
        }
    }
}

fn words(act: &Act) -> Vec<String> {
    let mut words = Vec::new();
    match act {
        Act::Transfer {
            from,
            to,
            tree,
            moves,
            rules,
        } => {
            words.push(match (from.starts_with(STORE), to.starts_with(STORE)) {
                (false, _) => "put".to_owned(),
                (true, false) => "get".to_owned(),
                (true, true) if *moves => "mv".to_owned(),
                (true, true) => "cp".to_owned(),
            });
            words.extend(rules.force.then(|| "-f".to_owned()));
            words.extend(rules.skip_same.then(|| "-s".to_owned()));
            words.extend(tree.then(|| "-r".to_owned()));
            words.push(word(from));
            // A directory goes into one, under its own name.
            let to = match to.rsplit_once('/') {
                Some((above, _)) if *tree => format!("{above}/"),
                _ => to.clone(),
            };
            words.push(word(&to));
        }
        Act::Delete { name, tree } => {
            words.push("del".to_owned());
            words.extend(tree.then(|| "-r".to_owned()));
            words.push(word(name));
        }
        Act::Synchronise { from, to, delete } => {
            words.push("dsync".to_owned());
            words.extend(delete.then(|| "-D".to_owned()));
            words.extend([word(from), word(to)]);
        }
    }
    words
}

/// Blanks separate words, so one in a name is written in another way.
fn word(name: &str) -> String {
    let name = name.replace(' ', "\u{a0}");
    match name.strip_prefix(WORK) {
        Some(path) => format!("{{}}/{path}"),
        None => name,
    }
}

fn options(random: &mut fastrand::Rng, act: &Act) -> Vec<String> {
    let mut options = vec![format!("-c {}", random.u8(1..5))];
    if random.u8(..3) == 0 {
        options.push("--max-singlepart-upload-size 1".to_owned());
    }
    if random.u8(..3) == 0 {
        let size = random.u32(200..1000);
        options.push(format!(
            "--max-singlepart-download-size 1 --multipart-split-size {size}"
        ));
    }
    if random.u8(..3) == 0 {
        options.push("--max-singlepart-copy-size 1".to_owned());
    }
    if random.u8(..3) == 0 {
        options.push(format!("--batch-delete-size {}", random.u8(1..4)));
    }
    if random.u8(..4) == 0 {
        options.push("-t 0".to_owned());
    }
    if matches!(act, Act::Synchronise { .. }) && random.u8(..8) == 0 {
        options.push("--stats".to_owned());
    }
    options
}
