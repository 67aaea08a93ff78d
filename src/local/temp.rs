use std::{
    ffi::{OsStr, OsString},
    fs::{File, Permissions},
    io,
    os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, fchown},
    sync::atomic::{AtomicBool, Ordering},
};

use rustix::{
    fs::{
        AtFlags, FallocateFlags, FlockOperation, OFlags, RenameFlags, fallocate, flock, linkat,
        renameat, renameat_with,
    },
    io::Errno,
};

use crate::{
    blocking,
    local::{
        Attributes, Directory,
        part_map::{self, Arrived, PartMap},
        temp_name,
        umask::umask,
    },
    s3::payload::FileIdentity,
};

/// A file that is being downloaded: beside its target, readable by nobody else, and removed when
/// dropped. The target is untouched until [`TempFile::persist`].
///
/// It is locked as long as it is open: one that is not is left from a run that was killed.
#[derive(Debug)]
pub struct TempFile {
    directory: Directory,
    name: OsString,
    target: OsString,
    file: File,
    map: Option<PartMap>,
    stays: AtomicBool,
}

/// What becomes of permissions that somebody else recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Those that the umask allows are set.
    Masked,
    /// All are set.
    Exact,
}

impl TempFile {
    /// Makes a temporary file for `target`, the name of a file in the directory.
    ///
    /// # Errors
    /// The directory cannot be written to.
    pub fn create(directory: &Directory, target: &OsStr) -> io::Result<Self> {
        let text = target.to_string_lossy();
        blocking::in_place(|| {
            for _ in 0..ATTEMPTS {
                let name = OsString::from(temp_name::make(&text));
                let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
                let file = match directory.open_file(&name, flags) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                    opened => opened?,
                };
                // From here on it is removed, whatever comes.
                let new = Self::new(directory, name, target, file);
                // Another run may have found it before it was locked, and removed it.
                if lock(&new.file) == Lock::Taken || new.file.metadata()?.nlink() == 0 {
                    continue;
                }
                return Ok(new);
            }
            Err(io::ErrorKind::AlreadyExists.into())
        })
    }

    fn new(directory: &Directory, name: OsString, target: &OsStr, file: File) -> Self {
        Self {
            directory: directory.clone(),
            name,
            target: target.to_owned(),
            file,
            map: None,
            stays: AtomicBool::new(false),
        }
    }

    /// As [`TempFile::create`], for an object that arrives in parts: what a killed run left of the
    /// same version is gone on with, and what arrives is noted for the next run. `version` says
    /// of what, and how it is cut, in one line.
    ///
    /// # Errors
    /// As [`TempFile::create`].
    pub fn resume(directory: &Directory, target: &OsStr, version: &str) -> io::Result<Self> {
        let text = target.to_string_lossy();
        blocking::in_place(|| {
            for name in left_of(directory, &text)? {
                let Some(file) = take_over(directory, &name) else {
                    continue;
                };
                let mut found = Self::new(directory, name, target, file);
                // What is of another version is removed here.
                if let Some(map) = PartMap::open(directory, &found.map_name(), version) {
                    found.map = Some(map);
                    return Ok(found);
                }
                part_map::remove(directory, &found.map_name());
            }
            let mut new = Self::create(directory, target)?;
            // Without a map it is an ordinary file.
            new.map = PartMap::create(directory, &new.map_name(), version).ok();
            Ok(new)
        })
    }

    /// The parts that an earlier run noted. What is in the file may be something else.
    pub fn arrived(&self) -> &[Arrived] {
        self.map.as_ref().map_or(&[], PartMap::arrived)
    }

    /// Whether it is to be noted what arrives.
    pub fn takes_notes(&self) -> bool {
        self.map.is_some()
    }

    /// Notes that a part is in the file.
    pub fn note(&self, part: Arrived) {
        if let Some(map) = &self.map {
            blocking::in_place(|| map.add(part));
        }
    }

    /// Leaves the file for a later run, if that can make use of it; gives whether.
    pub fn keep(&self) -> bool {
        let keeps = self.map.as_ref().is_some_and(PartMap::is_of_use);
        self.stays.store(keeps, Ordering::Relaxed);
        keeps
    }

    /// The open file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Sets so many bytes of the disk aside, where the file system can: what has no room fails before
    /// it is transferred, and what is written at many places at once takes less time (on ext4 half of
    /// the processor time) and lies together.
    ///
    /// # Errors
    /// There is no room.
    pub fn set_aside(&self, len: u64) -> io::Result<()> {
        let keeps_len = FallocateFlags::KEEP_SIZE;
        match blocking::for_long(|| fallocate(&self.file, keeps_len, 0, len)) {
            Err(full @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => Err(full.into()),
            _ => Ok(()),
        }
    }

    /// Writes at an offset; many may at once.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        blocking::in_place(|| self.file.write_all_at(bytes, offset))
    }

    /// Puts the file in the target's place, at once, with these attributes as far as the system
    /// allows, and never more permissions than `0777`. Gives the file as it is then.
    /// Without `replace` a target that is there is left alone, whoever put it there meanwhile.
    ///
    /// # Errors
    /// The target is a directory, or there and not to be replaced, or the file system refuses;
    /// the temporary file is removed.
    pub fn persist(
        self,
        mode: Mode,
        attributes: &Attributes,
        replace: bool,
    ) -> io::Result<FileIdentity> {
        blocking::in_place(|| {
            let wanted = attributes.mode.unwrap_or(0o666) & 0o777;
            let mode = match mode {
                Mode::Masked => wanted & !umask()?,
                Mode::Exact => wanted,
            };
            // Only the superuser can give files away, but a group may be one of the user's.
            if attributes.group.is_some() {
                let _ = fchown(&self.file, None, attributes.group);
            }
            if attributes.user.is_some() {
                let _ = fchown(&self.file, attributes.user, None);
            }
            self.file.set_permissions(Permissions::from_mode(mode))?;
            if let Some(modified) = attributes.modified {
                // A file system without such times has the right content all the same.
                let _ = self.file.set_modified(modified);
            }
            let directory = self.directory.handle();
            if replace {
                renameat(directory, &self.name, directory, &self.target)?;
                self.stays.store(true, Ordering::Relaxed);
            } else if self.rename_to_new()? {
                self.stays.store(true, Ordering::Relaxed);
            }
            if self.map.is_some() {
                part_map::remove(&self.directory, &self.map_name());
            }
            Ok(FileIdentity::of(&self.file.metadata()?))
        })
    }

    /// Gives whether the temporary name is gone.
    fn rename_to_new(&self) -> io::Result<bool> {
        let (directory, target) = (self.directory.handle(), &self.target);
        let flags = RenameFlags::NOREPLACE;
        match renameat_with(directory, &self.name, directory, target, flags) {
            // Not every file system knows it.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                linkat(directory, &self.name, directory, target, AtFlags::empty())?;
                Ok(false)
            }
            renamed => Ok(renamed.map(|()| true)?),
        }
    }

    fn map_name(&self) -> OsString {
        temp_name::of_map(&self.name.to_string_lossy()).into()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        if self.stays.load(Ordering::Relaxed) {
            return;
        }
        blocking::in_place(|| {
            let _ = self.directory.remove(&self.name);
            if self.map.is_some() {
                part_map::remove(&self.directory, &self.map_name());
            }
        });
    }
}

