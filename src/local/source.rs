use std::{
    fs::{self, File, Metadata},
    io,
    path::Path,
    sync::Arc,
    time::SystemTime,
};

use bytes::Bytes;
use thiserror::Error;

use crate::{
    blocking,
    counter::Counter,
    local::Attributes,
    s3::payload::{FileIdentity, FileRegion},
};

/// A file that is being uploaded: open, and known as it was at the beginning.
#[derive(Debug, Clone)]
pub struct SourceFile {
    file: Arc<File>,
    identity: FileIdentity,
    attributes: Attributes,
    path: Arc<Path>,
    opened: SystemTime,
}

/// Why a file cannot be uploaded.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The file system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A directory, device, socket or pipe.
    #[error("not a regular file")]
    NotAFile,
    /// There is more in it than its size says.
    #[error("the file is longer than the system says")]
    Longer,
    /// Somebody wrote to it. What was read so far may be a mixture.
    #[error("the file changed while it was read")]
    Changed,
}

impl SourceFile {
    /// Opens a file.
    ///
    /// # Errors
    /// It is missing, unreadable, not a regular file or longer than its size.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        use std::os::unix::fs::FileExt as _;
        blocking::in_place(|| {
            // Opening a pipe would wait for a writer.
            if !is_file(&fs::metadata(path)?) {
                return Err(SourceError::NotAFile);
            }
            let opened = SystemTime::now();
            let file = File::open(path)?;
            let metadata = file.metadata()?;
            if !is_file(&metadata) {
                return Err(SourceError::NotAFile);
            }
            // Some file systems make up files whose size they do not know.
            match file.read_exact_at(&mut [0], metadata.len()) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
                read => return Err(read.map_or_else(SourceError::Io, |()| SourceError::Longer)),
            }
            Ok(Self {
                file: Arc::new(file),
                identity: FileIdentity::of(&metadata),
                attributes: Attributes::of(&metadata),
                path: path.into(),
                opened,
            })
        })
    }

    /// Bytes.
    pub fn len(&self) -> u64 {
        self.identity.len
    }

    /// The path that it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When it was opened.
    pub fn opened(&self) -> SystemTime {
        self.opened
    }

    /// The file as it was when it was opened.
    pub fn identity(&self) -> &FileIdentity {
        &self.identity
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The permission bits as the original writes them into the `privilege` metadata: three octal
    /// digits.
    pub fn privilege(&self) -> String {
        format!("{:03o}", self.attributes.mode.unwrap_or_default())
    }

    /// What the file has beside its bytes.
    pub fn attributes(&self) -> Attributes {
        self.attributes
    }

    /// A region to send. Sending it fails if the file is changed before the last byte is sent.
    pub fn region(&self, offset: u64, len: u64) -> FileRegion {
        FileRegion {
            file: Arc::clone(&self.file),
            offset,
            len,
            identity: self.identity,
            sent: Counter::default(),
        }
    }

    /// The whole content, for files small enough to hold.
    ///
    /// # Errors
    /// It cannot be read, or it changed.
    pub fn read(&self) -> Result<Bytes, SourceError> {
        use std::os::unix::fs::FileExt as _;
        let mut content = vec![0; usize::try_from(self.len()).map_err(|_| SourceError::Changed)?];
        let read = blocking::in_place(|| self.file.read_exact_at(&mut content, 0));
        match read {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(SourceError::Changed);
            }
            other => other?,
        }
        self.check_unchanged()?;
        Ok(content.into())
    }

    /// The open file, for hashing.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Checks that nobody wrote to the file since it was opened. A file that was only replaced
    /// under its name is still the one that was opened.
    ///
    /// # Errors
    /// [`SourceError::Changed`].
    pub fn check_unchanged(&self) -> Result<(), SourceError> {
        let now = FileIdentity::of(&self.file.metadata()?);
        if now == self.identity {
            Ok(())
        } else {
            Err(SourceError::Changed)
        }
    }
}

/// The null device is as good as an empty file, and people make empty objects of it.
fn is_file(metadata: &Metadata) -> bool {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    let is_null = || fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == metadata.rdev());
    metadata.is_file() || metadata.file_type().is_char_device() && is_null()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("f");
        fs::write(&path, "one").unwrap();
        let source = SourceFile::open(&path).unwrap();
        assert_eq!(source.read().unwrap(), "one");
        fs::write(&path, "longer").unwrap();
        assert!(matches!(
            source.check_unchanged(),
            Err(SourceError::Changed)
        ));
        assert!(matches!(source.read(), Err(SourceError::Changed)));
    }

    #[test]
    fn only_regular_files_are_opened() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(
            SourceFile::open(directory.path()),
            Err(SourceError::NotAFile)
        ));
        assert!(matches!(
            SourceFile::open(Path::new("/dev/zero")),
            Err(SourceError::NotAFile)
        ));
        let null = SourceFile::open(Path::new("/dev/null")).unwrap();
        assert!(null.is_empty() && null.read().unwrap().is_empty());
        let missing = directory.path().join("missing");
        assert!(matches!(
            SourceFile::open(&missing),
            Err(SourceError::Io(_))
        ));
    }

    #[test]
    fn the_privilege_has_three_digits() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("f");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o4640)).unwrap();
        assert_eq!(SourceFile::open(&path).unwrap().privilege(), "640");
    }
}
