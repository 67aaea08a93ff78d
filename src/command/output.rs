use std::{
    fmt, io,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    blocking,
    command::{
        Cause, Failure,
        bars::Bars,
        log::{Log, LogOptions},
        progress::{Progress, Show},
        record::{Fact, Line, Object, Record, Remark, json_line},
        stream::{Stream, escaped},
    },
    location::S3Url,
    transfer::{Ended, Error, Meter},
};

/// The two streams that a command writes to. Lines from many jobs never mix, and a reader that
/// goes away (`| head`) is not an error.
#[derive(Debug)]
pub struct Output {
    out: Stream,
    err: Stream,
    failures: AtomicU64,
    /// How many of the failures had each [`Cause`].
    causes: [AtomicU64; 4],
    /// Whether anything was transferred, deleted or told.
    has_done: AtomicBool,
    told_broken: AtomicBool,
    hush: OnceLock<Hush>,
    is_for_programs: AtomicBool,
    log: OnceLock<Log>,
    /// What is under way, if there is somebody to watch. It is locked while anything is written to
    /// the terminal, so that nothing mixes with its line.
    progress: Mutex<Option<Progress>>,
    show: OnceLock<Show>,
}

/// How lines are written, and which.
#[derive(Debug, Clone, Default)]
pub struct OutputOptions {
    /// What is not shown.
    pub hush: Hush,
    /// Who is told how far the work is.
    pub show: Show,
    /// Whether each line is a JSON object.
    pub json: bool,
    /// Which file all lines are added to as well.
    pub log: Option<LogOptions>,
}

/// What is not shown, from less to more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hush {
    /// Everything is.
    #[default]
    Nothing,
    /// What is done.
    Operations,
    /// That, and warnings: only failures are shown.
    Warnings,
}

impl Output {
    /// Writes lines to `out` and failures to `err`.
    pub fn new(out: Stream, err: Stream) -> Self {
        Self {
            out,
            err,
            failures: AtomicU64::new(0),
            causes: Default::default(),
            has_done: AtomicBool::new(false),
            told_broken: AtomicBool::new(false),
            hush: OnceLock::new(),
            is_for_programs: AtomicBool::new(false),
            log: OnceLock::new(),
            progress: Mutex::new(None),
            show: OnceLock::new(),
        }
    }

    /// Says, once, what is not shown, how, and which file all lines are added to.
    ///
    /// # Errors
    /// That file cannot be written to.
    pub fn configure(&self, options: &OutputOptions) -> Result<(), Failure> {
        self.hush.get_or_init(|| options.hush);
        self.show.get_or_init(|| options.show);
        self.is_for_programs.store(options.json, Ordering::Relaxed);
        if let Some(log) = &options.log {
            let log = Log::open(log)?;
            self.log.get_or_init(|| log);
        }
        Ok(())
    }

