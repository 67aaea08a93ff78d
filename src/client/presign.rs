//! URLs that carry their signature with them.

use http::{HeaderName, HeaderValue, header};

use crate::{
    client::{Client, ClientError},
    s3::{
        operation::Operation,
        sigv4::{self, Scope, Signable},
    },
};

/// What whoever has it may do, without credentials.
#[derive(Debug, Clone)]
pub struct Presigned {
    /// The URL, which is a secret as long as it is good.
    pub url: String,
    /// The headers that must be sent with it as they were said; `host` is not among them.
    pub headers: Vec<HeaderName>,
}

impl Client {
    /// Signs the URL of an operation for the next `expires` seconds, at most seven days. Nothing is
    /// sent; the body is up to whoever uses it.
    ///
    /// Source: S3 API Reference, "Authenticating Requests: Using Query Parameters". Temporary
    /// credentials may end before that, and the URL with them.
    ///
    /// # Errors
    /// The request cannot be built, or there are no credentials.
    pub async fn presign<O: Operation>(
        &self,
        operation: &O,
        expires: u32,
    ) -> Result<Presigned, ClientError> {
        let options = &self.inner.options;
        let mut request = operation.request()?;
        self.api_options.apply(&mut request)?;
        let bucket = request.bucket.as_deref();
        let usual = &options.endpoint;
        let endpoint = self.inner.regions.endpoint_of(bucket, usual);
        let address = endpoint.address(&request)?;
        let now = self.inner.clock.read().now;
        let provider = options.credentials.as_ref();
        let provider = provider.ok_or(ClientError::Unsigned)?;
        let credentials = provider.credentials(now).await?;
        let mut headers = request.headers;
        headers.remove(header::ACCEPT_ENCODING);
        let names = headers.keys().cloned().collect();
        let host = HeaderValue::try_from(&*address.authority);
        let host = host.map_err(|_| ClientError::UnsendableCredentials)?;
        headers.insert(header::HOST, host);
        let signable = Signable {
            method: &request.method,
            path: &address.path,
            query: "",
            headers: &mut headers,
        };
        let scope = Scope {
            region: endpoint.region(),
            service: "s3",
        };
        let query = sigv4::presign(&signable, &request.query, &credentials, scope, now, expires);
        let scheme = endpoint.scheme().as_str();
        Ok(Presigned {
            url: format!("{scheme}://{}{}?{query}", address.authority, address.path),
            headers: names,
        })
    }
}
