//! One test's world: a bucket, directories and the program, and eyes that do not need the program.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fmt,
    fs::{self, Permissions},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

use s4cmd::{
    client::{Client, ClientError, ClientOptions, Mutations, RetryPolicy, Traffic},
    credentials::{Credentials, Provider},
    net::{ConnectOptions, HttpClient},
    s3::{
        api_option::ApiOptions,
        endpoint::{Addressing, Endpoint},
        op::{
            CompleteMultipartUpload, CompletedPart, CreateBucket, CreateMultipartUpload, GetObject,
            HeadObject, HeadObjectOutput, PutObject, UploadPart,
        },
        payload::{Payload, PayloadHash},
        properties::Properties,
        request::{Condition, Role},
        types::PartNumber,
    },
};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::{differences::Difference, server::S3Server};

/// The servers that this suite runs against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    Embedded,
    SeaweedFs,
    Radosgw,
    Moto,
}

struct TestServer {
    which: Server,
    endpoint: String,
    access_key: String,
    secret_key: String,
    region: String,
    /// Serves as long as the test process lives.
    _embedded: Option<S3Server>,
}

impl TestServer {
    /// The one of this process.
    fn get() -> &'static Self {
        static SERVER: OnceLock<TestServer> = OnceLock::new();
        SERVER.get_or_init(|| match std::env::var("S4CMD_TEST_SERVER") {
            Ok(name) => Self::named(&name),
            Err(_) => Self::embedded(),
        })
    }

    fn named(name: &str) -> Self {
        let variable = |name: &str| {
            let value = std::env::var(format!("S4CMD_TEST_{name}"));
            value.unwrap_or_else(|_| panic!("S4CMD_TEST_SERVER needs S4CMD_TEST_{name}"))
        };
        Self {
            which: match name {
                "seaweedfs" => Server::SeaweedFs,
                "radosgw" => Server::Radosgw,
                "moto" => Server::Moto,
                _ => panic!("S4CMD_TEST_SERVER: the server {name} is not known"),
            },
            endpoint: variable("ENDPOINT"),
            access_key: variable("ACCESS_KEY"),
            secret_key: variable("SECRET_KEY"),
            region: variable("REGION"),
            _embedded: None,
        }
    }

    fn embedded() -> Self {
        let server = S3Server::start();
        Self {
            which: Server::Embedded,
            endpoint: server.endpoint(),
            access_key: server.config().access_key.clone(),
            secret_key: server.config().secret_key.clone(),
            region: server.config().region.clone(),
            _embedded: Some(server),
        }
    }
}

/// Everything that one test touches.
pub struct World {
    server: &'static TestServer,
    directory: TempDir,
    bucket: String,
    client: Client,
    runtime: tokio::runtime::Runtime,
}

impl World {
    /// A world with an empty bucket and an empty working directory.
    pub fn new() -> Self {
        let world = Self::without_bucket();
        let bucket = &*world.bucket;
        let create = CreateBucket {
            bucket,
            location: None,
        };
        let created = world.runtime.block_on(world.client.create_bucket(&create));
        created.expect("a bucket for the test");
        world
    }

    /// A world whose bucket does not exist.
    pub fn without_bucket() -> Self {
        let server = TestServer::get();
        let directory = tempfile::tempdir().unwrap();
        for name in ["home", "work"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        Self {
            server,
            directory,
            bucket: format!(
                "e2e-{}-{:012x}",
                std::process::id(),
                fastrand::u64(..1 << 48)
            ),
            client: client(server),
            runtime: runtime.unwrap(),
        }
    }

    /// Whether the server is one of those that a row of the table of differences names.
    pub fn differs(&self, difference: Difference) -> bool {
        let (servers, what) = difference.row();
        let differs = servers.contains(&self.server.which);
        if differs {
            println!("{:?} differs: {what}", self.server.which);
        }
        differs
    }

    // -- names ------------------------------------------------------------------------------

    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    pub fn endpoint(&self) -> &str {
        &self.server.endpoint
    }

    pub fn access_key(&self) -> &str {
        &self.server.access_key
    }

    pub fn secret_key(&self) -> &str {
        &self.server.secret_key
    }

    pub fn region(&self) -> &str {
        &self.server.region
    }

    /// `s3://BUCKET/KEY`.
    pub fn url(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }

    /// A path in the working directory.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join("work").join(name)
    }

    /// A path in the home directory.
    pub fn home(&self, name: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join("home").join(name)
    }

    /// Writes a file with secrets into the home directory, as they should be: nobody else reads it.
    pub fn write_secrets(&self, name: &str, text: &str) {
        fs::write(self.home(name), text).unwrap();
        fs::set_permissions(self.home(name), Permissions::from_mode(0o600)).unwrap();
    }

