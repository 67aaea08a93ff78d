//! The HTTP client: a pool of connections, and timeouts on everything that could hang.

use std::{sync::atomic::Ordering, time::Duration};

use http::{HeaderMap, Request, StatusCode, header};
use hyper_util::{
    client::legacy,
    rt::{TokioExecutor, TokioTimer},
};

use crate::net::{
    body::{RequestBody, ResponseBody},
    connect::{ConnectOptions, Connector, connector},
    error::{TransportError, TransportErrorKind},
    proxy::Proxies,
    tls::TlsError,
};

/// Sends requests over pooled connections. Clones share the pool.
#[derive(Debug, Clone)]
pub struct HttpClient {
    inner: legacy::Client<Connector, RequestBody>,
    proxies: Proxies,
}

/// How long nothing may happen.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Between two pieces of the request's body, and between its end and the answer's head.
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
        let inner = legacy::Client::builder(TokioExecutor::new())
            .pool_idle_timeout(POOL_IDLE)
            // Without a timer idle connections would never be closed.
            .pool_timer(TokioTimer::new())
            .build(connector(options)?);
        Ok(Self {
            inner,
            proxies: options.proxies.clone(),
        })
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
        let progress = request.body().progress();
        let mut answer = self.inner.request(request);
        loop {
            let before = progress.load(Ordering::Relaxed);
            match tokio::time::timeout(patience.answer, &mut answer).await {
                Ok(Ok(response)) => {
                    let (head, body) = response.into_parts();
                    let body = ResponseBody::new(body, patience.body);
                    return Ok(Response {
                        status: head.status,
                        headers: head.headers,
                        body,
                    });
                }
                Ok(Err(error)) => return Err(TransportError::from_legacy(&error)),
                Err(_) if progress.load(Ordering::Relaxed) == before => {
                    let message = format!("no answer for {} seconds", patience.answer.as_secs());
                    return Err(TransportError::new(TransportErrorKind::Timeout, message));
                }
                // The body moved on: the server is slow, not gone.
                Err(_) => {}
            }
        }
    }
}

/// Servers close idle connections, S3 after some 5 to 20 seconds; a connection that both sides
/// close at the same time costs a retry.
const POOL_IDLE: Duration = Duration::from_secs(4);
