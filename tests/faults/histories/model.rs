//! What each command should come to, said once more and in another way.

use std::collections::BTreeMap;

use bytes::Bytes;

/// Everything that may be there: objects by `s3://bucket/key`, files by `work/path`.
pub type Model = BTreeMap<String, Bytes>;

/// One place: a name, or all names below it.
pub const STORE: &str = "s3://bucket/";
pub const WORK: &str = "work/";

/// What a command does, with names in the form of [`Model`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Each source to its target, below both of them if `tree`.
    Transfer {
        from: String,
        to: String,
        tree: bool,
        moves: bool,
        rules: Rules,
    },
    Delete {
        name: String,
        tree: bool,
    },
    /// Directories without their slashes.
    Synchronise {
        from: String,
        to: String,
        delete: bool,
    },
}

/// What to do about targets that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    pub force: bool,
    pub skip_same: bool,
}

/// What a command comes to if nothing goes wrong.
#[derive(Debug, Clone)]
pub struct Expected {
    pub after: Model,
    pub status: u8,
    /// Whether two objects are the same is asked, which stores cannot always tell.
    pub is_unsure: bool,
    /// The sources that a move deletes, and where their content is then.
    pub moved: Vec<(String, String)>,
}

impl Act {
    pub fn applied_to(&self, before: &Model) -> Expected {
        let mut expected = Expected {
            after: before.clone(),
            status: 0,
            is_unsure: false,
            moved: Vec::new(),
        };
        match self {
            Self::Transfer {
                from,
                to,
                tree,
                moves,
                rules,
            } => {
                let pairs = pairs(before, from, to, *tree);
                // An empty directory is a source, but there are none in a store.
                let is_missing = pairs.is_empty() && !(*tree && from.starts_with(WORK));
                expected.status = u8::from(is_missing);
                for (source, target) in pairs {
                    expected.transfer(&source, &target, *moves, *rules);
                }
            }
            Self::Delete { name, tree: false } => drop(expected.after.remove(name)),
            Self::Delete { name, tree: true } => {
                let below = format!("{name}/");
                expected.after.retain(|other, _| !other.starts_with(&below));
            }
            Self::Synchronise { from, to, delete } => expected.synchronise(from, to, *delete),
        }
        expected
    }
}

impl Expected {
    fn transfer(&mut self, source: &str, target: &str, moves: bool, rules: Rules) {
        let content = self.after[source].clone();
        if source == target {
            self.status = 1;
            return;
        }
        let is_within = source.starts_with(STORE) && target.starts_with(STORE);
        match self.after.get(target) {
            Some(there) if rules.skip_same && *there == content => {
                self.is_unsure |= is_within;
            }
            Some(_) if !rules.force => {
                self.status = 1;
                return;
            }
            _ => drop(self.after.insert(target.to_owned(), content)),
        }
        if moves {
            self.after.remove(source);
            self.moved.push((source.to_owned(), target.to_owned()));
        }
    }

    fn synchronise(&mut self, from: &str, to: &str, delete: bool) {
        let pairs = pairs(&self.after, from, to, true);
        if pairs.is_empty() {
            self.status = 1;
            return;
        }
        if delete {
            let (below, before) = (format!("{to}/"), self.after.clone());
            let is_extra = |name: &str| match name.strip_prefix(&*below) {
                Some(rest) => !before.contains_key(&format!("{from}/{rest}")),
                None => false,
            };
            self.after.retain(|name, _| !is_extra(name));
        }
        for (source, target) in pairs {
            let content = self.after[&source].clone();
            self.after.insert(target, content);
        }
    }
}

fn pairs(model: &Model, from: &str, to: &str, tree: bool) -> Vec<(String, String)> {
    if !tree {
        let is_there = model.contains_key(from);
        return is_there
            .then(|| (from.to_owned(), to.to_owned()))
            .into_iter()
            .collect();
    }
    let below = format!("{from}/");
    let names = model.keys().filter_map(|name| name.strip_prefix(&*below));
    let pair = |rest| (format!("{below}{rest}"), format!("{to}/{rest}"));
    names.map(pair).collect()
}
