use std::{fs, sync::OnceLock};

/// The permission bits that new files of this process do not get.
///
/// Asking the system for it means setting it, which other threads would see; Linux also shows it
/// in `/proc`. Elsewhere the usual one is assumed.
pub(super) fn umask() -> u32 {
    static UMASK: OnceLock<u32> = OnceLock::new();
    *UMASK.get_or_init(|| {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let digits = status.lines().find_map(|line| line.strip_prefix("Umask:"));
        digits
            .and_then(|digits| u32::from_str_radix(digits.trim(), 8).ok())
            .unwrap_or(0o022)
    })
}
