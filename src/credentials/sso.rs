use std::path::PathBuf;

use bytes::Bytes;
use http::{HeaderValue, Request};
use jiff::Timestamp;
use sha1::{Digest as _, Sha1};

use crate::{
    credentials::{
        CredentialsError,
        access::{Access, REMOTE},
        issued::{Issued, json, text},
        profile::read_optional,
    },
    s3::{encode, endpoint::aws_domain},
};

/// A role of IAM Identity Center, for somebody who signed in with `aws sso login`.
///
/// Source: AWS SDKs and Tools Reference Guide, "IAM Identity Center credential provider".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sso {
    /// The profile, for messages.
    pub(super) profile: String,
    /// Where the tokens of those who signed in are kept.
    pub(super) cache: PathBuf,
    /// What the file with the token is named after: the session, or the start URL.
    pub(super) session: String,
    pub(super) region: String,
    pub(super) account: String,
    pub(super) role: String,
    /// The portal's URL; `None` for that of AWS in the region.
    pub(super) endpoint: Option<String>,
}

impl Sso {
    pub(super) async fn fetch(
        &self,
        access: &Access,
        now: Timestamp,
    ) -> Result<Issued, CredentialsError> {
        let failed = |reason| CredentialsError::fetching("IAM Identity Center", reason);
        let token = self.token(now)?;
        let request = self.request(&token).map_err(failed)?;
        let (status, document) = access
            .send(request, REMOTE)
            .await
            .map_err(|error| failed(error.to_string()))?;
        if status.as_u16() == 401 {
            return Err(self.signed_out());
        }
        if !status.is_success() {
            let said = json(&document).ok().and_then(|said| text(&said, "message"));
            return Err(failed(
                said.unwrap_or_else(|| format!("it answered {status}")),
            ));
        }
        read(&document).map_err(failed)
    }

    /// The token that `aws sso login` left.
    fn token(&self, now: Timestamp) -> Result<HeaderValue, CredentialsError> {
        let name = encode::hex(&Sha1::digest(self.session.as_bytes()));
        let path = self.cache.join(format!("{name}.json"));
        let document = read_optional(&path)?.ok_or_else(|| self.signed_out())?;
        let malformed = |reason: String| CredentialsError::malformed(&path, reason);
        let document = json(document.as_bytes()).map_err(malformed)?;
        let expires = text(&document, "expiresAt").unwrap_or_default();
        // Old versions wrote the name of the zone.
        let expires = expires.replace("UTC", "Z");
        let expires: Timestamp = expires
            .parse()
            .map_err(|_| malformed("it does not say when the token expires".to_owned()))?;
        if expires <= now {
            return Err(self.signed_out());
        }
        let token = text(&document, "accessToken").unwrap_or_default();
        let mut token = HeaderValue::from_str(&token)
            .ok()
            .filter(|token| !token.is_empty())
            .ok_or_else(|| malformed("it has no token".to_owned()))?;
        token.set_sensitive(true);
        Ok(token)
    }

    fn request(&self, token: &HeaderValue) -> Result<Request<Bytes>, String> {
        let portal = match &self.endpoint {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!(
                "https://portal.sso.{}.{}",
                self.region,
                aws_domain(&self.region)
            ),
        };
        let query = encode::query(&[("account_id", &self.account), ("role_name", &self.role)]);
        Request::get(format!("{portal}/federation/credentials?{query}"))
            .header("x-amz-sso_bearer_token", token)
            .body(Bytes::new())
            .map_err(|error| error.to_string())
    }

    fn signed_out(&self) -> CredentialsError {
        CredentialsError::fetching(
            "IAM Identity Center",
            format!("sign in first: aws sso login --profile {}", self.profile),
        )
    }
}

/// Source: IAM Identity Center Portal API Reference, GetRoleCredentials. Times are milliseconds.
fn read(document: &[u8]) -> Result<Issued, String> {
    let document = json(document)?;
    let role = document.get("roleCredentials");
    let field = |name: &str| text(role?, name);
    let keys = (field("accessKeyId"), field("secretAccessKey"));
    let issued = Issued::new(keys, field("sessionToken"), None)?;
    let expiration = role.and_then(|role| role.get("expiration")?.as_i64());
    Ok(Issued {
        expires: expiration.and_then(|time| Timestamp::from_millisecond(time).ok()),
        ..issued
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn sso(cache: &tempfile::TempDir) -> Sso {
        Sso {
            profile: "dev".to_owned(),
            cache: cache.path().to_owned(),
            session: "my-sso".to_owned(),
            region: "eu-west-1".to_owned(),
            account: "123".to_owned(),
            role: "a b".to_owned(),
            endpoint: None,
        }
    }

    #[test]
    fn the_token_is_found_by_the_name_of_the_session() {
        let cache = tempfile::tempdir().unwrap();
        let sso = sso(&cache);
        let now = Timestamp::UNIX_EPOCH;
        let error = sso.token(now).unwrap_err().to_string();
        assert!(error.ends_with("aws sso login --profile dev"), "{error}");
        // SHA-1 of "my-sso".
        let name = "0ad374308c5a4e22f723adf10145eafad7c4031c.json";
        let path = cache.path().join(name);
        let write = |expires: &str| {
            let text = format!(r#"{{"accessToken": "secret", "expiresAt": "{expires}"}}"#);
            fs::write(&path, text).unwrap();
        };
        write("1970-01-02T00:00:00UTC");
        assert_eq!(sso.token(now).unwrap(), "secret");
        write("1970-01-01T00:00:00Z");
        assert!(sso.token(now).is_err(), "it is over");
        write("soon");
        let error = sso.token(now).unwrap_err().to_string();
        assert!(error.contains("when the token expires"), "{error}");
    }

    #[test]
    fn the_portal_is_asked_for_the_role() {
        let cache = tempfile::tempdir().unwrap();
        let request = sso(&cache).request(&HeaderValue::from_static("t")).unwrap();
        assert_eq!(
            request.uri(),
            "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?account_id=123&role_name=a%20b"
        );
        let document = br#"{"roleCredentials": {"accessKeyId": "a", "secretAccessKey": "s",
            "sessionToken": "t", "expiration": 1893456000000}}"#;
        let issued = read(document).unwrap();
        assert_eq!(issued.expires, "2030-01-01T00:00:00Z".parse().ok());
        assert!(read(b"{}").is_err());
    }
}
