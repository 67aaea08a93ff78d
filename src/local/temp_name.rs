//! Names of temporary files, by which they are known again.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

use md5::{Digest as _, Md5};

/// A name for what becomes `target`: that name with `-`, 15 characters and a suffix. The last 7 of
/// the 15 follow from what stands before them, so that nobody else's file is taken for one of
/// these: one in 78 thousand million names is by chance.
///
/// Compat: the form of the original's names, where all 15 are random.
pub(super) fn make(target: &str) -> String {
    let random: String = std::iter::repeat_with(|| digit(fastrand::u64(..)))
        .take(RANDOM)
        .collect();
    let start = format!("{}-{random}", truncated(target));
    let check = check(start.as_bytes());
    format!("{start}{check}{CONTENT}")
}

/// The name of the file beside it that tells which parts are there.
pub(super) fn of_map(content: &str) -> String {
    format!("{}{MAP}", content.strip_suffix(CONTENT).unwrap_or(content))
}

/// The name of the file that a map is of.
pub(super) fn of_content(map: &str) -> String {
    format!("{}{CONTENT}", map.strip_suffix(MAP).unwrap_or(map))
}

/// Whose name it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Content,
    Map,
}

/// What a name says; `None` if it is no name of these.
pub(super) fn read(name: &OsStr) -> Option<(Kind, &str)> {
    let name = std::str::from_utf8(name.as_bytes()).ok()?;
    let (kind, stem) = match (name.strip_suffix(CONTENT), name.strip_suffix(MAP)) {
        (Some(stem), _) => (Kind::Content, stem),
        (_, Some(stem)) => (Kind::Map, stem),
        _ => return None,
    };
    let (start, found) = stem.split_at_checked(stem.len().checked_sub(CHECK)?)?;
    let target = start.get(..start.len().checked_sub(RANDOM + 1)?)?;
    let is_one = start.as_bytes()[target.len()] == b'-' && check(start.as_bytes()) == found;
    is_one.then_some((kind, target))
}

/// Whether a temporary file with this target's name in it may be one for `target`.
pub(super) fn is_of(target: &str, in_name: &str) -> bool {
    truncated(target) == in_name
}

/// Leaves room for what is added; file systems allow names of 255 bytes.
fn truncated(name: &str) -> &str {
    let mut end = name.len().min(255 - 1 - RANDOM - CHECK - CONTENT.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

fn check(start: &[u8]) -> String {
    let digest = Md5::new()
        .chain_update("s4cmd ")
        .chain_update(start)
        .finalize();
    let bytes = digest.iter().take(CHECK * 2).copied().collect::<Vec<u8>>();
    let pairs = bytes.chunks(2);
    pairs
        .map(|pair| digit(pair.iter().fold(0, |n, byte| n << 8 | u64::from(*byte))))
        .collect()
}

fn digit(number: u64) -> char {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    char::from(DIGITS[(number % 36) as usize])
}

const RANDOM: usize = 8;
const CHECK: usize = 7;
const CONTENT: &str = ".tmp";
const MAP: &str = ".map";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_names_are_known_and_others_are_not() {
        for target in ["t", "a-b.tmp", "\u{e9}t\u{e9}", &"\u{e9}".repeat(127), ""] {
            let name = make(target);
            assert!(name.len() <= 255);
            let (kind, found) = read(OsStr::new(&name)).unwrap();
            assert_eq!(kind, Kind::Content);
            assert!(is_of(target, found), "{target} {found}");
            let map = of_map(&name);
            assert_eq!(
                read(OsStr::new(&map)).map(|(kind, _)| kind),
                Some(Kind::Map)
            );
            assert_eq!(of_content(&map), name);
            // One character beside it.
            let at = name.len() - CONTENT.len() - 1;
            let other = if name.as_bytes()[at] == b'0' {
                "1"
            } else {
                "0"
            };
            let wrong = format!("{}{other}{CONTENT}", &name[..at]);
            assert_eq!(read(OsStr::new(&wrong)), None);
        }
        for other in [
            "t-abcdefghijklmno.tmp",
            ".tmp",
            "-.tmp",
            "x.map",
            "\u{e9}\u{e9}\u{e9}\u{e9}.tmp",
        ] {
            assert_eq!(read(OsStr::new(other)), None, "{other}");
        }
        assert_eq!(read(OsStr::from_bytes(b"\xff-0123456789abcde.tmp")), None);
    }
}
