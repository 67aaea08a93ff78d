//! When to stop for good: nothing more can succeed, or nothing did for too long.

use std::{
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::client::ClientError;

/// Whether the way to the server, or the right to use it, is lost. From then on every request
/// fails at once with the error that it was lost with.
#[derive(Debug, Default)]
pub(super) struct Outage {
    over: OnceLock<ClientError>,
    failing_since: Mutex<Option<Instant>>,
}

impl Outage {
    /// The error that ended everything.
    pub(super) fn check(&self) -> Result<(), ClientError> {
        self.over.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// The server answered, with a success or a last word.
    pub(super) fn answered(&self) {
        *self
            .failing_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// An attempt failed that began at `started`. Gives whether more of them make sense.
    pub(super) fn failed(&self, started: Instant) -> bool {
        let mut since = self
            .failing_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match *since {
            // What took so long moved bytes: it would have been cut off otherwise.
            Some(_) if started.elapsed() > LONG => *since = Some(Instant::now()),
            Some(since) => return since.elapsed() < DEADLINE,
            None => *since = Some(Instant::now()),
        }
        true
    }

    /// Nothing can succeed after this error.
    pub(super) fn end(&self, error: &ClientError) {
        let _ = self.over.set(error.clone());
    }
}

/// How long everything may fail.
const DEADLINE: Duration = Duration::from_secs(600);
/// Longer than any silence is allowed to be.
const LONG: Duration = Duration::from_secs(301);

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::{
        client::{Client, ClientOptions, Mutations, RetryPolicy, Traffic},
        net::{ConnectOptions, Dialer, HttpClient},
        s3::{
            api_option::ApiOptions,
            endpoint::{Addressing, Endpoint},
            op::HeadBucket,
        },
    };

    async fn wait(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn ten_minutes_of_failures_are_enough() {
        let outage = Outage::default();
        assert!(outage.failed(Instant::now()));
        wait(500).await;
        assert!(outage.failed(Instant::now()));
        outage.answered();
        wait(500).await;
        assert!(outage.failed(Instant::now()), "it begins anew");
        wait(601).await;
        assert!(!outage.failed(Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn slow_is_not_down() {
        let outage = Outage::default();
        for _ in 0..10 {
            let started = Instant::now();
            wait(1000).await;
            assert!(outage.failed(started));
        }
    }

    /// A client of a server that takes 20 seconds for each answer; without a status it hangs up.
    fn client(status: &'static str, retry: RetryPolicy) -> Client {
        let dialer = Dialer::new(move |_| {
            let (here, mut there) = tokio::io::duplex(64 * 1024);
            tokio::spawn(async move {
                let mut request = [0; 16 * 1024];
                while matches!(there.read(&mut request).await, Ok(1..)) {
                    wait_for(20).await;
                    if status.is_empty() {
                        break;
                    }
                    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                    there.write_all(answer.as_bytes()).await.unwrap();
                }
            });
            Ok(Box::new(here))
        });
        let connect = ConnectOptions {
            dialer: Some(dialer),
            ..ConnectOptions::default()
        };
        let options = ClientOptions {
            endpoint: Endpoint::custom("http://server", "us-east-1", Addressing::Path).unwrap(),
            credentials: None,
            retry,
            max_requests: 4,
            max_requests_near: 4,
            read_ahead: 0,
            request_rate: None,
            traffic: Traffic::default(),
            mutations: Mutations::Allowed,
            api_options: ApiOptions::default(),
            observer: None,
        };
        Client::new(HttpClient::new(&connect).unwrap(), options)
    }

    async fn wait_for(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_only_says_no_is_there() {
        for (status, is_over) in [("404 Not Found", false), ("500 Internal Error", true)] {
            let client = client(status, RetryPolicy::default());
            let start = Instant::now();
            while start.elapsed() < Duration::from_secs(1000) && !client.is_over() {
                let asked = client.call(&HeadBucket { bucket: "bucket" }).await;
                assert!(asked.is_err());
            }
            assert_eq!(client.is_over(), is_over, "{status}");
        }
    }

    /// However many tries a request has left, it is one of those that do not succeed.
    #[tokio::test(start_paused = true)]
    async fn a_request_does_not_outlive_the_ten_minutes() {
        let patient = RetryPolicy {
            rounds: 1000,
            ..RetryPolicy::default()
        };
        let client = client("", patient);
        let start = Instant::now();
        let asked = client.call(&HeadBucket { bucket: "bucket" }).await;
        assert!(asked.is_err() && client.is_over());
        assert!((600..700).contains(&start.elapsed().as_secs()));
    }
}
