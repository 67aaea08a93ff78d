//! The command line: what was said, what it means, and what comes out.

pub mod api_args;
mod args;
mod completions;
mod customer_key;
pub mod datetime;
mod exit;
mod help;
mod limits;
mod man;
mod output_args;
mod prompt;
mod rate;
mod script;
mod settings;
mod shard;
mod side;
mod signals;
mod size;
mod sync_args;
pub mod words;

use std::{
    ffi::OsString,
    io::{self, IsTerminal as _},
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use crate::{
    client::{Client, ClientOptions, Observer, Traffic},
    command::{self, Command, Failure, Output, Session, Stream},
    credentials::Environment,
    local::{Hashes, Journal},
    net::{Dialer, HttpClient},
};

use args::{Args, Parsed};
use exit::{ExitCodes, FAILED, USAGE};
use script::{Script, Source};
use settings::Settings;

/// Runs the program with this process's arguments, environment and streams.
pub fn main() -> ExitCode {
    let out = match io::stdout().is_terminal() {
        true => Stream::new(io::stdout(), true),
        false => Stream::queued(io::stdout()).unwrap_or_else(|_| Stream::new(io::stdout(), false)),
    };
    let err = Stream::new(io::stderr(), io::stderr().is_terminal());
    let arguments = std::env::args_os().collect();
    let output = Arc::new(Output::new(out, err));
    ExitCode::from(run(arguments, &Environment::of_process(), &output))
}

/// Runs a command line, the program's name first, and gives the exit status: 0 all done, 1 anything
/// failed (or 3 to 6, where finer ones are asked for), 2 wrong usage, 130, 143 and 129 after SIGINT,
/// SIGTERM and SIGHUP.
pub fn run(arguments: Vec<OsString>, environment: &Environment, output: &Arc<Output>) -> u8 {
    let said = arguments.clone();
    match args::parse(arguments, environment) {
        Parsed::Run(args) => match about_itself(&args.words) {
            Ok(Some(text)) => write(output, &text),
            Ok(None) => run_command(&args, &said, environment, output),
            Err(failure) => {
                output.failure(&failure);
                FAILED
            }
        },
        Parsed::Text(text) => write(output, &text),
        Parsed::Wrong(text) => {
            text.lines().for_each(|line| output.note(line));
            USAGE
        }
    }
}

/// Writes what needs nobody else: help, scripts, the manual.
fn write(output: &Output, text: &str) -> u8 {
    // A reader that went away is no failure.
    let _ = output.bytes(text.as_bytes());
    output.finish(|| false);
    0
}

/// What the program says about itself, if that is what the words ask for.
fn about_itself(words: &[String]) -> Result<Option<String>, Failure> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match *words {
        ["completions", shell] => completions::script(shell).map(|text| Some(text.to_owned())),
        ["_complete", first, word] => Ok(completions::known(first, word)),
        ["man"] => man::page().map(Some),
        _ => Ok(None),
    }
}

fn run_command(
    args: &Args,
    said: &[OsString],
    environment: &Environment,
    output: &Arc<Output>,
) -> u8 {
    if args.secret_key.is_some() && io::stderr().is_terminal() {
        output.warning(
            "--secret-key can be seen by everybody on this machine: better set S3_SECRET_KEY",
        );
    }
    let driven = match &args.words[..] {
        [name, script] if name == "run" => run_script((args, said), script, environment, output),
        _ => prepare(args, environment, output, None).map(|(command, session)| {
            let work = async move |session: Session| command::run(&session, &command).await;
            drive(session, output, args.output.exit_codes, work)
        }),
    };
    driven.unwrap_or_else(|failure| {
        output.failure(&failure);
        FAILED
    })
}

/// Runs the lines of a file, if none of them is wrong.
fn run_script(
    (args, said): (&Args, &[OsString]),
    script: &str,
    environment: &Environment,
    output: &Arc<Output>,
) -> Result<u8, Failure> {
    output.configure(&args.output.options()?)?;
    let is_of_lines = |arg: &clap::Arg| !args::is_of_all(arg) && arg.get_long() != Some("dry-run");
    let text = |long: &str| format!("--{long} is for single lines: write it there");
    let refused = args::refuse(&mut args::definition(), said, is_of_lines, text);
    refused.map_err(Failure::InvalidArgument)?;
    let (settings, session) = resolve(args, environment, output, None)?;
    let script = Script::new(Source::named(script), settings, environment);
    let wrong = script.check()?;
    if !wrong.is_empty() {
        wrong.iter().for_each(|failure| output.failure(failure));
        return Ok(FAILED);
    }
    let (lines, at_once) = (script.start()?, args.lines.get());
    let work = async move |session: Session| command::run_all(&session, lines, at_once).await;
    Ok(drive(session, output, args.output.exit_codes, work))
}

/// Runs a command line on the caller's runtime, over connections of the caller's making and until
/// `cancel`: for simulations, whose clock and network are not those of the system. Gives what
/// [`run`] gives; help, version and wrong usage end with 2.
pub async fn simulate(
    arguments: Vec<OsString>,
    environment: &Environment,
    output: &Arc<Output>,
    dialer: Dialer,
    cancel: CancellationToken,
) -> u8 {
    let Parsed::Run(args) = args::parse(arguments, environment) else {
        return USAGE;
    };
    let prepared = prepare(&args, environment, output, Some(dialer));
    let (command, mut session) = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => {
            output.failure(&failure);
            return FAILED;
        }
    };
    session.cancel = cancel.child_token();
    command::run(&session, &command).await;
    output.finish(|| false);
    match cancel.is_cancelled() {
        true => signals::INTERRUPTED,
        false => exit::of_run(output, args.output.exit_codes),
    }
}

