//! What a side has and could not be read.

use std::{collections::VecDeque, path::Path};

/// Paths of which it is not known what there is, as long as names come that they may concern. To
/// call such a name missing would be a guess.
#[derive(Debug, Default)]
pub(super) struct Unread {
    paths: VecDeque<String>,
    /// Some were not kept: any name may be one of them.
    is_cut: bool,
}

impl Unread {
    /// Adds a path, from the root of the side.
    pub(super) fn add(&mut self, path: &Path) {
        // A name that is not UTF-8 is none of the other side.
        let Some(path) = path.to_str() else { return };
        if self.paths.len() < MOST {
            self.paths.push_back(path.to_owned());
        } else {
            self.is_cut = true;
        }
    }

    /// Whether a name is one of these, or may be below one. Names are asked for in their order.
    pub(super) fn may_have(&mut self, name: &str) -> bool {
        let is_over = |path: &String| !path.is_empty() && name > after(path).as_str();
        while self.paths.front().is_some_and(is_over) {
            self.paths.pop_front();
        }
        self.is_cut || self.paths.iter().any(|path| is_in(path, name))
    }
}

fn is_in(path: &str, name: &str) -> bool {
    match name.strip_prefix(path) {
        Some(rest) => path.is_empty() || rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

/// What comes after a path and all that is below it.
fn after(path: &str) -> String {
    const AFTER_SLASH: char = '0';
    format!("{path}{AFTER_SLASH}")
}

/// More at once are only to be expected of a disk that is lost altogether.
const MOST: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stands_for_what_is_below_it_and_for_nothing_beside_it() {
        let mut unread = Unread::default();
        unread.add(Path::new("b"));
        for (name, may_be) in [
            ("a", false),
            ("b", true),
            ("b-c", false),
            ("b/", true),
            ("b/c/d", true),
            ("b0", false),
            ("c", false),
        ] {
            assert_eq!(unread.may_have(name), may_be, "{name}");
        }
        assert!(unread.paths.is_empty(), "kept for ever");
        unread.add(Path::new(""));
        assert!(unread.may_have("d"), "the root itself could not be read");
    }

    #[test]
    fn of_very_many_not_all_are_kept_and_none_is_missing() {
        let mut unread = Unread::default();
        let name = |number| format!("{number:06}");
        for number in 0..5000 {
            unread.add(Path::new(&name(number)));
        }
        assert_eq!(unread.paths.len(), MOST);
        assert!(unread.may_have(&name(4999)));
    }
}