    /// Shows how far the work is, until what is returned is dropped.
    pub(super) fn show_progress(self: &Arc<Self>, threads: usize) -> ProgressShown {
        let show = self.show.get().copied().unwrap_or_default();
        let (bars, every) = match show {
            _ if self.hush() > Hush::Nothing => return ProgressShown(None),
            // What this is a part of shows it already.
            _ if self.progress().is_some() => return ProgressShown(None),
            Show::Never => return ProgressShown(None),
            Show::Auto if !self.is_watched() || self.is_for_programs() => {
                return ProgressShown(None);
            }
            Show::Auto => match Bars::new() {
                Some(bars) => (Some(bars), OFTEN),
                None => return ProgressShown(None),
            },
            Show::Plain => (None, SELDOM),
        };
        let is_plain = bars.is_none();
        *self.progress() = Some(Progress::new(threads, bars));
        let (stop, stopped) = mpsc::channel();
        let output = Arc::clone(self);
        let tell = move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                output.tell_progress(is_plain);
            }
        };
        // Without a thread there is nobody to tell it.
        let _ = std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(tell);
        ProgressShown(Some((Arc::clone(self), stop)))
    }

    fn tell_progress(&self, is_plain: bool) {
        let mut progress = self.progress();
        let Some(progress_now) = &mut *progress else {
            return;
        };
        let now = Instant::now();
        if is_plain {
            let state = progress_now.state(now);
            drop(progress);
            self.remark(&state);
        } else {
            progress_now.draw(now);
        }
    }

    /// Counts a task that will be completed later.
    pub(super) fn planned(&self) {
        self.update(Progress::plan);
    }

    /// Counts a task that is over, one way or the other.
    pub(super) fn completed(&self) {
        self.update(Progress::complete);
    }

    /// Whether lines are JSON.
    pub(super) fn is_for_programs(&self) -> bool {
        self.is_for_programs.load(Ordering::Relaxed)
    }

    /// A task is under way.
    pub(super) fn began(&self, name: impl FnOnce() -> String, meter: &Meter) {
        self.update(|progress| progress.begin(name(), meter));
    }

    /// It is not any more.
    pub(super) fn ended(&self, meter: &Meter, ended: Ended) {
        self.update(|progress| progress.end(meter, ended));
        self.completed();
    }

    /// Writes one line; control characters in it, which can only be from names, are escaped. If
    /// that fails (a full disk behind a redirection), it is a failure, told once.
    pub(super) fn line(&self, line: impl Record) {
        self.lines([line].into_iter());
    }

    /// Writes many lines that are there already: some thousand at once, not one by one.
    pub(super) fn lines(&self, lines: impl Iterator<Item = impl Record>) {
        self.write_lines(lines, true);
    }

    /// The line of a record for a stream, with its end, if it has one.
    fn written(&self, record: &impl Record, is_terminal: bool) -> Option<String> {
        let mut line = match self.is_for_programs() {
            true => json_line(&record.json()?),
            false => escaped(&record.text(), is_terminal),
        };
        line.push('\n');
        Some(line)
    }

    /// Tells of one thing: in several lines, or as an object.
    pub(super) fn paragraph(&self, lines: impl IntoIterator<Item = String>, object: Value) {
        match self.is_for_programs() {
            true => self.line(Object(object)),
            false => self.lines(lines.into_iter().map(Line)),
        }
    }

    fn write_lines(&self, lines: impl Iterator<Item = impl Record>, are_shown: bool) {
        let mut lines = lines.peekable();
        while lines.peek().is_some() && !(are_shown && self.is_closed()) {
            let mut piece = String::new();
            while piece.len() < PIECE
                && let Some(line) = lines.next()
            {
                piece.extend(self.written(&line, self.out.is_terminal()));
            }
            self.log(&piece);
            if are_shown {
                self.check(self.around_progress(|| self.out.write(piece.as_bytes())));
            }
        }
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// The stream cannot take them; not if the reader went away, see [`Output::is_closed`].
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        self.has_done.store(true, Ordering::Relaxed);
        self.out.write(bytes)
    }

    /// Whether the reader of the output went away.
    pub fn is_closed(&self) -> bool {
        self.out.is_closed()
    }

    /// Tells of a failure and counts it.
    pub fn failure(&self, failure: &Failure) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        self.causes[failure.cause() as usize].fetch_add(1, Ordering::Relaxed);
        self.remark(failure);
    }

    /// Tells of something that was transferred or deleted.
    pub(super) fn done(&self, line: impl Record) {
        self.has_done.store(true, Ordering::Relaxed);
        self.detail(line);
    }

    /// Tells of something that was left as it is.
    pub(super) fn detail(&self, line: impl Record) {
        self.write_lines([line].into_iter(), self.hush() < Hush::Operations);
    }

    /// Tells of something that was asked for.
    pub(super) fn result(&self, line: impl Record) {
        self.has_done.store(true, Ordering::Relaxed);
        self.line(line);
    }

    /// Tells what became of an object that was to be deleted.
    pub(super) fn deleted(&self, object: &S3Url, result: Result<(), Error>) {
        match result {
            Ok(()) => self.done(Fact::Deleted(object)),
            Err(error) => self.failure(&Failure::of_job(object, &error)),
        }
        self.completed();
    }

    /// Tells of something that may become one.
    pub fn warning(&self, warning: impl fmt::Display) {
        let warning = Remark {
            kind: "warning",
            text: &warning,
        };
        if self.hush() < Hush::Warnings {
            self.remark(&warning);
        } else {
            self.log(&self.written(&warning, false).unwrap_or_default());
        }
    }

    /// Tells of something that is not a failure.
    pub fn note(&self, note: impl fmt::Display) {
        self.remark(&Remark {
            kind: "note",
            text: &note,
        });
    }

    /// Tells of something that is no result.
    pub(super) fn remark(&self, remark: &impl Record) {
        self.log(&self.written(remark, false).unwrap_or_default());
        let line = self.written(remark, self.err.is_terminal());
        // There is nobody to tell that telling failed.
        let _ = self.around_progress(|| self.err.write(line.unwrap_or_default().as_bytes()));
    }

    /// [`Output::note`], unless the stream is stuck: for the last words of a run that may have
    /// been stopped because of that.
    pub fn last_note(&self, note: impl fmt::Display) {
        let is_stuck = self.progress.try_lock().is_err() || self.err.is_stuck();
        if !is_stuck {
            self.note(note);
        }
    }

    /// Waits until all lines are written, or nobody wants to wait any more. Afterwards it is known
    /// whether they could be.
    pub fn finish(&self, gives_up: impl Fn() -> bool) {
        let finished = self.out.finish(gives_up);
        self.check(finished);
    }

    /// How many failures there were.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// How many of them had a cause.
    pub fn failures_by(&self, cause: Cause) -> u64 {
        self.causes[cause as usize].load(Ordering::Relaxed)
    }

    /// Whether anything was transferred, deleted or told (in a dry run: would be).
    pub fn has_done(&self) -> bool {
        self.has_done.load(Ordering::Relaxed)
    }

    /// Tells once that the output cannot be written.
    fn check(&self, written: io::Result<()>) {
        if let Err(error) = written
            && !self.told_broken.swap(true, Ordering::Relaxed)
        {
            self.failure(&Failure::os("standard output", &error));
        }
    }

    fn hush(&self) -> Hush {
        self.hush.get().copied().unwrap_or_default()
    }

    fn log(&self, lines: &str) {
        let Some(log) = self.log.get() else { return };
        if let Err(failure) = log.write(lines)
            && !self.told_broken.swap(true, Ordering::Relaxed)
        {
            self.failure(&failure);
        }
    }

    fn is_watched(&self) -> bool {
        self.out.is_terminal() && self.err.is_terminal()
    }

    fn progress(&self) -> MutexGuard<'_, Option<Progress>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, change: impl FnOnce(&mut Progress)) {
        if !self.is_watched() && self.show.get() != Some(&Show::Plain) {
            return;
        }
        blocking::for_long(|| {
            if let Some(progress) = &mut *self.progress() {
                change(progress);
            }
        });
    }

    /// Writes something where the progress is now.
    fn around_progress<T>(&self, write: impl FnOnce() -> T) -> T {
        if !self.is_watched() {
            return write();
        }
        blocking::for_long(|| match &*self.progress() {
            Some(progress) => progress.suspend(write),
            None => write(),
        })
    }
}

/// As long as it lives the progress is shown.
#[derive(Debug)]
pub(super) struct ProgressShown(Option<(Arc<Output>, mpsc::Sender<()>)>);

impl Drop for ProgressShown {
    fn drop(&mut self) {
        if let Some((output, _)) = &self.0 {
            *output.progress() = None;
        }
    }
}

/// Source: guessed; more often is only work for the terminal.
const OFTEN: Duration = Duration::from_millis(100);
/// The same for those who keep every line.
const SELDOM: Duration = Duration::from_secs(5);
/// What many lines are written in.
const PIECE: usize = 64 * 1024;
