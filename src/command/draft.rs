//! A file that gets its name when everything is in it.

use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

use tempfile::NamedTempFile;

use crate::blocking;

/// A file under a name of its own, which is removed with it unless it is kept.
#[derive(Debug)]
pub(super) struct Draft(BufWriter<NamedTempFile>);

impl Draft {
    /// In the directory in which the file will be.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let parent = path.parent();
        let directory = parent.filter(|parent| !parent.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        let file = blocking::in_place(|| NamedTempFile::new_in(directory))?;
        Ok(Self(BufWriter::new(file)))
    }

    /// Puts the file in its place, whatever is there.
    pub(super) fn keep_as(self, path: &Path) -> io::Result<()> {
        blocking::in_place(|| {
            let file = self.0.into_inner().map_err(io::Error::from)?;
            file.persist(path)?;
            Ok(())
        })
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        blocking::in_place(|| self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        blocking::in_place(|| self.0.flush())
    }
}
