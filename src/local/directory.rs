use std::{
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::blocking;

/// Why a directory cannot be made.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// A link below the target could lead anywhere.
    #[error("\"{}\" is a symbolic link: nothing is written through it", .0.display())]
    Link(PathBuf),
    /// The file system refused.
    #[error("Unable to create directory ({}): {error}", .path.display())]
    Io {
        /// Which directory.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Makes the directory `path`, which is `root` or below it, with all that is missing on the way.
/// `root` itself may be a link, because the user named it; below it links are not followed: a
/// link that is there already could lead out of the tree.
///
/// # Errors
/// See [`DirectoryError`].
pub fn create_below(root: &Path, path: &Path) -> Result<(), DirectoryError> {
    let make_root = || match root.as_os_str().is_empty() {
        true => Ok(()),
        false => fs::create_dir_all(root).map_err(|error| refused(root, error)),
    };
    below(root, path, make_root, |directory| {
        match fs::create_dir(directory) {
            // Another job was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(true),
            made => made.map(|()| true),
        }
    })
}

/// Whether [`create_below`] would succeed, as far as can be seen without making anything.
///
/// # Errors
/// See [`DirectoryError`].
pub fn check_below(root: &Path, path: &Path) -> Result<(), DirectoryError> {
    let check_root = || {
        let mut ancestors = root.ancestors().map(|path| (path, fs::metadata(path)));
        match ancestors.find_map(|(path, there)| Some((path, there.ok()?))) {
            Some((path, there)) if !there.is_dir() => {
                Err(refused(path, io::ErrorKind::NotADirectory.into()))
            }
            _ => Ok(()),
        }
    };
    below(root, path, check_root, |_| Ok(false))
}

/// Goes down from `root` to `path`. `missing` says whether to go on where there is nothing.
fn below(
    root: &Path,
    path: &Path,
    at_root: impl FnOnce() -> Result<(), DirectoryError>,
    missing: impl Fn(&Path) -> io::Result<bool>,
) -> Result<(), DirectoryError> {
    blocking::in_place(|| {
        at_root()?;
        let mut current = root.to_owned();
        for component in path.strip_prefix(root).unwrap_or(path).components() {
            current.push(component);
            match fs::symlink_metadata(&current) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(metadata) if metadata.is_symlink() => {
                    return Err(DirectoryError::Link(current));
                }
                Ok(_) => return Err(refused(&current, io::ErrorKind::NotADirectory.into())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    if !missing(&current).map_err(|error| refused(&current, error))? {
                        break;
                    }
                }
                Err(error) => return Err(refused(&current, error)),
            }
        }
        Ok(())
    })
}

/// That something is there is only said of what should be a directory and is none.
fn refused(path: &Path, error: io::Error) -> DirectoryError {
    let error = match error.kind() {
        io::ErrorKind::AlreadyExists => io::ErrorKind::NotADirectory.into(),
        _ => error,
    };
    DirectoryError::Io {
        path: path.to_owned(),
        error,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_below_the_root_are_not_followed() {
        let outside = tempfile::tempdir().unwrap();
        let base = tempfile::tempdir().unwrap();
        let root = base.path().join("root");
        create_below(&root, &root.join("a/b")).unwrap();
        assert!(root.join("a/b").is_dir());
        symlink(outside.path(), root.join("link")).unwrap();
        let result = create_below(&root, &root.join("link/c"));
        assert!(matches!(result, Err(DirectoryError::Link(_))));
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
        // The root itself may be one.
        let alias = base.path().join("alias");
        symlink(&root, &alias).unwrap();
        create_below(&alias, &alias.join("d")).unwrap();
        assert!(root.join("d").is_dir());
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("f"), "").unwrap();
        let file = root.path().join("f");
        for (root, path) in [(root.path(), file.join("g")), (&file, file.join("g"))] {
            for error in [create_below(root, &path), check_below(root, &path)] {
                let error = error.unwrap_err().to_string();
                assert!(error.ends_with("f): not a directory"), "{error}");
            }
        }
    }

    #[test]
    fn a_check_makes_nothing() {
        let root = tempfile::tempdir().unwrap();
        let new = root.path().join("new");
        check_below(&new, &new.join("a/b")).unwrap();
        check_below(root.path(), &new.join("a/b")).unwrap();
        check_below(Path::new(""), Path::new("no/such")).unwrap();
        assert!(!new.exists());
        symlink("/", root.path().join("link")).unwrap();
        let through = check_below(root.path(), &root.path().join("link/c"));
        assert!(matches!(through, Err(DirectoryError::Link(_))));
    }
}
