//! The HTTP client: a pool of connections, and timeouts on everything that could hang.

use std::time::Duration;

use http::{Extensions, HeaderMap, Request, StatusCode, header};
use http_body::Body as _;
use hyper_util::{
    client::legacy::{
        self,
        connect::{CaptureConnection, capture_connection},
    },
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::Instant;

use crate::{
    counter::Counter,
    net::{
        body::{CHUNK, RequestBody, ResponseBody},
        connect::{ConnectOptions, Connector, connector},
        error::{TransportError, TransportErrorKind},
        line::Line,
        proxy::Proxies,
        socket::Limits,
        tls::TlsError,
    },
};

/// Sends requests over pooled connections. Clones share the pool.
#[derive(Debug, Clone)]
pub struct HttpClient {
    inner: legacy::Client<Connector, RequestBody>,
    proxies: Proxies,
    is_limited: bool,
    line: Line,
}

/// How long nothing may happen.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Between two pieces of the request that the network takes, and between the last of them and
    /// the answer's head.
    pub answer: Duration,
    /// Between two pieces of the answer's body.
    pub body: Duration,
}

/// The head of an answer, and its body to read.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: ResponseBody,
}

impl HttpClient {
    /// A client without connections.
    ///
    /// # Errors
    /// The certificates to trust cannot be had.
    pub fn new(options: &ConnectOptions) -> Result<Self, TlsError> {
        let limits = Limits::new(options.rates);
        let line = limits.line().clone();
        let inner = legacy::Client::builder(TokioExecutor::new())
            .pool_idle_timeout(POOL_IDLE)
            // Without a timer idle connections would never be closed.
            .pool_timer(TokioTimer::new())
            .http1_max_buf_size(CHUNK)
            .build(connector(options, limits)?);
        Ok(Self {
            inner,
            proxies: options.proxies.clone(),
            is_limited: options.rates.up.is_some(),
            line,
        })
    }

    /// What its connections have in common.
    pub(crate) fn line(&self) -> &Line {
        &self.line
    }

    /// Sends a request and gives the head of the answer. The answer may come before the body was
    /// sent. Redirects are answers like any other.
    ///
    /// # Errors
    /// See [`TransportErrorKind`].
    pub async fn send(
        &self,
        mut request: Request<RequestBody>,
        patience: Patience,
    ) -> Result<Response, TransportError> {
        if let Some(credentials) = self.proxies.authorization(request.uri()) {
            let headers = request.headers_mut();
            headers.insert(header::PROXY_AUTHORIZATION, credentials);
        }
        // What is small is gone at once, or never.
        let is_watched = self.is_limited || request.body().size_hint().lower() > SMALL;
        let connection = is_watched.then(|| capture_connection(&mut request));
        let mut answer = self.inner.request(request);
        let (mut sent, mut moved) = (0, Instant::now());
        loop {
            let slice = patience.answer / SLICES;
            match tokio::time::timeout(slice, &mut answer).await {
                Ok(Ok(response)) => {
                    let (mut head, body) = response.into_parts();
                    let acknowledger = head.extensions.remove().unwrap_or_default();
                    let body = ResponseBody::new(body, patience.body, acknowledger);
                    return Ok(Response {
                        status: head.status,
                        headers: head.headers,
                        body,
                    });
                }
                Ok(Err(error)) => return Err(TransportError::from_legacy(&error)),
                Err(_) => {}
            }
            let now = connection.as_ref().map_or(0, written);
            if now != sent {
                // The body moves on: the server is slow, not gone.
                (sent, moved) = (now, Instant::now());
            } else if moved.elapsed() >= patience.answer {
                let message = format!("no answer for {} seconds", patience.answer.as_secs());
                return Err(TransportError::new(TransportErrorKind::Timeout, message));
            }
        }
    }
}

/// What a request wrote to its connection.
fn written(connection: &CaptureConnection) -> u64 {
    let mut extensions = Extensions::new();
    if let Some(connected) = connection.connection_metadata().as_ref() {
        connected.get_extras(&mut extensions);
    }
    extensions.get().map_or(0, Counter::bytes)
}