/// Removes what killed runs left in a directory: files that nobody has locked any more. With
/// `resumable` those stay that a later run could go on with.
///
/// What cannot be looked at, or is not this user's, stays.
pub fn remove_left(directory: &Directory, resumable: bool) {
    blocking::in_place(|| {
        let mut left = Vec::new();
        let seen = directory.names(|name| {
            if let Some((kind, _)) = temp_name::read(name) {
                left.push((kind, name.to_owned()));
            }
        });
        if seen.is_err() {
            return;
        }
        for (kind, name) in left {
            let text = name.to_string_lossy();
            if kind == temp_name::Kind::Map {
                if !exists(directory, temp_name::of_content(&text)) {
                    part_map::remove(directory, &name);
                }
                continue;
            }
            let map = OsString::from(temp_name::of_map(&text));
            if resumable && exists(directory, &map) {
                continue;
            }
            if let Some(_locked) = take_over(directory, &name) {
                part_map::remove(directory, &map);
                let _ = directory.remove(&name);
            }
        }
    });
}

/// Whether a name is one of a temporary file of this program.
pub fn is_temporary(name: &OsStr) -> bool {
    temp_name::read(name).is_some()
}

/// The names of the files that earlier runs left for a target.
fn left_of(directory: &Directory, target: &str) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    directory.names(|name| {
        let is_one = matches!(temp_name::read(name), Some((temp_name::Kind::Content, of))
            if temp_name::is_of(target, of));
        if is_one {
            names.push(name.to_owned());
        }
    })?;
    Ok(names)
}

