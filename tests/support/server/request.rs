//! A request as the operations see it: resource, query and headers, decoded once.

use http::request::Parts;
use http::{HeaderMap, Method};

use super::codec::{decode_path, decode_query};
use super::config::Config;
use super::error::{Result, S3Error};
use super::operation::Operation;

/// One request without its body.
#[derive(Clone)]
pub struct Request {
    pub method: Method,
    /// Path and query as they came.
    pub target: String,
    pub headers: HeaderMap,
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub operation: Operation,
    query: Vec<(String, String)>,
    /// What a fault changes about the way an operation is done.
    pub tweak: Tweak,
}

/// Wrong behaviour that must happen inside an operation.
#[derive(Clone, Default)]
pub struct Tweak {
    /// A listing starts again from its beginning.
    pub ignore_position: bool,
    /// A listing says that it goes on, but not where.
    pub omit_position: bool,
    /// A listing does not encode keys.
    pub plain_keys: bool,
    /// DeleteObjects fails with this code for keys that contain the text.
    pub delete_error: Option<(String, String)>,
    /// DeleteObjects does not do, and does not mention, keys that contain the text.
    pub delete_omits: Option<String>,
}

/// The longest key, in bytes.
const MAX_KEY: usize = 1024;

impl Request {
    /// Takes a request's head apart. The request is usable for a log even if its
    /// resource is not: that is the second value.
    pub fn new(head: &Parts, config: &Config) -> (Request, Result<()>) {
        let mut request = Request {
            method: head.method.clone(),
            target: head
                .uri
                .path_and_query()
                .map_or("", |t| t.as_str())
                .to_owned(),
            headers: head.headers.clone(),
            bucket: None,
            key: None,
            operation: Operation::Unknown,
            query: decode_pairs(head.uri.query().unwrap_or("")),
            tweak: Tweak::default(),
        };
        let resource = request.set_resource(head.uri.path(), config);
        if resource.is_ok() {
            request.operation = Operation::of(&request);
        }
        (request, resource)
    }

    fn set_resource(&mut self, path: &str, config: &Config) -> Result<()> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let (bucket, key) = match self.virtual_bucket(config) {
            Some(bucket) => (bucket, path),
            None => {
                let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
                (decode_utf8(bucket)?, key)
            }
        };
        let key = decode_utf8(key)?;
        if key.len() > MAX_KEY {
            return Err(S3Error::new(400, "KeyTooLongError", "Your key is too long")
                .with("Size", key.len().to_string())
                .with("MaxSizeAllowed", MAX_KEY.to_string()));
        }
        self.bucket = Some(bucket).filter(|bucket| !bucket.is_empty());
        self.key = Some(key).filter(|key| !key.is_empty());
        Ok(())
    }

    /// The bucket in front of the host's domain.
    fn virtual_bucket(&self, config: &Config) -> Option<String> {
        let host = self.header("host")?;
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let domain = config.virtual_host_domain.as_deref()?;
        let bucket = name.strip_suffix(domain)?.strip_suffix('.')?;
        Some(bucket.to_owned())
    }

    /// A header's value as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A parameter's value, decoded.
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, value) = self.query.iter().find(|(key, _)| key == name)?;
        Some(value)
    }

    /// A parameter's value unless it is empty.
    pub fn query_filled(&self, name: &str) -> Option<&str> {
        self.query(name).filter(|value| !value.is_empty())
    }

    pub fn has_query(&self, name: &str) -> bool {
        self.query(name).is_some()
    }

    /// All parameters, decoded.
    pub fn queries(&self) -> &[(String, String)] {
        &self.query
    }

    pub fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }

    /// The bucket; operations without one never ask.
    pub fn bucket(&self) -> &str {
        self.bucket.as_deref().unwrap_or("")
    }

    /// The key; operations without one never ask.
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or("")
    }

    /// The path that error documents name.
    pub fn resource(&self) -> String {
        match (&self.bucket, &self.key) {
            (Some(bucket), Some(key)) => format!("/{bucket}/{key}"),
            (Some(bucket), None) => format!("/{bucket}"),
            (None, _) => "/".to_owned(),
        }
    }
}

fn decode_utf8(raw: &str) -> Result<String> {
    let invalid = |_| S3Error::new(400, "InvalidURI", "Couldn't parse the specified URI.");
    String::from_utf8(decode_path(raw)).map_err(invalid)
}

fn decode_pairs(query: &str) -> Vec<(String, String)> {
    let text = |raw| String::from_utf8_lossy(&decode_query(raw)).into_owned();
    let pieces = query.split('&').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}
