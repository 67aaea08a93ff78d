//! The command line.

use std::path::PathBuf;

/// What is to be done.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) minutes: u64,
    pub(crate) objects: usize,
    /// In so many of a hundred requests.
    pub(crate) faults: f64,
    pub(crate) seed: u64,
    /// Where the files are made.
    pub(crate) scratch: PathBuf,
}

impl Options {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            minutes: 20,
            objects: 200_000,
            faults: 3.0,
            seed: fastrand::u64(..1_000_000),
            scratch: env!("CARGO_TARGET_TMPDIR").into(),
        };
        while let Some(name) = words.next() {
            // Cargo puts its own `--bench` in front.
            if name == "--bench" {
                continue;
            }
            let value = words.next().ok_or(format!("{name}: no value"))?;
            let wrong = |_| format!("{name}: what is {value}?");
            match &*name {
                "--minutes" => options.minutes = value.parse().map_err(wrong)?,
                "--objects" => options.objects = value.parse().map_err(wrong)?,
                "--seed" => options.seed = value.parse().map_err(wrong)?,
                "--scratch" => options.scratch = value.into(),
                "--faults" => {
                    options.faults = value.parse().map_err(|_| format!("what is {value}?"))?;
                }
                _ => return Err(format!("what is {name}?")),
            }
        }
        Ok(options)
    }
}
