//! What a file has beside its bytes, as the metadata of an object keeps it.

use std::{
    fs::Metadata,
    os::unix::fs::MetadataExt as _,
    time::{Duration, SystemTime},
};

/// Permissions, time and owner of a file; nothing of what is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The permission bits.
    pub mode: Option<u32>,
    /// When it was last written to.
    pub modified: Option<SystemTime>,
    /// The user.
    pub user: Option<u32>,
    /// The group.
    pub group: Option<u32>,
}

impl Attributes {
    /// Those of a file, by what the file system says of it.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            mode: Some(metadata.mode() & PERMISSIONS),
            modified: metadata.modified().ok(),
            user: Some(metadata.uid()),
            group: Some(metadata.gid()),
        }
    }

    /// The metadata that keeps them. The names and forms are those of s3fs, of which rclone reads
    /// the time.
    pub fn to_metadata(self) -> Vec<(String, String)> {
        let seconds = self.modified.and_then(seconds);
        let mode = self.mode.map(|mode| (REGULAR_FILE | mode).to_string());
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let entries = [
            ("mtime", seconds),
            ("mode", mode),
            ("uid", number(self.user)),
            ("gid", number(self.group)),
        ];
        let known = entries.into_iter();
        known
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }

    /// What the metadata of an object keeps, of which `get` gives the values: as s3fs and this
    /// program write it, as rclone does, or as s3cmd does. What makes no sense is not known.
    ///
    /// Source: s3fs-fuse, `metaheader.cpp`; rclone.org/s3 ("Modification times and hashes") and
    /// rclone.org/local ("Metadata"); s3cmd, `--preserve`.
    pub fn of_metadata<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let s3cmd = |name: &str| {
            let mut pairs = get("s3cmd-attrs")?.split('/');
            pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix(':'))
        };
        let number = |name: &str| get(name).or_else(|| s3cmd(name))?.parse().ok();
        Self {
            mode: get("mode").or_else(|| s3cmd("mode")).and_then(mode),
            modified: get("mtime").or_else(|| s3cmd("mtime")).and_then(time),
            user: number("uid"),
            group: number("gid"),
        }
    }
}

/// Seconds since 1970 and their fraction. What is older is not kept.
fn seconds(time: SystemTime) -> Option<String> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(format!("{}.{:09}", since.as_secs(), since.subsec_nanos()))
}

fn time(text: &str) -> Option<SystemTime> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if seconds.is_empty() || !digits(seconds) || !digits(fraction) {
        return None;
    }
    let nanos = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let since = Duration::new(seconds.parse().ok()?, nanos);
    SystemTime::UNIX_EPOCH.checked_add(since)
}

/// s3fs and s3cmd write the number of the system in decimal, rclone in octal. That of a regular
/// file has five digits in the one form and six in the other.
fn mode(text: &str) -> Option<u32> {
    let is_regular = |mode: &u32| mode & !PERMISSIONS & TYPE == REGULAR_FILE;
    let decimal = text.parse().ok().filter(is_regular);
    let decimal = decimal.filter(|mode| *mode < 2 * REGULAR_FILE && !text.starts_with('0'));
    let mode = decimal.or_else(|| u32::from_str_radix(text, 8).ok().filter(is_regular));
    mode.map(|mode| mode & PERMISSIONS)
}

/// Nothing of what makes a program run as somebody else comes from an object.
const PERMISSIONS: u32 = 0o777;
/// `S_IFMT`.
const TYPE: u32 = 0o170_000;
/// `S_IFREG`.
const REGULAR_FILE: u32 = 0o100_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(metadata: &[(&str, &'static str)]) -> Attributes {
        Attributes::of_metadata(|name| {
            let found = metadata.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| *value)
        })
    }

    fn at(seconds: u64, nanos: u32) -> Option<SystemTime> {
        Some(SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos))
    }

    #[test]
    fn what_is_kept_comes_back() {
        let attributes = Attributes {
            mode: Some(0o640),
            modified: at(1_499_727_909, 120_000_000),
            user: Some(501),
            group: Some(20),
        };
        let kept = attributes.to_metadata();
        let text: Vec<_> = kept.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let expected = [
            "mtime=1499727909.120000000",
            "mode=33184",
            "uid=501",
            "gid=20",
        ];
        assert_eq!(text, expected);
        let get = |name: &str| kept.iter().find(|(n, _)| n == name).map(|(_, v)| &**v);
        assert_eq!(Attributes::of_metadata(get), attributes);
        assert_eq!(Attributes::default().to_metadata(), []);
    }

    #[test]
    fn what_others_keep_is_read() {
        let s3cmd = "atime:1499727910/ctime:1499727909/gid:20/gname:staff/\
            md5:d41d8cd98f00b204e9800998ecf8427e/mode:33188/mtime:1499727909/uid:501/uname:me";
        let expected = Attributes {
            mode: Some(0o644),
            modified: at(1_499_727_909, 0),
            user: Some(501),
            group: Some(20),
        };
        assert_eq!(of(&[("s3cmd-attrs", s3cmd)]), expected);
        let s3fs = [
            ("mode", "33188"),
            ("mtime", "1499727909"),
            ("uid", "501"),
            ("gid", "20"),
        ];
        assert_eq!(of(&s3fs), expected);
        let rclone = [("mode", "100600"), ("mtime", "1499727909.123456789")];
        let found = of(&rclone);
        assert_eq!((found.mode, found.user), (Some(0o600), None));
        assert_eq!(found.modified, at(1_499_727_909, 123_456_789));
        assert_eq!(of(&[("mode", "0100755")]).mode, Some(0o755));
    }

    #[test]
    fn what_makes_no_sense_is_not_known() {
        for (name, value) in [
            ("mtime", "yesterday"),
            ("mtime", "-5"),
            ("mtime", ""),
            ("mtime", "1.x"),
            ("mtime", "99999999999999999999"),
            ("mode", "16877"),
            ("mode", "644"),
            ("mode", "+33188x"),
            ("uid", "root"),
            ("gid", "-1"),
            ("s3cmd-attrs", "mode/uid:/mtime:x"),
        ] {
            let nothing = Attributes::default();
            let entry = [(name, value)];
            assert_eq!(of(&entry), nothing, "{name} {value}");
        }
        // Bits that make programs run as their owner are not taken.
        assert_eq!(of(&[("mode", "35301")]).mode, Some(0o745));
    }
}
