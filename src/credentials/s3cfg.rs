use std::path::PathBuf;

use crate::{
    credentials::{
        Credentials,
        ini::{Ini, IniError},
    },
    s3::endpoint::Addressing,
};

/// What is used of the configuration file of s3cmd.
///
/// Differs from the original: `%` is an ordinary character (Python's ConfigParser made a secret
/// with one in it unreadable, and the file was then ignored without a word).
#[derive(Debug, Clone, Default)]
pub struct S3cfg {
    /// `access_key`, `secret_key` and `access_token`.
    pub credentials: Option<Credentials>,
    /// `host_base` with `use_https`, as an endpoint URL; `None` for AWS itself.
    pub endpoint_url: Option<String>,
    /// `host_bucket`, where it is about `host_base`: whether that names the bucket.
    pub addressing: Option<Addressing>,
    /// `bucket_location`.
    pub region: Option<String>,
    /// Whether `host_base` says AWS.
    pub is_aws: bool,
    /// How requests are made, and what uploads are.
    pub habits: Habits,
    /// The file, if it has a secret key.
    pub(super) file: Option<PathBuf>,
}

/// What an s3cfg says beside where and who.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Habits {
    /// `proxy_host` with `proxy_port`, as a URL.
    pub proxy: Option<String>,
    /// `ca_certs_file`.
    pub ca_bundle: Option<PathBuf>,
    /// `check_ssl_certificate` is off.
    pub ignore_certificate: bool,
    /// `ssl_client_cert_file`, and `ssl_client_key_file` if that is another one.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// `guess_mime_type` is off.
    pub guesses_no_media_types: bool,
    /// `default_mime_type`, if it is not what S3 takes for unknown anyway.
    pub media_type: Option<String>,
    /// `signature_v2` is on, which is not supported.
    pub signature_v2: bool,
}

impl S3cfg {
    pub(super) fn parse(text: &str) -> Result<Self, IniError> {
        let ini = Ini::parse(text)?;
        let Some(section) = ini.section("default") else {
            return Ok(Self::default());
        };
        let get = |name: &str| section.get(name).filter(|value| !value.is_empty()).cloned();
        let credentials = match (get("access_key"), get("secret_key")) {
            (Some(access_key), Some(secret_key)) => Some(Credentials {
                access_key,
                secret_key,
                session_token: get("access_token"),
            }),
            _ => None,
        };
        let is = |name: &str, words: [&str; 4]| {
            get(name).is_some_and(|value| words.contains(&&*value.to_lowercase()))
        };
        let is_off = |name| is(name, ["false", "no", "0", "off"]);
        let https = !is_off("use_https");
        let path = |name| get(name).map(PathBuf::from);
        let port = get("proxy_port").filter(|port| port != "0");
        let habits = Habits {
            proxy: get("proxy_host").map(|host| {
                let port = port.unwrap_or_else(|| PROXY_PORT.to_owned());
                format!("http://{host}:{port}")
            }),
            ca_bundle: path("ca_certs_file"),
            ignore_certificate: is_off("check_ssl_certificate"),
            client_certificate: path("ssl_client_cert_file").map(|certificate| {
                let key = path("ssl_client_key_file");
                (certificate.clone(), key.unwrap_or(certificate))
            }),
            guesses_no_media_types: is_off("guess_mime_type"),
            media_type: get("default_mime_type").filter(|name| name != UNKNOWN),
            signature_v2: is("signature_v2", ["true", "yes", "1", "on"]),
        };
        let host = get("host_base");
        let is_aws = host.as_deref().is_some_and(is_aws);
        // s3cmd leaves that of AWS there when it is given another host.
        let addressing = match (get("host_bucket"), &host) {
            (Some(bucket), Some(host)) if bucket == format!("%(bucket)s.{host}") => {
                Some(Addressing::VirtualHost)
            }
            (Some(bucket), Some(host)) if bucket == *host => Some(Addressing::Path),
            _ => None,
        };
        let region = get("bucket_location").map(|location| match &*location {
            "US" => "us-east-1".to_owned(),
            "EU" => "eu-west-1".to_owned(),
            _ => location,
        });
        let endpoint_url = host.filter(|_| !is_aws).map(|host| {
            if host.contains("://") {
                return host;
            }
            format!("{}://{host}", if https { "https" } else { "http" })
        });
        Ok(Self {
            credentials,
            endpoint_url,
            addressing,
            region,
            is_aws,
            habits,
            file: None,
        })
    }
}

