//! The program as a child process, and what it needed.

use std::{
    fs,
    io::Read as _,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::process;

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Measured {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) seconds: f64,
    /// The most memory that it had at any time.
    pub(crate) peak_kib: u64,
    /// Memory and open files, one after the other.
    pub(crate) samples: Vec<Sample>,
    pub(crate) errors: String,
}

/// What a process had at one time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) kib: u64,
    pub(crate) files: u64,
}

impl Measured {
    pub(crate) fn most_files(&self) -> u64 {
        let files = self.samples.iter().map(|sample| sample.files);
        files.max().unwrap_or(0)
    }

    /// The middle one of a quarter of the run, counted from 0; `None` if it was too short to tell.
    pub(crate) fn median(&self, quarter: usize, of: fn(&Sample) -> u64) -> Option<u64> {
        let quarters = self.samples.len() / 4;
        if quarters < FEW {
            return None;
        }
        let samples = self.samples.iter().skip(quarter * quarters).take(quarters);
        let mut values: Vec<_> = samples.map(of).collect();
        values.sort_unstable();
        values.get(quarters / 2).copied()
    }
}

/// Runs the program to its end; `look` is called every now and then.
pub(crate) fn run(
    program: &str,
    arguments: &[String],
    endpoint: &str,
    scratch: &Path,
    mut look: impl FnMut(),
) -> Measured {
    let started = Instant::now();
    let mut child = process::command(program, endpoint, scratch)
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .expect("the program");
    let mut errors = child.stderr.take().expect("its errors");
    let reading = thread::spawn(move || {
        let mut text = Vec::new();
        let _ = errors.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    let (mut peak_kib, mut samples) = (0, Vec::new());
    let status = loop {
        if let Some(status) = child.try_wait().expect("its state") {
            break status;
        }
        if let Some((peak, sample)) = sample(child.id()) {
            peak_kib = peak_kib.max(peak);
            samples.push(sample);
        }
        look();
        thread::sleep(PAUSE);
    };
    let seconds = started.elapsed().as_secs_f64();
    look();
    Measured {
        code: status.code(),
        seconds,
        peak_kib,
        samples,
        errors: reading.join().expect("its errors"),
    }
}

/// The most memory so far, and what there is now. `None` once there is nothing any more.
fn sample(id: u32) -> Option<(u64, Sample)> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let files = fs::read_dir(format!("/proc/{id}/fd")).ok()?.count();
    let sample = Sample {
        kib: process::kib(&status, "VmRSS:")?,
        files: files as u64,
    };
    Some((process::kib(&status, "VmHWM:")?, sample))
}

const PAUSE: Duration = Duration::from_millis(100);
/// So many samples of a quarter are too few to say anything.
const FEW: usize = 10;
