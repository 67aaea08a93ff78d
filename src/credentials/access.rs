//! What fetching credentials needs of the outside.

use std::{fmt, io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode};
use thiserror::Error;

use crate::net::{
    ConnectOptions, HttpClient, Patience, Proxies, Rates, RequestBody, TlsError, TransportError,
    TransportErrorKind,
};

/// The ways to the services that give credentials, and to the user.
#[derive(Debug, Clone)]
pub struct Access {
    /// How connections are made. The TLS options are used for https only.
    pub connect: ConnectOptions,
    /// The region whose token service is asked.
    pub region: String,
    /// Who knows the codes of MFA devices.
    pub ask: Ask,
}

/// Asks the user a question and gives the answer.
#[derive(Clone)]
pub struct Ask(Arc<Question>);

type Question = dyn Fn(&str) -> io::Result<String> + Send + Sync;

impl Ask {
    /// Asks by a function, which may block.
    pub fn new(ask: impl Fn(&str) -> io::Result<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    pub(super) async fn ask(&self, question: String) -> io::Result<String> {
        let Self(ask) = self.clone();
        tokio::task::spawn_blocking(move || ask(&question)).await?
    }
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ask")
    }
}

/// How a service is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    /// How long it may be silent, and a connection may take.
    pub(super) patience: Duration,
    /// How often it is tried.
    pub(super) attempts: u32,
    /// Whether the proxies stand in between. They do not know this machine's own addresses.
    pub(super) by_proxy: bool,
}

/// For services at home in the internet.
pub(super) const REMOTE: Manner = Manner {
    patience: Duration::from_secs(20),
    attempts: 3,
    by_proxy: true,
};

impl Access {
    /// Sends a request, again if that may help.
    ///
    /// # Errors
    /// There was no whole answer; those of the service are no errors here.
    pub(super) async fn send(
        &self,
        request: Request<Bytes>,
        manner: Manner,
    ) -> Result<(StatusCode, Bytes), Unanswered> {
        let is_https = request.uri().scheme_str() == Some("https");
        let connect = ConnectOptions {
            connect_timeout: manner.patience,
            tls: self.connect.tls.clone().filter(|_| is_https),
            proxies: if manner.by_proxy {
                self.connect.proxies.clone()
            } else {
                Proxies::default()
            },
            rates: Rates::default(),
            dialer: self.connect.dialer.clone(),
        };
        let http = HttpClient::new(&connect)?;
        let patience = Patience {
            answer: manner.patience,
            body: manner.patience,
        };
        let (mut left, mut pause) = (manner.attempts, FIRST_PAUSE);
        loop {
            let answer = async {
                let request = request.clone().map(RequestBody::bytes);
                let mut response = http.send(request, patience).await?;
                let body = response.body.collect(MAX_ANSWER).await?;
                Ok((response.status, body))
            };
            let answer = answer.await;
            let is_final = answer.as_ref().is_ok_and(|(status, _)| {
                !status.is_server_error() && *status != StatusCode::TOO_MANY_REQUESTS
            });
            left = left.saturating_sub(1);
            if is_final || left == 0 {
                return answer;
            }
            tokio::time::sleep(pause).await;
            pause *= 4;
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub(super) enum Unanswered {
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Unanswered {
    /// Whether nobody is there.
    pub(super) fn is_about_connecting(&self) -> bool {
        matches!(self, Self::Transport(error) if error.kind() == TransportErrorKind::Connect)
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Tokens of a few KiB, and the XML around them.
const MAX_ANSWER: usize = 256 * 1024;
