//! Where requests go: host, base path, and whether the bucket is in the host or in the path.

use std::fmt;

use thiserror::Error;
use url::{Host, Url};

use crate::s3::{
    access_point::AccessPoint,
    encode,
    operation::OperationKind,
    request::{Request, RequestError},
};

/// An S3 service: scheme, host, port, base path, region and addressing style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    scheme: Scheme,
    /// Host as the `Host` header has it: lower case, IPv6 in brackets, no port.
    host: String,
    /// Absent when it is the scheme's default.
    port: Option<u16>,
    /// Encoded, begins with `/` and does not end with one; empty for most endpoints.
    base_path: String,
    region: String,
    addressing: Addressing,
    hosts: AwsHosts,
}

/// Which of the hosts of AWS in a region.
///
/// Source: <https://docs.aws.amazon.com/general/latest/gr/s3.html>.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AwsHosts {
    /// Those that have addresses of IPv6 as well.
    pub dualstack: bool,
    /// Those whose cryptography is validated (FIPS 140).
    pub fips: bool,
    /// Those near the client, for buckets that allow it: S3 Transfer Acceleration.
    pub accelerate: bool,
}

impl AwsHosts {
    fn host(self, region: &str) -> String {
        let service = if self.fips { "s3-fips" } else { "s3" };
        let stack = if self.dualstack { ".dualstack" } else { "" };
        format!("{service}{stack}.{region}.{}", aws_domain(region))
    }

    /// The host for what is in a bucket, if that is another one.
    fn near(self) -> Option<&'static str> {
        match (self.accelerate, self.dualstack) {
            (false, _) => None,
            (true, false) => Some("s3-accelerate.amazonaws.com"),
            (true, true) => Some("s3-accelerate.dualstack.amazonaws.com"),
        }
    }
}

/// Plain or encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

/// Where the bucket's name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// `https://host/bucket/key`.
    Path,
    /// `https://bucket.host/key`, for buckets whose name a host name can hold.
    VirtualHost,
}

/// The domain of the services of AWS in a region.
pub fn aws_domain(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    }
}

/// What goes on the wire for one request: the `Host` header and the request target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The `Host` header, also the authority to connect to.
    pub authority: String,
    /// The encoded path.
    pub path: String,
}

impl Endpoint {
    /// The endpoint of AWS in a region.
    ///
    /// # Errors
    /// The region could not be part of a host name, or there are no such hosts.
    pub fn aws(region: &str, hosts: AwsHosts) -> Result<Self, EndpointError> {
        check_region(region)?;
        if hosts.accelerate && (hosts.fips || region.starts_with("cn-")) {
            return Err(EndpointError::NoSuchHosts);
        }
        Ok(Self {
            scheme: Scheme::Https,
            hosts,
            host: hosts.host(region),
            port: None,
            base_path: String::new(),
            region: region.to_owned(),
            addressing: Addressing::VirtualHost,
        })
    }

    /// Any other endpoint, by its URL; without a scheme it is taken as https.
    ///
    /// # Errors
    /// The URL is not an http or https URL of a host, or says more than an endpoint can
    /// (user, query, fragment), or the region could not be sent.
    pub fn custom(url: &str, region: &str, addressing: Addressing) -> Result<Self, EndpointError> {
        check_region(region)?;
        let invalid = |reason| EndpointError::Url {
            url: without_user(url),
            reason,
        };
        let with_scheme = if url.contains("://") {
            url.to_owned()
        } else {
            format!("https://{url}")
        };
        if !has_plain_host(&with_scheme) {
            return Err(invalid("no host has such a name (write others as xn--...)"));
        }
        let parsed = Url::parse(&with_scheme).map_err(|_| invalid("not a URL"))?;
        let scheme = match parsed.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(invalid("the scheme must be http or https")),
        };
        // With a slash too few (`http:/user:password@host`) they would be a part of the path.
        let is_typo = parsed.path().contains('@');
        if !parsed.username().is_empty() || parsed.password().is_some() || is_typo {
            return Err(invalid("credentials do not belong into it"));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(invalid("it must not have a query or a fragment"));
        }
        let host = match parsed.host().ok_or_else(|| invalid("it has no host"))? {
            Host::Domain(name) => name.to_ascii_lowercase(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => format!("[{address}]"),
        };
        Ok(Self {
            scheme,
            host,
            port: parsed.port(),
            base_path: parsed.path().trim_end_matches('/').to_owned(),
            region: region.to_owned(),
            addressing,
            hosts: AwsHosts::default(),
        })
    }

