//! Whole command lines against a server inside this process, over connections in memory: all that
//! a transfer takes but the network and the program's start. The server's part is in the times.

use std::{ffi::OsString, fs, io, path::Path, sync::Arc};

use s4cmd::{
    cli,
    command::{Output, Stream},
    credentials::Environment,
    net::Dialer,
};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::{
    benchmark::{Benchmark, Iteration},
    server::{Config, Seen, Simulated},
};

const FILES: usize = 500;
const SMALL: usize = 4 << 10;
const MIB: usize = 64;

/// Many files of a few KiB.
pub(crate) const PUT_SMALL: Benchmark = Benchmark {
    name: "put-small",
    item: "file",
    items: FILES,
    is_pure: false,
    prepare: put_small,
};

/// The same, downloaded.
pub(crate) const GET_SMALL: Benchmark = Benchmark {
    name: "get-small",
    prepare: get_small,
    ..PUT_SMALL
};

/// One file that is sent in parts.
pub(crate) const PUT_LARGE: Benchmark = Benchmark {
    name: "put-large",
    item: "MiB",
    items: MIB,
    is_pure: false,
    prepare: put_large,
};

/// The same, read in ranges.
pub(crate) const GET_LARGE: Benchmark = Benchmark {
    name: "get-large",
    prepare: get_large,
    ..PUT_LARGE
};

fn put_small() -> Iteration {
    let world = World::new();
    world.make_small();
    Box::new(move || count(&world.run("put -r -f {}/tree s3://bucket/p"), "PutObject"))
}

fn get_small() -> Iteration {
    let world = World::new();
    world.make_small();
    world.run("put -r {}/tree s3://bucket/p");
    Box::new(move || count(&world.run("get -r -f s3://bucket/p {}/back"), "GetObject"))
}

fn put_large() -> Iteration {
    let world = World::new();
    world.make_large();
    let line = "put -f --max-singlepart-upload-size=16777216 --multipart-split-size=8388608 \
                {}/large s3://bucket/large";
    Box::new(move || {
        let sent: u64 = world.run(line).iter().map(|seen| seen.body_len).sum();
        // The list of the parts is sent, too.
        (sent >> 20) as usize
    })
}

fn get_large() -> Iteration {
    let world = World::new();
    world.make_large();
    world.run("put {}/large s3://bucket/large");
    let line = "get --max-singlepart-download-size=16777216 --multipart-split-size=8388608 \
                s3://bucket/large {}/back";
    Box::new(move || {
        let back = world.path().join("back");
        let _ = fs::remove_file(&back);
        world.run(line);
        let got = fs::metadata(back).expect("the file").len();
        (got >> 20) as usize
    })
}

fn count(seen: &[Seen], operation: &str) -> usize {
    let of_it = seen.iter().filter(|seen| seen.operation == operation);
    of_it.filter(|seen| seen.status == Some(200)).count()
}

/// A server, a directory and a runtime for both ends.
struct World {
    server: Simulated,
    scratch: TempDir,
    runtime: Runtime,
}

impl World {
    fn new() -> Self {
        let server = Simulated::new(Config::default());
        server.store().create_bucket("bucket");
        Self {
            server,
            scratch: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory"),
            runtime: Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime"),
        }
    }

    fn path(&self) -> &Path {
        self.scratch.path()
    }

    fn make_small(&self) {
        let tree = self.path().join("tree");
        fs::create_dir(&tree).expect("a directory");
        for number in 0..FILES {
            let content = vec![number as u8; SMALL];
            fs::write(tree.join(format!("f{number:05}")), content).expect("a file");
        }
    }

    fn make_large(&self) {
        let mut content = vec![0; MIB << 20];
        fastrand::Rng::with_seed(1).fill(&mut content);
        fs::write(self.path().join("large"), content).expect("a file");
    }

    /// Runs a command line, which must succeed, and gives what the server saw of it. `{}` is the
    /// directory.
    fn run(&self, line: &str) -> Vec<Seen> {
        let place = self.path().to_str().expect("a name");
        let words = line
            .split_whitespace()
            .map(|word| word.replace("{}", place));
        let arguments = ["s4cmd".to_owned()].into_iter().chain(words);
        let arguments: Vec<OsString> = arguments.map(OsString::from).collect();
        let environment = Environment::from([
            ("S3_ACCESS_KEY", "testkey"),
            ("S3_SECRET_KEY", "testsecret"),
            ("AWS_ENDPOINT_URL", "http://s3.test"),
            ("HOME", place),
        ]);
        let stream = || Stream::new(io::sink(), false);
        let output = Arc::new(Output::new(stream(), stream()));
        let server = self.server.clone();
        let dialer = Dialer::new(move |_| Ok(Box::new(server.connect()?)));
        let cancel = CancellationToken::new();
        let run = cli::simulate(arguments, &environment, &output, dialer, cancel);
        let status = self.runtime.block_on(Box::pin(run));
        assert!(status == 0, "{line}: exit status {status}");
        self.server.take_requests()
    }
}