/// That of s3cmd.
const PROXY_PORT: &str = "3128";
/// What S3 takes an object for that has no type.
const UNKNOWN: &str = "binary/octet-stream";

/// AWS's own hosts are derived from the region instead.
fn is_aws(host: &str) -> bool {
    host.trim_end_matches(":443").ends_with("amazonaws.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_in_a_secret_is_a_character() {
        let text = "[default]\naccess_key = AK\nsecret_key = a%b%%c\naccess_token = T\n\
                    host_base = localhost:9000\nuse_https = False\n";
        let parsed = S3cfg::parse(text).unwrap();
        let credentials = parsed.credentials.unwrap();
        assert_eq!(credentials.secret_key, "a%b%%c");
        assert_eq!(credentials.session_token.as_deref(), Some("T"));
        assert_eq!(
            parsed.endpoint_url.as_deref(),
            Some("http://localhost:9000")
        );
    }

    #[test]
    fn the_bucket_is_where_its_host_says() {
        let of = |bucket: &str| {
            let text = format!("[default]\nhost_base = h:1\nhost_bucket = {bucket}\n");
            S3cfg::parse(&text).unwrap().addressing
        };
        assert_eq!(of("%(bucket)s.h:1"), Some(Addressing::VirtualHost));
        assert_eq!(of("h:1"), Some(Addressing::Path));
        // What s3cmd leaves there.
        assert_eq!(of("%(bucket)s.s3.amazonaws.com"), None);
        let region = |text: &str| S3cfg::parse(text).unwrap().region;
        let eu = "[default]\nbucket_location = EU\n";
        assert_eq!(region(eu).as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn what_s3cmd_writes_by_itself_says_nothing() {
        let text = "[default]\nca_certs_file = \ncheck_ssl_certificate = True\n\
                    default_mime_type = binary/octet-stream\nguess_mime_type = True\n\
                    proxy_host = \nproxy_port = 0\nsignature_v2 = False\n\
                    ssl_client_cert_file = \n";
        assert_eq!(S3cfg::parse(text).unwrap().habits, Habits::default());
    }

    #[test]
    fn what_was_set_is_taken() {
        let text = "[default]\nca_certs_file = /ca\ncheck_ssl_certificate = False\n\
                    default_mime_type = text/plain\nguess_mime_type = no\nproxy_host = p\n\
                    signature_v2 = True\nssl_client_cert_file = /c\n";
        let habits = Habits {
            proxy: Some("http://p:3128".to_owned()),
            ca_bundle: Some("/ca".into()),
            ignore_certificate: true,
            client_certificate: Some(("/c".into(), "/c".into())),
            guesses_no_media_types: true,
            media_type: Some("text/plain".to_owned()),
            signature_v2: true,
        };
        assert_eq!(S3cfg::parse(text).unwrap().habits, habits);
        let more = "proxy_port = 8080\nssl_client_key_file = /k\n";
        let habits = S3cfg::parse(&format!("{text}{more}")).unwrap().habits;
        assert_eq!(habits.proxy.as_deref(), Some("http://p:8080"));
        assert_eq!(habits.client_certificate.unwrap().1, PathBuf::from("/k"));
    }

    #[test]
    fn aws_hosts_are_no_endpoint() {
        let text = "[default]\naccess_key = AK\nsecret_key =\nhost_base = s3.amazonaws.com\n";
        let parsed = S3cfg::parse(text).unwrap();
        assert!(parsed.credentials.is_none());
        assert_eq!(parsed.endpoint_url, None);
    }
}
