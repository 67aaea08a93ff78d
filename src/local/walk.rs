use std::{
    fs::{self, Metadata},
    io,
    os::unix::{ffi::OsStringExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;

use crate::{
    blocking,
    local::{
        Sorter,
        entries::{Entries, Entry, Kind},
        is_missing, is_temporary, order_key,
    },
    plan::rules::Rules,
    s3::payload::FileIdentity,
};

/// One thing that a walk came across.
#[derive(Debug)]
pub enum Found {
    /// A file to transfer.
    File(LocalFile),
    /// Something that should be transferred and cannot be.
    Problem {
        /// Where.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// A regular file below the root of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its path from the root: the end of its key.
    pub relative: String,
    /// Bytes, at the time of the walk.
    pub len: u64,
    /// When it was last written to. `None` if no calendar has that time.
    pub modified: Option<Timestamp>,
    /// What it was at the time of the walk, to see whether it is still the same.
    pub identity: FileIdentity,
}

impl LocalFile {
    /// Looks at one path, following links. `None` if there is no regular file.
    ///
    /// # Errors
    /// It cannot be looked at: there may be one.
    pub fn at(path: PathBuf, relative: &str) -> io::Result<Option<Self>> {
        let metadata = match blocking::in_place(|| fs::metadata(&path)) {
            Err(error) if is_missing(&error) => return Ok(None),
            looked => looked?,
        };
        let relative = relative.to_owned();
        let is_file = metadata.is_file();
        Ok(is_file.then(|| Self::new(path, relative, &metadata)))
    }

    fn new(path: PathBuf, relative: String, metadata: &Metadata) -> Self {
        Self {
            path,
            relative,
            len: metadata.len(),
            modified: modified(metadata),
            identity: FileIdentity::of(metadata),
        }
    }
}

/// What a walk does with symbolic links. The root itself may always be one, because the user
/// named it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Links {
    /// Compat: those to files are followed, those to directories are left out.
    #[default]
    Files,
    /// All are followed. One that leads back to a directory that it is in is a problem.
    Follow,
    /// All are left out.
    Skip,
}

/// What a walk gives.
#[derive(Debug, Clone, Default)]
pub struct WalkOptions {
    /// What is done with symbolic links.
    pub links: Links,
    /// Which names are wanted. Of others not even problems are told, and directories that can
    /// have none that are wanted are not opened.
    pub rules: Arc<Rules>,
}

/// Walks a tree and gives its files in the byte order of their relative names. It blocks, and is
/// lazy: no directory is read before it is asked for. Its memory does not grow with the number of
/// files.
///
/// Compat: empty directories are left out. Differs: what cannot be read (broken links, devices,
/// directories without permission, names that are not UTF-8) is reported and the rest goes on.
pub fn walk(root: &Path, options: WalkOptions) -> impl Iterator<Item = Found> + use<> {
    let WalkOptions { links, rules } = options;
    Walk::new(root, links, move |name| match name.ends_with('/') {
        true => rules.may_admit_below(name),
        false => rules.admits(name),
    })
}

/// A walk that asks `wanted` for paths below the root; those of directories end in a slash.
struct Walk<W> {
    /// Until it is opened.
    root: Option<PathBuf>,
    links: Links,
    wanted: W,
    /// The directories on the way from the root to here.
    levels: Vec<Level>,
}

/// A directory, of which the entries are left that were not dealt with.
struct Level {
    path: PathBuf,
    /// From the root, empty or with a slash at its end.
    relative: Vec<u8>,
    /// Only where links to directories are followed.
    identity: Option<(u64, u64)>,
    entries: Entries,
}

impl<W: Fn(&str) -> bool> Iterator for Walk<W> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        if let Some(root) = self.root.take()
            && let Err(reason) = self.enter(&root, Vec::new(), Kind::Directory)
        {
            return Some(problem(root, reason));
        }
        loop {
            let level = self.levels.last_mut()?;
            if let Some(error) = level.entries.broke_off.take() {
                return Some(problem(level.path.clone(), error));
            }
            let found = match level.entries.next() {
                Some(Ok(entry)) => self.look_at(entry),
                // No more comes after an error.
                Some(Err(error)) => Some(problem(level.path.clone(), error)),
                None => {
                    self.levels.pop();
                    None
                }
            };
            if found.is_some() {
                return found;
            }
        }
    }
}

