//! Proxies between here and the server.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use crate::{
    run::{World, content},
    server::Config,
};

/// A proxy that passes everything on: tunnels for CONNECT, else requests with a whole URL. It keeps
/// the heads of what it was asked.
struct Proxy {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start() -> Self {
        Self::that_answers(None)
    }

    /// Or refuses everything.
    fn that_answers(refusal: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heads);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                thread::spawn(move || serve(stream, refusal, &kept));
            }
        });
        Self { port, heads }
    }

    fn url(&self, user: &str) -> String {
        format!("http://{user}127.0.0.1:{}", self.port)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn serve(client: TcpStream, refusal: Option<&str>, heads: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    heads.lock().unwrap().push(head.clone());
    let mut client = client;
    if let Some(refusal) = refusal {
        client.write_all(refusal.as_bytes()).ok()?;
        return None;
    }
    let mut words = head.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let origin;
    if method == "CONNECT" {
        origin = TcpStream::connect(target).ok()?;
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    } else {
        let rest = target.strip_prefix("http://")?;
        let (authority, path) = rest.split_at(rest.find('/')?);
        let mut to = TcpStream::connect(authority).ok()?;
        // One request for each connection: what follows would have to be rewritten, too.
        let lines = head.lines().skip(1);
        let own = |line: &&str| !line.to_lowercase().starts_with("proxy-");
        let lines: Vec<&str> = lines.filter(own).filter(|line| !line.is_empty()).collect();
        let lines = lines.join("\r\n");
        let head = format!("{method} {path} HTTP/1.1\r\n{lines}\r\nConnection: close\r\n\r\n");
        to.write_all(head.as_bytes()).ok()?;
        origin = to;
    }
    let (mut up, mut down) = (origin.try_clone().ok()?, origin);
    let rest = reader.buffer().to_vec();
    up.write_all(&rest).ok()?;
    let mut from_client = client.try_clone().ok()?;
    thread::spawn(move || copy(&mut from_client, &mut up));
    copy(&mut down, &mut client);
    Some(())
}

fn copy(from: &mut TcpStream, to: &mut TcpStream) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
}

fn world(tls: bool) -> World {
    let mut world = World::with(Config {
        tls,
        ..Config::default()
    });
    let store = world.server.store();
    store.put("bucket", "key", content(300_000, 1));
    world.file("file", content(300_000, 2));
    if tls {
        let path = world.outside("ca.pem");
        std::fs::write(&path, world.server.ca_pem().unwrap()).unwrap();
        world.set("AWS_CA_BUNDLE", path.to_str().unwrap());
    }
    world
}

#[test]
fn plain_requests_go_through_the_proxy_whole() {
    let (mut world, proxy) = (world(false), Proxy::start());
    world.set("HTTP_PROXY", proxy.url("user:pass@"));
    world.run("get s3://bucket/key got").succeeds();
    world.run("put file s3://bucket/new").succeeds();
    assert!(world.read("got").unwrap() == content(300_000, 1));
    assert!(world.server.store().body("bucket", "new") == content(300_000, 2));
    let heads = proxy.heads();
    assert_eq!(heads.len(), world.server.requests().len());
    for head in heads {
        let target = head.split(' ').nth(1).unwrap();
        assert!(target.starts_with(&world.server.endpoint()), "{head}");
        let own = head.to_lowercase();
        assert!(
            own.contains("proxy-authorization: basic dxnlcjpwyxnz"),
            "{head}"
        );
    }
    for seen in world.server.requests() {
        assert!(seen.headers.get("proxy-authorization").is_none());
    }
}

