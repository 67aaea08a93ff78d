use std::collections::HashSet;

/// Finds sources of one command that would write the same target: the one that is slower would
/// win without a word.
///
/// Only names below a base that several sources share can be the same, so nothing is remembered
/// in the usual case that they share none.
#[derive(Debug)]
pub(super) struct Targets {
    shared: HashSet<String>,
    taken: HashSet<String>,
}

impl Targets {
    /// Takes the base of every source: its target, or the directory that its contents go to.
    pub(super) fn new(bases: impl Iterator<Item = String>) -> Self {
        let mut seen = HashSet::new();
        let mut shared = HashSet::new();
        for base in bases {
            if seen.contains(&base) {
                shared.insert(base);
            } else {
                seen.insert(base);
            }
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
}
