//! How far the work is, for people who wait.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    command::{bars::Bars, layout::human, record::Record},
    transfer::{Ended, Meter},
};

/// Who is told how far the work is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Show {
    /// People, if both streams are terminals.
    #[default]
    Auto,
    /// Whoever reads the lines of stderr.
    Plain,
    /// Nobody.
    Never,
}

/// What is counted. A task is a file, an object or a key to be deleted.
#[derive(Debug)]
pub(super) struct Progress {
    threads: usize,
    planned: u64,
    completed: u64,
    /// Bytes of tasks that are over.
    moved: u64,
    /// Bytes of those and of tasks that are under way.
    known: u64,
    running: Vec<Running>,
    pace: Pace,
    /// On the terminal; without, there are lines.
    bars: Option<Bars>,
}

/// A task under way.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) name: String,
    pub(super) meter: Meter,
}

impl Progress {
    pub(super) fn new(threads: usize, bars: Option<Bars>) -> Self {
        Self {
            threads,
            planned: 0,
            completed: 0,
            moved: 0,
            known: 0,
            running: Vec::new(),
            pace: Pace::new(Instant::now()),
            bars,
        }
    }

    pub(super) fn plan(&mut self) {
        self.planned += 1;
    }

    pub(super) fn complete(&mut self) {
        self.completed += 1;
    }

    pub(super) fn begin(&mut self, name: String, meter: &Meter) {
        let meter = meter.clone();
        self.running.push(Running { name, meter });
    }

    pub(super) fn end(&mut self, meter: &Meter, ended: Ended) {
        self.running.retain(|running| !running.meter.is_of(meter));
        let moved = match ended {
            // What a server copies is moved when it is done.
            Ended::Done => meter.total().max(meter.done()),
            Ended::Synced | Ended::Skipped | Ended::Failed => meter.done(),
        };
        self.moved += moved;
        self.known += moved;
    }

    /// Draws it anew, if it is on a terminal.
    pub(super) fn draw(&mut self, now: Instant) {
        let text = self.state(now).text();
        if let Some(bars) = &mut self.bars {
            bars.draw(&self.running, &text);
        }
    }

    /// Does something to the terminal without the bars.
    pub(super) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }

    /// How far it is.
    pub(super) fn state(&mut self, now: Instant) -> State {
        let meters = || self.running.iter().map(|running| &running.meter);
        let moved = self.moved + meters().map(Meter::done).sum::<u64>();
        let more = meters().map(|meter| meter.total().max(meter.done()));
        State {
            completed: self.completed,
            remaining: self.planned.saturating_sub(self.completed),
            threads: self.threads,
            moved,
            known: self.known + more.sum::<u64>(),
            rate: self.pace.rate(now, moved),
        }
    }
}

/// How far the work is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    completed: u64,
    remaining: u64,
    threads: usize,
    /// Bytes that were moved.
    moved: u64,
    /// Bytes that are there to be moved, as far as that is known.
    known: u64,
    /// Bytes in a second.
    rate: u64,
}

impl State {
    /// Seconds until what is known is moved.
    fn left(&self) -> Option<u64> {
        (self.rate > 0).then(|| (self.known - self.moved.min(self.known)).div_ceil(self.rate))
    }
}

impl Record for State {
    /// Compat: it begins as the line of the original.
    fn text(&self) -> String {
        let Self {
            completed,
            remaining,
            threads,
            moved,
            known,
            rate,
        } = *self;
        let tasks =
            format!("[{completed} task(s) completed, {remaining} remaining, {threads} thread(s)]");
        if known == 0 {
            return tasks;
        }
        let bytes = format!(
            "{tasks} {}/{} {}/s",
            human(moved),
            human(known),
            human(rate)
        );
        match self.left() {
            Some(left) => format!("{bytes} {}", clock(left)),
            None => bytes,
        }
    }

    fn json(&self) -> Option<Value> {
        Some(json!({
            "type": "progress",
            "completed": self.completed,
            "remaining": self.remaining,
            "moved": self.moved,
            "known": self.known,
            "rate": self.rate,
            "left": self.left(),
        }))
    }
}

/// `1:02:03`, `2:03`.
fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        hours => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// How fast bytes move, over the last seconds.
#[derive(Debug)]
struct Pace {
    measured: Instant,
    moved: u64,
    /// Bytes in a second, smoothed.
    rate: Option<f64>,
}

impl Pace {
    fn new(now: Instant) -> Self {
        Self {
            measured: now,
            moved: 0,
            rate: None,
        }
    }

    fn rate(&mut self, now: Instant, moved: u64) -> u64 {
        let since = now.duration_since(self.measured);
        if since >= SHORTEST {
            let rate = moved.saturating_sub(self.moved) as f64 / since.as_secs_f64();
            // The last five seconds count for two thirds.
            let weight = 1.0 - (-since.as_secs_f64() / 5.0).exp();
            let smooth = self.rate.map_or(rate, |old| old + weight * (rate - old));
            self.rate = Some(smooth);
            (self.measured, self.moved) = (now, moved);
        }
        self.rate.unwrap_or(0.0) as u64
    }
}

const SHORTEST: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;

    fn state(moved: u64, known: u64, rate: u64) -> State {
        State {
            completed: 7,
            remaining: 3,
            threads: 64,
            moved,
            known,
            rate,
        }
    }

    #[test]
    fn the_line_is_that_of_the_original_with_bytes_behind_it() {
        let tasks = "[7 task(s) completed, 3 remaining, 64 thread(s)]";
        assert_eq!(state(0, 0, 0).text(), tasks);
        let expected = format!("{tasks} 1.0G/3.5G 20M/s 2:08");
        assert_eq!(state(1 << 30, 7 << 29, 20 << 20).text(), expected);
        assert_eq!(state(0, 10, 0).text(), format!("{tasks} 0/10 0/s"));
        // On a terminal of 80 columns it is one line.
        assert!(state(u64::MAX / 2, u64::MAX, 1 << 33).text().len() <= 80);
    }

    #[test]
    fn the_pace_follows_what_happens() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let mut rate = 0;
        for second in 1..=20 {
            rate = pace.rate(start + Duration::from_secs(second), second * 100);
        }
        assert_eq!(rate, 100);
        for second in 21..=40 {
            rate = pace.rate(start + Duration::from_secs(second), 2000);
        }
        assert!(rate < 5, "{rate}");
    }

    #[test]
    fn what_is_over_stays_counted() {
        let mut progress = Progress::new(1, None);
        let meter = Meter::default();
        progress.plan();
        progress.begin("a".to_owned(), &meter);
        progress.end(&meter, Ended::Done);
        progress.complete();
        let state = progress.state(Instant::now());
        assert_eq!((state.completed, state.remaining), (1, 0));
        assert!(progress.running.is_empty());
    }

    #[test]
    fn hours_are_shown_when_there_are_some() {
        assert_eq!(
            [clock(9), clock(75), clock(3723)],
            ["0:09", "1:15", "1:02:03"]
        );
    }
}