impl<W: Fn(&str) -> bool> Walk<W> {
    fn new(root: &Path, links: Links, wanted: W) -> Self {
        Self {
            root: Some(root.to_owned()),
            links,
            wanted,
            levels: Vec::new(),
        }
    }

    /// Goes into a directory, or gives what else it is.
    fn look_at(&mut self, entry: Entry) -> Option<Found> {
        let level = self.levels.last()?;
        let Entry { name, kind } = entry;
        if is_temporary(&name) {
            // Of another run of this program, or left by one.
            return None;
        }
        let path = level.path.join(&name);
        let key = order_key(name.into_vec(), kind != Kind::Other);
        let relative = [&*level.relative, &key].concat();
        match kind {
            Kind::Other => found(path, relative, self.links),
            Kind::Directory | Kind::DirectoryLink => {
                let entered = self.enter(&path, relative, kind);
                entered.err().map(|reason| problem(path, reason))
            }
        }
    }

    fn enter(&mut self, path: &Path, relative: Vec<u8>, kind: Kind) -> Result<(), String> {
        let text = |error: io::Error| error.to_string();
        let identity = match self.links {
            Links::Follow => Some(directory_identity(path).map_err(text)?),
            Links::Files | Links::Skip => None,
        };
        // Only links can lead back. Other directories are not compared, because some file systems
        // give a number twice.
        if kind == Kind::DirectoryLink && self.levels.iter().any(|level| level.identity == identity)
        {
            return Err("the link leads back to a directory that it is in".to_owned());
        }
        let sorter = Sorter::default();
        let entries = Entries::read(path, &relative, self.links, &self.wanted, sorter);
        self.levels.push(Level {
            path: path.to_owned(),
            relative,
            identity,
            entries: entries.map_err(text)?,
        });
        Ok(())
    }
}

fn directory_identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

/// What an entry is that was no directory when its directory was read.
fn found(path: PathBuf, relative: Vec<u8>, links: Links) -> Option<Found> {
    let metadata = match metadata(&path, links) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
            return Some(problem(path, "the link leads nowhere"));
        }
        Err(error) => return Some(problem(path, error)),
    };
    if metadata.is_dir() && !path.is_symlink() {
        return Some(problem(path, "it became a directory while it was read"));
    }
    if metadata.is_dir() || metadata.is_symlink() {
        return None;
    }
    if !metadata.is_file() {
        return Some(problem(path, "not a regular file"));
    }
    Some(match String::from_utf8(relative) {
        Ok(relative) => Found::File(LocalFile::new(path, relative, &metadata)),
        Err(_) => problem(path, "the name is not UTF-8, which keys must be"),
    })
}

fn metadata(path: &Path, links: Links) -> io::Result<Metadata> {
    match links {
        // It may have become a link meanwhile.
        Links::Skip => fs::symlink_metadata(path),
        Links::Files | Links::Follow => fs::metadata(path),
    }
}

fn modified(metadata: &Metadata) -> Option<Timestamp> {
    let nanosecond = i32::try_from(metadata.mtime_nsec()).ok()?;
    Timestamp::new(metadata.mtime(), nanosecond).ok()
}

