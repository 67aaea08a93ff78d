use std::{
    ffi::OsStr,
    fs::{self, File},
    io,
    os::fd::OwnedFd,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, mkdirat, openat, statat, unlinkat};
use thiserror::Error;

use crate::blocking;

/// A directory that is held open. What is done in it is done there, whatever becomes of the path
/// that led to it.
#[derive(Debug, Clone)]
pub struct Directory {
    handle: Arc<OwnedFd>,
}

/// Why a directory cannot be used.
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

impl Directory {
    /// Opens the directory `path`, which is `root` or below it, and makes all that is missing on
    /// the way. `root` itself may be a link, because the user named it; below it links are not
    /// followed: one that is there, or comes while this runs, could lead out of the tree.
    ///
    /// # Errors
    /// See [`DirectoryError`].
    pub fn create(root: &Path, path: &Path) -> Result<Self, DirectoryError> {
        blocking::in_place(|| {
            if !root.as_os_str().is_empty() {
                make_all(root).map_err(|error| refused(root, error))?;
            }
            let make = |above: &OwnedFd, name: &OsStr| {
                match mkdirat(above, name, Mode::from_raw_mode(0o777)) {
                    // Another job was faster.
                    Ok(()) | Err(rustix::io::Errno::EXIST) => open_one(above, name),
                    Err(error) => Err(error.into()),
                }
            };
            descend(root, path, make)
        })
    }

    /// Whether a path leads to a directory. What is not there is none.
    ///
    /// # Errors
    /// It cannot be looked at: there may be one.
    pub fn is_at(path: &Path) -> io::Result<bool> {
        let there = blocking::in_place(|| fs::metadata(path));
        match there {
            Err(error) if is_missing(&error) => Ok(false),
            there => Ok(there?.is_dir()),
        }
    }

    /// Opens a directory that is there, as [`Directory::create`] does.
    ///
    /// # Errors
    /// See [`DirectoryError`].
    pub fn open(root: &Path, path: &Path) -> Result<Self, DirectoryError> {
        blocking::in_place(|| descend(root, path, open_one))
    }

    /// Whether [`Directory::create`] would succeed, as far as can be seen without making anything.
    ///
    /// # Errors
    /// See [`DirectoryError`].
    pub fn check(root: &Path, path: &Path) -> Result<(), DirectoryError> {
        let mut ancestors = root.ancestors().map(|path| (path, fs::metadata(path)));
        match ancestors.find_map(|(path, there)| Some((path, there.ok()?))) {
            Some((path, there)) if !there.is_dir() => {
                return Err(refused(path, io::ErrorKind::NotADirectory.into()));
            }
            _ => {}
        }
        match Self::open(root, path) {
            Err(DirectoryError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
                Ok(())
            }
            other => other.map(drop),
        }
    }

    /// Removes a file.
    ///
    /// # Errors
    /// It is not there, is a directory, or the file system refuses.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.handle, name, AtFlags::empty())?)
    }

    /// Opens a file in this directory, never through a link.
    pub(super) fn open_file(&self, name: &OsStr, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let mode = Mode::RUSR | Mode::WUSR;
        let open = || openat(&self.handle, name, flags, mode);
        Ok(File::from(rustix::io::retry_on_intr(open)?))
    }

    /// Calls `see` with the name of everything in it.
    pub(super) fn names(&self, mut see: impl FnMut(&OsStr)) -> io::Result<()> {
        use std::os::unix::ffi::OsStrExt as _;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let readable = openat(&self.handle, ".", flags, Mode::empty())?;
        for entry in rustix::fs::Dir::new(readable)? {
            see(OsStr::from_bytes(entry?.file_name().to_bytes()));
        }
        Ok(())
    }

    pub(super) fn handle(&self) -> &OwnedFd {
        &self.handle
    }
}

/// Goes down from `root` to `path`, one name at a time, which no link can lead astray; `missing`
/// is asked where there is nothing.
fn descend(
    root: &Path,
    path: &Path,
    missing: impl Fn(&OwnedFd, &OsStr) -> io::Result<OwnedFd>,
) -> Result<Directory, DirectoryError> {
    let named = if root.as_os_str().is_empty() {
        Path::new(".")
    } else {
        root
    };
    let flags = SEARCH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let open = || openat(CWD, named, flags, Mode::empty());
    let mut handle =
        rustix::io::retry_on_intr(open).map_err(|error| refused(root, error.into()))?;
    let mut current = root.to_owned();
    for component in path.strip_prefix(root).unwrap_or(path).components() {
        current.push(component);
        let name = match component {
            Component::Normal(name) => name,
            Component::CurDir => continue,
            _ => return Err(refused(&current, io::ErrorKind::InvalidInput.into())),
        };
        let opened = match open_one(&handle, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing(&handle, name),
            opened => opened,
        };
        handle = match opened {
            Ok(opened) => opened,
            Err(_) if is_link(&handle, name) => return Err(DirectoryError::Link(current)),
            Err(error) => return Err(refused(&current, error)),
        };
    }
    Ok(Directory {
        handle: Arc::new(handle),
    })
}