    /// The same endpoint with another addressing style.
    pub fn with_addressing(self, addressing: Addressing) -> Self {
        Self { addressing, ..self }
    }

    /// The same service in another region; `None` if that is no name of a region. Of Amazon's
    /// service each region has a host of its own.
    pub fn in_region(&self, region: &str) -> Option<Self> {
        check_region(region).ok()?;
        if !self.is_aws() {
            let region = region.to_owned();
            return Some(Self {
                region,
                ..self.clone()
            });
        }
        let there = Self::aws(region, self.hosts).ok()?;
        Some(Self {
            host: there.host,
            region: there.region,
            ..self.clone()
        })
    }

    /// Whether both are the same service, whatever the region.
    pub fn is_same_service(&self, other: &Self) -> bool {
        let address = |endpoint: &Self| {
            let Self {
                scheme,
                host,
                port,
                base_path,
                ..
            } = endpoint;
            (*scheme, host.clone(), *port, base_path.clone())
        };
        self.is_aws() && other.is_aws() || address(self) == address(other)
    }

    /// Whether this is Amazon's own service.
    pub fn is_aws(&self) -> bool {
        self.host.ends_with(".amazonaws.com") || self.host.ends_with(".amazonaws.com.cn")
    }

    /// Whether this is on the same machine.
    pub fn is_loopback(&self) -> bool {
        match Host::parse(&self.host) {
            Ok(Host::Ipv4(address)) => address.is_loopback(),
            Ok(Host::Ipv6(address)) => address.is_loopback(),
            Ok(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Err(_) => false,
        }
    }

    /// Whether bytes are protected on the way.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The region that signatures are scoped to.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The authority and path of a request.
    ///
    /// # Errors
    /// A bucket or key that cannot be addressed.
    pub fn address(&self, request: &Request) -> Result<Address, RequestError> {
        let bucket = request.bucket.as_deref();
        let key = request.key.as_deref();
        let access_point = bucket.map(check_bucket).transpose()?.flatten();
        self.refuse(bucket.unwrap_or_default(), access_point.is_some())?;
        if let Some(key) = key.filter(|key| key.len() > MAX_KEY) {
            return Err(RequestError::KeyTooLong { length: key.len() });
        }
        let mut host = self.host.clone();
        let mut path = self.base_path.clone();
        match bucket {
            _ if let Some(point) = access_point => host = point.host(self.hosts),
            Some(bucket) if self.uses_virtual_host(bucket, key) => {
                let near = self.hosts.near();
                let near = near.filter(|_| is_accelerated(request.operation));
                host = format!("{bucket}.{}", near.unwrap_or(&host));
            }
            Some(bucket) => {
                path.push('/');
                path.push_str(bucket);
            }
            None => {}
        }
        if let Some(key) = key {
            path.push('/');
            path.push_str(&encode::path(key));
        }
        if path.is_empty() {
            path.push('/');
        }
        let authority = match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        };
        Ok(Address { authority, path })
    }

    /// Refuses what this endpoint, or this client, has no way to.
    fn refuse(&self, bucket: &str, is_access_point: bool) -> Result<(), RequestError> {
        let reason = match (self.is_aws(), is_access_point) {
            (false, true) => "access points are at AWS, and this is another endpoint",
            (true, true) if self.hosts.accelerate => "there is no --accelerate for access points",
            (true, false) if bucket.ends_with(DIRECTORY_BUCKET) => {
                "directory buckets (S3 Express One Zone) need sessions, which are not supported"
            }
            _ => return Ok(()),
        };
        let bucket = bucket.to_owned();
        Err(RequestError::Place { bucket, reason })
    }

