//! The program as a child process, and the world that it runs in.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs,
    io::Read,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::Mutex,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::server::{Config, S3Server};

/// A server with the bucket `bucket`, an empty working directory and an empty home.
pub struct World {
    pub server: S3Server,
    root: TempDir,
    variables: Vec<(String, String)>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

/// A run that has not ended.
pub struct Running {
    child: Child,
    started: Instant,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
    line: String,
}

/// No test may take longer: the child is killed.
const LIMIT: Duration = Duration::from_secs(100);

impl World {
    pub fn new() -> Self {
        Self::with(Config::default())
    }

    pub fn with(config: Config) -> Self {
        let server = S3Server::start_with(config);
        server.store().create_bucket("bucket");
        let root = tempfile::tempdir().unwrap();
        for name in ["home", "work"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        Self {
            server,
            root,
            variables: Vec::new(),
        }
    }

    /// How many pages of what begins with a prefix were asked for, and how many of them behind a
    /// key that ends so.
    pub fn pages(&self, prefix: &str, end: char) -> (usize, usize) {
        let mut seen = self.server.requests();
        seen.retain(|seen| seen.operation.starts_with("ListObjects"));
        seen.retain(|seen| seen.query("prefix").unwrap().starts_with(prefix));
        let ends = |key: Option<&str>| key.is_some_and(|key| key.ends_with(end));
        let behind = seen
            .iter()
            .filter(|seen| ends(seen.query("start-after")) || ends(seen.query("marker")));
        (seen.len(), behind.count())
    }

    /// A variable for all runs in this world.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.push((name.to_owned(), value.into()));
    }

    /// A path in the working directory.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.path().join("work").join(name)
    }

    /// A path beside the working directory.
    pub fn outside(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(name)
    }

