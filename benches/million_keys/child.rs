//! The program as a child process, and what it needed.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::{process, store};

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) success: bool,
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
    /// The most memory that it had at any time.
    pub(crate) peak_kib: u64,
    /// Lines of output that say `(synced)`, and others.
    pub(crate) synced: usize,
    pub(crate) other_lines: usize,
    pub(crate) errors: String,
}

/// Runs `dsync` of a tree, to its end.
pub(crate) fn run(
    program: &str,
    options: &[&str],
    tree: &Path,
    endpoint: &str,
    scratch: &Path,
) -> Measured {
    let started = Instant::now();
    let mut child = process::command(program, endpoint, scratch)
        .arg("dsync")
        .args(options)
        .args([tree.as_os_str(), store::TARGET.as_ref()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let output = child.stdout.take().expect("its output");
    let errors = child.stderr.take().expect("its errors");
    let counting = thread::spawn(move || count(output));
    let reading = thread::spawn(move || beginning(errors));

    let (peak_kib, cpu_seconds) = watch(child.id());
    let seconds = started.elapsed().as_secs_f64();
    let success = child.wait().expect("its end").success();
    let (synced, other_lines) = counting.join().expect("its lines");
    Measured {
        success,
        seconds,
        cpu_seconds,
        peak_kib,
        synced,
        other_lines,
        errors: reading.join().expect("its errors"),
    }
}

/// Watches a process to its end: the most memory in KiB, and the seconds of CPU. The kernel keeps
/// the maximum itself, but only for as long as there is memory, so it is asked for now and then.
/// The CPU time stays until somebody waits for the process.
fn watch(id: u32) -> (u64, f64) {
    let mut peak = 0;
    loop {
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
        let mut lines = status.lines();
        let state = lines.find_map(|line| line.strip_prefix("State:"));
        if state.is_some_and(|state| state.trim_start().starts_with('Z')) {
            return (peak, cpu_seconds(id));
        }
        peak = peak.max(process::kib(&status, "VmHWM:").unwrap_or(0));
        thread::sleep(Duration::from_millis(20));
    }
}

fn cpu_seconds(id: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).expect("its times");
    // The name, in parentheses, can have spaces. Behind it `utime` and `stime` are fields 12 and
    // 13, in hundredths of seconds.
    let (_, fields) = text.rsplit_once(')').expect("its name");
    let times = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = times.map(|field| field.parse().unwrap_or(0)).sum();
    ticks as f64 / 100.0
}

/// Reads lines to the end: how many say `(synced)`, and how many do not.
fn count(output: impl Read) -> (usize, usize) {
    let mut output = BufReader::with_capacity(1 << 16, output);
    let (mut synced, mut others) = (0, 0);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line).expect("its output") > 0 {
        match line.ends_with(b" (synced)\n") {
            true => synced += 1,
            false => others += 1,
        }
        line.clear();
    }
    (synced, others)
}

/// Reads everything, and gives the beginning.
fn beginning(mut errors: impl Read) -> String {
    let mut text = Vec::new();
    let _ = errors.by_ref().take(2_000).read_to_end(&mut text);
    let _ = std::io::copy(&mut errors, &mut std::io::sink());
    String::from_utf8_lossy(&text).into_owned()
}
