//! Which keys a path with wildcards means.

use crate::plan::fnmatch;

/// The key part of an S3 path: `/`-separated components, each a literal or a wildcard.
///
/// Compat: `S3Handler.s3walk` and `partial_match`. Wildcards match within one component. Differs:
/// with recursion the original also took keys that match only a beginning of the pattern
/// (`del -r 's3://b/*/a'` deleted `s3://b/top`): here the pattern must be used up.
#[derive(Debug, Clone)]
pub struct Pattern {
    components: Vec<String>,
}

/// What a common prefix is to a walk, level by level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Not meant.
    Skip,
    /// Something below it may match.
    Descend,
    /// It matches itself: a directory of the result.
    Directory,
}

impl Pattern {
    /// Reads a key; one slash at its end means nothing.
    pub fn new(key: &str) -> Self {
        let key = key.strip_suffix('/').unwrap_or(key);
        Self {
            components: key.split('/').map(str::to_owned).collect(),
        }
    }

    /// What all matching keys begin with, for listing: the components before the first wildcard,
    /// without a slash at the end.
    pub fn fixed_prefix(&self) -> String {
        let fixed: Vec<&str> = self
            .components
            .iter()
            .map(String::as_str)
            .take_while(|component| !fnmatch::is_pattern(component))
            .collect();
        fixed.join("/")
    }

    /// The directory that has all matching keys and what is below them, with its slash; a key that
    /// matches without a wildcard is called as it is, and has what is below it in it. Empty for
    /// the root of the bucket.
    pub fn base(&self) -> String {
        let mut base = self.fixed_prefix();
        if !base.is_empty() {
            base.push('/');
        }
        base
    }

    /// Whether the key is at the pattern's level and matches it.
    pub fn matches(&self, key: &str) -> bool {
        self.is_everything() && !key.contains('/')
            || key.split('/').count() == self.components.len() && self.matches_beginning(key)
    }

    /// Whether the key, or a directory that it is in, matches the pattern.
    pub fn matches_tree(&self, key: &str) -> bool {
        self.is_everything()
            || key.split('/').count() >= self.components.len() && self.matches_beginning(key)
    }

    /// What to do with a common prefix, which ends in a slash.
    pub fn step(&self, prefix: &str) -> Step {
        let directory = prefix.strip_suffix('/').unwrap_or(prefix);
        let depth = directory.split('/').count();
        if self.is_everything() {
            return if depth == 1 {
                Step::Directory
            } else {
                Step::Skip
            };
        }
        if depth > self.components.len() || !self.matches_beginning(directory) {
            return Step::Skip;
        }
        if depth == self.components.len() {
            Step::Directory
        } else {
            Step::Descend
        }
    }

    /// The empty pattern is the bucket's root, not a key of no name.
    fn is_everything(&self) -> bool {
        self.components.len() == 1 && self.components.iter().all(String::is_empty)
    }

    /// Whether the components that both have match.
    fn matches_beginning(&self, key: &str) -> bool {
        let mut literal = true;
        self.components
            .iter()
            .zip(key.split('/'))
            .all(|(pattern, component)| {
                // Compat: before the first star or question mark a bracket is literal, too.
                literal &= !fnmatch::is_pattern(pattern);
                if literal {
                    pattern == component
                } else {
                    fnmatch::matches(pattern, component)
                }
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listing_begins_at_the_first_wildcard() {
        assert_eq!(Pattern::new("a/b*/c").fixed_prefix(), "a");
        assert_eq!(Pattern::new("a/b/").fixed_prefix(), "a/b");
        assert_eq!(Pattern::new("*").fixed_prefix(), "");
        assert_eq!(Pattern::new("").fixed_prefix(), "");
        assert_eq!(Pattern::new("a/b*/c").base(), "a/");
        assert_eq!(Pattern::new("a/b/").base(), "a/b/");
        assert_eq!(Pattern::new("*").base(), "");
    }

    #[test]
    fn a_path_means_itself_and_its_tree_but_not_its_neighbours() {
        let pattern = Pattern::new("x");
        assert!(pattern.matches("x") && !pattern.matches("xy") && !pattern.matches("x/1"));
        assert!(pattern.matches_tree("x") && pattern.matches_tree("x/1/2"));
        assert!(!pattern.matches_tree("xy/1"));
        assert_eq!(pattern.step("x/"), Step::Directory);
        assert_eq!(pattern.step("xy/"), Step::Skip);
    }

    #[test]
    fn the_bucket_means_everything() {
        let pattern = Pattern::new("");
        assert!(pattern.matches("k") && !pattern.matches("d/k"));
        assert!(pattern.matches_tree("k") && pattern.matches_tree("d/k"));
        assert_eq!(pattern.step("d/"), Step::Directory);
    }

    #[test]
    fn recursive_wildcards_must_be_used_up() {
        // The original deleted top1 here.
        let pattern = Pattern::new("*/a");
        assert!(!pattern.matches_tree("top1"));
        assert!(pattern.matches_tree("x/a") && pattern.matches_tree("x/a/b"));
        assert_eq!(pattern.step("x/"), Step::Descend);
        assert_eq!(pattern.step("x/a/"), Step::Directory);
        assert_eq!(pattern.step("x/b/"), Step::Skip);
    }

    #[test]
    fn brackets_are_wildcards_from_the_first_other_one_on() {
        let pattern = Pattern::new("[d]/*/[13]");
        assert!(pattern.matches("[d]/e/1") && pattern.matches("[d]/e/3"));
        assert!(!pattern.matches("d/e/1") && !pattern.matches("[d]/e/[13]"));
        let pattern = Pattern::new("*/[13]");
        assert_eq!(pattern.step("x/1/"), Step::Directory);
        assert_eq!(pattern.step("x/2/"), Step::Skip);
    }

    #[test]
    fn empty_components_are_components() {
        let pattern = Pattern::new("a//b");
        assert!(pattern.matches("a//b") && !pattern.matches("a/b"));
    }
}