    /// Writes a file in the working directory, with the directories above it.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Writes a file in the home directory that only its owner can read.
    pub fn home_file(&self, name: &str, content: &str) {
        let path = self.outside("home").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The content of a file in the working directory; `None` if there is none.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.path(name)).ok()
    }

    /// Runs a command line whose words are separated by blanks.
    pub fn run(&self, line: &str) -> Run {
        self.start(line).wait()
    }

    /// Runs a command line given as words.
    pub fn run_words<S: AsRef<OsStr>>(&self, words: &[S]) -> Run {
        Running::spawn(self.command().args(words)).wait()
    }

    /// Starts a command line whose words are separated by blanks.
    pub fn start(&self, line: &str) -> Running {
        Running::spawn(self.command().args(line.split_whitespace()))
    }

    /// Runs a command line that reads a file of this world.
    pub fn run_reading(&self, input: &str, line: &str) -> Run {
        let input = fs::File::open(self.path(input)).unwrap();
        let mut command = self.command();
        Running::spawn_reading(command.args(line.split_whitespace()), input.into()).wait()
    }

    /// The program without arguments, in this world's environment and no other.
    pub fn command(&self) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_s4cmd"))
    }

    /// Another program in this world's environment.
    pub fn command_of(&self, program: &str) -> Command {
        let config = self.server.config();
        let mut command = Command::new(program);
        command
            .current_dir(self.path(""))
            .env_clear()
            .env("HOME", self.root.path().join("home"))
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("AWS_ACCESS_KEY_ID", &config.access_key)
            .env("AWS_SECRET_ACCESS_KEY", &config.secret_key)
            .env("AWS_ENDPOINT_URL", self.server.endpoint())
            .env("AWS_REGION", &config.region)
            .env("AWS_EC2_METADATA_DISABLED", "true");
        if let Some(token) = &config.session_token {
            command.env("AWS_SESSION_TOKEN", token);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Nothing is left behind: no temporary file, no open upload.
    pub fn assert_clean(&self) {
        let litter = all_files(&self.path(""));
        let litter: Vec<_> = litter
            .iter()
            .filter(|name| name.ends_with(".tmp"))
            .collect();
        assert!(litter.is_empty(), "temporary files: {litter:?}");
        let uploads = self.server.store().uploads("bucket");
        assert!(uploads.is_empty(), "open uploads: {uploads:?}");
    }

    /// Waits until the server has seen that many requests of an operation.
    pub fn wait_for(&self, operation: &str, count: usize) {
        let start = Instant::now();
        while self.server.requests_of(operation).len() < count {
            assert!(start.elapsed() < LIMIT, "no {count} requests {operation}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The operations that were asked for, in the order of their arrival.
    pub fn operations(&self) -> Vec<&'static str> {
        let requests = self.server.requests();
        requests.iter().map(|seen| seen.operation).collect()
    }
}

/// The paths of all files below a directory, relative to it.
pub fn all_files(root: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(root).sort_by_file_name();
    let files = entries.into_iter().filter_map(Result::ok);
    let files = files.filter(|entry| !entry.file_type().is_dir());
    let relative = |entry: walkdir::DirEntry| {
        let path = entry.path().strip_prefix(root).unwrap();
        path.to_string_lossy().into_owned()
    };
    files.map(relative).collect()
}

impl Running {
    pub fn spawn(command: &mut Command) -> Self {
        Self::spawn_reading(command, Stdio::null())
    }

    pub fn spawn_reading(command: &mut Command, input: Stdio) -> Self {
        let line = format!("{command:?}");
        let line = line.rsplit("s4cmd\"").next().unwrap_or_default().to_owned();
        let started = Instant::now();
        let mut child = command
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = Some(reader(child.stdout.take().unwrap()));
        let stderr = Some(reader(child.stderr.take().unwrap()));
        Self {
            child,
            started,
            stdout,
            stderr,
            line,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{name} {}", self.child.id())])
            .status();
        assert!(sent.unwrap().success());
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub fn wait(mut self) -> Run {
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if self.started.elapsed() > LIMIT {
                self.child.kill().unwrap();
                self.child.wait().unwrap();
                let stderr = self.stderr.take().unwrap().join().unwrap();
                panic!("it does not end:{}\n{stderr}", self.line);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let took = self.started.elapsed();
        Run {
            status,
            stdout: self.stdout.take().unwrap().join().unwrap(),
            stderr: self.stderr.take().unwrap().join().unwrap(),
            took,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn reader(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

impl Run {
    /// It said and did that all went well.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.status.code(), Some(0), "{self:#?}");
        self
    }

    /// It ended with 1 and said why.
    #[track_caller]
    pub fn fails(self) -> Self {
        assert_eq!(self.status.code(), Some(1), "{self:#?}");
        assert!(!self.stderr.trim().is_empty(), "no reason: {self:#?}");
        self
    }

    /// The reason has this text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "not \"{text}\": {self:#?}");
        self
    }

    /// The reason is one line.
    #[track_caller]
    pub fn in_one_line(self) -> Self {
        assert_eq!(self.stderr.lines().count(), 1, "{self:#?}");
        self
    }

    /// The lines that tell of failures, as against notes.
    pub fn failures(&self) -> Vec<&str> {
        let lines = self.stderr.lines();
        lines.filter(|line| line.starts_with('[')).collect()
    }

    #[track_caller]
    pub fn within(self, seconds: u64) -> Self {
        assert!(self.took <= Duration::from_secs(seconds), "{self:#?}");
        self
    }
}

/// Checks cases side by side, because most of them wait, and tells of all that fail.
pub fn each<C: std::fmt::Debug + Send>(cases: Vec<C>, check: impl Fn(C) + Sync) {
    assert!(!cases.is_empty());
    let cases = Mutex::new(cases);
    let failures = Mutex::new(String::new());
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                loop {
                    let case = cases.lock().unwrap().pop();
                    let Some(case) = case else { break };
                    let name = format!("{case:?}");
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(case))) {
                        let text = panic_text(&*panic);
                        writeln!(failures.lock().unwrap(), "--- {name}\n{text}").unwrap();
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "\n{failures}");
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "a panic without a text",
    }
}

/// Bytes that are the same nowhere, so that a mixture or a shift is seen.
pub fn content(len: usize, seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..len).map(|_| random.u8(..)).collect()
}

/// Whether the tests run as root, whom permissions do not stop.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}
