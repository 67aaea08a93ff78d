//! Names to addresses: the seam behind which the system's resolver or an own one stands.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    vec,
};

use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

/// Resolves a name for each new connection and rotates the answer, so that many connections
/// spread over all addresses of the service.
#[derive(Debug, Clone, Default)]
pub(super) struct Resolver {
    turn: Arc<AtomicUsize>,
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            let host = name.as_str();
            let looked_up = lookup(host).await;
            let mut addresses = looked_up.map_err(|error| {
                let message = format!("cannot find the host \"{host}\" ({error})");
                io::Error::new(error.kind(), message)
            })?;
            if addresses.is_empty() {
                let message = format!("the host \"{host}\" has no address");
                return Err(io::Error::new(io::ErrorKind::NotFound, message));
            }
            // Rotate within the family that comes first, which the system prefers.
            let preferred = addresses
                .iter()
                .take_while(|a| a.is_ipv4() == addresses[0].is_ipv4())
                .count();
            addresses[..preferred].rotate_left(turn % preferred);
            Ok(addresses.into_iter())
        })
    }
}

#[cfg(not(feature = "hickory-dns"))]
async fn lookup(host: &str) -> io::Result<Vec<SocketAddr>> {
    // The port is filled in by the connector.
    Ok(tokio::net::lookup_host((host, 0)).await?.collect())
}

/// Without the C library: a static glibc would load name service modules of the host. Reads
/// `/etc/hosts` and `/etc/resolv.conf`; other name services (mDNS, LDAP) are not asked.
#[cfg(feature = "hickory-dns")]
async fn lookup(host: &str) -> io::Result<Vec<SocketAddr>> {
    use hickory_resolver::TokioResolver;
    use tokio::sync::OnceCell;

    static RESOLVER: OnceCell<TokioResolver> = OnceCell::const_new();
    let resolver = RESOLVER
        .get_or_try_init(|| async { TokioResolver::builder_tokio()?.build() })
        .await
        .map_err(io::Error::other)?;
    let found = resolver.lookup_ip(host).await.map_err(io::Error::other)?;
    Ok(found
        .iter()
        .map(|address| SocketAddr::new(address, 0))
        .collect())
}
