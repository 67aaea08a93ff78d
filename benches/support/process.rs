//! The program as a process, the same for all that is measured.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// The program, told where the store is, and with nothing of the user's in its environment.
pub(crate) fn command(program: &str, endpoint: &str, scratch: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--endpoint-url", endpoint])
        .env_clear()
        .env("HOME", scratch)
        .env("TMPDIR", scratch)
        .env("S3_ACCESS_KEY", ACCESS_KEY)
        .env("S3_SECRET_KEY", SECRET_KEY)
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// A line of `/proc/PID/status` that is about memory, in KiB.
pub(crate) fn kib(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

pub(crate) const ACCESS_KEY: &str = "testkey";
pub(crate) const SECRET_KEY: &str = "testsecret";
