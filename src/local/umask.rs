use std::{fs, io, sync::OnceLock};

/// The permission bits that new files of this process do not get.
///
/// Asking the system for it means setting it, which other threads would see; Linux also shows it
/// in `/proc`. Where there is none the usual one is assumed.
///
/// # Errors
/// It is there and cannot be read: on a guess, files could become readable by everybody.
pub(super) fn umask() -> io::Result<u32> {
    static UMASK: OnceLock<u32> = OnceLock::new();
    if let Some(umask) = UMASK.get() {
        return Ok(*umask);
    }
    let status = match fs::read_to_string("/proc/self/status") {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read?,
    };
    let digits = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    let umask = digits.and_then(|digits| u32::from_str_radix(digits.trim(), 8).ok());
    Ok(*UMASK.get_or_init(|| umask.unwrap_or(0o022)))
}