fn open_one(above: &OwnedFd, name: &OsStr) -> io::Result<OwnedFd> {
    let flags = SEARCH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = || openat(above, name, flags, Mode::empty());
    Ok(rustix::io::retry_on_intr(open)?)
}

fn is_link(above: &OwnedFd, name: &OsStr) -> bool {
    statat(above, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|there| FileType::from_raw_mode(there.st_mode) == FileType::Symlink)
}

/// Whether that is why nothing is found at a path, as against why it could not be looked at.
pub fn is_missing(error: &io::Error) -> bool {
    let missing = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
    missing.contains(&error.kind())
}

/// The standard library says that something is there also if it could not see what it is.
fn make_all(path: &Path) -> io::Result<()> {
    match fs::create_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            match Directory::is_at(path) {
                Ok(true) => Ok(()),
                Ok(false) => Err(error),
                Err(reason) => Err(reason),
            }
        }
        made => made,
    }
}

/// That something is there is only said of what should be a directory and is none.
fn refused(path: &Path, error: io::Error) -> DirectoryError {
    let error = match error.kind() {
        io::ErrorKind::AlreadyExists => io::ErrorKind::NotADirectory.into(),
        _ => error,
    };
    let named = match path.as_os_str().is_empty() {
        true => Path::new("."),
        false => path,
    };
    DirectoryError::Io {
        path: named.to_owned(),
        error,
    }
}

/// Directories that may be searched need not be readable.
#[cfg(target_os = "linux")]
const SEARCH: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const SEARCH: OFlags = OFlags::RDONLY;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_below_the_root_are_not_followed() {
        let outside = tempfile::tempdir().unwrap();
        let base = tempfile::tempdir().unwrap();
        let root = base.path().join("root");
        Directory::create(&root, &root.join("a/b")).unwrap();
        assert!(root.join("a/b").is_dir());
        symlink(outside.path(), root.join("link")).unwrap();
        let result = Directory::create(&root, &root.join("link/c"));
        assert!(matches!(result, Err(DirectoryError::Link(_))));
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
        // The root itself may be one.
        let alias = base.path().join("alias");
        symlink(&root, &alias).unwrap();
        Directory::create(&alias, &alias.join("d")).unwrap();
        assert!(root.join("d").is_dir());
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("f"), "").unwrap();
        let file = root.path().join("f");
        for (root, path) in [(root.path(), file.join("g")), (&file, file.join("g"))] {
            let made = Directory::create(root, &path).map(drop);
            for error in [made, Directory::check(root, &path)] {
                let error = error.unwrap_err().to_string().to_lowercase();
                assert!(error.contains("f): not a directory"), "{error}");
            }
        }
    }

    #[test]
    fn a_link_that_comes_in_the_meantime_is_not_written_through() {
        let outside = tempfile::tempdir().unwrap();
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a");
        let directory = Directory::create(root.path(), &path).unwrap();
        fs::rename(&path, root.path().join("b")).unwrap();
        symlink(outside.path(), &path).unwrap();
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY;
        directory.open_file(OsStr::new("f"), flags).unwrap();
        assert!(root.path().join("b/f").exists());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }

    /// What is gone on with has a name that anybody could have put a link under.
    #[test]
    fn files_are_not_opened_through_links() {
        let outside = tempfile::NamedTempFile::new().unwrap();
        let root = tempfile::tempdir().unwrap();
        symlink(outside.path(), root.path().join("f")).unwrap();
        let directory = Directory::open(root.path(), root.path()).unwrap();
        let opened = directory.open_file(OsStr::new("f"), OFlags::RDWR);
        assert!(opened.is_err());
    }

    #[test]
    fn a_check_makes_nothing() {
        let root = tempfile::tempdir().unwrap();
        let new = root.path().join("new");
        Directory::check(&new, &new.join("a/b")).unwrap();
        Directory::check(root.path(), &new.join("a/b")).unwrap();
        Directory::check(Path::new(""), Path::new("no/such")).unwrap();
        assert!(!new.exists());
        symlink("/", root.path().join("link")).unwrap();
        let through = Directory::check(root.path(), &root.path().join("link/c"));
        assert!(matches!(through, Err(DirectoryError::Link(_))));
    }
}
