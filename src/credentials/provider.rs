//! Credentials that are good now, however long a run takes.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::credentials::{Credentials, CredentialsError, Source, access::Access, issued::Issued};

/// Gives credentials, and asks for new ones before they end. Clones share them.
#[derive(Debug, Clone)]
pub struct Provider {
    inner: Arc<Inner>,
}

#[derive(Debug)]
enum Inner {
    Fixed(Arc<Credentials>),
    Fetched(Box<Fetched>),
}

#[derive(Debug)]
struct Fetched {
    source: Source,
    access: Access,
    held: Mutex<Option<Held>>,
    /// Who asks, so that the others need not.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Held {
    credentials: Arc<Credentials>,
    since: Instant,
    /// From when on it is asked for others.
    renew: Option<Timestamp>,
    /// From when on nobody takes them.
    expires: Option<Timestamp>,
}

impl Provider {
    /// Credentials from a source. Nothing is asked yet.
    pub fn new(source: Source, access: Access) -> Self {
        let inner = match source {
            Source::Keys(credentials) => Inner::Fixed(Arc::new(credentials)),
            source => Inner::Fetched(Box::new(Fetched {
                source,
                access,
                held: Mutex::default(),
                asking: tokio::sync::Mutex::default(),
            })),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The credentials to use at `now`. Asks for new ones in the last minutes of the old ones,
    /// which are good as long as that fails.
    ///
    /// # Errors
    /// There are none, or no more.
    pub async fn credentials(&self, now: Timestamp) -> Result<Arc<Credentials>, CredentialsError> {
        match &*self.inner {
            Inner::Fixed(credentials) => Ok(Arc::clone(credentials)),
            Inner::Fetched(fetched) => fetched.credentials(now).await,
        }
    }

    /// The server says that the credentials ended which it was sent at `used`. Gives whether there
    /// are others, or may be.
    pub fn are_over(&self, used: Instant) -> bool {
        let Inner::Fetched(fetched) = &*self.inner else {
            return false;
        };
        let mut held = fetched.held();
        if held.as_ref().is_some_and(|held| held.since <= used) {
            *held = None;
        }
        true
    }
}

impl From<Credentials> for Provider {
    fn from(credentials: Credentials) -> Self {
        Self {
            inner: Arc::new(Inner::Fixed(Arc::new(credentials))),
        }
    }
}

impl Fetched {
    async fn credentials(&self, now: Timestamp) -> Result<Arc<Credentials>, CredentialsError> {
        let good = match self.good(now) {
            Some((credentials, false)) => return Ok(credentials),
            other => other,
        };
        let asking = match good {
            Some((credentials, _)) => match self.asking.try_lock() {
                Ok(asking) => asking,
                Err(_) => return Ok(credentials),
            },
            None => self.asking.lock().await,
        };
        // Somebody else may have asked while this one waited.
        let good = match self.good(now) {
            Some((credentials, false)) => return Ok(credentials),
            other => other,
        };
        let fetched = self.source.fetch(&self.access, now).await;
        let result = match (fetched, good) {
            (Ok(issued), _) => Ok(self.hold(issued, now)),
            (Err(_), Some((credentials, _))) => {
                self.postpone(now);
                Ok(credentials)
            }
            (Err(error), None) => Err(error),
        };
        drop(asking);
        result
    }

    /// The credentials that are held, if they are good at `now`, and whether it is time for others.
    fn good(&self, now: Timestamp) -> Option<(Arc<Credentials>, bool)> {
        let held = self.held();
        let held = held.as_ref()?;
        let is_past = |time: Option<Timestamp>| time.is_some_and(|time| time <= now);
        (!is_past(held.expires)).then(|| (Arc::clone(&held.credentials), is_past(held.renew)))
    }

    fn hold(&self, issued: Issued, now: Timestamp) -> Arc<Credentials> {
        let credentials = Arc::new(issued.credentials);
        *self.held() = Some(Held {
            credentials: Arc::clone(&credentials),
            since: Instant::now(),
            renew: issued
                .expires
                .map(|end| (end - BEFORE_THE_END).max(now + PAUSE)),
            expires: issued.expires,
        });
        credentials
    }

    fn postpone(&self, now: Timestamp) {
        if let Some(held) = &mut *self.held() {
            held.renew = Some(now + PAUSE);
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Longer than a request takes from its signature to its arrival, retries of the service included.
const BEFORE_THE_END: SignedDuration = SignedDuration::from_mins(5);
/// Between two attempts to get others.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use super::*;
    use crate::{
        credentials::{access::Ask, process::Process},
        net::ConnectOptions,
    };

    /// A source that prints a file and adds a line to another one whenever it is asked.
    struct World {
        directory: tempfile::TempDir,
        provider: Provider,
    }

    impl World {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let path = |name: &str| directory.path().join(name).display().to_string();
            let command = format!("echo >> {}; cat {}", path("asked"), path("answer"));
            let access = Access {
                connect: ConnectOptions::default(),
                region: "r".to_owned(),
                ask: Ask::new(|_| unreachable!("nothing is to be asked")),
            };
            let provider = Provider::new(Source::Process(Process { command }), access);
            Self {
                directory,
                provider,
            }
        }

        fn answer(&self) -> PathBuf {
            self.directory.path().join("answer")
        }

        fn issue(&self, key: &str, expires: Timestamp) {
            let text = format!(
                r#"{{"AccessKeyId": "{key}", "SecretAccessKey": "s", "Expiration": "{expires}"}}"#
            );
            fs::write(self.answer(), text).unwrap();
        }

        fn asked(&self) -> usize {
            let path: &Path = self.directory.path();
            fs::read(path.join("asked")).map_or(0, |lines| lines.len())
        }

        async fn key(&self, now: Timestamp) -> Result<String, CredentialsError> {
            let credentials = self.provider.credentials(now).await?;
            Ok(credentials.access_key.clone())
        }
    }

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    #[tokio::test]
    async fn credentials_are_renewed_before_they_end() {
        let world = World::new();
        world.issue("first", minute(60));
        assert_eq!(world.key(minute(0)).await.unwrap(), "first");
        world.issue("second", minute(120));
        assert_eq!(world.key(minute(54)).await.unwrap(), "first");
        assert_eq!(world.key(minute(55)).await.unwrap(), "second");
        assert_eq!(world.asked(), 2);
    }

    #[tokio::test]
    async fn old_ones_are_good_while_there_are_no_others() {
        let world = World::new();
        world.issue("first", minute(60));
        world.key(minute(0)).await.unwrap();
        fs::write(world.answer(), "").unwrap();
        assert_eq!(world.key(minute(56)).await.unwrap(), "first");
        assert_eq!(world.key(minute(56)).await.unwrap(), "first");
        assert_eq!(world.asked(), 2, "not again within a minute");
        assert_eq!(world.key(minute(58)).await.unwrap(), "first");
        assert_eq!(world.asked(), 3);
        assert!(world.key(minute(60)).await.is_err(), "they ended");
    }

    #[tokio::test]
    async fn all_that_wait_get_what_one_asked_for() {
        let world = World::new();
        world.issue("only", minute(60));
        let keys = futures_util::future::join_all((0..50).map(|_| world.key(minute(0)))).await;
        assert!(keys.into_iter().all(|key| key.unwrap() == "only"));
        assert_eq!(world.asked(), 1);
    }

    #[tokio::test]
    async fn the_server_knows_better_when_they_end() {
        let world = World::new();
        world.issue("first", minute(60));
        let before = Instant::now();
        world.key(minute(0)).await.unwrap();
        assert!(world.provider.are_over(before), "these were others already");
        world.issue("second", minute(60));
        assert_eq!(world.key(minute(1)).await.unwrap(), "first");
        assert!(world.provider.are_over(Instant::now()));
        assert_eq!(world.key(minute(1)).await.unwrap(), "second");
        let fixed = Provider::from(Credentials {
            access_key: "a".to_owned(),
            secret_key: "s".to_owned(),
            session_token: None,
        });
        assert!(!fixed.are_over(Instant::now()), "there are no others");
    }
}
