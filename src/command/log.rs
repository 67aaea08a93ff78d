use std::{
    fs::{File, Permissions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, fchown},
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

use crate::{blocking, command::Failure, local::Owner, s3::time::iso8601};

/// What a log file is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    /// Lines are added to it.
    pub path: PathBuf,
    /// Whose it is to be.
    pub owner: Option<Owner>,
    /// Its permissions.
    pub mode: Option<u32>,
}

/// A file with all lines of both streams, also those that are not shown, each with its time.
#[derive(Debug)]
pub(super) struct Log {
    file: Mutex<File>,
    path: PathBuf,
}

impl Log {
    /// Opens the file, or makes it.
    pub(super) fn open(options: &LogOptions) -> Result<Self, Failure> {
        let path = &options.path;
        let open = || -> io::Result<File> {
            let file = File::options()
                .append(true)
                .create(true)
                .mode(options.mode.unwrap_or(DEFAULT_MODE))
                .open(path)?;
            if let Some(mode) = options.mode {
                file.set_permissions(Permissions::from_mode(mode))?;
            }
            if let Some(owner) = options.owner {
                fchown(&file, owner.user, owner.group)?;
            }
            Ok(file)
        };
        let file = open().map_err(|error| Failure::os(path.display(), &error))?;
        Ok(Self {
            file: Mutex::new(file),
            path: path.clone(),
        })
    }

    /// Adds lines.
    pub(super) fn write(&self, lines: &str) -> Result<(), Failure> {
        let now = iso8601(Timestamp::now());
        let text: String = lines
            .lines()
            .map(|line| format!("{now} {line}\n"))
            .collect();
        let written = blocking::in_place(|| {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.write_all(text.as_bytes())
        });
        written.map_err(|error| Failure::os(self.path.display(), &error))
    }
}

/// Names of files may be nobody else's business.
const DEFAULT_MODE: u32 = 0o640;
