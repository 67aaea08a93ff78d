//! From an authority to a stream of bytes.

use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;

use crate::net::{
    dns::Resolver,
    tls::{self, TlsError, TlsOptions},
};

pub(super) type Connector = HttpsConnector<HttpConnector<Resolver>>;

/// How connections are made.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// For the whole list of addresses of a host.
    pub connect_timeout: Duration,
    /// For https; without it only http works.
    pub tls: Option<TlsOptions>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        // Source: protocol practice of the AWS SDKs, which use 1 to 60 seconds.
        Self {
            connect_timeout: Duration::from_secs(10),
            tls: None,
        }
    }
}

pub(super) fn connector(options: &ConnectOptions) -> Result<Connector, TlsError> {
    let mut http = HttpConnector::new_with_resolver(Resolver::default());
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(options.connect_timeout));
    Ok(HttpsConnectorBuilder::new()
        .with_tls_config(tls::config(options.tls.as_ref())?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(http))
}
