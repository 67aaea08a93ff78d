//! What is in one directory, in the order of a walk.

use std::{
    ffi::OsString,
    fs::{self, DirEntry},
    io,
    os::unix::ffi::OsStringExt as _,
    path::Path,
};

use crate::local::{Directory, Links, Sorted, Sorter, order_key};

/// Something in a directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: OsString,
    pub(super) kind: Kind,
}

/// Whether there can be something below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    /// Only where links to directories are followed.
    DirectoryLink,
    /// Of any sort.
    Other,
}

/// The wanted entries of a directory. It was read completely, and is not open any more.
#[derive(Debug)]
pub(super) struct Entries {
    sorted: Sorted,
    /// Why there may be more entries than these.
    pub(super) broke_off: Option<io::Error>,
}

impl Entries {
    /// Reads a directory. `relative` is its path below the root, empty or with a slash at its end;
    /// `wanted` is asked for such paths too, those of directories have the slash.
    ///
    /// # Errors
    /// It cannot be opened, or its entries cannot be sorted.
    pub(super) fn read(
        directory: &Path,
        relative: &[u8],
        links: Links,
        wanted: impl Fn(&str) -> bool,
        mut sorter: Sorter,
    ) -> io::Result<Self> {
        let mut broke_off = None;
        let mut path = relative.to_vec();
        // A name that is not UTF-8 cannot be judged.
        let mut wanted = |key: &[u8]| {
            path.truncate(relative.len());
            path.extend_from_slice(key);
            str::from_utf8(&path).map_or(true, &wanted)
        };
        for entry in fs::read_dir(directory)? {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    broke_off = Some(error);
                    break;
                }
            };
            let Some(kind) = kind(&entry, links, &mut wanted) else {
                continue;
            };
            let key = order_key(entry.file_name().into_vec(), kind != Kind::Other);
            if wanted(&key) {
                let is_link = kind == Kind::DirectoryLink;
                sorter.push(&key, if is_link { LINK } else { &[] })?;
            }
        }
        Ok(Self {
            sorted: sorter.finish()?,
            broke_off,
        })
    }
}

impl Iterator for Entries {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.sorted.next()?;
        Some(record.map(|record| {
            let (mut name, is_link) = (record.key, record.value == LINK);
            let kind = match name.pop_if(|last| *last == b'/') {
                Some(_) if is_link => Kind::DirectoryLink,
                Some(_) => Kind::Directory,
                None => Kind::Other,
            };
            let name = OsString::from_vec(name);
            Entry { name, kind }
        }))
    }
}

/// Links are only looked at if something below them could be wanted. Whatever is wrong with an
/// entry is seen again when its turn comes; a link that cannot be looked at is taken for one to a
/// directory, so that it is not left out in silence if it can then.
fn kind(entry: &DirEntry, links: Links, wanted: &mut impl FnMut(&[u8]) -> bool) -> Option<Kind> {
    let Ok(file_type) = entry.file_type() else {
        return Some(Kind::Other);
    };
    let mut leads_to_directory = || {
        let key = order_key(entry.file_name().into_vec(), true);
        wanted(&key) && Directory::is_at(&entry.path()).unwrap_or(true)
    };
    match links {
        _ if file_type.is_dir() => Some(Kind::Directory),
        Links::Skip if file_type.is_symlink() => None,
        Links::Follow if file_type.is_symlink() && leads_to_directory() => {
            Some(Kind::DirectoryLink)
        }
        _ => Some(Kind::Other),
    }
}

/// What is kept of an entry beside its name: whether it is a link to a directory.
const LINK: &[u8] = b"link";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn read(directory: &Path, links: Links, sorter: Sorter) -> Vec<(String, Kind)> {
        let entries = Entries::read(directory, b"", links, |_| true, sorter).unwrap();
        assert!(entries.broke_off.is_none());
        entries
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.name.into_string().unwrap(), entry.kind))
            .collect()
    }

    #[test]
    fn many_entries_come_in_order_from_a_file() {
        let root = tempfile::tempdir().unwrap();
        let mut expected = Vec::new();
        for number in 0..500 {
            let (name, kind) = match number % 2 {
                0 => (format!("{}", number / 2), Kind::Other),
                _ => (format!("{}-", number / 2), Kind::Directory),
            };
            match kind {
                Kind::Directory => fs::create_dir(root.path().join(&name)).unwrap(),
                _ => fs::write(root.path().join(&name), "").unwrap(),
            }
            expected.push((name, kind));
        }
        let key = |(name, kind): &(String, Kind)| {
            order_key(name.clone().into_bytes(), *kind == Kind::Directory)
        };
        expected.sort_by_key(key);
        let tiny = Sorter::with_runs_of(100);
        assert_eq!(read(root.path(), Links::Files, tiny), expected);
    }

    #[test]
    fn what_a_link_is_depends_on_what_is_done_with_links() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::create_dir(path("d")).unwrap();
        fs::write(path("f"), "").unwrap();
        for target in ["d", "f", "nowhere"] {
            symlink(target, path(&format!("to-{target}"))).unwrap();
        }
        let kinds = |links| -> Vec<_> {
            let all = read(root.path(), links, Sorter::default());
            let links = all.into_iter().filter(|(name, _)| name.starts_with("to-"));
            links.map(|(_, kind)| kind).collect()
        };
        assert_eq!(kinds(Links::Files), [Kind::Other; 3]);
        let followed = [Kind::DirectoryLink, Kind::Other, Kind::Other];
        assert_eq!(kinds(Links::Follow), followed);
        assert_eq!(kinds(Links::Skip), []);
    }
}
