use std::{fs, path::PathBuf, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Uri, header};

use crate::credentials::{
    CredentialsError, Environment,
    access::{Access, Manner},
    issued::Issued,
};

/// The agent of Amazon ECS, EKS Pod Identity or Greengrass.
///
/// Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
#[derive(Debug, Clone)]
pub struct Container {
    uri: Uri,
    authorization: Option<Authorization>,
}

/// What the agent wants to see.
#[derive(Clone, PartialEq, Eq)]
enum Authorization {
    Token(String),
    /// The token is changed in this file now and then.
    File(PathBuf),
}

impl std::fmt::Debug for Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authorization")
    }
}

impl Container {
    /// The agent that the environment names, if it does.
    pub(super) fn of(environment: &Environment) -> Result<Option<Self>, CredentialsError> {
        let relative = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        let full = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
        let (variable, text) = match (relative, full) {
            (Some(path), _) => (
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                format!("http://{ECS_HOST}{path}"),
            ),
            (None, Some(url)) => ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.to_owned()),
            (None, None) => return Ok(None),
        };
        let invalid = |reason: &str| CredentialsError::Variable {
            variable,
            reason: reason.to_owned(),
        };
        let uri: Uri = text.parse().map_err(|_| invalid("it is no URL"))?;
        let host = uri.host().ok_or_else(|| invalid("it is no URL"))?;
        let is_trusted = match uri.scheme_str() {
            Some("https") => true,
            // What goes there is a secret in plain text.
            Some("http") => is_of_this_machine(host),
            _ => false,
        };
        if !is_trusted {
            return Err(invalid("it must be https, or http to the machine itself"));
        }
        let file = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        let token = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN");
        let authorization = file
            .map(|path| Authorization::File(path.into()))
            .or_else(|| token.map(|token| Authorization::Token(token.to_owned())));
        Ok(Some(Self { uri, authorization }))
    }

    pub(super) async fn fetch(&self, access: &Access) -> Result<Issued, CredentialsError> {
        let failed = |reason: String| {
            CredentialsError::fetching(format!("the container's agent at {}", self.uri), reason)
        };
        let mut request = Request::get(self.uri.clone());
        if let Some(authorization) = &self.authorization {
            let token = match authorization {
                Authorization::Token(token) => token.clone(),
                Authorization::File(path) => fs::read_to_string(path)
                    .map_err(|error| failed(format!("{}: {error}", path.display())))?,
            };
            let token = HeaderValue::from_str(token.trim_end())
                .map_err(|_| failed("the authorization token is no header's value".to_owned()))?;
            request = request.header(header::AUTHORIZATION, token);
        }
        let request = request
            .body(Bytes::new())
            .map_err(|error| failed(error.to_string()))?;
        let (status, document) = access
            .send(request, MANNER)
            .await
            .map_err(|error| failed(error.to_string()))?;
        if !status.is_success() {
            return Err(failed(format!("it answered {status}")));
        }
        Issued::from_json(&document).map_err(failed)
    }
}

/// Loopback, or one of the addresses that only the machine itself answers.
fn is_of_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']);
    let is_loopback = address
        .parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    is_loopback || host == "localhost" || [ECS_HOST, EKS_HOST, EKS_HOST_V6].contains(&address)
}

const ECS_HOST: &str = "169.254.170.2";
const EKS_HOST: &str = "169.254.170.23";
const EKS_HOST_V6: &str = "fd00:ec2::23";

const MANNER: Manner = Manner {
    patience: Duration::from_secs(5),
    attempts: 3,
    by_proxy: false,
};

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, value: &str) -> Result<Option<Container>, String> {
        Container::of(&Environment::from([(name, value)])).map_err(|error| error.to_string())
    }

    #[test]
    fn tokens_do_not_leave_the_machine_in_plain_text() {
        let full = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
        for url in [
            "http://127.0.0.1:8080/x",
            "http://localhost/x",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            "http://[::1]/",
            "https://example.com/x",
        ] {
            assert!(of(full, url).unwrap().is_some(), "{url}");
        }
        for url in [
            "http://example.com/",
            "http://169.254.170.3/",
            "ftp://localhost/",
            "/x",
        ] {
            let error = of(full, url).unwrap_err();
            assert!(error.starts_with(full), "{url}: {error}");
        }
        let relative = of("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/a?b");
        let uri = relative.unwrap().unwrap().uri.to_string();
        assert_eq!(uri, "http://169.254.170.2/v2/a?b");
        assert!(of("OTHER", "x").unwrap().is_none());
    }
}
