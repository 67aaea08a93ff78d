//! `--include` and `--exclude`, as `aws s3` understands them, and `--shard`.

use std::borrow::Cow;

use crate::plan::{fnmatch::Glob, shard::Shard};

/// What becomes of the names that match a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// They are taken, whatever earlier patterns said.
    Include,
    /// They are left out, whatever earlier patterns said.
    Exclude,
}

/// Patterns in the order that they were given in. The last one that matches decides; what none
/// matches is taken.
///
/// Source: aws-cli, `awscli/customizations/s3/filters.py`. It puts the root in front of a pattern,
/// as `os.path.join` does, and compares with whole paths. Here the root is no pattern: one that
/// has a bracket in its name is found all the same.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    rules: Vec<Rule>,
    /// What is in front of a name, with a slash at the end, for patterns that begin with a slash.
    root: Option<String>,
    /// Whatever the patterns say, others are for other machines.
    shard: Option<Shard>,
}

#[derive(Debug, Clone)]
struct Rule {
    effect: Effect,
    glob: Glob,
    /// It begins with a slash, so that the root is not put in front.
    is_absolute: bool,
}

impl Rules {
    /// Rules for names below a root that patterns cannot name, as in a bucket: those that begin
    /// with a slash match nothing.
    pub fn new(rules: impl IntoIterator<Item = (Effect, String)>) -> Self {
        let rules = rules.into_iter().map(|(effect, pattern)| Rule {
            effect,
            glob: Glob::new(&pattern),
            is_absolute: pattern.starts_with('/'),
        });
        Self {
            rules: rules.collect(),
            root: None,
            shard: None,
        }
    }

    /// The same rules, for a part of the names; with `None` for all of them.
    #[must_use]
    pub fn within(&self, shard: Option<Shard>) -> Self {
        Self {
            shard,
            ..self.clone()
        }
    }

    /// The names between which all are that are admitted, where that is known.
    pub fn range(&self) -> [Option<&str>; 2] {
        match &self.shard {
            Some(Shard::Range { behind, up_to }) => [behind.as_deref(), up_to.as_deref()],
            _ => [None; 2],
        }
    }

    /// Whether there are names that other machines work on.
    pub fn has_shard(&self) -> bool {
        self.shard.is_some()
    }

    /// The same rules for a walk of a local directory: patterns that begin with a slash are
    /// matched against `root`, an absolute path without a slash at its end, and the name.
    #[must_use]
    pub fn at(&self, root: &str) -> Self {
        Self {
            root: Some(format!("{root}/")),
            ..self.clone()
        }
    }