    /// The lines of uploads, from pairs of paths and keys.
    pub fn uploads(&self, pairs: &[(&str, &str)]) -> Vec<String> {
        let line = |(path, key): &(&str, &str)| format!("{path} => {}", self.url(key));
        pairs.iter().map(line).collect()
    }

    /// The lines of downloads, from pairs of keys and paths.
    pub fn downloads(&self, pairs: &[(&str, &str)]) -> Vec<String> {
        let line = |(key, path): &(&str, &str)| format!("{} => {path}", self.url(key));
        pairs.iter().map(line).collect()
    }

    // -- the program ------------------------------------------------------------------------

    /// Runs the program in the working directory with nothing in its environment but the way to
    /// the server.
    pub fn s4cmd<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Run {
        run(self.command().args(arguments))
    }

    /// The same, not started yet.
    pub fn command(&self) -> Command {
        self.with_server(self.bare_command())
    }

    /// Without the way to the server.
    pub fn bare_command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_s4cmd"));
        self.clean(&mut command);
        command
    }

    /// Runs a line of words that are separated by blanks, in which `@KEY` is `s3://BUCKET/KEY`.
    pub fn line(&self, line: &str) -> Run {
        let word = |word: &str| match word.strip_prefix('@') {
            Some(key) => self.url(key),
            None => word.to_owned(),
        };
        let words: Vec<String> = line.split_whitespace().map(word).collect();
        self.s4cmd(&words)
    }

    /// As a user who is not root, whom permissions concern.
    pub fn unprivileged(&self) -> Command {
        let path = self.directory.path();
        if fs::metadata(path).unwrap().uid() != 0 {
            return self.command();
        }
        // The program may be where only root comes.
        let program = path.join("s4cmd");
        // By another process: here a file that is written can be inherited by the programs that
        // other tests start, and nobody can run it as long as they have it ("text file busy").
        let copied = Command::new("cp")
            .args([env!("CARGO_BIN_EXE_s4cmd").as_ref(), program.as_os_str()])
            .status();
        assert!(copied.unwrap().success());
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new(program);
        self.clean(&mut command);
        command.gid(NOBODY).uid(NOBODY);
        self.with_server(command)
    }

    /// With another umask than this process has.
    pub fn with_umask(&self, umask: &str, arguments: &[&str]) -> Run {
        let mut command = Command::new("/bin/sh");
        self.clean(&mut command);
        let script = format!("umask {umask} && exec \"$@\"");
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_s4cmd")]);
        run(self.with_server(command).args(arguments))
    }

    fn clean(&self, command: &mut Command) {
        command
            .env_clear()
            .env("HOME", self.home(""))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .current_dir(self.path(""))
            .stdin(Stdio::null());
    }

    fn with_server(&self, mut command: Command) -> Command {
        command
            .env("AWS_ENDPOINT_URL", self.endpoint())
            .env("AWS_REGION", self.region())
            .env("S3_ACCESS_KEY", self.access_key())
            .env("S3_SECRET_KEY", self.secret_key());
        command
    }

    // -- files ------------------------------------------------------------------------------

    /// Writes a file of the working directory, and the directories on its way.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes files whose content is their name.
    pub fn write_all(&self, names: &[&str]) {
        for name in names {
            self.write(name, name);
        }
    }

    pub fn make_directory(&self, name: &str) {
        fs::create_dir_all(self.path(name)).unwrap();
    }

    pub fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn exists(&self, name: &str) -> bool {
        self.path(name).symlink_metadata().is_ok()
    }

    pub fn mode(&self, name: &str) -> u32 {
        let metadata = self.path(name).metadata().unwrap();
        metadata.permissions().mode() & 0o7777
    }

    pub fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }

    /// What is below a directory: contents by relative names; empty directories have a slash.
    pub fn tree(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let root = self.path(name);
        let mut tree = BTreeMap::new();
        for entry in walkdir::WalkDir::new(&root).min_depth(1) {
            let entry = entry.unwrap();
            let relative = entry.path().strip_prefix(&root).unwrap();
            let relative = relative.to_str().unwrap().to_owned();
            if !entry.file_type().is_dir() {
                tree.insert(relative, fs::read(entry.path()).unwrap_or_default());
            } else if fs::read_dir(entry.path()).unwrap().next().is_none() {
                tree.insert(relative + "/", Vec::new());
            }
        }
        tree
    }

    /// The names of [`World::tree`].
    pub fn names(&self, name: &str) -> Vec<String> {
        self.tree(name).into_keys().collect()
    }

    // -- objects, as the library sees them --------------------------------------------------

    /// Stores objects whose content is their key.
    pub fn seed(&self, keys: &[&str]) {
        for key in keys {
            self.store(key, key, &[]).expect("an object for the test");
        }
    }

    /// Stores an object.
    pub fn store(
        &self,
        key: &str,
        content: impl AsRef<[u8]>,
        metadata: &[(&str, &str)],
    ) -> Result<(), ClientError> {
        let content = content.as_ref().to_vec();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let metadata: Vec<(String, String)> = metadata.iter().map(owned).collect();
        let put = PutObject {
            bucket: &self.bucket,
            key,
            metadata: &metadata,
            properties: &Properties::default(),
            content_md5: None,
            payload_hash: PayloadHash::Sha256(Sha256::digest(&content).into()),
            payload: Payload::Bytes(content.into()),
            condition: Condition::Always,
        };
        self.runtime.block_on(self.client.call(&put)).map(|_| ())
    }

    /// Stores an object in parts, as a client that writes no metadata of its own.
    pub fn store_in_parts(&self, key: &str, content: &[u8], part_size: usize) {
        let bucket = &*self.bucket;
        let create = CreateMultipartUpload {
            bucket,
            key,
            metadata: &[],
            properties: &Properties::default(),
        };
        let stored = async {
            let upload_id = &self.client.call(&create).await?;
            let mut parts = Vec::new();
            for (part_number, part) in (1..).zip(content.chunks(part_size)) {
                let part_number = PartNumber::new(part_number).unwrap();
                let part = UploadPart {
                    bucket,
                    key,
                    upload_id,
                    part_number,
                    content_md5: None,
                    payload_hash: PayloadHash::Sha256(Sha256::digest(part).into()),
                    payload: Payload::Bytes(part.to_vec().into()),
                };
                let etag = self.client.call(&part).await?.etag;
                parts.push(CompletedPart { part_number, etag });
            }
            let complete = CompleteMultipartUpload {
                bucket,
                key,
                upload_id,
                parts: &parts,
                condition: Condition::Always,
            };
            self.client.call(&complete).await.map(|_| ())
        };
        let stored: Result<(), ClientError> = self.runtime.block_on(stored);
        stored.expect("an object in parts for the test");
    }

    /// Begins a multipart upload with one part, and does not end it; gives its identifier.
    pub fn begin_upload(&self, key: &str, part: &[u8]) -> String {
        let bucket = &*self.bucket;
        let create = CreateMultipartUpload {
            bucket,
            key,
            metadata: &[],
            properties: &Properties::default(),
        };
        let begun = async {
            let upload_id = self.client.call(&create).await?;
            let part = UploadPart {
                bucket,
                key,
                upload_id: &upload_id,
                part_number: PartNumber::new(1).unwrap(),
                content_md5: None,
                payload_hash: PayloadHash::Sha256(Sha256::digest(part).into()),
                payload: Payload::Bytes(part.to_vec().into()),
            };
            self.client.call(&part).await.map(|_| upload_id.0)
        };
        let begun: Result<String, ClientError> = self.runtime.block_on(begun);
        begun.expect("an open upload for the test")
    }

    /// All keys, sorted.
    pub fn keys(&self) -> Vec<String> {
        let mut lister = self.client.list(&self.bucket, "", None);
        let mut keys = Vec::new();
        self.runtime.block_on(async {
            while let Some(page) = lister.next_page().await.unwrap() {
                keys.extend(page.objects.into_iter().map(|object| object.key));
            }
        });
        keys.sort();
        keys
    }

    /// The content of an object.
    pub fn body(&self, key: &str) -> Vec<u8> {
        let get = GetObject {
            bucket: &self.bucket,
            key,
            role: Role::Source,
            range: None,
            if_match: None,
        };
        self.runtime.block_on(async {
            let mut stream = self.client.open(&get).await.unwrap();
            let mut body = Vec::new();
            while let Some(bytes) = stream.next().await.unwrap() {
                body.extend_from_slice(&bytes);
            }
            body
        })
    }

    /// The headers of an object.
    pub fn head(&self, key: &str) -> HeadObjectOutput {
        let head = HeadObject {
            bucket: &self.bucket,
            key,
            role: Role::Source,
            checksums: false,
        };
        self.runtime.block_on(self.client.call(&head)).unwrap()
    }

    /// Whether the object's metadata is what every upload of this file writes.
    #[track_caller]
    pub fn assert_uploaded(&self, key: &str, content: &[u8], privilege: &str) {
        assert!(self.body(key) == content, "{key}: another content");
        let head = self.head(key);
        assert_eq!(head.metadata("md5"), Some(&*md5_hex(content)), "{key}");
        assert_eq!(head.metadata("privilege"), Some(privilege), "{key}");
    }
}

