//! The bars on a terminal: one for each large file under way, and a line for everything.

use std::{fmt, io};

use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use crate::{command::progress::Running, transfer::Meter};

/// What is drawn on stderr.
pub(super) struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    files: Vec<(Meter, ProgressBar)>,
    style: ProgressStyle,
}

impl Bars {
    /// Nothing on a terminal that only takes text.
    pub(super) fn new() -> Option<Self> {
        Term::stderr()
            .features()
            .is_attended()
            .then(Self::on_screen)
    }

    fn on_screen() -> Self {
        let screen = Box::new(Screen(Term::buffered_stderr()));
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::term_like(screen));
        let total = all.add(ProgressBar::no_length());
        let style = |template| {
            let style = ProgressStyle::with_template(template);
            style.unwrap_or_else(|_| ProgressStyle::default_bar())
        };
        total.set_style(style("{msg}"));
        Self {
            all,
            total,
            files: Vec::new(),
            style: style("{wide_msg} {bar:20} {percent:>3}%").progress_chars("=> "),
        }
    }

    /// Draws what has changed.
    pub(super) fn draw(&mut self, running: &[Running], text: &str) {
        self.files.retain(|(meter, bar)| {
            let is_running = running.iter().any(|running| running.meter.is_of(meter));
            if !is_running {
                self.all.remove(bar);
            }
            is_running
        });
        for running in running {
            let meter = &running.meter;
            let has_bar = self.files.iter().any(|(other, _)| other.is_of(meter));
            if meter.total() >= LARGE && !has_bar && self.files.len() < MOST {
                let bar = ProgressBar::new(meter.total()).with_style(self.style.clone());
                let bar = self.all.insert_before(&self.total, bar);
                bar.set_message(printable(&running.name));
                self.files.push((meter.clone(), bar));
            }
        }
        for (meter, bar) in &self.files {
            bar.set_position(meter.done());
        }
        self.total.set_message(text.to_owned());
        self.total.tick();
    }

    /// Does something to the terminal while they are not there.
    pub(super) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.all.suspend(write)
    }
}

impl fmt::Debug for Bars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bars")
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        // A terminal that takes nothing has nobody to see it.
        let _ = self.all.clear();
    }
}

/// A terminal on which two columns stay free: for the `^C` that it writes itself, which would
/// otherwise move what is there by a line.
#[derive(Debug)]
struct Screen(Term);

impl TermLike for Screen {
    fn width(&self) -> u16 {
        self.0.size().1.saturating_sub(2)
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.0.write_line(line)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A name as a terminal may have it.
fn printable(name: &str) -> String {
    let shown = |character: char| match character.is_control() {
        true => '?',
        false => character,
    };
    name.chars().map(shown).collect()
}

/// Files below that are over before anybody has read their name.
const LARGE: u64 = 16 * 1024 * 1024;
/// More would be a screen that nobody reads.
const MOST: usize = 5;
