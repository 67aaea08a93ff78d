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
    /// The file, if it has a secret key.
    pub(super) file: Option<PathBuf>,
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
        let https = !get("use_https")
            .is_some_and(|value| matches!(&*value.to_lowercase(), "false" | "no" | "0" | "off"));
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
            file: None,
        })
    }
}

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
    fn aws_hosts_are_no_endpoint() {
        let text = "[default]\naccess_key = AK\nsecret_key =\nhost_base = s3.amazonaws.com\n";
        let parsed = S3cfg::parse(text).unwrap();
        assert!(parsed.credentials.is_none());
        assert_eq!(parsed.endpoint_url, None);
    }
}
