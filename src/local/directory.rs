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
    blocking::in_place(|| {
        let refused = |path: &Path, error| DirectoryError::Io {
            path: path.to_owned(),
            error,
        };
        if !root.as_os_str().is_empty() {
            fs::create_dir_all(root).map_err(|error| refused(root, error))?;
        }
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
                    match fs::create_dir(&current) {
                        // Another job was faster.
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                        other => other.map_err(|error| refused(&current, error))?,
                    }
                }
                Err(error) => return Err(refused(&current, error)),
            }
        }
        Ok(())
    })
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
        let error = create_below(root.path(), &root.path().join("f/g")).unwrap_err();
        assert!(error.to_string().contains("f)"), "{error}");
    }
}
