//! Which objects a command is about, beyond their names.

use jiff::Timestamp;

/// Bounds on the time of the last change, both exclusive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeFilter {
    /// Only what was changed before.
    pub before: Option<Timestamp>,
    /// Only what was changed after.
    pub after: Option<Timestamp>,
}

impl TimeFilter {
    /// Whether any bound is set.
    pub fn is_set(&self) -> bool {
        self.before.is_some() || self.after.is_some()
    }

    /// Whether a time is within the bounds. What has no time is not, if any bound is set.
    pub fn admits(&self, modified: Option<Timestamp>) -> bool {
        let Some(at) = modified else {
            return !self.is_set();
        };
        self.before.is_none_or(|bound| at < bound) && self.after.is_none_or(|bound| at > bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    #[test]
    fn bounds_are_strict() {
        let filter = TimeFilter {
            before: at(20),
            after: at(10),
        };
        let admitted: Vec<i64> = (8..23)
            .filter(|second| filter.admits(at(*second)))
            .collect();
        assert_eq!(admitted, (11..20).collect::<Vec<_>>());
        assert!(!filter.admits(None));
        assert!(TimeFilter::default().admits(None) && TimeFilter::default().admits(at(0)));
    }
}
