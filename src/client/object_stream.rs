//! The bytes of an object or of a range of it, whatever happens to the connection.

use std::time::Duration;

use bytes::Bytes;

use crate::{
    client::{Client, ClientError, backoff, gate::Pass, retry},
    net::{ResponseBody, TransportError},
    s3::{
        op::{GetObject, GetObjectOutput},
        operation::OperationKind,
        request::Role,
        types::{ByteRange, ETag},
    },
};

/// A stream that resumes where the connection broke, from the same version of the object.
#[derive(Debug)]
pub struct ObjectStream {
    client: Client,
    bucket: String,
    key: String,
    role: Role,
    head: GetObjectOutput,
    etag: Option<ETag>,
    /// The next byte of the object.
    position: u64,
    /// One past the last byte wanted.
    end: u64,
    /// Failures since the last byte that came.
    failures: u32,
    source: Option<Source>,
}

#[derive(Debug)]
struct Source {
    body: ResponseBody,
    _pass: Pass,
}

impl Client {
    /// Opens an object for reading. The operation's range, if any, says which bytes.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn open(&self, operation: &GetObject<'_>) -> Result<ObjectStream, ClientError> {
        let performed = self.perform(operation).await?;
        let head = performed.output;
        let position = operation.range.map_or(0, |range| range.start);
        Ok(ObjectStream {
            client: self.clone(),
            bucket: operation.bucket.to_owned(),
            key: operation.key.to_owned(),
            role: operation.role,
            etag: head.object.etag.clone(),
            end: position + head.content_length,
            head,
            position,
            failures: 0,
            source: Some(Source {
                body: performed.body,
                _pass: performed.pass,
            }),
        })
    }
}

impl ObjectStream {
    /// What the server said of the object.
    pub fn head(&self) -> &GetObjectOutput {
        &self.head
    }

    /// The next bytes; `None` exactly when all that were asked for have come.
    ///
    /// # Errors
    /// The connection broke too often without a byte in between, or the object is no longer the
    /// version that it was at the beginning.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        while self.position < self.end {
            let Some(source) = &mut self.source else {
                self.reopen().await?;
                continue;
            };
            match source.body.next().await {
                Ok(Some(bytes)) => {
                    self.failures = 0;
                    self.position += bytes.len() as u64;
                    if self.position > self.end {
                        return Err(self.failed(TransportError::excess()));
                    }
                    return Ok(Some(bytes));
                }
                Ok(None) => self.broken(TransportError::cut()).await?,
                Err(error) => self.broken(error).await?,
            }
        }
        self.source = None;
        Ok(None)
    }

    /// Notes a broken connection; an error if there were too many, or the version cannot be held.
    async fn broken(&mut self, error: TransportError) -> Result<(), ClientError> {
        self.source = None;
        self.failures += 1;
        let tries = if self.client.inner.options.retry.rounds == 0 {
            1
        } else {
            retry::ATTEMPTS
        };
        if self.failures >= tries || self.etag.is_none() {
            return Err(self.failed(error));
        }
        let wait: Duration = backoff::wait(self.failures - 1, false, fastrand::f64());
        tokio::time::sleep(wait).await;
        Ok(())
    }

    async fn reopen(&mut self) -> Result<(), ClientError> {
        let operation = GetObject {
            bucket: &self.bucket,
            key: &self.key,
            role: self.role,
            range: ByteRange::new(self.position, self.end),
            if_match: self.etag.as_ref(),
        };
        let performed = self.client.perform(&operation).await?;
        self.source = Some(Source {
            body: performed.body,
            _pass: performed.pass,
        });
        Ok(())
    }

    fn failed(&self, error: TransportError) -> ClientError {
        ClientError::Transport {
            operation: OperationKind::GetObject,
            endpoint: self.client.endpoint().to_string(),
            error,
            ambiguous: false,
        }
    }
}
