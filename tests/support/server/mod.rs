//! An S3 server for tests: it runs inside the test process, keeps objects in memory,
//! verifies every signature with its own implementation of Signature Version 4 and can
//! be told to misbehave in the ways real servers, proxies and networks do.
//!
//! ```no_run
//! let server = S3Server::start();
//! server.store().create_bucket("b");
//! server.faults().push(Fault::once("PutObject", Action::ResetBefore));
//! // run the client against server.endpoint() with "testkey" / "testsecret"
//! assert_eq!(server.store().keys("b"), ["the-key"]);
//! ```
//!
//! One request goes through these files, in this order: `connection` (socket), `handler`
//! (one request), `request` (what is asked), `auth` (may they), `body` (receive it),
//! `operation` and `ops` (do it), `fault`, `sabotage` and `transport` (spoil it), `reply`
//! (answer).
//!
//! Nothing here comes from the crate under test: a mistake in its signer or its parser
//! must not be repeated, and so hidden, by the server.

// Each program that includes this module uses a part of it, `pub` marks that part's
// interface, and a test double may die where a program may not.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    missing_docs,
    missing_debug_implementations,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod auth;
mod body;
mod canonical;
mod codec;
mod condition;
mod config;
mod connection;
mod digest;
mod error;
mod fault;
mod handler;
mod log;
mod object;
mod operation;
mod ops;
mod payload;
mod pipe;
mod range;
mod reply;
mod request;
mod sabotage;
mod script;
mod sse;
mod store;
mod time;
mod tls;
mod transport;
mod wire;
mod xml;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

pub use config::{Certificate, Config, Order, StartAfter};
pub use fault::{Action, Chance, Fault, Faults, Match};
pub use log::Seen;
pub use object::{Headers, Object};
pub use pipe::Pipe;
pub use store::{Foreign, OpenUpload, Store};

/// What all connections of one server share.
struct Shared {
    config: Config,
    store: Store,
    faults: Faults,
    log: log::Log,
    clock: time::Clock,
    connections: AtomicU64,
}

/// What a server stores, does and has seen. Without sockets it is a server by itself, for
/// connections in memory; clones are the same one.
#[derive(Clone)]
pub struct Simulated {
    shared: Arc<Shared>,
}

/// A running server. It listens on a free port of 127.0.0.1, on a thread of its own,
/// until it is dropped.
pub struct S3Server {
    simulated: Simulated,
    port: u16,
    ca_pem: Option<String>,
    client_pems: Option<[String; 2]>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl S3Server {
    /// Starts a server with the default configuration: plain HTTP, signatures required.
    pub fn start() -> S3Server {
        S3Server::start_with(Config::default())
    }

    /// Starts a server with a configuration of the caller's.
    pub fn start_with(config: Config) -> S3Server {
        let authority = config.tls.then(|| tls::Authority::new(config.certificate));
        let ca_pem = authority.as_ref().map(tls::Authority::pem);
        let client_pems = authority.as_ref().map(tls::Authority::client_pems);
        let asks_clients = config.asks_clients;
        let acceptor = authority.map(|authority| authority.into_acceptor(asks_clients));
        let simulated = Simulated::new(config);
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("non-blocking mode");
        let port = listener.local_addr().expect("local address").port();
        let (stop, stopped) = oneshot::channel();
        let state = Arc::clone(&simulated.shared);
        let thread = std::thread::Builder::new()
            .name("s3-test-server".into())
            .spawn(move || run(listener, acceptor, state, stopped))
            .expect("a thread for the server");
        S3Server {
            simulated,
            port,
            ca_pem,
            client_pems,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// The URL to give to the client.
    pub fn endpoint(&self) -> String {
        match self.ca_pem {
            Some(_) => format!("https://localhost:{}", self.port),
            None => format!("http://127.0.0.1:{}", self.port),
        }
    }

    /// The port the server listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A certificate and its key for a client of this server; None without TLS.
    pub fn client_pems(&self) -> Option<[String; 2]> {
        self.client_pems.clone()
    }

    /// The certificate of the throw-away authority, for `AWS_CA_BUNDLE`; None without TLS.
    pub fn ca_pem(&self) -> Option<String> {
        self.ca_pem.clone()
    }
}

impl Simulated {
    /// A server without sockets.
    pub fn new(config: Config) -> Simulated {
        let shared = Arc::new(Shared {
            config,
            store: Store::default(),
            faults: Faults::default(),
            log: log::Log::default(),
            clock: time::Clock::default(),
            connections: AtomicU64::new(0),
        });
        Simulated { shared }
    }

    /// Makes a connection in memory, which is served on the present runtime, and gives the
    /// client's end of it.
    ///
    /// # Errors
    /// A fault wants it to be refused.
    pub fn connect(&self) -> std::io::Result<Pipe> {
        if self.shared.faults.refuses() {
            return Err(std::io::ErrorKind::ConnectionRefused.into());
        }
        let (client, server) = Pipe::pair();
        let shared = Arc::clone(&self.shared);
        tokio::spawn(connection::serve_pipe(server, shared));
        Ok(client)
    }

    /// The configuration the server was started with.
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// The stored objects, to seed and to inspect.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// The queue of scripted faults.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Every request since the start or the last `clear_requests`, in order of arrival.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.log.all()
    }

    /// The requests of one operation, for example `"UploadPart"`.
    pub fn requests_of(&self, operation: &str) -> Vec<Seen> {
        let mut seen = self.requests();
        seen.retain(|s| s.operation == operation);
        seen
    }

    /// The same, and forgets them.
    pub fn take_requests(&self) -> Vec<Seen> {
        self.shared.log.take()
    }

    /// Forgets the logged requests.
    pub fn clear_requests(&self) {
        self.shared.log.clear();
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

impl Deref for S3Server {
    type Target = Simulated;

    fn deref(&self) -> &Simulated {
        &self.simulated
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The server's thread: its own runtime, so that a test may block or use any other.
fn run(
    listener: std::net::TcpListener,
    acceptor: Option<tokio_rustls::TlsAcceptor>,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("s3-test-worker")
        .enable_all()
        .build()
        .expect("a runtime for the server");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        tokio::select! {
            () = connection::accept(listener, acceptor, shared) => (),
            _ = stopped => (),
        }
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
}
