use std::{
    fs::{File, Permissions},
    io,
    os::unix::fs::{FileExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use tempfile::NamedTempFile;

use crate::{blocking, local::umask::umask, s3::payload::FileIdentity};

/// A file that is being downloaded: beside its target, readable by nobody else, and removed when
/// dropped. The target is untouched until [`TempFile::persist`].
#[derive(Debug)]
pub struct TempFile {
    file: NamedTempFile,
    target: PathBuf,
}

impl TempFile {
    /// Makes a temporary file in the target's directory, which must exist.
    ///
    /// Compat: the name is the target's with `-`, 15 random characters and `.tmp`.
    ///
    /// # Errors
    /// The directory cannot be written to.
    pub fn create(target: &Path) -> io::Result<Self> {
        let directory = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!("{}-", truncated(&name));
        // Opened by hand, because the library's own errors name the random file and hide the
        // number of the system's error.
        let open = |path: &Path| {
            File::options()
                .read(true)
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)
        };
        let file = blocking::in_place(|| {
            tempfile::Builder::new()
                .prefix(&prefix)
                .suffix(SUFFIX)
                .rand_bytes(RANDOM)
                .make_in(directory, open)
        })?;
        Ok(Self {
            file,
            target: target.to_owned(),
        })
    }

    /// The open file.
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Writes at an offset; many may at once.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        blocking::in_place(|| self.file().write_all_at(bytes, offset))
    }

    /// Puts the file in the target's place, at once. `privilege` are the permission bits that the
    /// uploader recorded: those of them that the umask allows are set, never more than `0777`;
    /// `modified` is the time that it is to have. Gives the file as it is then.
    /// Without `replace` a target that is there is left alone, whoever put it there meanwhile.
    ///
    /// # Errors
    /// The target is a directory, or there and not to be replaced, or the file system refuses; the temporary file is removed.
    pub fn persist(
        self,
        privilege: Option<u32>,
        modified: Option<SystemTime>,
        replace: bool,
    ) -> io::Result<FileIdentity> {
        let mode = privilege.unwrap_or(0o666) & 0o777 & !umask();
        blocking::in_place(|| {
            self.file().set_permissions(Permissions::from_mode(mode))?;
            if let Some(modified) = modified {
                // A file system without such times has the right content all the same.
                let _ = self.file().set_modified(modified);
            }
            let put = if replace {
                self.file.persist(&self.target)
            } else {
                self.file.persist_noclobber(&self.target)
            };
            let file = put.map_err(|error| error.error)?;
            Ok(FileIdentity::of(&file.metadata()?))
        })
    }
}

/// Leaves room for what is added; file systems allow names of 255 bytes.
fn truncated(name: &str) -> &str {
    let mut end = name.len().min(255 - 1 - RANDOM - SUFFIX.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

const SUFFIX: &str = ".tmp";
const RANDOM: usize = 15;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_dropped_file_leaves_nothing_and_the_target_untouched() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("t");
        fs::write(&target, "old").unwrap();
        let temp = TempFile::create(&target).unwrap();
        temp.write_at(b"new", 0).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
        drop(temp);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert_eq!(fs::read(&target).unwrap(), b"old");
    }

    #[test]
    fn setuid_from_metadata_is_not_set() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("t");
        let temp = TempFile::create(&target).unwrap();
        temp.persist(Some(0o6777), None, true).unwrap();
        let mode = fs::metadata(&target).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o777 & !umask());
    }

    #[test]
    fn a_target_that_came_meanwhile_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("t");
        let temp = TempFile::create(&target).unwrap();
        fs::write(&target, "theirs").unwrap();
        let error = temp.persist(None, None, false).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&target).unwrap(), b"theirs");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn long_names_still_fit() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("é".repeat(127));
        TempFile::create(&target)
            .unwrap()
            .persist(None, None, true)
            .unwrap();
        assert!(target.exists());
    }

    #[test]
    fn a_directory_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("d");
        fs::create_dir(&target).unwrap();
        assert!(
            TempFile::create(&target)
                .unwrap()
                .persist(None, None, true)
                .is_err()
        );
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