#[test]
fn encrypted_requests_go_through_a_tunnel_that_sees_nothing() {
    let (mut world, proxy) = (world(true), Proxy::start());
    world.set("https_proxy", proxy.url("user:pass@"));
    world.run("get s3://bucket/key got").succeeds();
    world.run("put file s3://bucket/new").succeeds();
    assert!(world.server.store().body("bucket", "new") == content(300_000, 2));
    let heads = proxy.heads();
    assert!(!heads.is_empty());
    for head in heads {
        assert!(head.starts_with("CONNECT localhost:"), "{head}");
        let own = head.to_lowercase();
        assert!(
            own.contains("proxy-authorization: basic dxnlcjpwyxnz"),
            "{head}"
        );
        assert!(!own.contains("\r\nauthorization"), "{head}");
    }
    for seen in world.server.requests() {
        assert!(seen.headers.get("proxy-authorization").is_none());
    }
}

#[test]
fn hosts_of_no_proxy_are_reached_directly() {
    let (mut world, proxy) = (world(false), Proxy::start());
    world.set("ALL_PROXY", proxy.url(""));
    world.set("NO_PROXY", "example.com,127.0.0.0/8,localhost");
    world.run("ls s3://bucket").succeeds();
    assert_eq!(proxy.heads(), Vec::<String>::new());
}

/// A web server puts the header `Proxy` of a request into `HTTP_PROXY`.
#[test]
fn a_strangers_header_is_no_proxy() {
    let (mut world, proxy) = (world(false), Proxy::start());
    world.set("REQUEST_METHOD", "GET");
    world.set("HTTP_PROXY", proxy.url(""));
    world.run("ls s3://bucket").succeeds();
    assert_eq!(proxy.heads(), Vec::<String>::new());
    world.set("http_proxy", proxy.url(""));
    world.run("ls s3://bucket").succeeds();
    assert_eq!(proxy.heads().len(), 1);
}

#[test]
fn a_proxy_that_refuses_is_told_without_its_password() {
    let refusals = [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            "407",
        ),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "403"),
        ("not http at all", "invalid HTTP"),
    ];
    for tls in [false, true] {
        for (refusal, _) in refusals {
            let (mut world, proxy) = (world(tls), Proxy::that_answers(Some(refusal)));
            world.set("ALL_PROXY", proxy.url("user:hunter2@"));
            let line = "ls s3://bucket --debug -t 1 --retry-delay 1";
            let run = world.run(line).fails().within(30);
            assert!(!run.stderr.contains("hunter2"), "{run:#?}");
            assert!(!run.stderr.contains("dXNlcjpodW50ZXIy"), "{run:#?}");
        }
    }
}

#[test]
fn a_proxy_that_cannot_be_used_is_told() {
    let mut world = world(false);
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    world.set("HTTP_PROXY", format!("http://127.0.0.1:{port}"));
    world.run("ls s3://bucket").fails().in_one_line().within(10);
    for wrong in [
        "socks5://user:hunter2@p:1",
        "https://user:hunter2@p",
        "http://:::",
    ] {
        world.set("HTTP_PROXY", wrong);
        let run = world.run("ls s3://bucket").fails().in_one_line().within(2);
        let run = run.says("the proxy for http is not of the form");
        assert!(!run.stderr.contains("hunter2"));
    }
    assert!(world.server.requests().is_empty());
}

#[test]
fn an_s3cfg_names_a_proxy() {
    let proxy = Proxy::start();
    let mut world = World::new();
    world.server.store().put("bucket", "k", "x");
    let settings = format!("proxy_host = 127.0.0.1\nproxy_port = {}\n", proxy.port);
    let text = format!("[default]\naccess_key = a\nsecret_key = s\n{settings}");
    world.home_file("own.s3cfg", &text);
    let config = world.outside("home/own.s3cfg");
    let line = format!("cat s3://bucket/k -p {}", config.display());
    assert_eq!(world.run(&line).succeeds().stdout, "x");
    let asked = proxy.heads().len();
    assert!(asked > 0);
    // The environment is nearer.
    world.set("NO_PROXY", "127.0.0.1");
    assert_eq!(world.run(&line).succeeds().stdout, "x");
    assert_eq!(proxy.heads().len(), asked);
}