/// Opens a file that a killed run left; `None` if it is in use, not this user's, or no such file.
fn take_over(directory: &Directory, name: &OsStr) -> Option<File> {
    let file = directory.open_file(name, OFlags::RDWR).ok()?;
    let metadata = file.metadata().ok()?;
    let is_ours = metadata.is_file() && metadata.uid() == rustix::process::geteuid().as_raw();
    (is_ours && lock(&file) == Lock::Got && file.metadata().ok()?.nlink() > 0).then_some(file)
}

fn exists(directory: &Directory, name: impl AsRef<OsStr>) -> bool {
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    rustix::fs::statat(directory.handle(), name.as_ref(), flags).is_ok()
}

#[derive(Debug, PartialEq, Eq)]
enum Lock {
    Got,
    Taken,
    /// The file system has no locks.
    Unknown,
}

fn lock(file: &File) -> Lock {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Lock::Got,
        Err(Errno::WOULDBLOCK) => Lock::Taken,
        Err(_) => Lock::Unknown,
    }
}

/// Names are random: twice the same is hardly chance.
const ATTEMPTS: u32 = 16;

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn create(target: &Path) -> io::Result<TempFile> {
        TempFile::create(&directory_of(target), target.file_name().unwrap())
    }

    fn directory_of(target: &Path) -> Directory {
        let parent = target.parent().unwrap();
        Directory::open(parent, parent).unwrap()
    }

    #[test]
    fn a_dropped_file_leaves_nothing_and_the_target_untouched() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("t");
        fs::write(&target, "old").unwrap();
        let temp = create(&target).unwrap();
        temp.write_at(b"new", 0).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
        drop(temp);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert_eq!(fs::read(&target).unwrap(), b"old");
    }

    #[test]
    fn room_is_set_aside_or_missed_before_anything_arrives() {
        let directory = tempfile::tempdir().unwrap();
        let temp = create(&directory.path().join("t")).unwrap();
        temp.set_aside(1 << 20).unwrap();
        let there = temp.file().metadata().unwrap();
        assert_eq!(there.len(), 0);
        if there.blocks() == 0 {
            // A file system that cannot.
            return;
        }
        let more_than_any_disk = temp.set_aside(1 << 62).unwrap_err();
        let kinds = [io::ErrorKind::StorageFull, io::ErrorKind::FileTooLarge];
        assert!(
            kinds.contains(&more_than_any_disk.kind()),
            "{more_than_any_disk}"
        );
        drop(temp);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn setuid_from_metadata_is_not_set() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("t");
        let attributes = Attributes {
            mode: Some(0o6777),
            ..Attributes::default()
        };
        for (mode, expected) in [
            (Mode::Masked, 0o777 & !umask().unwrap()),
            (Mode::Exact, 0o777),
        ] {
            let temp = create(&target).unwrap();
            temp.persist(mode, &attributes, true).unwrap();
            let mode = fs::metadata(&target).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, expected);
        }
    }

    #[test]
    fn a_target_that_came_meanwhile_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("t");
        let temp = create(&target).unwrap();
        fs::write(&target, "theirs").unwrap();
        let error = temp
            .persist(Mode::Masked, &Attributes::default(), false)
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&target).unwrap(), b"theirs");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn long_names_still_fit() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("é".repeat(127));
        create(&target)
            .unwrap()
            .persist(Mode::Masked, &Attributes::default(), true)
            .unwrap();
        assert!(target.exists());
    }

    #[test]
    fn a_directory_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("d");
        fs::create_dir(&target).unwrap();
        assert!(
            create(&target)
                .unwrap()
                .persist(Mode::Masked, &Attributes::default(), true)
                .is_err()
        );
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    /// What is left when a run is killed: the file is closed, nothing else.
    fn killed(temp: TempFile) -> OsString {
        temp.stays.store(true, Ordering::Relaxed);
        temp.name.clone()
    }

    fn names(directory: &Path) -> Vec<OsString> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn only_what_a_killed_run_left_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("t");
        let dead = killed(create(&target).unwrap());
        let alive = create(&target).unwrap();
        let foreign = ["t-abcdefghijklmno.tmp", "other.map"].map(OsString::from);
        for name in &foreign {
            fs::write(directory.path().join(name), "mine").unwrap();
        }
        remove_left(&directory_of(&target), false);
        let left = names(directory.path());
        assert!(!left.contains(&dead));
        assert!(left.contains(&alive.name));
        assert!(foreign.iter().all(|name| left.contains(name)));
        drop(alive);
        assert_eq!(names(directory.path()).len(), 2);
    }

    #[test]
    fn a_link_with_such_a_name_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("t");
        fs::write(directory.path().join("precious"), "mine").unwrap();
        let name = directory.path().join(temp_name::make("t"));
        std::os::unix::fs::symlink(directory.path().join("precious"), &name).unwrap();
        remove_left(&directory_of(&target), false);
        assert_eq!(
            fs::read(directory.path().join("precious")).unwrap(),
            b"mine"
        );
    }

    #[test]
    fn what_a_killed_run_got_is_gone_on_with_only_for_the_same_version() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("t");
        let at = directory_of(&target);
        let resume = |version: &str| TempFile::resume(&at, OsStr::new("t"), version).unwrap();
        let part = Arrived {
            index: 3,
            md5: [7; 16],
        };
        let first = resume("v1");
        assert!(!first.keep(), "there is nothing to keep");
        first.note(part);
        first.write_at(b"abc", 0).unwrap();
        assert!(first.keep());
        drop(first);
        remove_left(&at, true);
        let second = resume("v1");
        assert_eq!(second.arrived(), [part]);
        // The one that goes on with it has it for itself.
        assert!(resume("v1").arrived().is_empty());
        second.keep();
        drop(second);
        assert!(resume("v2").arrived().is_empty());
        assert_eq!(
            names(directory.path()).len(),
            0,
            "the other version is gone"
        );
    }

    #[test]
    fn what_was_kept_is_removed_by_a_run_that_does_not_resume() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("t");
        let at = directory_of(&target);
        let temp = TempFile::resume(&at, OsStr::new("t"), "v").unwrap();
        temp.note(Arrived {
            index: 0,
            md5: [0; 16],
        });
        temp.keep();
        drop(temp);
        assert_eq!(names(directory.path()).len(), 2);
        remove_left(&at, false);
        assert_eq!(names(directory.path()).len(), 0);
    }

    #[test]
    fn a_map_goes_with_its_file() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("t");
        let temp = TempFile::resume(&directory_of(&target), OsStr::new("t"), "v").unwrap();
        temp.note(Arrived {
            index: 0,
            md5: [0; 16],
        });
        temp.persist(Mode::Masked, &Attributes::default(), false)
            .unwrap();
        assert_eq!(names(directory.path()), ["t"]);
    }
}
