//! A world of its own for command lines that run inside this process.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use s4cmd::{
    cli,
    command::{Output, Stream},
    credentials::Environment,
    net::{Dialer, Stream as NetStream},
};
use tempfile::TempDir;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::server::{Config, Simulated};

/// What must not be in any output.
pub const CANARIES: [&str; 3] = [
    "CanarySecretKey0123456789abcdefghijklmno",
    "CanarySessionToken",
    "Signature=",
];

/// The only host that may be spoken to.
const HOST: &str = "s3.test";

/// A server with the bucket `bucket`, and the directories `work` and `beside`.
pub struct World {
    pub server: Simulated,
    root: TempDir,
    hosts: Arc<Mutex<BTreeSet<String>>>,
}

/// How a run ended.
#[derive(Clone)]
pub struct Run {
    /// `None` if it did not end within [`LIMIT`].
    pub status: Option<u8>,
    pub stdout: Vec<u8>,
    pub stderr: String,
    /// By the clock of the runtime.
    pub took: Duration,
}

/// By the clock of the runtime; whatever takes longer never ends.
const LIMIT: Duration = Duration::from_secs(7 * 24 * 3600);

impl World {
    pub fn new(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config {
            secret_key: CANARIES[0].to_owned(),
            session_token: Some(format!("{}/0123456789+abcdef==", CANARIES[1])),
            ..Config::default()
        };
        change(&mut config);
        let server = Simulated::new(config);
        server.store().create_bucket("bucket");
        for bucket in server.store().lock().values_mut() {
            bucket.created = "2020-02-02T02:02:02Z".parse().unwrap();
        }
        let root = tempfile::tempdir().unwrap();
        for name in ["work", "beside"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        fs::write(root.path().join("beside/file"), "not meant").unwrap();
        Self {
            server,
            root,
            hosts: Arc::default(),
        }
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// A path in the working directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("work").join(name)
    }

    /// Writes a file in the working directory, with the directories above it.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The hosts that connections were made to.
    pub fn hosts(&self) -> Vec<String> {
        self.hosts.lock().unwrap().iter().cloned().collect()
    }

    pub fn has_spoken_to_others(&self) -> bool {
        self.hosts().iter().any(|host| host != HOST)
    }

    /// Runs a command line whose words are separated by blanks; one that does not separate is a
    /// blank in a word. `{}` in it is the working
    /// directory, `{big}` the file of [`big_file`]. Whatever is random comes from the seed.
    pub fn run(&self, line: &str, seed: u64) -> Run {
        fastrand::seed(seed);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(Box::pin(self.simulate(line)))
    }

    async fn simulate(&self, line: &str) -> Run {
        let (out, err) = (Captured::default(), Captured::default());
        let stream = |captured: &Captured| Stream::new(captured.clone(), false);
        let output = Arc::new(Output::new(stream(&out), stream(&err)));
        let environment = self.environment();
        let arguments = self.arguments(line);
        let cancel = CancellationToken::new();
        let started = Instant::now();
        let run = cli::simulate(arguments, &environment, &output, self.dialer(), cancel);
        let status = timeout(LIMIT, run).await.ok();
        Run {
            status,
            stdout: out.bytes(),
            stderr: String::from_utf8_lossy(&err.bytes()).into_owned(),
            took: started.elapsed(),
        }
    }

    fn arguments(&self, line: &str) -> Vec<OsString> {
        let work = self.path("");
        let work = work.to_str().unwrap().trim_end_matches('/');
        let word = |word: &str| {
            let word = match word.contains("{big}") {
                true => word.replace("{big}", big_file().to_str().unwrap()),
                false => word.to_owned(),
            };
            OsString::from(word.replace("{}", work).replace('\u{a0}', " "))
        };
        let words = line
            .split([' ', '\n'])
            .filter(|word| !word.is_empty())
            .map(word);
        [OsString::from("s4cmd")].into_iter().chain(words).collect()
    }

    fn environment(&self) -> Environment {
        let config = self.server.config();
        let token = config.session_token.clone().unwrap_or_default();
        Environment::from([
            ("AWS_ACCESS_KEY_ID", &*config.access_key),
            ("AWS_SECRET_ACCESS_KEY", &*config.secret_key),
            ("AWS_SESSION_TOKEN", &*token),
            ("AWS_ENDPOINT_URL", "http://s3.test"),
            ("AWS_REGION", &*config.region),
        ])
    }

    fn dialer(&self) -> Dialer {
        let (server, hosts) = (self.server.clone(), Arc::clone(&self.hosts));
        Dialer::new(move |uri| {
            let host = uri.host().unwrap_or_default();
            hosts.lock().unwrap().insert(host.to_owned());
            let pipe: Box<dyn NetStream> = Box::new(server.connect()?);
            Ok(pipe)
        })
    }
}

impl Run {
    /// The same without the path of its world, which is another one each time.
    pub fn without(mut self, root: &Path) -> Self {
        let root = root.to_str().unwrap();
        self.stderr = self.stderr.replace(root, "");
        if let Ok(text) = str::from_utf8(&self.stdout) {
            self.stdout = text.replace(root, "").into_bytes();
        }
        self
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            stdout,
            stderr,
            took,
        } = self;
        let stdout = String::from_utf8_lossy(stdout);
        write!(f, "{status:?} after {took:?}\n{stdout}\n{stderr}")
    }
}

/// A stream that is kept.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes that are the same nowhere, so that a mixture or a shift is seen.
pub fn content(len: usize, seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut bytes = vec![0; len];
    random.fill(&mut bytes);
    bytes
}

/// The size of [`big_file`]: three parts of an upload.
pub const BIG: usize = (10 << 20) + 1000;

/// A file that is large enough for many parts, which all worlds share.
pub fn big_file() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults-big-file");
        let there = fs::metadata(&path).is_ok_and(|file| file.len() == BIG as u64);
        if !there {
            let half = path.with_extension(std::process::id().to_string());
            fs::write(&half, content(BIG, 1)).unwrap();
            fs::rename(&half, &path).unwrap();
        }
        path
    })
}
