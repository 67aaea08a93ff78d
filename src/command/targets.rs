use std::collections::HashSet;

/// Finds sources of one command that would write the same target: the one that is slower would
/// win without a word.
///
/// Only names below a base that several sources share, or that is in that of another, can be the
/// same, so nothing is remembered in the usual case that there is none.
#[derive(Debug)]
pub(super) struct Targets {
    shared: HashSet<String>,
    taken: HashSet<String>,
}

impl Targets {
    /// Takes the base of every source: its target, or the directory with its slash that its
    /// contents go to.
    pub(super) fn new(bases: impl Iterator<Item = String>) -> Self {
        let mut bases: Vec<String> = bases.collect();
        bases.sort_unstable();
        let mut shared = HashSet::new();
        // What is in a directory follows it in this order.
        let mut above: Vec<&String> = Vec::new();
        for base in &bases {
            let is_above = |other: &String| {
                base == other || other.ends_with('/') && base.starts_with(other.as_str())
            };
            while above.last().is_some_and(|other| !is_above(other)) {
                above.pop();
            }
            if let Some(other) = above.last() {
                shared.extend([base.clone(), (*other).clone()]);
            }
            above.push(base);
        }
        Self {
            shared,
            taken: HashSet::new(),
        }
    }

    /// Whether nothing was written to `target`, which is at or below `base`, before; from now on
    /// it is taken.
    pub(super) fn take(&mut self, base: &str, target: &str) -> bool {
        !self.shared.contains(base) || self.taken.insert(target.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shared_bases_are_watched() {
        let mut targets = Targets::new(["a", "b", "a"].map(str::to_owned).into_iter());
        assert!(targets.take("a", "a/1") && targets.take("a", "a/2"));
        assert!(!targets.take("a", "a/1"));
        assert!(targets.take("b", "b/1") && targets.take("b", "b/1"));
        assert_eq!(targets.taken.len(), 2);
    }

    #[test]
    fn a_base_in_another_one_is_watched() {
        let bases = ["x/", "x/d/", "x/d/e/", "x-/", "y", "y/z", "x/d/"];
        let targets = Targets::new(bases.map(str::to_owned).into_iter());
        let mut shared: Vec<&str> = targets.shared.iter().map(String::as_str).collect();
        shared.sort_unstable();
        assert_eq!(shared, ["x/", "x/d/", "x/d/e/"]);
    }
}
