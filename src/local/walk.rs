use std::{
    fs, io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use walkdir::{DirEntry, WalkDir};

use crate::local::key_order;

/// One thing that a walk came across.
#[derive(Debug)]
pub enum Found {
    /// A file to transfer.
    File(LocalFile),
    /// Something that should be transferred and cannot be.
    Problem {
        /// Where.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// A regular file below the root of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its path from the root: the end of its key.
    pub relative: String,
    /// Bytes, at the time of the walk.
    pub len: u64,
}

/// Walks a tree and gives its files in the byte order of their relative names. It blocks, and is
/// lazy: nothing is read before it is asked for.
///
/// Compat: symbolic links to files are followed, links to directories are left out, as are empty
/// directories. Differs: what cannot be read (broken links, devices, directories without
/// permission, names that are not UTF-8) is reported and the rest goes on.
pub fn walk(root: &Path) -> impl Iterator<Item = Found> + use<> {
    let base = root.to_owned();
    WalkDir::new(root)
        .min_depth(1)
        .sort_by(|a, b| key_order(order_key(a), order_key(b)))
        .into_iter()
        .filter_map(move |entry| match entry {
            Ok(entry) => found(&base, &entry),
            Err(error) => {
                let path = error.path().unwrap_or(&base).to_owned();
                let reason = match error.io_error() {
                    Some(error) => error.to_string(),
                    None => error.to_string(),
                };
                Some(Found::Problem { path, reason })
            }
        })
}

fn order_key(entry: &DirEntry) -> (&[u8], bool) {
    (entry.file_name().as_bytes(), entry.file_type().is_dir())
}

fn found(base: &Path, entry: &DirEntry) -> Option<Found> {
    if entry.file_type().is_dir() {
        return None;
    }
    let path = entry.path().to_owned();
    // Follows links, and so finds those that lead nowhere.
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) => {
            let broken = entry.path_is_symlink() && error.kind() == io::ErrorKind::NotFound;
            let reason = if broken {
                "the link leads nowhere".to_owned()
            } else {
                error.to_string()
            };
            return Some(Found::Problem { path, reason });
        }
    };
    if metadata.is_dir() {
        return None;
    }
    if !metadata.is_file() {
        return Some(Found::Problem {
            path,
            reason: "not a regular file".to_owned(),
        });
    }
    let relative = path
        .strip_prefix(base)
        .ok()
        .and_then(Path::to_str)
        .map(str::to_owned);
    match relative {
        Some(relative) => Some(Found::File(LocalFile {
            path,
            relative,
            len: metadata.len(),
        })),
        None => Some(Found::Problem {
            path,
            reason: "the name is not UTF-8, which keys must be".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn files_come_in_key_order() {
        let root = tempfile::tempdir().unwrap();
        let names = ["a-b", "a.txt", "a/x", "a/y/z", "a0", "é", ".hidden"];
        for name in names {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        let mut expected = names.map(str::to_owned).to_vec();
        expected.sort();
        let walked: Vec<String> = walk(root.path())
            .map(|found| match found {
                Found::File(file) => file.relative,
                Found::Problem { path, reason } => panic!("{}: {reason}", path.display()),
            })
            .collect();
        assert_eq!(walked, expected);
    }

    #[test]
    fn what_cannot_be_sent_is_reported_and_the_rest_goes_on() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::write(path("good"), "x").unwrap();
        symlink("good", path("link")).unwrap();
        symlink("nowhere", path("broken")).unwrap();
        fs::create_dir(path("dir")).unwrap();
        symlink("dir", path("dirlink")).unwrap();
        fs::write(root.path().join(OsStr::from_bytes(b"bad\xff")), "x").unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        let (mut files, mut problems) = (Vec::new(), Vec::new());
        for found in walk(root.path()) {
            match found {
                Found::File(file) => files.push(file.relative),
                Found::Problem { reason, .. } => problems.push(reason),
            }
        }
        assert_eq!(files, ["good", "link"]);
        problems.sort();
        assert_eq!(problems.len(), 3);
        assert!(problems[0].contains("not a regular file"), "{problems:?}");
        assert!(problems[1].contains("leads nowhere"), "{problems:?}");
        assert!(problems[2].contains("not UTF-8"), "{problems:?}");
    }

    #[test]
    fn a_root_that_is_missing_is_a_problem() {
        let found: Vec<_> = walk(Path::new("/nonexistent-root")).collect();
        assert!(matches!(&*found, [Found::Problem { .. }]));
    }
}