    /// Whether there are none, so that everything is admitted.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.shard.is_none()
    }

    /// Whether a file or an object is taken, by its path below the root.
    pub fn admits(&self, relative: &str) -> bool {
        if self
            .shard
            .as_ref()
            .is_some_and(|shard| !shard.has(relative))
        {
            return false;
        }
        let decisive = self
            .candidates(relative)
            .find(|(rule, name)| rule.glob.matches(name));
        decisive.is_none_or(|(rule, _)| rule.effect == Effect::Include)
    }

    /// Whether anything below a directory can be taken, by the directory's path below the root
    /// with its slash at the end; `""` is the root itself. The object that has the name of the
    /// directory is a part of it. Where that is not plain to see the answer is yes.
    pub fn may_admit_below(&self, directory: &str) -> bool {
        let is_elsewhere = |shard: &Shard| !shard.may_have_below(directory);
        if self.shard.as_ref().is_some_and(is_elsewhere) {
            return false;
        }
        let decisive = self
            .candidates(directory)
            .find(|(rule, name)| match rule.effect {
                Effect::Include => rule.glob.may_match_below(name),
                Effect::Exclude => rule.glob.matches(name) && rule.glob.matches_all_below(name),
            });
        decisive.is_none_or(|(rule, _)| rule.effect == Effect::Include)
    }

    /// The rules that can match, the last one first, each with the name that it is about.
    fn candidates<'a>(
        &'a self,
        relative: &'a str,
    ) -> impl Iterator<Item = (&'a Rule, Cow<'a, str>)> {
        self.rules.iter().rev().filter_map(move |rule| {
            let name = match &self.root {
                _ if !rule.is_absolute => Cow::Borrowed(relative),
                Some(root) => Cow::Owned(format!("{root}{relative}")),
                None => return None,
            };
            Some((rule, name))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        Effect::{Exclude, Include},
        *,
    };

    fn rules(list: &[(Effect, &str)]) -> Rules {
        Rules::new(
            list.iter()
                .map(|(effect, pattern)| (*effect, (*pattern).to_owned())),
        )
    }

    #[test]
    fn the_last_rule_that_matches_decides() {
        let none = rules(&[]);
        assert!(none.is_empty() && none.admits("a") && none.may_admit_below("d/"));
        let logs = rules(&[(Exclude, "*.log"), (Include, "keep/*")]);
        assert!(!logs.is_empty());
        assert!(!logs.admits("d/a.log") && logs.admits("keep/a.log") && logs.admits("d/a"));
        let reversed = rules(&[(Include, "keep/*"), (Exclude, "*.log")]);
        assert!(!reversed.admits("keep/a.log"));
        let only_included = rules(&[(Include, "*.txt")]);
        assert!(only_included.admits("a.log"));
    }

    #[test]
    fn patterns_are_about_the_whole_path_and_stars_cross_slashes() {
        let rules = rules(&[(Exclude, "a*z"), (Exclude, "d"), (Exclude, "e/")]);
        assert!(!rules.admits("a/b/z") && rules.admits("b/az"));
        assert!(rules.admits("d/x") && rules.admits("c/d") && rules.admits("e/x"));
    }

    #[test]
    fn the_empty_pattern_matches_no_file() {
        let rules = rules(&[(Exclude, "")]);
        assert!(rules.admits("a") && rules.may_admit_below(""));
    }

    #[test]
    fn a_slash_in_front_stands_for_the_whole_local_path() {
        let everywhere = rules(&[(Exclude, "/home/*/t/*.o"), (Exclude, "/a")]);
        assert!(everywhere.admits("d/x.o") && everywhere.admits("a"));
        assert!(everywhere.may_admit_below("d/"));
        let local = everywhere.at("/home/me/t");
        assert!(!local.admits("d/x.o") && local.admits("d/x.c") && local.admits("a"));
        assert!(everywhere.at("/home/me/u").admits("d/x.o"));
        assert!(!everywhere.at("").admits("a"), "the root of all");
        let tree = rules(&[(Exclude, "/home/me/t/d/*")]);
        let [right, wrong] = ["/home/me/t", "/home/me"].map(|root| tree.at(root));
        assert!(!right.may_admit_below("d/") && right.may_admit_below("e/"));
        assert!(wrong.may_admit_below("d/") && !wrong.may_admit_below("t/d/"));
        assert!(!local.at("/home/you/t").admits("x.o"), "a new root");
    }

    #[test]
    fn brackets_of_the_root_are_letters() {
        let rules = rules(&[(Exclude, "*.o")]).at("/t[1]");
        assert!(!rules.admits("x.o"));
    }

    #[test]
    fn directories_are_pruned() {
        let nothing = rules(&[(Exclude, "*")]);
        assert!(!nothing.may_admit_below("") && !nothing.may_admit_below("d/"));
        let directory = rules(&[(Exclude, "d/*")]);
        assert!(!directory.may_admit_below("d/") && !directory.may_admit_below("d/e/"));
        assert!(directory.may_admit_below("") && directory.may_admit_below("de/"));
        let modules = rules(&[(Exclude, "*/node_modules/*")]);
        assert!(!modules.may_admit_below("a/node_modules/"));
        assert!(modules.may_admit_below("node_modules/") && modules.may_admit_below("a/"));
        let keep = rules(&[(Exclude, "*"), (Include, "keep/*")]);
        assert!(keep.may_admit_below("") && keep.may_admit_below("keep/a/"));
        assert!(!keep.may_admit_below("k/") && !keep.may_admit_below("keeper/"));
        let again = rules(&[(Exclude, "*"), (Include, "a/*"), (Exclude, "a/b/*")]);
        assert!(again.may_admit_below("a/") && !again.may_admit_below("a/b/"));
        assert!(!again.may_admit_below("c/"));
    }

    #[test]
    fn the_object_with_the_name_of_a_directory_is_a_part_of_it() {
        let rules = rules(&[(Exclude, "d/?*")]);
        assert!(rules.admits("d/") && rules.may_admit_below("d/"));
    }

    #[test]
    fn a_shard_has_some_names_of_every_directory() {
        let [first, second] = [0, 1].map(|index| {
            rules(&[(Exclude, "*.log")])
                .within(Shard::new(index, 2))
                .at("/r")
        });
        assert!(first.has_shard() && !first.within(None).has_shard());
        for name in (0..100).map(|n| format!("d/{n}")) {
            assert_ne!(first.admits(&name), second.admits(&name), "{name}");
            assert!(first.within(None).admits(&name));
        }
        assert!(!first.admits("a.log") && !second.admits("a.log"));
        let alone = rules(&[]).within(Shard::new(0, 1));
        assert!(!alone.is_empty() && alone.admits("a") && alone.may_admit_below("d/"));
    }

    fn random_rules() -> impl Strategy<Value = Vec<(Effect, String)>> {
        let effect = prop_oneof![Just(Include), Just(Exclude)];
        let pattern = prop_oneof![
            "[ab/]{0,3}[*]?[ab/]{0,2}[*]?",
            "/?[ab/?*\\[\\]!-]{0,6}",
            "/r/[ab/]{0,2}[*]",
        ];
        proptest::collection::vec((effect, pattern), 0..5)
    }

    proptest! {
        #[test]
        fn nothing_that_is_admitted_is_pruned(list in random_rules(), name in "[ab/]{1,6}") {
            let unrooted = Rules::new(list);
            for rules in [unrooted.at("/r"), unrooted] {
                if rules.admits(&name) {
                    let ends = name.match_indices('/').map(|(index, _)| index + 1);
                    for end in ends.chain([0]) {
                        prop_assert!(rules.may_admit_below(&name[..end]), "{}", &name[..end]);
                    }
                }
            }
        }

        #[test]
        fn the_state_after_all_rules_is_the_answer(list in random_rules(), name in "[ab/]{1,6}") {
            let mut included = true;
            for (effect, pattern) in &list {
                let path = if pattern.starts_with('/') { format!("/r/{name}") } else { name.clone() };
                if Glob::new(pattern).matches(&path) {
                    included = *effect == Include;
                }
            }
            prop_assert_eq!(Rules::new(list).at("/r").admits(&name), included);
        }
    }
}
