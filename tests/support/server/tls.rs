//! TLS with a throw-away authority that certifies whatever name a client asks for.

use std::fmt;
use std::sync::Arc;

use super::config::Certificate;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// A certificate authority that exists as long as its server.
pub struct Authority {
    certificate: Certificate,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new(certificate: Certificate) -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "S3 test server authority");
        let key = KeyPair::generate().expect("a key for the authority");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a root certificate");
        Authority {
            certificate,
            issuer,
        }
    }

    /// The root certificate.
    pub fn pem(&self) -> String {
        self.issuer.as_ref().pem()
    }

    /// A TLS server that is certified by this authority.
    pub fn into_acceptor(self, asks_clients: bool) -> TlsAcceptor {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("versions that ring knows");
        let builder = match asks_clients {
            false => builder.with_no_client_auth(),
            true => {
                let mut roots = RootCertStore::empty();
                let root = self.issuer.as_ref().der().clone();
                roots.add(root).expect("the root certificate");
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
            }
        };
        let mut config = builder.with_cert_resolver(Arc::new(self));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }

    /// A certificate for a client, and its key.
    pub fn client_pems(&self) -> [String; 2] {
        let params = CertificateParams::new(vec!["client".to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key for the client");
        let certificate = params.signed_by(&key, &self.issuer);
        [
            certificate.expect("a certificate").pem(),
            key.serialize_pem(),
        ]
    }

    /// A certificate for a name and for the local addresses.
    fn certify(&self, name: &str) -> CertifiedKey {
        let names = vec![
            name.to_owned(),
            "localhost".into(),
            "127.0.0.1".into(),
            "::1".into(),
        ];
        let mut params = CertificateParams::new(names).expect("names for a certificate");
        let key = KeyPair::generate().expect("a key for the server");
        if self.certificate == Certificate::Expired {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let certificate = match self.certificate {
            Certificate::SelfSigned => params.self_signed(&key),
            _ => params.signed_by(&key, &self.issuer),
        };
        let certificate = certificate.expect("a certificate");
        let der = PrivateKeyDer::try_from(key.serialize_der()).expect("a private key");
        let key = ring::sign::any_supported_type(&der).expect("a key that ring knows");
        CertifiedKey::new(vec![certificate.der().clone()], key)
    }
}

/// Virtual-host names (`bucket.localhost`) are not known in advance, and no client
/// accepts `*.localhost`: each name is certified when it is asked for.
impl ResolvesServerCert for Authority {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().unwrap_or("localhost");
        Some(Arc::new(self.certify(name)))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}
