//! The line that tells people how far the work is.

use std::time::{Duration, Instant};

/// Compat: the line of the original, `[7 task(s) completed, 3 remaining, 8 thread(s)]`. A task is
/// a file, an object or a key to be deleted.
#[derive(Debug)]
pub(super) struct Progress {
    threads: usize,
    planned: u64,
    completed: u64,
    /// Characters on the screen that are to be taken away before anything else is written.
    shown: usize,
    drawn: Option<Instant>,
}

impl Progress {
    pub(super) fn new(threads: usize) -> Self {
        Self {
            threads,
            planned: 0,
            completed: 0,
            shown: 0,
            drawn: None,
        }
    }

    pub(super) fn plan(&mut self) {
        self.planned += 1;
    }

    pub(super) fn complete(&mut self) {
        self.completed += 1;
    }

    /// Whether what is on the screen is so old that it should be drawn again.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.drawn
            .is_none_or(|drawn| now.duration_since(drawn) >= INTERVAL)
    }

    /// What draws it in the place of what is there.
    pub(super) fn draw(&mut self, now: Instant) -> String {
        let erased = self.erase();
        let (completed, threads) = (self.completed, self.threads);
        let remaining = self.planned.saturating_sub(completed);
        let text =
            format!("[{completed} task(s) completed, {remaining} remaining, {threads} thread(s)]");
        self.shown = text.len();
        self.drawn = Some(now);
        erased + &text + "\r"
    }

    /// What takes it away.
    pub(super) fn erase(&mut self) -> String {
        match std::mem::take(&mut self.shown) {
            0 => String::new(),
            shown => " ".repeat(shown) + "\r",
        }
    }
}

/// Source: guessed; more often is only work for the terminal.
const INTERVAL: Duration = Duration::from_millis(100);