fn prepare(
    args: &Args,
    environment: &Environment,
    output: &Arc<Output>,
    dialer: Option<Dialer>,
) -> Result<(Command, Session), Failure> {
    output.configure(&args.output.options()?)?;
    let command = Command::parse(&args.words)?;
    let (_, session) = resolve(args, environment, output, dialer)?;
    Ok((command, session))
}

fn resolve(
    args: &Args,
    environment: &Environment,
    output: &Arc<Output>,
    dialer: Option<Dialer>,
) -> Result<(Settings, Session), Failure> {
    let mut settings = Settings::resolve(args, environment)?;
    settings.connect.dialer = dialer;
    let jobs = &mut settings.work.transfer.jobs;
    *jobs = limits::jobs_within(*jobs);
    for warning in &settings.warnings {
        output.warning(warning);
    }
    let records = (hashes(args)?, Journal::new(state_home(environment)));
    Ok((settings.clone(), session(settings, records, output)?))
}

fn hashes(args: &Args) -> Result<Hashes, Failure> {
    match &args.sync.hash_cache {
        Some(path) => Hashes::with_cache(path)
            .map_err(|error| Failure::InvalidArgument(format!("--hash-cache: {error}"))),
        None => Ok(Hashes::default()),
    }
}

/// Where programs keep what outlives a run.
///
/// Source: XDG Base Directory Specification.
fn state_home(environment: &Environment) -> Option<PathBuf> {
    let named = environment.get("XDG_STATE_HOME").map(PathBuf::from);
    let state = named
        .filter(|path| path.is_absolute())
        .or_else(|| Some(environment.home()?.join(".local/state")));
    Some(state?.join("s4cmd/uploads"))
}

fn session(
    settings: Settings,
    records: (Hashes, Journal),
    output: &Arc<Output>,
) -> Result<Session, Failure> {
    if settings.verbose {
        output.note(format_args!(
            "  (I)s4cmd: endpoint {}, region {}, {} threads",
            settings.endpoint,
            settings.endpoint.region(),
            settings.work.transfer.jobs
        ));
    }
    let http =
        HttpClient::new(&settings.connect).map_err(|error| Failure::runtime(error.to_string()))?;
    let observer = settings.debug.then(|| {
        let output = Arc::clone(output);
        Observer::new(move |line| output.note(format_args!("  (D)s4cmd: >> {line}")))
    });
    let traffic = Traffic::default();
    let options = ClientOptions {
        endpoint: settings.endpoint,
        credentials: settings.credentials,
        retry: settings.retry,
        max_requests: settings.work.transfer.jobs,
        max_requests_near: settings.requests_near,
        read_ahead: settings.read_ahead,
        request_rate: settings.request_rate,
        mutations: settings.work.mutations,
        api_options: settings.work.api_options,
        traffic: traffic.clone(),
        observer,
    };
    let source = settings.source.map(|(endpoint, credentials)| {
        let options = ClientOptions {
            endpoint,
            credentials,
            ..options.clone()
        };
        Client::new(http.clone(), options)
    });
    let client = Client::new(http, options);
    let source = source.unwrap_or_else(|| client.clone());
    let ways = (client, source);
    Ok(Session::new(
        ways,
        records,
        settings.work.transfer,
        settings.work.options,
        (Arc::clone(output), traffic),
    ))
}

/// Runs the command on a runtime of its own and waits outside of it, where nothing that the
/// command does can block the waiting.
fn drive<F>(
    session: Session,
    output: &Arc<Output>,
    codes: ExitCodes,
    work: impl FnOnce(Session) -> F,
) -> u8
where
    F: Future<Output = ()> + Send + 'static,
{
    let (send, ended) = mpsc::channel();
    let overdue = send.clone();
    let watch = signals::watch(session.cancel.clone(), move || {
        let _ = overdue.send(End::Overdue);
    });
    // Where a disk is slow, work moves between many threads, which would each keep what they free.
    // (Source: measured; 49 MiB for 1,000 downloads of 256 KiB, and 34 so.)
    malloc_arenas::limit(1 + workers());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .max_blocking_threads(32)
        .enable_all()
        .build();
    let (watch, runtime) = match (watch, runtime) {
        (Ok(watch), Ok(runtime)) => (watch, runtime),
        (Err(error), _) | (_, Err(error)) => {
            output.failure(&Failure::os("start", &error));
            return FAILED;
        }
    };
    let work = work(session);
    runtime.spawn(async move {
        let work = tokio::spawn(work);
        let _ = send.send(End::Finished(work.await));
    });
    if let Ok(End::Finished(Err(error))) = ended.recv()
        && let Ok(panic) = error.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
    // Threads that hang in a system call must not keep the process.
    runtime.shutdown_timeout(Duration::from_millis(100));
    let ended = Instant::now();
    output.finish(|| watch.status().is_some() && ended.elapsed() > LAST_WORDS);
    match watch.status() {
        Some(status) => {
            output.last_note(Failure::Interrupted);
            status
        }
        None => exit::of_run(output, codes),
    }
}

/// Threads that wait for the network, one for every two cores: what takes long is done by others,
/// and threads that are not needed take the work off each other, which wakes one for each request.
/// (Source: measured on two cores; 10,000 small downloads took a quarter less processor time with
/// one than with two, and no more time.)
fn workers() -> usize {
    limits::cores().div_ceil(2).min(8)
}

/// How long a reader may take to read what an interrupted run wrote.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// How a run came to its end.
enum End {
    Finished(Result<(), JoinError>),
    /// It did not, in the time after a signal.
    Overdue,
}
