//! One async method for each S3 call: signs, sends, retries and parses.
//!
//! This is the one place that signs, the one that retries and the one that a dry run cannot get
//! past.

mod backoff;
mod call;
mod clock;
mod error;
mod flat;
mod foresight;
mod gate;
mod list;
mod marks;
mod object_stream;
mod outage;
mod presign;
mod region;
mod retry;
mod settle;
mod traffic;
mod turns;
mod uploads;
mod versions;

use std::{num::NonZeroU64, sync::Arc, time::Duration};

use sha2::{Digest as _, Sha256};

use crate::{
    credentials::Provider,
    net::{HttpClient, Line},
    s3::{
        api_option::ApiOptions,
        encode,
        endpoint::{Endpoint, Scheme},
        operation::Operation,
    },
};

pub use call::Observer;
pub use error::ClientError;
pub use flat::FlatLister;
pub use list::Lister;
pub use object_stream::ObjectStream;
pub use presign::Presigned;
pub use retry::RetryPolicy;
pub use settle::Created;
pub use traffic::Traffic;
pub use uploads::UploadLister;
pub use versions::VersionLister;

pub use crate::net::TransportErrorKind;

/// Speaks S3 with one endpoint. Clones are the same client.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
    mutations: Mutations,
    api_options: Arc<ApiOptions>,
}

/// What a client is made of.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Where to.
    pub endpoint: Endpoint,
    /// Who; without, requests are not signed.
    pub credentials: Option<Provider>,
    /// How often.
    pub retry: RetryPolicy,
    /// How many requests may be under way at once, whatever they are.
    pub max_requests: usize,
    /// How many of them, if hardly any network is between this machine and the server.
    pub max_requests_near: usize,
    /// How many bytes of pages may be kept that were read of a listing before it is their turn.
    pub read_ahead: u64,
    /// How many requests may begin in a second; `None` is any number.
    pub request_rate: Option<NonZeroU64>,
    /// Whether anything may be changed.
    pub mutations: Mutations,
    /// What goes on every request that takes it.
    pub api_options: ApiOptions,
    /// Counts every attempt.
    pub traffic: Traffic,
    /// Is told of every attempt.
    pub observer: Option<Observer>,
}

/// Whether requests that change something may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutations {
    /// The normal run.
    Allowed,
    /// The dry run: such a request is an error, whatever the command above does.
    Forbidden,
}

#[derive(Debug)]
struct Inner {
    options: ClientOptions,
    http: HttpClient,
    requests: gate::Gate,
    turns: turns::Turns,
    budget: backoff::RetryBudget,
    outage: outage::Outage,
    regions: region::Regions,
    clock: clock::Clock,
    facts: call::ServerFacts,
}

impl Client {
    /// A client that sends by `http`.
    pub fn new(http: HttpClient, mut options: ClientOptions) -> Self {
        Self {
            mutations: options.mutations,
            api_options: Arc::new(std::mem::take(&mut options.api_options)),
            inner: Arc::new(Inner {
                requests: gate::Gate::new(
                    options.max_requests,
                    options.max_requests_near,
                    http.line().clone(),
                ),
                turns: turns::Turns::new(options.request_rate),
                options,
                http,
                budget: backoff::RetryBudget::default(),
                outage: outage::Outage::default(),
                regions: region::Regions::default(),
                clock: clock::Clock::default(),
                facts: call::ServerFacts::default(),
            }),
        }
    }

    /// How many requests may be under way now, which changes all the time.
    pub fn at_once(&self) -> usize {
        self.inner.requests.limit()
    }

    /// The same client, with all that it learned and all bounds, for a work of its own.
    pub fn with(&self, mutations: Mutations, api_options: ApiOptions) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            mutations,
            api_options: Arc::new(api_options),
        }
    }

    /// Where this client sends to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.inner.options.endpoint
    }

    /// The connections, which count what they move.
    pub(crate) fn line(&self) -> &Line {
        self.inner.http.line()
    }

    /// The options that go on requests.
    pub fn api_options(&self) -> &ApiOptions {
        &self.api_options
    }

    /// Whether signatures cover the payload, so that its SHA-256 is needed: over plain HTTP, where
    /// anybody could change it on the way.
    pub fn signs_payload(&self) -> bool {
        let options = &self.inner.options;
        options.endpoint.scheme() == Scheme::Http && options.credentials.is_some()
    }

    /// Whether anything is tried twice.
    pub fn retries(&self) -> bool {
        self.inner.options.retry.rounds > 0
    }

    /// Whether everything that is asked from now on fails at once: the credentials are not
    /// accepted, or nothing succeeded for ten minutes.
    pub fn is_over(&self) -> bool {
        self.inner.outage.check().is_err()
    }

    /// Makes sure that there are credentials, before anything is begun that needs them.
    ///
    /// # Errors
    /// [`ClientError::Credentials`].
    pub async fn authenticate(&self) -> Result<(), ClientError> {
        if let Some(provider) = &self.inner.options.credentials {
            provider.credentials(self.inner.clock.read().now).await?;
        }
        Ok(())
    }

    /// Whether this is a dry run.
    pub fn mutations(&self) -> Mutations {
        self.mutations
    }

    /// A digest of all that a request says, with the options that go on it. Two requests with the
    /// same digest ask for the same.
    ///
    /// # Errors
    /// [`ClientError::Request`].
    pub fn digest<O: Operation>(&self, operation: &O) -> Result<String, ClientError> {
        let mut request = operation.request()?;
        self.api_options.apply(&mut request)?;
        let mut lines: Vec<Vec<u8>> = request
            .headers
            .iter()
            .map(|(name, value)| [name.as_str().as_bytes(), b":", value.as_bytes()].concat())
            .collect();
        lines.sort_unstable();
        let address = self.inner.options.endpoint.address(&request)?;
        let mut digest = Sha256::new();
        digest.update(address.authority);
        digest.update(address.path);
        for line in lines {
            digest.update(b"\n");
            digest.update(line);
        }
        Ok(encode::hex(&digest.finalize()))
    }

    /// Carries out an operation.
    ///
    /// # Errors
    /// See [`ClientError`]; retries are over by then.
    pub async fn call<O: Operation>(&self, operation: &O) -> Result<O::Output, ClientError> {
        Ok(self.perform(operation).await?.output)
    }
}

/// How long the server may be silent, between any two bytes in either direction. There is no
/// limit on the whole: a large object takes as long as it takes.
const IDLE: Duration = Duration::from_secs(30);
/// The same for operations where the server works before it answers.
const SLOW_ANSWER: Duration = Duration::from_secs(300);
