use std::{
    collections::HashSet,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::Path,
};

/// What is done about an object whose name differs only by case from that of a file, or of another
/// object that is downloaded: on file systems that do not tell them apart the one replaces the
/// other.
///
/// Source: <https://docs.aws.amazon.com/cli/latest/topic/s3-case-insensitivity.html>.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CaseConflict {
    /// The run ends with an error.
    Error,
    /// A warning, and it is downloaded.
    Warn,
    /// A warning, and it is not downloaded.
    Skip,
    /// It is downloaded.
    #[default]
    Ignore,
}

/// The names of the files that a run writes, without their case.
///
/// They are kept as hashes of eight bytes, and only if conflicts matter: this is the one thing
/// that grows with the number of names. Two of a million names have the same hash by accident
/// with a probability of 1 to 30 million.
#[derive(Debug)]
pub(super) struct CaseNames {
    rule: CaseConflict,
    taken: HashSet<u64>,
    is_other_file: fn(&Path) -> bool,
}

impl CaseNames {
    pub(super) fn new(rule: CaseConflict) -> Self {
        Self {
            rule,
            taken: HashSet::new(),
            is_other_file,
        }
    }

    /// What to do about writing `target`, whose name below the root of the run is `name`, if it is
    /// in conflict with another one. From now on the name is taken.
    pub(super) fn conflict(&mut self, name: &str, target: &Path) -> Option<CaseConflict> {
        if self.rule == CaseConflict::Ignore {
            return None;
        }
        let is_new = self.taken.insert(without_case(name));
        (!is_new || (self.is_other_file)(target)).then_some(self.rule)
    }
}

/// What names have in common that differ only by case.
pub(super) fn without_case(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.to_lowercase().hash(&mut hasher);
    hasher.finish()
}

/// Whether a file is there, but under a name of another case. Only on file systems that do not
/// tell names apart by their case is the directory read to find out.
fn is_other_file(target: &Path) -> bool {
    let (Some(name), Some(directory)) = (target.file_name(), target.parent()) else {
        return false;
    };
    if !ignores_case(target) {
        return false;
    }
    let directory = match directory.as_os_str().as_bytes() {
        b"" => Path::new("."),
        _ => directory,
    };
    let names = fs::read_dir(directory).into_iter().flatten().flatten();
    !names
        .map(|entry| entry.file_name())
        .any(|other| other == name)
}

/// Whether a file that is there is also there under a name of another case, or may be, as far as
/// that can be seen.
pub(super) fn ignores_case(file: &Path) -> bool {
    let inode = |path: &Path| match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some((metadata.dev(), metadata.ino()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let swapped: String = name.chars().map(swap_case).collect();
    if *name == *swapped {
        return false;
    }
    match (inode(file), inode(&file.with_file_name(swapped))) {
        (Ok(there), Ok(other)) => there.is_some() && there == other,
        (Ok(None), _) | (_, Ok(None)) => false,
        _ => true,
    }
}

fn swap_case(character: char) -> char {
    match character.is_ascii_lowercase() {
        true => character.to_ascii_uppercase(),
        false => character.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_by_case_are_in_conflict_once_one_is_taken() {
        let conflict =
            |names: &mut CaseNames, name: &str| names.conflict(name, Path::new("/no/where"));
        let mut names = CaseNames::new(CaseConflict::Skip);
        assert_eq!(conflict(&mut names, "a/É.txt"), None);
        assert_eq!(conflict(&mut names, "a/e.txt"), None);
        assert_eq!(conflict(&mut names, "A/é.TXT"), Some(CaseConflict::Skip));
        let mut ignored = CaseNames::new(CaseConflict::Ignore);
        assert_eq!(conflict(&mut ignored, "a"), None);
        assert_eq!(conflict(&mut ignored, "A"), None);
        assert!(ignored.taken.is_empty());
    }

    #[test]
    fn a_file_that_is_there_under_another_name_is_in_conflict() {
        let mut names = CaseNames {
            is_other_file: |target| target.ends_with("Readme"),
            ..CaseNames::new(CaseConflict::Error)
        };
        let conflict = names.conflict("Readme", Path::new("d/Readme"));
        assert_eq!(conflict, Some(CaseConflict::Error));
        assert_eq!(names.conflict("other", Path::new("d/other")), None);
    }

    #[test]
    fn a_hard_link_of_another_case_is_no_conflict_where_case_matters() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name| directory.path().join(name);
        fs::write(path("readme"), "").unwrap();
        assert!(!is_other_file(&path("README")), "there is no such file");
        fs::hard_link(path("readme"), path("README")).unwrap();
        assert!(!is_other_file(&path("README")));
    }
}
