use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};

use crate::credentials::{
    CredentialsError, Environment,
    access::{Access, Manner},
    issued::Issued,
};

/// The metadata service of an EC2 instance.
///
/// Source: EC2 User Guide, "Use the Instance Metadata Service to access instance metadata"; AWS
/// SDKs and Tools Reference Guide, "IMDS credential provider".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Without a slash at its end.
    endpoint: String,
    manner: Manner,
    /// Whether services are believed that know no tokens (IMDSv1).
    allows_v1: bool,
}

impl Instance {
    /// The service, unless the environment says that there is none.
    pub(super) fn of(environment: &Environment) -> Option<Self> {
        let is_on = |name: &str| {
            environment
                .get(name)
                .is_some_and(|value| value.eq_ignore_ascii_case("true"))
        };
        if is_on("AWS_EC2_METADATA_DISABLED") {
            return None;
        }
        let mode = environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
        let by_mode = match mode {
            Some(mode) if mode.eq_ignore_ascii_case("ipv6") => "http://[fd00:ec2::254]",
            _ => "http://169.254.169.254",
        };
        let endpoint = environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT");
        let number = |name: &str| environment.get(name)?.parse::<u32>().ok();
        let seconds = number("AWS_METADATA_SERVICE_TIMEOUT").unwrap_or(1).max(1);
        Some(Self {
            endpoint: endpoint.unwrap_or(by_mode).trim_end_matches('/').to_owned(),
            manner: Manner {
                patience: Duration::from_secs(seconds.into()),
                attempts: number("AWS_METADATA_SERVICE_NUM_ATTEMPTS").unwrap_or(1),
                by_proxy: false,
            },
            allows_v1: !is_on("AWS_EC2_METADATA_V1_DISABLED"),
        })
    }

    /// Asks for the credentials of the role that the instance has.
    pub(super) async fn fetch(&self, access: &Access) -> Result<Issued, CredentialsError> {
        let token = self.token(access).await?;
        let role = self.read(access, ROLES, token.as_deref()).await?;
        let role = String::from_utf8_lossy(&role);
        let role = role.lines().next().unwrap_or_default().trim();
        if role.is_empty() {
            return Err(CredentialsError::NotFound);
        }
        let path = format!("{ROLES}{role}");
        let document = self.read(access, &path, token.as_deref()).await?;
        Issued::from_json(&document).map_err(|reason| self.failed(reason))
    }

    /// A token of the second version; `None` where only the first is spoken.
    async fn token(&self, access: &Access) -> Result<Option<String>, CredentialsError> {
        let request = Request::builder()
            .method(Method::PUT)
            .uri(format!("{}/latest/api/token", self.endpoint))
            .header("x-aws-ec2-metadata-token-ttl-seconds", "21600")
            .header("content-length", "0")
            .body(Bytes::new())
            .map_err(|error| self.failed(error.to_string()))?;
        let refused = match access.send(request, self.manner).await {
            Ok((status, token)) if status.is_success() => {
                let token = String::from_utf8(token.into());
                let token = token.map_err(|_| self.failed("its token is no text".to_owned()))?;
                return Ok(Some(token.trim().to_owned()));
            }
            // A service that knows no tokens.
            Ok((status, _)) if status.is_client_error() => format!("it answered {status}"),
            Ok((status, _)) => return Err(self.failed(format!("it answered {status}"))),
            Err(error) if error.is_about_connecting() => return Err(CredentialsError::NotFound),
            // Its answer does not reach a container that is more hops away than it may take.
            Err(error) => error.to_string(),
        };
        if self.allows_v1 {
            return Ok(None);
        }
        Err(self.failed(refused))
    }

    async fn read(
        &self,
        access: &Access,
        path: &str,
        token: Option<&str>,
    ) -> Result<Bytes, CredentialsError> {
        let mut request = Request::get(format!("{}{path}", self.endpoint));
        if let Some(token) = token {
            request = request.header("x-aws-ec2-metadata-token", token);
        }
        let request = request
            .body(Bytes::new())
            .map_err(|error| self.failed(error.to_string()))?;
        let manner = Manner {
            attempts: self.manner.attempts.max(3),
            ..self.manner
        };
        match access.send(request, manner).await {
            Ok((status, body)) if status.is_success() => Ok(body),
            Ok((StatusCode::UNAUTHORIZED, _)) if token.is_none() => {
                let text = "it wants a token and gave none (in a container: is the hop limit 2?)";
                Err(self.failed(text.to_owned()))
            }
            // An instance without a role, or the service of another cloud.
            Ok((status, _)) if path == ROLES && status.is_client_error() => {
                Err(CredentialsError::NotFound)
            }
            Ok((status, _)) => Err(self.failed(format!("it answered {status}"))),
            Err(error) => Err(self.failed(error.to_string())),
        }
    }

    fn failed(&self, reason: String) -> CredentialsError {
        CredentialsError::fetching(
            format!("the instance's metadata service at {}", self.endpoint),
            reason,
        )
    }
}

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