/// How often it is looked in the time of patience whether anything moved.
const SLICES: u32 = 6;
/// Bytes of a body: buffers of the system take so much at once.
const SMALL: u64 = 16 * 1024;
/// Servers close idle connections, S3 after some 5 to 20 seconds; a connection that both sides
/// close at the same time costs a retry.
const POOL_IDLE: Duration = Duration::from_secs(4);

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
        time::sleep,
    };

    use super::*;
    use crate::net::Dialer;

    const PATIENCE: Patience = Patience {
        answer: Duration::from_secs(30),
        body: Duration::from_secs(30),
    };

    /// Each answer took 40 ms.
    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn a_server_that_waits_for_acknowledgements_gets_them() {
        use std::io::{Read as _, Write as _};

        const ANSWERS: u32 = 60;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            for _ in 0..ANSWERS {
                let read = socket.read(&mut [0; 4096]).unwrap();
                assert!(read > 0, "all come over one connection");
                let head = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
                socket.write_all(head).unwrap();
                socket.write_all(b"body").unwrap();
            }
        });
        let client = HttpClient::new(&ConnectOptions::default()).unwrap();
        let started = std::time::Instant::now();
        for _ in 0..ANSWERS {
            let request = Request::get(format!("http://{address}/"));
            let request = request.body(RequestBody::bytes(Bytes::new())).unwrap();
            let mut answer = client.send(request, PATIENCE).await.unwrap();
            assert_eq!(answer.body.collect(10).await.unwrap(), "body");
        }
        // The system puts off all but the first dozen or so.
        let least = Duration::from_millis(40) * ANSWERS / 2;
        assert!(started.elapsed() < least, "{:?}", started.elapsed());
        server.join().unwrap();
    }

    /// How far a server at this address seems to be while the processor is busy.
    async fn round_trip_when_busy(address: &str) -> Duration {
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let uri = format!("http://{}/", listener.local_addr().unwrap());
        let client = HttpClient::new(&ConnectOptions::default()).unwrap();
        let connecting = async {
            let request = Request::get(uri).body(RequestBody::bytes(Bytes::new()));
            client.send(request.unwrap(), PATIENCE).await
        };
        let hashing = async {
            for _ in 0..1000 {
                std::thread::sleep(Duration::from_millis(5));
                tokio::task::yield_now().await;
                if client.line().round_trip().is_some() {
                    break;
                }
            }
        };
        tokio::select! {
            biased;
            answer = connecting => panic!("{answer:?}"),
            () = hashing => {}
        }
        client.line().round_trip().unwrap()
    }

    /// With a processor that hashes meanwhile a server on this machine looked 13 ms away and more,
    /// and got all the requests that servers far away do.
    #[tokio::test]
    async fn a_busy_processor_does_not_make_a_server_look_far() {
        let round_trip = round_trip_when_busy("127.0.0.1:0").await;
        assert!(round_trip < Duration::from_millis(1), "{round_trip:?}");
    }

    /// Debian gives this address to the machine's own name; the system calls from another one.
    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn another_loopback_address_is_not_far_either() {
        let round_trip = round_trip_when_busy("127.0.1.1:0").await;
        assert!(round_trip < Duration::from_millis(1), "{round_trip:?}");
    }

    /// A client whose connections end in `serve`, through pipes that hold 1,000 bytes.
    fn client<F: Future<Output = ()> + Send + 'static>(
        serve: impl Fn(DuplexStream) -> F + Send + Sync + 'static,
    ) -> HttpClient {
        let serve = Arc::new(serve);
        let dialer = Dialer::new(move |_| {
            let (here, there) = tokio::io::duplex(1000);
            tokio::spawn(serve(there));
            Ok(Box::new(here))
        });
        let options = ConnectOptions {
            dialer: Some(dialer),
            ..ConnectOptions::default()
        };
        HttpClient::new(&options).unwrap()
    }

    async fn upload(client: HttpClient, len: usize) -> Result<Response, TransportError> {
        let body = RequestBody::bytes(Bytes::from(vec![0; len]));
        let request = Request::put("http://server/").header(header::CONTENT_LENGTH, len);
        client.send(request.body(body).unwrap(), PATIENCE).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_link_is_not_taken_for_a_dead_one() {
        let client = client(|mut pipe| async move {
            let mut left = 100_000;
            let mut buffer = [0; 500];
            // 50 bytes per second.
            while left > 0 {
                sleep(Duration::from_secs(10)).await;
                left -= i32::try_from(pipe.read(&mut buffer).await.unwrap()).unwrap();
            }
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            pipe.write_all(answer).await.unwrap();
        });
        let started = Instant::now();
        let response = upload(client, 100_000).await.unwrap();
        assert_eq!(response.status, StatusCode::OK);
        assert!(started.elapsed() > Duration::from_secs(1900));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_stops_reading_is_left_within_35_seconds() {
        let client = client(|mut pipe| async move {
            let mut buffer = [0; 5000];
            pipe.read_exact(&mut buffer).await.unwrap();
            sleep(Duration::from_secs(1000)).await;
        });
        let started = Instant::now();
        let error = upload(client, 100_000).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Timeout);
        assert!(started.elapsed() <= Duration::from_secs(35));
    }
}
