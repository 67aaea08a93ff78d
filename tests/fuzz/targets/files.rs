//! Files for what reads its input itself. Each thread has a directory of its own.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

/// The place of a file of this name.
pub fn path(name: &str) -> PathBuf {
    thread_local! {
        static DIRECTORY: TempDir = tempfile::tempdir().unwrap();
    }
    DIRECTORY.with(|directory| directory.path().join(name))
}

/// A file with this content.
pub fn written(name: &str, content: &[u8]) -> PathBuf {
    let path = path(name);
    fs::write(&path, content).unwrap();
    path
}
