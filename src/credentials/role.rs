use std::{fs, path::PathBuf};

use jiff::Timestamp;

use crate::credentials::{
    CredentialsError, Source,
    access::Access,
    issued::Issued,
    token_service::{Action, TokenService},
};

/// A role that is taken on with other credentials.
///
/// Source: AWS SDKs and Tools Reference Guide, "Assume role credential provider".
#[derive(Debug, Clone)]
pub struct AssumeRole {
    /// Who takes it on.
    pub(super) base: Source,
    pub(super) service: TokenService,
    pub(super) role: Role,
    /// What the owner of the role agreed on with a third party.
    pub(super) external_id: Option<String>,
    /// The MFA device whose code is needed.
    pub(super) mfa_serial: Option<String>,
}

/// A role that is taken on with the token of an identity provider, as pods of EKS do.
#[derive(Debug, Clone)]
pub struct WebIdentity {
    pub(super) service: TokenService,
    pub(super) role: Role,
    /// Where the token is, which is changed now and then.
    pub(super) token_file: PathBuf,
}

/// What is taken on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) arn: String,
    /// What the logs of AWS are to show.
    pub(super) session_name: Option<String>,
    /// Seconds.
    pub(super) duration: Option<u32>,
}

impl AssumeRole {
    pub(super) async fn fetch(
        &self,
        access: &Access,
        now: Timestamp,
    ) -> Result<Issued, CredentialsError> {
        let base = self.base.fetch(access, now).await?.credentials;
        let mut parameters = self.role.parameters(now);
        if let Some(id) = &self.external_id {
            parameters.push(("ExternalId", id.clone()));
        }
        if let Some(serial) = &self.mfa_serial {
            let code = access.ask.ask(format!("Code of the MFA device {serial}: "));
            let code = code.await.map_err(|error| {
                let reason = format!("the code of its MFA device is needed: {error}");
                self.role.failed(reason)
            })?;
            parameters.push(("SerialNumber", serial.clone()));
            parameters.push(("TokenCode", code.trim().to_owned()));
        }
        let action = Action {
            name: "AssumeRole",
            parameters,
            signer: Some((&base, now)),
        };
        let issued = self.service.take(access, action).await;
        issued.map_err(|reason| self.role.failed(reason))
    }
}

impl WebIdentity {
    pub(super) async fn fetch(
        &self,
        access: &Access,
        now: Timestamp,
    ) -> Result<Issued, CredentialsError> {
        let token = fs::read_to_string(&self.token_file).map_err(|error| {
            let reason = format!("\"{}\": {error}", self.token_file.display());
            self.role.failed(reason)
        })?;
        let mut parameters = self.role.parameters(now);
        parameters.push(("WebIdentityToken", token.trim().to_owned()));
        let action = Action {
            name: "AssumeRoleWithWebIdentity",
            parameters,
            signer: None,
        };
        let issued = self.service.take(access, action).await;
        issued.map_err(|reason| self.role.failed(reason))
    }
}

impl Role {
    fn parameters(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        let default = || format!("s4cmd-{}", now.as_millisecond());
        let session_name = self.session_name.clone().unwrap_or_else(default);
        let mut parameters = vec![
            ("RoleArn", self.arn.clone()),
            ("RoleSessionName", session_name),
        ];
        if let Some(seconds) = self.duration {
            parameters.push(("DurationSeconds", seconds.to_string()));
        }
        parameters
    }

    fn failed(&self, reason: String) -> CredentialsError {
        CredentialsError::fetching(format!("the role {}", self.arn), reason)
    }
}
