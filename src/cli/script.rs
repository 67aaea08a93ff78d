//! `run`: a file of commands, one in each line.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufRead, BufReader, Read as _},
    path::PathBuf,
    sync::Arc,
    thread,
};

use tokio::sync::mpsc;

use crate::{
    cli::{
        args::{self, Parsed},
        settings::Settings,
        words,
    },
    command::{Command, Failure, Line},
    credentials::Environment,
};

/// Where the lines are.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// The standard input.
    Input,
    /// A file.
    File(PathBuf),
}

impl Source {
    /// What `run` names: a path, or `-`.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "-" => Self::Input,
            path => Self::File(path.into()),
        }
    }

    fn open(&self) -> Result<Box<dyn BufRead + Send>, Failure> {
        match self {
            Self::Input => Ok(Box::new(BufReader::new(io::stdin()))),
            Self::File(path) => match File::open(path) {
                Ok(file) => Ok(Box::new(BufReader::new(file))),
                Err(error) => Err(Failure::os(path.display(), &error)),
            },
        }
    }

    /// Whether the lines are there again when they were read.
    fn is_kept(&self) -> bool {
        match self {
            Self::Input => false,
            Self::File(path) => fs::metadata(path).is_ok_and(|metadata| metadata.is_file()),
        }
    }

    fn at(&self, number: u64) -> String {
        match self {
            Self::Input => format!("standard input:{number}"),
            Self::File(path) => format!("{}:{number}", path.display()),
        }
    }
}

/// Reads the lines of a script.
pub(super) struct Script {
    source: Source,
    settings: Arc<Settings>,
    environment: Environment,
}

impl Script {
    /// The script at a source, whose lines have the work to themselves and the rest from
    /// `settings`.
    pub(super) fn new(source: Source, settings: Settings, environment: &Environment) -> Self {
        Self {
            source,
            settings: Arc::new(settings),
            environment: environment.clone(),
        }
    }

    /// All that is wrong with it, as far as that can be told before anything is done.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn check(&self) -> Result<Vec<Failure>, Failure> {
        if !self.source.is_kept() {
            return Ok(Vec::new());
        }
        Ok(self.lines()?.filter_map(Result::err).collect())
    }

    /// Reads the lines on a thread of its own, which waits while enough is known.
    ///
    /// # Errors
    /// There is no file, or no thread.
    pub(super) fn start(self) -> Result<mpsc::Receiver<Result<Line, Failure>>, Failure> {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let lines = self.lines()?;
        let read = move || {
            for line in lines {
                if sender.blocking_send(line).is_err() {
                    // Nobody listens any more.
                    break;
                }
            }
        };
        let thread = thread::Builder::new().name("script".to_owned()).spawn(read);
        thread.map_err(|error| Failure::os("start", &error))?;
        Ok(receiver)
    }

    fn lines(&self) -> Result<impl Iterator<Item = Result<Line, Failure>> + use<>, Failure> {
        let mut reader = self.source.open()?;
        let (source, settings) = (self.source.clone(), Arc::clone(&self.settings));
        let environment = self.environment.clone();
        let mut definition = args::definition();
        let (mut number, mut is_over) = (0, false);
        Ok(std::iter::from_fn(move || {
            while !is_over {
                number += 1;
                let place = source.at(number);
                let about = |text: String| Failure::InvalidArgument(format!("{place}: {text}"));
                let text = match next_line(&mut *reader) {
                    Ok(None) => return None,
                    Ok(Some(text)) => text,
                    Err(error) => {
                        is_over = true;
                        return Some(Err(about(error.to_string())));
                    }
                };
                let at = (&source, &*place);
                let line = line(&mut definition, at, &settings, &environment, &text);
                if let Some(line) = line.transpose() {
                    return Some(line.map_err(about));
                }
            }
            None
        }))
    }
}

/// Without its end.
fn next_line(reader: &mut dyn BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    reader.take(LONGEST + 1).read_until(b'\n', &mut line)?;
    match line.last() {
        None => return Ok(None),
        Some(b'\n') => drop(line.pop()),
        Some(_) if line.len() as u64 > LONGEST => {
            let text = "the line is longer than a megabyte";
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        Some(_) => {}
    }
    Ok(Some(line))
}

/// What a line says; nothing, if it is empty or a comment.
fn line(
    definition: &mut clap::Command,
    (source, place): (&Source, &str),
    settings: &Settings,
    environment: &Environment,
    text: &[u8],
) -> Result<Option<Line>, String> {
    let text = std::str::from_utf8(text).map_err(|_| "the line is not UTF-8")?;
    if text.trim_start().starts_with('#') {
        return Ok(None);
    }
    let words = words::split(text).ok_or("a quote is not closed")?;
    if words.is_empty() {
        return Ok(None);
    }
    let program = "s4cmd".to_owned();
    let line = [program].into_iter().chain(words);
    let line: Vec<OsString> = line.map(Into::into).collect();
    args::refuse(definition, &line, args::is_of_all, |long| {
        format!("--{long} is for all lines: give it to run")
    })?;
    let args = match args::parse_by(definition, line, environment) {
        Parsed::Run(args) => args,
        Parsed::Text(_) => return Err("help is not for scripts".to_owned()),
        // The first lines are the usage.
        Parsed::Wrong(text) => return Err(text.lines().last().unwrap_or_default().to_owned()),
    };
    let command = Command::parse(&args.words).map_err(without_class)?;
    if matches!(source, Source::Input) && command.reads_input() {
        return Err("the standard input is the script".to_owned());
    }
    let work = settings.work_of(&args).map_err(without_class)?;
    Ok(Some(Line {
        place: place.to_owned(),
        command,
        work,
    }))
}

/// The line that has this text has a class of its own.
fn without_class(failure: Failure) -> String {
    match failure {
        Failure::InvalidArgument(text) => text,
        other => other.to_string(),
    }
}

/// Lines that are read before their turn.
const AHEAD: usize = 64;
/// Bytes of a line.
const LONGEST: u64 = 1 << 20;