    /// Dots would break the wildcard certificate; S3 does not serve the key `soap` in this style.
    fn uses_virtual_host(&self, bucket: &str, key: Option<&str>) -> bool {
        let label = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        self.addressing == Addressing::VirtualHost
            && (3..=63).contains(&bucket.len())
            && bucket.bytes().all(label)
            && !bucket.starts_with('-')
            && !bucket.ends_with('-')
            && key != Some("soap")
    }
}

impl Scheme {
    /// As it stands in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(&self.base_path)
    }
}

/// Why there is no such endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EndpointError {
    /// Not the URL of an endpoint.
    #[error("invalid endpoint URL \"{url}\": {reason}")]
    Url {
        /// As given, without user and password.
        url: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// Hosts that AWS does not have.
    #[error("there is no acceleration (--accelerate) with FIPS, nor in China")]
    NoSuchHosts,
    /// Not a region.
    #[error("invalid region \"{0}\": use letters, digits and '-' only")]
    Region(String),
}

/// Source: S3 User Guide, "Getting started with Amazon S3 Transfer Acceleration": all but these.
fn is_accelerated(operation: OperationKind) -> bool {
    !matches!(
        operation,
        OperationKind::CreateBucket | OperationKind::DeleteBucket
    )
}

/// Whether a URL's host has only what names and addresses of hosts have. The parser takes more: what
/// no request can be sent to, and names that are not ASCII, at some of which it panics in debug
/// builds because it has no tables for them.
fn has_plain_host(url: &str) -> bool {
    // Slashes may be missing, or more.
    let behind_scheme = url.split_once(':').map_or(url, |(_, rest)| rest);
    let mut parts = behind_scheme.split(['/', '\\', '?', '#']);
    let authority = parts.find(|part| !part.is_empty()).unwrap_or_default();
    let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:[]".contains(&byte);
    host.bytes().all(is_plain)
}

/// The URL as it may be shown: what stands before an `@` may be a password.
fn without_user(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((before, after)) => {
            let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
            let separator = if scheme.is_empty() { "" } else { "://" };
            format!("{scheme}{separator}***@{after}")
        }
        None => url.to_owned(),
    }
}

/// Checks a region's name: it becomes a part of a host name.
///
/// # Errors
/// [`EndpointError::Region`].
pub fn check_region(region: &str) -> Result<(), EndpointError> {
    let valid = (1..=63).contains(&region.len())
        && region
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if valid {
        Ok(())
    } else {
        Err(EndpointError::Region(region.to_owned()))
    }
}

/// Old buckets, and other stores, allow more than the documented names (upper case, `_`), but
/// nothing that would need encoding. Gives the access point, if it is one.
pub(super) fn check_bucket(bucket: &str) -> Result<Option<AccessPoint<'_>>, RequestError> {
    if let Some(parsed) = AccessPoint::parse(bucket) {
        let refused = |reason| RequestError::Place {
            bucket: bucket.to_owned(),
            reason,
        };
        return parsed.map(Some).map_err(refused);
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let valid = (1..=255).contains(&bucket.len())
        && bucket.bytes().all(allowed)
        && bucket != "."
        && bucket != "..";
    if valid {
        Ok(None)
    } else {
        Err(RequestError::BucketName {
            bucket: bucket.to_owned(),
        })
    }
}

/// Source: S3 User Guide, "Directory bucket naming rules".
const DIRECTORY_BUCKET: &str = "--x-s3";