fn client(server: &TestServer) -> Client {
    let endpoint = Endpoint::custom(&server.endpoint, &server.region, Addressing::Path);
    let options = ClientOptions {
        endpoint: endpoint.unwrap(),
        credentials: Some(Provider::from(Credentials {
            access_key: server.access_key.clone(),
            secret_key: server.secret_key.clone(),
            session_token: None,
        })),
        retry: RetryPolicy::default(),
        max_requests: 4,
        max_requests_near: 4,
        read_ahead: 0,
        request_rate: None,
        traffic: Traffic::default(),
        mutations: Mutations::Allowed,
        api_options: ApiOptions::default(),
        observer: None,
    };
    Client::new(
        HttpClient::new(&ConnectOptions::default()).unwrap(),
        options,
    )
}

/// What `md5sum` prints.
pub fn md5_hex(content: &[u8]) -> String {
    let digest = md5::Md5::digest(content);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes that do not repeat.
pub fn noise(len: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(len as u64);
    let mut bytes = vec![0; len];
    random.fill(&mut bytes);
    bytes
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Run {
    let output = command.output().expect("the program starts");
    let arguments = command
        .get_args()
        .map(|argument| argument.to_string_lossy());
    Run {
        line: arguments.collect::<Vec<_>>().join(" "),
        output,
    }
}

/// A run that is over.
pub struct Run {
    line: String,
    output: Output,
}

impl Run {
    /// Status 0, and nothing on the standard error. Gives the lines of the standard output.
    #[track_caller]
    pub fn succeeds(&self) -> Vec<String> {
        assert!(
            self.status() == 0 && self.output.stderr.is_empty(),
            "{self:?}"
        );
        self.lines()
    }

    /// Succeeds with these lines, in any order.
    #[track_caller]
    pub fn prints<S: AsRef<str>>(&self, lines: &[S]) {
        self.succeeds();
        self.has_lines(lines);
    }

    /// Status 1, one line on the standard error, which it gives.
    #[track_caller]
    pub fn fails(&self) -> String {
        let errors = self.errors();
        assert!(self.status() == 1 && errors.len() == 1, "{self:?}");
        errors[0].clone()
    }

    /// Status 1, exactly this line on the standard error and nothing on the standard output.
    #[track_caller]
    pub fn fails_with(&self, line: &str) {
        assert_eq!(self.fails(), line, "{self:?}");
        self.has_lines::<&str>(&[]);
    }

    /// Status 2, nothing on the standard output, and a reason that names this.
    #[track_caller]
    pub fn is_wrong_usage(&self, text: &str) {
        let is_told = self.errors().iter().any(|line| line.contains(text));
        assert!(self.status() == 2 && is_told, "{self:?}");
        self.has_lines::<&str>(&[]);
    }

    /// Has these lines on the standard output, in any order.
    #[track_caller]
    pub fn has_lines<S: AsRef<str>>(&self, lines: &[S]) {
        let mut expected: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
        let mut found = self.lines();
        expected.sort_unstable();
        found.sort();
        assert_eq!(found, expected, "{self:?}");
    }

    /// Succeeds and deletes exactly these, whatever else it says.
    #[track_caller]
    pub fn deletes<S: AsRef<str>>(&self, names: &[S]) {
        let lines = self.succeeds();
        let deleted = lines.iter().filter_map(|line| line.strip_prefix("Delete "));
        let mut deleted: Vec<&str> = deleted.collect();
        deleted.sort_unstable();
        let expected: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        assert_eq!(deleted, expected, "{self:?}");
    }

    pub fn status(&self) -> i32 {
        self.output.status.code().unwrap_or(-1)
    }

    pub fn stdout(&self) -> &[u8] {
        &self.output.stdout
    }

    pub fn lines(&self) -> Vec<String> {
        lines(&self.output.stdout)
    }

    pub fn errors(&self) -> Vec<String> {
        lines(&self.output.stderr)
    }

    /// How many requests of an operation `--debug` showed.
    pub fn requests(&self, operation: &str) -> usize {
        let mark = format!("S3APICALL {operation} ");
        let shown = self.errors();
        shown.iter().filter(|line| line.contains(&mark)).count()
    }
}

fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(str::to_owned).collect()
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Output { stdout, stderr, .. } = &self.output;
        let (stdout, stderr) = (
            String::from_utf8_lossy(stdout),
            String::from_utf8_lossy(stderr),
        );
        write!(
            f,
            "s4cmd {}\nstatus: {}\nstdout:\n{stdout}\nstderr:\n{stderr}",
            self.line, self.output.status
        )
    }
}

/// The user without rights.
const NOBODY: u32 = 65534;
