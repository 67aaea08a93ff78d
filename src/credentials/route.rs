//! From a profile to where its credentials are to be had.

use crate::credentials::{
    CredentialsError, Environment, Profile, Profiles, Source,
    chain::keys_of_aws,
    container::Container,
    instance::Instance,
    process::Process,
    role::{AssumeRole, Role, WebIdentity},
    sso::Sso,
    token_service::TokenService,
};

/// Where the credentials of a profile are to be had; `None` if it does not say.
///
/// The order within a profile is that of botocore: roles, IAM Identity Center, keys,
/// `credential_process`.
///
/// # Errors
/// The profile is not there, or says half of what is needed.
pub(super) fn of_profile(
    name: &str,
    profiles: &Profiles,
    environment: &Environment,
) -> Result<Option<Source>, CredentialsError> {
    let route = Route {
        profiles,
        environment,
    };
    route.of(name, &mut Vec::new())
}

/// The role that the environment alone names, as it does in a pod of EKS.
pub(super) fn web_identity(environment: &Environment, profile: Option<&Profile>) -> Option<Source> {
    let token_file = environment.get("AWS_WEB_IDENTITY_TOKEN_FILE")?;
    let arn = environment.get("AWS_ROLE_ARN")?;
    Some(Source::WebIdentity(WebIdentity {
        service: service(environment, profile),
        role: Role {
            arn: arn.to_owned(),
            session_name: environment.get("AWS_ROLE_SESSION_NAME").map(str::to_owned),
            duration: None,
        },
        token_file: token_file.into(),
    }))
}

struct Route<'a> {
    profiles: &'a Profiles,
    environment: &'a Environment,
}

impl Route<'_> {
    /// `on_the_way` are the profiles whose roles are taken on with this one.
    fn of(
        &self,
        name: &str,
        on_the_way: &mut Vec<String>,
    ) -> Result<Option<Source>, CredentialsError> {
        let profile = self
            .profiles
            .get(name)
            .ok_or_else(|| CredentialsError::NoSuchProfile {
                profile: name.to_owned(),
            })?;
        let is_its_own_source = on_the_way.last().is_some_and(|last| last == name);
        if let Some(arn) = profile.get("role_arn").filter(|_| !is_its_own_source) {
            if on_the_way.iter().any(|other| other == name) {
                return Err(invalid(name, "its source_profile leads back to it"));
            }
            if on_the_way.len() >= MOST_ROLES {
                return Err(invalid(name, "too many roles would be taken on before it"));
            }
            on_the_way.push(name.to_owned());
            return self.role(name, &profile, arn, on_the_way).map(Some);
        }
        if profile.get("sso_session").is_some() || profile.get("sso_start_url").is_some() {
            return self.sso(name, &profile).map(Some);
        }
        let process = || {
            let command = profile.get("credential_process")?.to_owned();
            Some(Source::Process(Process { command }))
        };
        Ok(profile.keys().map(Source::Keys).or_else(process))
    }

    fn role(
        &self,
        name: &str,
        profile: &Profile,
        arn: &str,
        on_the_way: &mut Vec<String>,
    ) -> Result<Source, CredentialsError> {
        let text = |setting: &str| profile.get(setting).map(str::to_owned);
        let duration = profile.get("duration_seconds").map(|text| {
            let seconds = text.parse();
            seconds.map_err(|_| invalid(name, "its duration_seconds is no number"))
        });
        let role = Role {
            arn: arn.to_owned(),
            session_name: text("role_session_name"),
            duration: duration.transpose()?,
        };
        let service = service(self.environment, Some(profile));
        if let Some(token_file) = profile.get("web_identity_token_file") {
            return Ok(Source::WebIdentity(WebIdentity {
                service,
                role,
                token_file: token_file.into(),
            }));
        }
        let base = match (
            profile.get("source_profile"),
            profile.get("credential_source"),
        ) {
            (Some(_), Some(_)) => {
                let text = "it has both source_profile and credential_source";
                return Err(invalid(name, text));
            }
            (Some(source), None) => self.of(source, on_the_way)?,
            (None, Some("Environment")) => keys_of_aws(self.environment).map(Source::Keys),
            (None, Some("EcsContainer")) => Container::of(self.environment)?.map(Source::Container),
            (None, Some("Ec2InstanceMetadata")) => {
                Instance::of(self.environment).map(Source::Instance)
            }
            (None, Some(_)) => {
                let text = "its credential_source is none of Environment, EcsContainer and \
                            Ec2InstanceMetadata";
                return Err(invalid(name, text));
            }
            (None, None) => {
                let text = "it has a role_arn, but neither source_profile nor credential_source";
                return Err(invalid(name, text));
            }
        };
        let base = base.ok_or_else(|| {
            invalid(
                name,
                "there are no credentials to take on its role_arn with",
            )
        })?;
        Ok(Source::Role(Box::new(AssumeRole {
            base,
            service,
            role,
            external_id: text("external_id"),
            mfa_serial: text("mfa_serial"),
        })))
    }

    fn sso(&self, name: &str, profile: &Profile) -> Result<Source, CredentialsError> {
        let session = profile.get("sso_session");
        let setting = |setting: &'static str| {
            let of_session = session.and_then(|name| self.profiles.of_session(name, setting));
            let text = of_session.or_else(|| profile.get(setting));
            text.map(str::to_owned)
                .ok_or_else(|| invalid(name, format!("it has no {setting}")))
        };
        let start_url = setting("sso_start_url")?;
        let home = self.environment.home();
        let home = home.ok_or_else(|| invalid(name, "HOME is not set"))?;
        let endpoint = self.environment.get("AWS_ENDPOINT_URL_SSO");
        Ok(Source::Sso(Sso {
            profile: name.to_owned(),
            cache: home.join(SSO_CACHE),
            session: session.map_or(start_url, str::to_owned),
            region: setting("sso_region")?,
            account: setting("sso_account_id")?,
            role: setting("sso_role_name")?,
            endpoint: endpoint.map(str::to_owned),
        }))
    }
}

/// Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
fn service(environment: &Environment, profile: Option<&Profile>) -> TokenService {
    let of_environment = environment.first(&["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"]);
    let of_profile = || {
        let of_service = profile?.get("services.sts.endpoint_url");
        of_service.or_else(|| profile?.get("endpoint_url"))
    };
    let endpoint = of_environment.or_else(of_profile);
    TokenService {
        endpoint: endpoint.map(str::to_owned),
    }
}

fn invalid(profile: &str, reason: impl Into<String>) -> CredentialsError {
    CredentialsError::Profile {
        profile: profile.to_owned(),
        reason: reason.into(),
    }
}

/// Roles that are taken on one after the other.
const MOST_ROLES: usize = 16;
const SSO_CACHE: &str = ".aws/sso/cache";
