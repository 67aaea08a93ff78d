//! From an authority to a stream of bytes.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::connect::{HttpConnector, proxy::Tunnel},
    rt::TokioIo,
};
use tokio::{net::TcpStream, time::Instant};
use tower_service::Service;

use crate::net::{
    dns::Resolver,
    proxy::Proxies,
    socket::{Limits, Socket, Stream},
    throttle::Rates,
    tls::{self, TlsError, TlsOptions},
};

pub(super) type Connector = HttpsConnector<Sockets>;

/// How connections are made.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// For the whole list of addresses of a host.
    pub connect_timeout: Duration,
    /// For https; without it only http works.
    pub tls: Option<TlsOptions>,
    /// Who stands in between.
    pub proxies: Proxies,
    /// How fast, all connections together.
    pub rates: Rates,
    /// In place of TCP: what is at the other end is up to the caller.
    pub dialer: Option<Dialer>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        // Source: protocol practice of the AWS SDKs, which use 1 to 60 seconds.
        Self {
            connect_timeout: Duration::from_secs(10),
            tls: None,
            proxies: Proxies::default(),
            rates: Rates::default(),
            dialer: None,
        }
    }
}

/// Makes connections in memory, where a server is to be simulated.
#[derive(Clone)]
pub struct Dialer(Arc<Dial>);

type Dial = dyn Fn(&Uri) -> io::Result<Box<dyn Stream>> + Send + Sync;

impl Dialer {
    /// A dialer that calls a function for each connection.
    pub fn new(dial: impl Fn(&Uri) -> io::Result<Box<dyn Stream>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(dial))
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialer")
    }
}

/// Opens sockets, by way of a proxy if there is one.
#[derive(Debug, Clone)]
pub(super) struct Sockets {
    tcp: HttpConnector<Resolver>,
    proxies: Proxies,
    dialer: Option<Dialer>,
    limits: Limits,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Service<Uri> for Sockets {
    type Response = TokioIo<Socket>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let mut sockets = self.clone();
        Box::pin(async move {
            let is_tls = destination.scheme_str() == Some("https");
            let mut socket = sockets.open(destination).await?;
            if is_tls {
                socket = socket.reading_ahead();
            }
            Ok(TokioIo::new(socket.within(&sockets.limits)))
        })
    }
}

impl Sockets {
    async fn open(&mut self, destination: Uri) -> Result<Socket, BoxError> {
        let begun = Instant::now();
        let line = self.limits.line();
        if let Some(Dialer(dial)) = &self.dialer {
            let stream = dial(&destination)?;
            line.opened(begun.elapsed());
            return Ok(Socket::new(stream));
        }
        let Some(proxy) = self.proxies.between(&destination) else {
            let stream = self.tcp.call(destination).await?.into_inner();
            // A processor that is busy makes any way look long.
            let is_here = is_here(&stream);
            line.opened(if is_here {
                Duration::ZERO
            } else {
                begun.elapsed()
            });
            return Ok(Socket::tcp(stream));
        };
        // What a plain proxy is connected to is not known.
        if destination.scheme_str() != Some("https") {
            let stream = self.tcp.call(proxy.uri().clone()).await?;
            return Ok(Socket::tcp(stream.into_inner()).for_proxy());
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.tcp.clone());
        if let Some(credentials) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(credentials.clone());
        }
        let stream = tunnel.call(destination).await?;
        line.opened(begun.elapsed());
        Ok(Socket::tcp(stream.into_inner()))
    }
}

/// Whether both ends are on this machine.
fn is_here(stream: &TcpStream) -> bool {
    let ends = stream.peer_addr().ok().zip(stream.local_addr().ok());
    ends.is_some_and(|(peer, local)| peer.ip().is_loopback() || peer.ip() == local.ip())
}

pub(super) fn connector(options: &ConnectOptions, limits: Limits) -> Result<Connector, TlsError> {
    let mut tcp = HttpConnector::new_with_resolver(Resolver::default());
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(options.connect_timeout));
    let sockets = Sockets {
        tcp,
        proxies: options.proxies.clone(),
        dialer: options.dialer.clone(),
        limits,
    };
    Ok(HttpsConnectorBuilder::new()
        .with_tls_config(tls::config(options.tls.as_ref())?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(sockets))
}