fn problem(path: PathBuf, reason: impl ToString) -> Found {
    Found::Problem {
        path,
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::RefCell,
        collections::BTreeSet,
        ffi::OsStr,
        fs::File,
        os::unix::{ffi::OsStrExt as _, fs::symlink},
        process::Command,
        time::{Duration, SystemTime},
    };

    use proptest::{collection::btree_set, prelude::*};

    use super::*;

    /// Makes an empty file with all directories on the way to it.
    fn make(root: &Path, name: &str) -> io::Result<()> {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap())?;
        File::create_new(path).map(drop)
    }

    fn tree(names: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for name in names {
            make(root.path(), name).unwrap();
        }
        root
    }

    /// Of files the relative names, of problems the last names and the reasons.
    fn told(found: impl Iterator<Item = Found>) -> Vec<String> {
        let told = found.map(|found| match found {
            Found::File(file) => file.relative,
            Found::Problem { path, reason } => {
                format!("{}: {reason}", path.file_name().unwrap().display())
            }
        });
        told.collect()
    }

    fn with_links(root: &Path, links: Links) -> Vec<String> {
        let rules = Arc::default();
        told(walk(root, WalkOptions { links, rules }))
    }

    #[test]
    fn files_come_in_key_order() {
        let root = tempfile::tempdir().unwrap();
        let names = ["a-b", "a.txt", "a/x", "a/y/z", "a0", "é", ".hidden"];
        for name in names {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        let mut expected = names.map(str::to_owned).to_vec();
        expected.sort();
        let walked: Vec<String> = walk(root.path(), WalkOptions::default())
            .map(|found| match found {
                Found::File(file) => file.relative,
                Found::Problem { path, reason } => panic!("{}: {reason}", path.display()),
            })
            .collect();
        assert_eq!(walked, expected);
    }

    #[test]
    fn what_cannot_be_sent_is_reported_and_the_rest_goes_on() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::write(path("good"), "x").unwrap();
        symlink("good", path("link")).unwrap();
        symlink("nowhere", path("broken")).unwrap();
        fs::create_dir(path("dir")).unwrap();
        symlink("dir", path("dirlink")).unwrap();
        fs::write(root.path().join(OsStr::from_bytes(b"bad\xff")), "x").unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        let (mut files, mut problems) = (Vec::new(), Vec::new());
        for found in walk(root.path(), WalkOptions::default()) {
            match found {
                Found::File(file) => files.push(file.relative),
                Found::Problem { reason, .. } => problems.push(reason),
            }
        }
        assert_eq!(files, ["good", "link"]);
        problems.sort();
        assert_eq!(problems.len(), 3);
        assert!(problems[0].contains("not a regular file"), "{problems:?}");
        assert!(problems[1].contains("leads nowhere"), "{problems:?}");
        assert!(problems[2].contains("not UTF-8"), "{problems:?}");
    }

    #[test]
    fn a_root_that_is_missing_is_a_problem() {
        let found: Vec<_> = walk(Path::new("/nonexistent-root"), WalkOptions::default()).collect();
        assert!(matches!(&*found, [Found::Problem { .. }]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_file_comes_once_and_in_the_order_of_keys(
            names in btree_set("[ab!é-]{1,2}(/(a|a[!.0-]|[.]a|0)){0,3}", 0..30),
        ) {
            let root = tempfile::tempdir().unwrap();
            // Some are in the way of others.
            let made = names.into_iter().filter(|name| make(root.path(), name).is_ok());
            let sorted: Vec<_> = made.collect();
            prop_assert_eq!(with_links(root.path(), Links::default()), sorted);
        }
    }

    #[test]
    fn what_is_not_wanted_is_not_opened_and_is_no_problem() {
        let root = tree(&["a", "dir/b", "dir/no", "no/c", "z/no/d"]);
        let path = |name: &str| root.path().join(name);
        for pipe in ["no/pipe", "dir/no-pipe"] {
            let made = Command::new("mkfifo").arg(path(pipe)).status().unwrap();
            assert!(made.success());
        }
        symlink("nowhere", path("no-link")).unwrap();
        symlink("no", path("to-no")).unwrap();
        let bad = OsStr::from_bytes(b"no-\xff");
        fs::write(root.path().join(bad), "").unwrap();
        for links in [Links::Files, Links::Follow] {
            let asked = RefCell::new(BTreeSet::new());
            let wanted = |name: &str| {
                asked.borrow_mut().insert(name.to_owned());
                !name.contains("no")
            };
            let walked = told(Walk::new(root.path(), links, wanted));
            let problem = "no-\u{fffd}: the name is not UTF-8, which keys must be";
            assert_eq!(walked, ["a", "dir/b", problem]);
            let asked = asked.into_inner();
            assert!(asked.contains("no/") && asked.contains("z/no/"));
            assert!(
                !asked
                    .iter()
                    .any(|name| name.contains("no/") && !name.ends_with('/'))
            );
        }
    }

    #[test]
    fn links_are_followed_in_the_order_of_what_they_lead_to() {
        let outside = tree(&["x", "y/z"]);
        let root = tree(&["a-b", "a0", "d/f"]);
        symlink(outside.path(), root.path().join("a")).unwrap();
        symlink("a0", root.path().join("l")).unwrap();
        let followed = with_links(root.path(), Links::Follow);
        assert_eq!(followed, ["a-b", "a/x", "a/y/z", "a0", "d/f", "l"]);
        let files = with_links(root.path(), Links::Files);
        assert_eq!(files, ["a-b", "a0", "d/f", "l"]);
        let skipped = with_links(root.path(), Links::Skip);
        assert_eq!(skipped, ["a-b", "a0", "d/f"]);
    }

    #[test]
    fn links_that_lead_back_are_problems_and_others_are_not() {
        let root = tree(&["d/e/f", "other/g"]);
        let path = |name: &str| root.path().join(name);
        symlink(root.path(), path("d/e/to-root")).unwrap();
        symlink("..", path("d/e/to-d")).unwrap();
        symlink(".", path("d/e/to-e")).unwrap();
        symlink("../../other", path("d/e/to-other")).unwrap();
        symlink("itself", path("itself")).unwrap();
        let back = |name: &str| format!("{name}: the link leads back to a directory that it is in");
        let mut told = with_links(root.path(), Links::Follow);
        let itself = told.remove(5);
        assert!(itself.starts_with("itself: "), "{itself}");
        let expected = [
            "d/e/f",
            &back("to-d"),
            &back("to-e"),
            "d/e/to-other/g",
            &back("to-root"),
            "other/g",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_root_that_is_a_link_is_followed() {
        let root = tree(&["d/f"]);
        let link = root.path().join("link");
        symlink("d", &link).unwrap();
        for links in [Links::Files, Links::Follow, Links::Skip] {
            assert_eq!(with_links(&link, links), ["f"]);
        }
    }

    #[test]
    fn a_root_that_is_a_file_is_a_problem() {
        let root = tree(&["f"]);
        let told = with_links(&root.path().join("f"), Links::default());
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("f: Not a directory"), "{told:?}");
    }

    #[test]
    fn nothing_is_read_before_it_is_asked_for() {
        let root = tree(&["a", "b/c", "d/e", "f"]);
        let mut found = walk(root.path(), WalkOptions::default());
        make(root.path(), "a0").unwrap();
        assert_eq!(told(found.by_ref().take(2)), ["a", "a0"]);
        make(root.path(), "b/d").unwrap();
        fs::remove_dir_all(root.path().join("d")).unwrap();
        let rest = told(found);
        assert_eq!([&rest[0], &rest[1], &rest[3]], ["b/c", "b/d", "f"]);
        assert!(rest[2].starts_with("d: No such file"), "{rest:?}");
    }

    #[test]
    fn a_directory_that_breaks_off_is_told_and_the_rest_goes_on() {
        let root = tree(&["a", "b/c", "d"]);
        let mut walk = Walk::new(root.path(), Links::default(), |_| true);
        assert_eq!(told(walk.by_ref().take(1)), ["a"]);
        let name = root.path().file_name().unwrap().display();
        let error = io::Error::other("it broke");
        walk.levels.last_mut().unwrap().entries.broke_off = Some(error);
        assert_eq!(
            told(walk),
            [format!("{name}: it broke"), "b/c".into(), "d".into()]
        );
    }

    #[test]
    fn times_and_identities_are_those_of_the_file() {
        let root = tree(&["new", "old"]);
        let path = |name: &str| root.path().join(name);
        let (new, old) = (Duration::new(7, 123_456_789), Duration::from_millis(1500));
        for (name, time) in [
            ("new", SystemTime::UNIX_EPOCH + new),
            ("old", SystemTime::UNIX_EPOCH - old),
        ] {
            let file = File::options().write(true).open(path(name)).unwrap();
            file.set_modified(time).unwrap();
        }
        let files = walk(root.path(), WalkOptions::default()).map(|found| match found {
            Found::File(file) => file,
            Found::Problem { reason, .. } => panic!("{reason}"),
        });
        let times = files.map(|file| {
            let metadata = fs::metadata(&file.path).unwrap();
            assert_eq!(file.identity, FileIdentity::of(&metadata));
            file.modified.unwrap().as_nanosecond()
        });
        assert_eq!(times.collect::<Vec<_>>(), [7_123_456_789, -1_500_000_000]);
    }
}
