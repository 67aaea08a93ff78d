//! One request, as often as it takes.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::{
    client::{
        Client, ClientError, IDLE, Mutations, SLOW_ANSWER,
        clock::Reading,
        gate::Pass,
        region,
        retry::{Decision, Failure, Retry},
    },
    credentials::Credentials,
    net::{Patience, RequestBody, ResponseBody},
    s3::{
        encode,
        endpoint::{Address, Endpoint},
        error::{AnswerError, ServiceError},
        operation::{Answer, Operation, OperationKind},
        payload::{FileIdentity, Payload},
        request::{Request, Role},
        sigv4::{self, Scope, Signable},
        time,
    },
};

/// Is told of every attempt, in one line without secrets: operation, method, URL, status, time.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(fmt::Arguments<'_>) + Send + Sync>);

impl Observer {
    /// An observer that gives the lines to a function.
    pub fn new(tell: impl Fn(fmt::Arguments<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// What was learned of the server on the way.
#[derive(Debug, Default)]
pub(super) struct ServerFacts {
    /// A connection worked.
    pub(super) reached: AtomicBool,
    /// The server does not have ListObjectsV2.
    pub(super) lists_v1_only: AtomicBool,
}

/// The result of a request that was carried out.
pub(super) struct Performed<T> {
    pub(super) output: T,
    /// The rest of the answer; empty but for GetObject.
    pub(super) body: ResponseBody,
    /// Held as long as the answer is being read.
    pub(super) pass: Pass,
    /// Whether an earlier attempt may have been carried out, too.
    pub(super) ambiguous: bool,
}

/// Takes the quotes from the tag on which a write depended, if the server says that there is
/// another: Ceph compares it with a tag that has none. Gives whether that may help; where it was
/// another one it still is.
fn bare_tag(request: &mut Request, failure: &Failure) -> bool {
    let Failure::Answer { error, .. } = failure else {
        return false;
    };
    let is_refused = |error: &ServiceError| error.status == StatusCode::PRECONDITION_FAILED;
    if !request.operation.mutates() || !error.service().is_some_and(is_refused) {
        return false;
    }
    let tag = request.headers.get_mut(header::IF_MATCH);
    let bare = tag.as_ref().and_then(|tag| {
        let text = tag.to_str().ok()?;
        let bare = text.strip_prefix('"')?.strip_suffix('"')?;
        HeaderValue::from_str(bare).ok()
    });
    match (tag, bare) {
        (Some(tag), Some(bare)) => {
            *tag = bare;
            true
        }
        _ => false,
    }
}

/// Reads one answer.
type Accept<'a> = dyn FnMut(&Answer<'_>) -> Result<(), AnswerError> + Send + 'a;

/// A request with its address: what stays the same over all attempts.
struct Addressed {
    request: Request,
    endpoint: Endpoint,
    address: Address,
    query: String,
}

impl Client {
    /// Sends a request until it succeeds or the retries are over.
    pub(super) async fn perform<O: Operation>(
        &self,
        operation: &O,
    ) -> Result<Performed<O::Output>, ClientError> {
        let mut addressed = self.address(operation.request()?)?;
        let mut output = None;
        let mut accept = |answer: &Answer<'_>| {
            output = Some(operation.parse(answer)?);
            Ok(())
        };
        let (body, pass, ambiguous) = self.exchange(&mut addressed, &mut accept).await?;
        let kind = addressed.request.operation;
        let unread = || AnswerError::malformed(kind, "it was not read");
        let output = output
            .ok_or_else(unread)
            .map_err(|error| ClientError::Answer { error, ambiguous })?;
        Ok(Performed {
            output,
            body,
            pass,
            ambiguous,
        })
    }

    /// The loop behind [`Client::perform`], once for all operations: `accept` parses an answer and
    /// keeps what is in it.
    async fn exchange(
        &self,
        addressed: &mut Addressed,
        accept: &mut Accept<'_>,
    ) -> Result<(ResponseBody, Pass, bool), ClientError> {
        let mut retry = Retry::new(self.inner.options.retry);
        let (mut price, mut was_redirected, mut was_renewed) = (None, false, false);
        let mut was_bared = false;
        let mut is_again = false;
        loop {
            let pass = self.inner.requests.pass().await;
            self.inner.turns.take().await;
            if addressed.request.operation != OperationKind::AbortMultipartUpload {
                let over = self.inner.outage.check();
                over.map_err(|error| error.after(retry.ambiguous))?;
            }
            let (kind, traffic) = (addressed.request.operation, &self.inner.options.traffic);
            traffic.count(kind, std::mem::replace(&mut is_again, true));
            let started = Instant::now();
            let outcome = self.attempt(addressed, accept).await;
            let outcome = outcome.inspect_err(|error| {
                if matches!(error, ClientError::Credentials(_)) {
                    self.inner.outage.end(error);
                }
            })?;
            self.observe(addressed, &outcome, started.elapsed());
            let failure = match outcome {
                Ok(body) => {
                    self.inner.budget.give_back(price);
                    self.inner.outage.answered();
                    pass.went_well(addressed.request.operation);
                    return Ok((body, pass, retry.ambiguous));
                }
                Err(failure) => failure,
            };
            if failure.is_throttling() {
                pass.slow_down();
            }
            drop(pass);
            if !was_redirected && self.redirect(addressed, &failure)? {
                was_redirected = true;
                continue;
            }
            if !was_bared && bare_tag(&mut addressed.request, &failure) {
                was_bared = true;
                continue;
            }
            if failure.is_about_everything() {
                if !was_renewed && self.has_other_credentials(started) {
                    was_renewed = true;
                    continue;
                }
                let error = self.failed(addressed, failure, retry.ambiguous);
                self.inner.outage.end(&error);
                return Err(error);
            }
            let reached = self.inner.facts.reached.load(Ordering::Relaxed);
            let mut decision = retry.after(&failure, reached, fastrand::f64());
            if matches!(decision, Decision::Again { paid: true, .. }) {
                price = self.inner.budget.take(failure.is_timeout());
                if price.is_none() {
                    decision = retry.next_round(&failure, reached);
                }
            }
            // Who says no is there.
            let in_time = if failure.is_definite() {
                self.inner.outage.answered();
                true
            } else {
                self.inner.outage.failed(started)
            };
            match decision {
                Decision::Again { after, .. } if in_time => tokio::time::sleep(after).await,
                _ => {
                    let error = self.failed(addressed, failure, retry.ambiguous);
                    if !in_time {
                        self.inner.outage.end(&error);
                    }
                    return Err(error);
                }
            }
        }
    }

    /// Whether there are, or may be, other credentials than those of an attempt.
    fn has_other_credentials(&self, started: Instant) -> bool {
        let provider = self.inner.options.credentials.as_ref();
        provider.is_some_and(|provider| provider.are_over(started))
    }

    /// Sends a request to where the server says that the bucket is; gives whether it says so.
    fn redirect(&self, addressed: &mut Addressed, failure: &Failure) -> Result<bool, ClientError> {
        let Failure::Answer { error, .. } = failure else {
            return Ok(false);
        };
        let refusal = error.service();
        let elsewhere = refusal.and_then(|refusal| region::elsewhere(&addressed.endpoint, refusal));
        let Some(endpoint) = elsewhere else {
            return Ok(false);
        };
        addressed.address = endpoint.address(&addressed.request)?;
        if let Some(bucket) = &addressed.request.bucket {
            self.inner.regions.remember(bucket, &endpoint);
        }
        addressed.endpoint = endpoint;
        Ok(true)
    }

    fn address(&self, mut request: Request) -> Result<Addressed, ClientError> {
        let options = &self.inner.options;
        if request.operation.mutates() && self.mutations == Mutations::Forbidden {
            return Err(ClientError::DryRun(request.operation));
        }
        self.api_options.apply(&mut request)?;
        if request.operation == OperationKind::HeadObject && request.role != Role::CopySource {
            // What is there is looked at before and after conditional requests: the user's
            // condition is for those, and would hide from us what they left.
            for name in CONDITIONS {
                request.headers.remove(name);
            }
        }
        let (bucket, usual) = (request.bucket.as_deref(), &options.endpoint);
        let endpoint = self.inner.regions.endpoint_of(bucket, usual);
        let address = endpoint.address(&request)?;
        let query = encode::query(&request.query);
        Ok(Addressed {
            request,
            endpoint,
            address,
            query,
        })
    }

    /// One attempt. The outer error is final: nothing could be sent.
    async fn attempt(
        &self,
        addressed: &Addressed,
        accept: &mut Accept<'_>,
    ) -> Result<Result<ResponseBody, Failure>, ClientError> {
        let clock = self.inner.clock.read();
        let credentials = match &self.inner.options.credentials {
            Some(provider) => Some(provider.credentials(clock.now).await?),
            None => None,
        };
        let request = self.sign(addressed, credentials.as_deref(), clock)?;
        let kind = addressed.request.operation;
        let silence = if kind.answers_slowly() {
            SLOW_ANSWER
        } else {
            IDLE
        };
        let patience = Patience {
            answer: silence,
            body: silence,
        };
        let mut response = match self.inner.http.send(request, patience).await {
            Ok(response) => response,
            Err(error) => return Ok(Err(Failure::Transport(error))),
        };
        self.inner.facts.reached.store(true, Ordering::Relaxed);
        let streams = kind == OperationKind::GetObject && response.status.is_success();
        let body = if streams {
            Bytes::new()
        } else {
            match response.body.collect(MAX_DOCUMENT).await {
                Ok(body) => body,
                Err(error) => return Ok(Err(Failure::Transport(error))),
            }
        };
        let (status, headers) = (response.status, &response.headers);
        Ok(
            match accept(&Answer {
                status,
                headers,
                body: &body,
            }) {
                Ok(()) => Ok(response.body),
                Err(error) => Err(Failure::Answer {
                    error,
                    wait_at_least: wait_at_least(headers),
                    clock_corrected: status == StatusCode::FORBIDDEN
                        && self.inner.clock.correct(headers, clock),
                }),
            },
        )
    }

    /// Makes the HTTP request of one attempt, signed with the time of now.
    fn sign(
        &self,
        addressed: &Addressed,
        credentials: Option<&Credentials>,
        clock: Reading,
    ) -> Result<http::Request<RequestBody>, ClientError> {
        let Addressed {
            request,
            endpoint,
            address,
            query,
        } = addressed;
        let mut headers = request.headers.clone();
        let host = HeaderValue::try_from(&*address.authority);
        headers.insert(
            header::HOST,
            host.map_err(|_| ClientError::UnsendableCredentials)?,
        );
        if let Some(credentials) = credentials {
            let scope = Scope {
                region: endpoint.region(),
                service: "s3",
            };
            let mut signable = Signable {
                method: &request.method,
                path: &address.path,
                query,
                headers: &mut headers,
            };
            let hash = request.payload_hash;
            sigv4::sign(&mut signable, credentials, scope, clock.now, hash)
                .map_err(|_| ClientError::UnsendableCredentials)?;
        }
        let user_agent = concat!("s4cmd/", env!("CARGO_PKG_VERSION"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(user_agent));
        let body = match &request.payload {
            Payload::Empty => RequestBody::bytes(Default::default()),
            Payload::Bytes(bytes) => RequestBody::bytes(bytes.clone()),
            Payload::File(region) => {
                let identity = region.identity;
                let unchanged = move |file: &std::fs::File| {
                    let metadata = file.metadata()?;
                    Ok(FileIdentity::of(&metadata) == identity)
                };
                RequestBody::file(
                    Arc::clone(&region.file),
                    region.offset,
                    region.len,
                    unchanged,
                )
                .counted(region.sent.clone())
            }
        };
        if matches!(request.method, http::Method::PUT | http::Method::POST) {
            // S3 wants the length of empty bodies, too.
            headers.insert(header::CONTENT_LENGTH, request.payload.len().into());
        }
        let mut http = http::Request::new(body);
        *http.method_mut() = request.method.clone();
        *http.uri_mut() = addressed
            .url()
            .try_into()
            .map_err(|_| ClientError::UnsendableCredentials)?;
        *http.headers_mut() = headers;
        Ok(http)
    }

    fn observe<T>(&self, addressed: &Addressed, outcome: &Result<T, Failure>, took: Duration) {
        let Some(Observer(tell)) = &self.inner.options.observer else {
            return;
        };
        let request = &addressed.request;
        let url = addressed.url();
        let result = match outcome {
            Ok(_) => "ok".to_owned(),
            Err(Failure::Transport(error)) => error.to_string(),
            Err(Failure::Answer { error, .. }) => error.to_string(),
        };
        let milliseconds = took.as_millis();
        let (operation, method) = (request.operation, &request.method);
        let headers = Headers(&request.headers);
        tell(format_args!(
            "S3APICALL {operation} {method} {url}{headers} {milliseconds} ms: {result}"
        ));
    }

    fn failed(&self, addressed: &Addressed, failure: Failure, ambiguous: bool) -> ClientError {
        match failure {
            Failure::Answer { error, .. } => ClientError::Answer { error, ambiguous },
            Failure::Transport(error) => ClientError::Transport {
                operation: addressed.request.operation,
                endpoint: addressed.endpoint.to_string(),
                error,
                ambiguous,
            },
        }
    }
}

impl Addressed {
    fn url(&self) -> String {
        let scheme = self.endpoint.scheme().as_str();
        let Address { authority, path } = &self.address;
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!("{scheme}://{authority}{path}{mark}{}", self.query)
    }
}

/// The request's own headers for the debug line. Those marked sensitive are masked; what signing
/// adds (signature, token) is not among them.
struct Headers<'a>(&'a HeaderMap);

impl fmt::Display for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.0 {
            let secret = value.is_sensitive() || name == "x-amz-mfa";
            let text = if secret {
                "***"
            } else {
                value.to_str().unwrap_or("?")
            };
            write!(f, " {name}={text:?}")?;
        }
        Ok(())
    }
}

/// What the server asks for: `Retry-After` in seconds or as a date, or `x-amz-retry-after` in
/// milliseconds. At most half a minute: a wrong clock must not stop a run for hours.
fn wait_at_least(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let milliseconds = text("x-amz-retry-after").and_then(|text| text.parse().ok());
    let wait = milliseconds.map(Duration::from_millis).or_else(|| {
        let after = text("retry-after")?;
        if let Ok(seconds) = after.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = time::parse_http_date(after)?.duration_since(Timestamp::now());
        until.try_into().ok()
    });
    Some(wait?.min(Duration::from_secs(30)))
}

/// What a HEAD goes without.
const CONDITIONS: [&str; 4] = [
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
];
/// The largest document of S3 is a listing of 1,000 keys with 1,024 bytes each, all encoded.
const MAX_DOCUMENT: usize = 16 * 1024 * 1024;
