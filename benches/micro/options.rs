//! The command line.

use crate::benchmark::Benchmark;

/// What is to be done, and with which.
#[derive(Debug)]
pub(crate) struct Options<'a> {
    pub(crate) work: Work,
    pub(crate) chosen: Vec<&'a Benchmark>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    Time,
    List,
    /// So many iterations of each, for whoever counts what they do.
    Count(usize),
}

impl<'a> Options<'a> {
    pub(crate) fn read(
        mut words: impl Iterator<Item = String>,
        all: &'a [Benchmark],
    ) -> Result<Self, String> {
        let mut options = Self {
            work: Work::Time,
            chosen: Vec::new(),
        };
        while let Some(word) = words.next() {
            match &*word {
                // Cargo puts it in front.
                "--bench" => {}
                "--list" => options.work = Work::List,
                "--iterations" => {
                    let value = words.next().unwrap_or_default();
                    let iterations = value.parse();
                    let wrong = |_| format!("--iterations: what is \"{value}\"?");
                    options.work = Work::Count(iterations.map_err(wrong)?);
                }
                name => {
                    let named = all.iter().find(|benchmark| benchmark.name == name);
                    let unknown = || format!("what is {name}? --list tells the names");
                    options.chosen.push(named.ok_or_else(unknown)?);
                }
            }
        }
        if options.chosen.is_empty() {
            options.chosen.extend(all);
        }
        Ok(options)
    }
}
