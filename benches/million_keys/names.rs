//! The names of the files and of the objects, as formulas.

use std::{fs, io, path::Path};

/// A thousand directories of a thousand files: more would not be in the order of their numbers.
pub(crate) const MOST: usize = 1_000_000;

const IN_A_DIRECTORY: usize = 1_000;

/// Which names there are in the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    /// How many are those of the files.
    pub(crate) files: usize,
    /// How many are others, one after every ten files: none, or a tenth of the files.
    pub(crate) extra: usize,
}

impl Names {
    /// How many names there are.
    pub(crate) fn len(self) -> usize {
        self.files + self.extra
    }

    /// The name at a position; they are in the order of keys.
    pub(crate) fn at(self, position: usize) -> String {
        if self.extra == 0 {
            return file(position);
        }
        let (ten, within) = (position / 11, position % 11);
        match within {
            10 => file(ten * 10 + 9) + ".old",
            _ => file(ten * 10 + within),
        }
    }
}

fn file(number: usize) -> String {
    format!("d{:03}/f{number:06}.dat", number / IN_A_DIRECTORY)
}

/// Makes the files below a directory that does not exist yet.
pub(crate) fn make_files(count: usize, root: &Path) -> io::Result<()> {
    let mut first = root.to_owned();
    for number in 0..count {
        let path = root.join(file(number));
        if number % IN_A_DIRECTORY == 0 {
            fs::create_dir_all(path.parent().unwrap_or(root))?;
            fs::write(&path, b"")?;
            first = path;
        } else {
            // Faster than another file, and as good: it is looked at by its name.
            fs::hard_link(&first, &path)?;
        }
    }
    Ok(())
}
