use jiff::Timestamp;
use serde_json::Value;

use crate::credentials::Credentials;

/// Credentials, and until when they are good.
#[derive(Debug, Clone)]
pub(super) struct Issued {
    pub(super) credentials: Credentials,
    /// `None`: until somebody takes them back.
    pub(super) expires: Option<Timestamp>,
}

impl Issued {
    pub(super) fn for_ever(credentials: Credentials) -> Self {
        Self {
            credentials,
            expires: None,
        }
    }

    /// Puts together what a service said, of which nothing may be empty.
    pub(super) fn new(
        (access_key, secret_key): (Option<String>, Option<String>),
        session_token: Option<String>,
        expires: Option<&str>,
    ) -> Result<Self, String> {
        let there = |name: &str, value: Option<String>| {
            let value = value.filter(|value| !value.is_empty());
            value.ok_or_else(|| format!("the answer has no {name}"))
        };
        let expires = expires.map(|text| {
            let parsed = text.parse();
            parsed.map_err(|_| format!("\"{text}\" is not a time to expire at"))
        });
        Ok(Self {
            credentials: Credentials {
                access_key: there("access key", access_key)?,
                secret_key: there("secret key", secret_key)?,
                session_token: session_token.filter(|token| !token.is_empty()),
            },
            expires: expires.transpose()?,
        })
    }

    /// Reads the document of the metadata services (`Token`) and of `credential_process`
    /// (`SessionToken`).
    pub(super) fn from_json(document: &[u8]) -> Result<Self, String> {
        let document = json(document)?;
        let token = text(&document, "Token").or_else(|| text(&document, "SessionToken"));
        let keys = (
            text(&document, "AccessKeyId"),
            text(&document, "SecretAccessKey"),
        );
        let expires = text(&document, "Expiration").filter(|text| !text.is_empty());
        Self::new(keys, token, expires.as_deref())
    }
}

/// Reads an answer. What it says is not repeated: it may be half a secret.
pub(super) fn json(document: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(document).map_err(|_| "the answer is not JSON".to_owned())
}

pub(super) fn text(document: &Value, name: &str) -> Option<String> {
    document.get(name)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_the_token_are_known() {
        let issued = |token: &str| {
            let document = format!(
                r#"{{"AccessKeyId": "a", "SecretAccessKey": "s", "{token}": "t",
                    "Expiration": "2030-01-02T03:04:05Z"}}"#
            );
            Issued::from_json(document.as_bytes()).unwrap()
        };
        for token in ["Token", "SessionToken"] {
            let issued = issued(token);
            assert_eq!(issued.credentials.session_token.as_deref(), Some("t"));
            assert_eq!(issued.expires, "2030-01-02T03:04:05Z".parse().ok());
        }
    }

    #[test]
    fn what_is_missing_is_named_and_nothing_repeated() {
        let error = |document: &str| Issued::from_json(document.as_bytes()).unwrap_err();
        assert_eq!(error("{\"Secret"), "the answer is not JSON");
        assert_eq!(error("[]"), "the answer has no access key");
        assert_eq!(
            error(r#"{"AccessKeyId": "a", "SecretAccessKey": ""}"#),
            "the answer has no secret key"
        );
        let document = r#"{"AccessKeyId": "a", "SecretAccessKey": "s", "Expiration": "soon"}"#;
        assert_eq!(error(document), "\"soon\" is not a time to expire at");
    }
}
