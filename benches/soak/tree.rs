//! The files, and whether the same is elsewhere.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::server::S3Server;

pub(crate) const BUCKET: &str = "bucket";
/// Below which the objects are.
pub(crate) const PREFIX: &str = "p/";

const IN_A_DIRECTORY: usize = 1_000;

/// Files whose contents are all different.
#[derive(Debug)]
pub(crate) struct Tree {
    root: PathBuf,
    objects: usize,
    /// How often they were changed.
    version: usize,
}

impl Tree {
    pub(crate) fn make(root: PathBuf, objects: usize) -> io::Result<Self> {
        let tree = Self {
            root,
            objects,
            version: 0,
        };
        for number in 0..objects {
            tree.write(number)?;
        }
        Ok(tree)
    }

    /// Every tenth file is another one, and of the others every tenth goes or comes back.
    pub(crate) fn change(&mut self) -> io::Result<()> {
        self.version += 1;
        for number in 0..self.objects {
            let (ten, within) = (number / 10, number % 10);
            let path = self.path(number);
            match within {
                0 => self.write(number)?,
                1 if ten % 2 == self.version % 2 && path.exists() => fs::remove_file(path)?,
                1 if !path.exists() => self.write(number)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn write(&self, number: usize) -> io::Result<()> {
        let path = self.path(number);
        if number % IN_A_DIRECTORY <= 1
            && let Some(directory) = path.parent()
        {
            fs::create_dir_all(directory)?;
        }
        let length = 20 + number % 300;
        let text = format!("{number} {}\n", self.version).repeat(length / 8);
        fs::write(path, text)
    }

    fn path(&self, number: usize) -> PathBuf {
        self.root.join(name(number))
    }
}

fn name(number: usize) -> String {
    format!("d{:04}/f{number:07}.dat", number / IN_A_DIRECTORY)
}

/// The keys, or the names, that are not the same in a directory and in the store.
pub(crate) fn differences(root: &Path, server: &S3Server) -> Vec<String> {
    let store = server.store();
    let mut keys: std::collections::HashSet<String> = store.keys(BUCKET).into_iter().collect();
    let mut different = Vec::new();
    let files = walkdir::WalkDir::new(root).into_iter();
    for entry in files.map(|entry| entry.expect("an entry")) {
        if entry.file_type().is_dir() {
            continue;
        }
        let relative = entry.path().strip_prefix(root).expect("a name");
        let key = format!("{PREFIX}{}", relative.display());
        let content = fs::read(entry.path()).expect("a content");
        if !keys.remove(&key) || store.body(BUCKET, &key) != content {
            different.push(key);
        }
    }
    different.extend(keys);
    different
}