/// Source: S3 User Guide, "Naming Amazon S3 objects": 1,024 bytes of UTF-8.
const MAX_KEY: usize = 1024;

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::s3::operation::OperationKind;

    fn address(endpoint: &Endpoint, bucket: &str, key: &str) -> String {
        let request = Request::new(OperationKind::GetObject, Method::GET).object(bucket, key);
        let address = endpoint.address(&request).unwrap();
        format!("{} {}", address.authority, address.path)
    }

    fn custom(url: &str, addressing: Addressing) -> Endpoint {
        Endpoint::custom(url, "us-east-1", addressing).unwrap()
    }

    #[test]
    fn aws_has_other_hosts_for_those_who_ask() {
        let hosts = |dualstack, fips, accelerate| AwsHosts {
            dualstack,
            fips,
            accelerate,
        };
        let authority = |hosts, operation| {
            let endpoint = Endpoint::aws("eu-west-1", hosts).unwrap();
            let request = Request::new(operation, http::Method::GET).bucket("bucket");
            endpoint.address(&request).unwrap().authority
        };
        let list = |hosts| authority(hosts, OperationKind::ListObjectsV2);
        for (hosts, host) in [
            (
                hosts(false, false, false),
                "bucket.s3.eu-west-1.amazonaws.com",
            ),
            (
                hosts(true, false, false),
                "bucket.s3.dualstack.eu-west-1.amazonaws.com",
            ),
            (
                hosts(false, true, false),
                "bucket.s3-fips.eu-west-1.amazonaws.com",
            ),
            (
                hosts(true, true, false),
                "bucket.s3-fips.dualstack.eu-west-1.amazonaws.com",
            ),
            (
                hosts(false, false, true),
                "bucket.s3-accelerate.amazonaws.com",
            ),
            (
                hosts(true, false, true),
                "bucket.s3-accelerate.dualstack.amazonaws.com",
            ),
        ] {
            assert_eq!(list(hosts), host);
            assert!(Endpoint::aws("eu-west-1", hosts).unwrap().is_aws());
        }
        // A bucket is made in its region.
        let make = authority(hosts(false, false, true), OperationKind::CreateBucket);
        assert_eq!(make, "bucket.s3.eu-west-1.amazonaws.com");
        let dualstack = Endpoint::aws("us-east-1", hosts(true, false, false)).unwrap();
        let there = dualstack.in_region("eu-west-1").unwrap();
        assert_eq!(
            there.to_string(),
            "https://s3.dualstack.eu-west-1.amazonaws.com"
        );
        for (region, hosts) in [
            ("us-east-1", hosts(false, true, true)),
            ("cn-north-1", hosts(false, false, true)),
        ] {
            Endpoint::aws(region, hosts).unwrap_err();
        }
    }

    #[test]
    fn an_access_point_has_a_host_of_its_own() {
        let arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/my-ap";
        let aws = Endpoint::aws("eu-west-1", AwsHosts::default()).unwrap();
        assert_eq!(
            address(&aws, arn, "a b"),
            "my-ap-123456789012.s3-accesspoint.eu-west-1.amazonaws.com /a%20b"
        );
        assert_eq!(
            address(&aws, "my-ap-abc-s3alias", "k"),
            "my-ap-abc-s3alias.s3.eu-west-1.amazonaws.com /k"
        );
    }

    #[test]
    fn what_there_is_no_way_to_is_refused() {
        let accelerate = AwsHosts {
            accelerate: true,
            ..AwsHosts::default()
        };
        let aws = |hosts| Endpoint::aws("eu-west-1", hosts).unwrap();
        let other = custom("http://h", Addressing::Path);
        let arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/my-ap";
        let request = |bucket| Request::new(OperationKind::GetObject, Method::GET).bucket(bucket);
        for (endpoint, bucket, reason) in [
            (&other, arn, "another endpoint"),
            (&aws(accelerate), arn, "--accelerate"),
            (&aws(AwsHosts::default()), "b--use1-az4--x-s3", "directory"),
        ] {
            let error = endpoint.address(&request(bucket)).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        other.address(&request("b--use1-az4--x-s3")).unwrap();
    }

    #[test]
    fn loopback_is_known_in_all_its_forms() {
        for (url, expected) in [
            ("http://localhost:9000", true),
            ("http://s3.localhost", true),
            ("http://127.1.2.3", true),
            ("http://[::1]:9000", true),
            ("http://192.0.2.1", false),
            ("http://127.0.0.1.example.com", false),
            ("http://notlocalhost", false),
        ] {
            let endpoint = custom(url, Addressing::Path);
            assert_eq!(endpoint.is_loopback(), expected, "{url}");
        }
    }

    #[test]
    fn aws_uses_virtual_hosts_where_it_can() {
        let aws = Endpoint::aws("eu-west-1", AwsHosts::default()).unwrap();
        assert_eq!(
            address(&aws, "abc", "a b"),
            "abc.s3.eu-west-1.amazonaws.com /a%20b"
        );
        assert_eq!(
            address(&aws, "a.b.c", "k"),
            "s3.eu-west-1.amazonaws.com /a.b.c/k"
        );
        assert_eq!(
            address(&aws, "Old_Bucket", "k"),
            "s3.eu-west-1.amazonaws.com /Old_Bucket/k"
        );
        assert_eq!(
            address(&aws, "abc", "soap"),
            "s3.eu-west-1.amazonaws.com /abc/soap"
        );
        let china = Endpoint::aws("cn-north-1", AwsHosts::default()).unwrap();
        assert_eq!(
            address(&china, "abc", "k"),
            "abc.s3.cn-north-1.amazonaws.com.cn /k"
        );
    }

    #[test]
    fn custom_endpoints_keep_port_and_base_path() {
        let path = Addressing::Path;
        assert_eq!(
            address(&custom("http://H:9000", path), "bkt", "//k"),
            "h:9000 /bkt///k"
        );
        assert_eq!(
            address(&custom("http://h:80/", path), "bkt", "k"),
            "h /bkt/k"
        );
        assert_eq!(
            address(&custom("https://h/s3/", path), "bkt", "k"),
            "h /s3/bkt/k"
        );
        assert_eq!(
            address(&custom("http://[::1]:1", path), "bkt", "k"),
            "[::1]:1 /bkt/k"
        );
        let host = Addressing::VirtualHost;
        assert_eq!(
            address(&custom("http://h:1", host), "bkt", "k"),
            "bkt.h:1 /k"
        );
    }

    #[test]
    fn a_root_request_has_a_path() {
        let request = Request::new(OperationKind::ListBuckets, Method::GET);
        let endpoint = custom("https://h", Addressing::Path);
        assert_eq!(endpoint.address(&request).unwrap().path, "/");
    }

    #[test]
    fn what_could_change_the_host_is_refused() {
        let request =
            |bucket: &str| Request::new(OperationKind::GetObject, Method::GET).bucket(bucket);
        let endpoint = Endpoint::aws("us-east-1", AwsHosts::default()).unwrap();
        for bucket in ["", "a/b", "a@b", "a?b", "a#b", "..", "a b", "a\r\nb", "é"] {
            assert!(endpoint.address(&request(bucket)).is_err(), "{bucket}");
        }
        for region in ["", "a.b", "evil.com/", "a@b", "a\nb"] {
            assert!(
                Endpoint::aws(region, AwsHosts::default()).is_err(),
                "{region}"
            );
        }
        for url in [
            "ftp://h",
            "http://",
            "http://u:p@h",
            "http://h?x",
            "not a url",
            "http://h:99999",
            "http://Aé",
            "http:///A%C3%A9/",
            "http:Aé/://",
            "http://{h",
        ] {
            assert!(
                Endpoint::custom(url, "r", Addressing::Path).is_err(),
                "{url}"
            );
        }
    }

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        for url in [
            "http://user:canary@host",
            "user:canary@host",
            "http:/user:canary@host",
            "http://a:canary@b@h:x",
        ] {
            let error = Endpoint::custom(url, "r", Addressing::Path).unwrap_err();
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }

    #[test]
    fn long_keys_are_refused_by_their_bytes() {
        let endpoint = custom("http://h", Addressing::Path);
        let request =
            |key: &str| Request::new(OperationKind::GetObject, Method::GET).object("b", key);
        assert!(endpoint.address(&request(&"é".repeat(512))).is_ok());
        assert!(endpoint.address(&request(&"é".repeat(513))).is_err());
    }
}
