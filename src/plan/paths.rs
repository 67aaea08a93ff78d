//! From keys to local paths. Keys come from strangers.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// The place below `root` that a key's relative part names.
///
/// # Errors
/// The name has a component that no file can have or that would lead out of `root`.
pub fn below(root: &Path, relative: &str) -> Result<PathBuf, UnsafeName> {
    let mut path = root.to_owned();
    // A slash at the end marks a directory.
    for component in relative.strip_suffix('/').unwrap_or(relative).split('/') {
        match component {
            "" | "." | ".." => return Err(UnsafeName::Component(component.to_owned())),
            name if name.contains('\0') => return Err(UnsafeName::Nul),
            name => path.push(name),
        }
    }
    Ok(path)
}

/// The directory that a target names, as keys begin with it: what a shell would make of it.
/// `$DIR/` with a `DIR` that ends in a slash itself means no directory without a name.
///
/// Compat: Python's `posixpath.normpath`, which keeps two slashes in front.
pub fn normalized(directory: &str) -> String {
    let mut components: Vec<&str> = Vec::new();
    for component in directory.split('/') {
        match component {
            "" | "." => {}
            ".." if components.last().is_some_and(|last| *last != "..") => {
                components.pop();
            }
            // There is nothing above a root.
            ".." if directory.starts_with('/') => {}
            other => components.push(other),
        }
    }
    let slashes = directory.len() - directory.trim_start_matches('/').len();
    let root = match slashes {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let path = components.join("/");
    let end = if path.is_empty() { "" } else { "/" };
    format!("{root}{path}{end}")
}

/// Why a key cannot become a local file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnsafeName {
    /// Empty (`//`, or a slash in front), `.` or `..`.
    #[error("the key has the component \"{0}\", which no local file can have")]
    Component(String),
    /// A NUL byte.
    #[error("the key has a NUL byte, which no local file can have")]
    Nul,
}

#[cfg(test)]
mod tests {
    use std::path::Component;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let root = Path::new("/t");
        assert_eq!(below(root, "a/b").unwrap(), Path::new("/t/a/b"));
        assert_eq!(below(root, "a/").unwrap(), Path::new("/t/a"));
        assert_eq!(below(root, "..a/b..").unwrap(), Path::new("/t/..a/b.."));
        for bad in [
            "..", "../x", "a/../x", "a/..", "/a", "a//b", "./a", "a/.", "", "/", "a\0",
        ] {
            assert!(below(root, bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn directories_are_normalized_as_by_python() {
        for (directory, expected) in [
            ("", ""),
            ("a/b/", "a/b/"),
            ("a//b//", "a/b/"),
            ("./a/./b", "a/b/"),
            ("a/../b", "b/"),
            ("../a/../../b", "../../b/"),
            ("/a", "/a/"),
            ("/", "/"),
            ("/../a", "/a/"),
            ("//a", "//a/"),
            ("///a", "/a/"),
            ("a/..", ""),
        ] {
            assert_eq!(normalized(directory), expected, "{directory:?}");
        }
    }

    proptest! {
        #[test]
        fn the_result_is_always_below(name in "[a./\\\\\0]{0,10}") {
            if let Ok(path) = below(Path::new("/t"), &name) {
                let rest = path.strip_prefix("/t").unwrap();
                prop_assert!(rest.components().all(|part| matches!(part, Component::Normal(_))));
                prop_assert!(rest.components().count() > 0);
            }
        }
    }
}
