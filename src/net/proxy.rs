//! Proxies, as the environment names them.

use std::sync::Arc;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use thiserror::Error;

/// Which proxy stands between here and a host, if any.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    matcher: Option<Arc<Matcher>>,
    /// `host:port` as they are in `NO_PROXY`, which the matcher does not know.
    direct: Arc<[String]>,
}

/// The values of the variables with the usual names, for [`Proxies::new`].
#[derive(Debug, Clone, Copy, Default)]
pub struct ProxyVariables<'a> {
    /// `HTTP_PROXY`: for plain http.
    pub http: Option<&'a str>,
    /// `HTTPS_PROXY`: for https, through a tunnel.
    pub https: Option<&'a str>,
    /// `ALL_PROXY`: in place of the two.
    pub all: Option<&'a str>,
    /// `NO_PROXY`: hosts to reach directly: names with everything below them, addresses, networks
    /// (`10.0.0.0/8`), or `*`.
    pub none: Option<&'a str>,
}

/// A proxy that cannot be used. The text does not repeat the URL: it may hold a password.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the proxy for {0} is not of the form http://[user:password@]host[:port]")]
pub struct ProxyError(&'static str);

impl Proxies {
    /// Reads the variables.
    ///
    /// # Errors
    /// A proxy's URL has another scheme than http, or is none.
    pub fn new(variables: &ProxyVariables<'_>) -> Result<Self, ProxyError> {
        let ProxyVariables {
            http,
            https,
            all,
            none,
        } = *variables;
        for (name, value) in [("http", http), ("https", https), ("all hosts", all)] {
            if value.is_some_and(|value| !is_usable(value)) {
                return Err(ProxyError(name));
            }
        }
        if http.or(https).or(all).is_none() {
            return Ok(Self::default());
        }
        let matcher = Matcher::builder()
            .http(http.unwrap_or_default())
            .https(https.unwrap_or_default())
            .all(all.unwrap_or_default())
            .no(none.unwrap_or_default())
            .build();
        let entries = none.unwrap_or_default().split(',').map(str::trim);
        let with_port = entries.filter(|entry| entry.contains(':'));
        Ok(Self {
            matcher: Some(Arc::new(matcher)),
            direct: with_port.map(str::to_ascii_lowercase).collect(),
        })
    }

    /// The proxy on the way to a URL.
    pub(super) fn between(&self, destination: &Uri) -> Option<Intercept> {
        let authority = destination.authority()?.as_str();
        let is_direct = self.direct.iter().any(|entry| entry == authority);
        self.matcher
            .as_ref()
            .filter(|_| !is_direct)?
            .intercept(destination)
    }

    /// What a proxy wants to see with each request that it passes on itself; a tunnel is told when
    /// it is opened.
    pub(super) fn authorization(&self, destination: &Uri) -> Option<HeaderValue> {
        if destination.scheme_str() != Some("http") {
            return None;
        }
        self.between(destination)?.basic_auth().cloned()
    }
}

/// Whether this is a proxy that is spoken to in plain HTTP.
fn is_usable(value: &str) -> bool {
    let matcher = Matcher::builder().all(value).build();
    let found = matcher.intercept(&Uri::from_static("http://host/"));
    found.is_some_and(|proxy| proxy.uri().scheme_str() == Some("http"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy_of(variables: &ProxyVariables<'_>, url: &'static str) -> Option<String> {
        let proxies = Proxies::new(variables).unwrap();
        let proxy = proxies.between(&Uri::from_static(url))?;
        Some(proxy.uri().to_string())
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        let variables = ProxyVariables {
            http: Some("http://plain:1"),
            all: Some("rest:2"),
            ..ProxyVariables::default()
        };
        assert_eq!(
            proxy_of(&variables, "http://h/").as_deref(),
            Some("http://plain:1/")
        );
        assert_eq!(
            proxy_of(&variables, "https://h/").as_deref(),
            Some("http://rest:2/")
        );
        assert_eq!(proxy_of(&ProxyVariables::default(), "http://h/"), None);
    }

    #[test]
    fn some_hosts_are_reached_directly() {
        let variables = ProxyVariables {
            all: Some("p:1"),
            none: Some("example.com, 10.0.0.0/8,::1, h:9000"),
            ..ProxyVariables::default()
        };
        for direct in [
            "http://example.com/",
            "https://s3.example.com/k",
            "http://10.1.2.3:9000/",
            "http://[::1]:9000/",
            "http://h:9000/",
        ] {
            assert_eq!(proxy_of(&variables, direct), None, "{direct}");
        }
        for by_proxy in [
            "http://anexample.com/",
            "http://h:9001/",
            "http://11.0.0.1/",
        ] {
            assert!(proxy_of(&variables, by_proxy).is_some(), "{by_proxy}");
        }
        let none = ProxyVariables {
            none: Some("*"),
            ..variables
        };
        assert_eq!(proxy_of(&none, "http://anexample.com/"), None);
    }

    #[test]
    fn credentials_go_with_plain_requests_and_into_no_message() {
        let variables = ProxyVariables {
            all: Some("http://user:pass@p:1"),
            ..ProxyVariables::default()
        };
        let proxies = Proxies::new(&variables).unwrap();
        let plain = proxies.authorization(&Uri::from_static("http://h/"));
        assert!(plain.unwrap().is_sensitive());
        assert!(
            proxies
                .authorization(&Uri::from_static("https://h/"))
                .is_none()
        );
        for wrong in [
            "socks5://user:secret@p:1",
            "https://user:secret@p",
            "http://",
            "a b",
        ] {
            let variables = ProxyVariables {
                https: Some(wrong),
                ..ProxyVariables::default()
            };
            let error = Proxies::new(&variables).unwrap_err().to_string();
            assert!(
                error.contains("https") && !error.contains("secret"),
                "{error}"
            );
        }
    }
}
