//! Which certificates are trusted.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore,
    client::WantsClientCert,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use thiserror::Error;

use crate::net::danger;

/// How TLS is to be done.
#[derive(Debug, Clone, Default)]
pub struct TlsOptions {
    /// Trust the certificates in this PEM file and no others.
    pub ca_bundle: Option<PathBuf>,
    /// Trust everything: anyone on the way can read and change what is sent.
    pub ignore_certificate: bool,
    /// Who this is, for servers that ask: two PEM files.
    pub identity: Option<Identity>,
}

/// A certificate with those behind it, and its key. Both may be in one file.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The certificates.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// The certificates to trust cannot be had.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The bundle cannot be read or holds no certificate.
    #[error("cannot use the CA bundle \"{path}\": {reason}", path = .path.display())]
    Bundle {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the client's own certificate cannot be read, or has none, or not its key.
    #[error("cannot use the client certificate \"{path}\": {reason}", path = .path.display())]
    Identity {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Builds the configuration: `ignore_certificate`, else the bundle, else the system's roots, else
/// those compiled in.
///
/// Without options nothing is trusted: for plain HTTP, which should not wait until some hundred
/// certificates are read.
pub(super) fn config(options: Option<&TlsOptions>) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions();
    #[allow(clippy::expect_used, reason = "both providers support TLS 1.2 and 1.3")]
    let builder = builder.expect("the provider supports the default versions");
    let Some(options) = options else {
        return Ok(builder
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth());
    };
    if options.ignore_certificate {
        let verifier = Arc::new(danger::AcceptAnyCertificate::new(provider));
        let builder = builder.dangerous();
        return identified(builder.with_custom_certificate_verifier(verifier), options);
    }
    let roots = match &options.ca_bundle {
        Some(path) => bundle(path)?,
        None => system_or_bundled(),
    };
    identified(builder.with_root_certificates(roots), options)
}

/// With the client's own certificate, if it has one.
fn identified(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    options: &TlsOptions,
) -> Result<ClientConfig, TlsError> {
    let Some(Identity { certificate, key }) = &options.identity else {
        return Ok(builder.with_no_client_auth());
    };
    let invalid = |path: &Path, reason: String| TlsError::Identity {
        path: path.to_owned(),
        reason,
    };
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|error| invalid(certificate, error.to_string()))?;
    if chain.is_empty() {
        let reason = "it holds no certificate in PEM form".to_owned();
        return Err(invalid(certificate, reason));
    }
    let secret = PrivateKeyDer::from_pem_file(key);
    let secret = secret.map_err(|error| invalid(key, error.to_string()))?;
    let config = builder.with_client_auth_cert(chain, secret);
    config.map_err(|error| invalid(key, error.to_string()))
}

#[cfg(not(feature = "aws-lc-rs"))]
fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

#[cfg(feature = "aws-lc-rs")]
fn provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

fn bundle(path: &Path) -> Result<RootCertStore, TlsError> {
    let invalid = |reason: String| TlsError::Bundle {
        path: path.to_owned(),
        reason,
    };
    let loaded = rustls_native_certs::load_certs_from_paths(Some(path), None);
    if let Some(error) = loaded.errors.first() {
        return Err(invalid(error.to_string()));
    }
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(loaded.certs);
    if added == 0 {
        return Err(invalid("it holds no certificate in PEM form".to_owned()));
    }
    Ok(roots)
}

fn system_or_bundled() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // Also honours SSL_CERT_FILE and SSL_CERT_DIR. Single unreadable files are no reason to stop.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
