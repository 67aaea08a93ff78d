use std::{fs, io, path::PathBuf};

use crate::credentials::{Credentials, CredentialsError, Environment, ini::Ini};

/// The profiles in the two files of the AWS tools.
///
/// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
#[derive(Clone, Default)]
pub struct Profiles {
    credentials: Ini,
    config: Ini,
    /// Those of the two that have secret keys.
    pub(super) secret_files: Vec<PathBuf>,
}

/// One profile, from both files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// The keys, if the profile has them itself.
    pub credentials: Option<Credentials>,
    /// The region.
    pub region: Option<String>,
    /// The endpoint.
    pub endpoint_url: Option<String>,
    /// The CA bundle.
    pub ca_bundle: Option<String>,
    /// A setting by which the profile gets its keys in a way that is not supported.
    pub unsupported: Option<&'static str>,
}

impl Profiles {
    /// Reads `~/.aws/credentials` and `~/.aws/config`, or the files that
    /// `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE` name. Missing files are empty.
    ///
    /// # Errors
    /// A file cannot be read or is malformed.
    pub fn read(environment: &Environment) -> Result<Self, CredentialsError> {
        let mut secret_files = Vec::new();
        let mut file = |variable: &str, name: &str| -> Result<Ini, CredentialsError> {
            let named = environment.get(variable).map(PathBuf::from);
            let default = || environment.home().map(|home| home.join(".aws").join(name));
            let Some(path) = named.or_else(default) else {
                return Ok(Ini::default());
            };
            match read_optional(&path)? {
                Some(text) => {
                    let ini = Ini::parse(&text);
                    let ini = ini.map_err(|error| CredentialsError::malformed(&path, error))?;
                    if text.contains("aws_secret_access_key") {
                        secret_files.push(path);
                    }
                    Ok(ini)
                }
                None => Ok(Ini::default()),
            }
        };
        Ok(Self {
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "credentials")?,
            config: file("AWS_CONFIG_FILE", "config")?,
            secret_files,
        })
    }

    /// A profile by its name; `None` if neither file has it.
    pub fn get(&self, name: &str) -> Option<Profile> {
        let keys = self.credentials.section(name);
        let config = match name {
            "default" => self
                .config
                .section("default")
                .or(self.config.section("profile default")),
            other => self.config.section(&format!("profile {other}")),
        };
        if keys.is_none() && config.is_none() {
            return None;
        }
        let get = |setting: &str| {
            let find = |section: Option<&std::collections::BTreeMap<String, String>>| {
                section?
                    .get(setting)
                    .filter(|value| !value.is_empty())
                    .cloned()
            };
            find(keys).or_else(|| find(config))
        };
        let credentials = match (get("aws_access_key_id"), get("aws_secret_access_key")) {
            (Some(access_key), Some(secret_key)) => Some(Credentials {
                access_key,
                secret_key,
                session_token: get("aws_session_token"),
            }),
            _ => None,
        };
        Some(Profile {
            credentials,
            region: get("region"),
            endpoint_url: get("endpoint_url"),
            ca_bundle: get("ca_bundle"),
            unsupported: UNSUPPORTED
                .into_iter()
                .find(|setting| get(setting).is_some()),
        })
    }
}

impl std::fmt::Debug for Profiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Profiles { .. }")
    }
}

/// Reads a file that may be missing.
pub(super) fn read_optional(path: &PathBuf) -> Result<Option<String>, CredentialsError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(CredentialsError::malformed(path, error)),
    }
}

const UNSUPPORTED: [&str; 5] = [
    "role_arn",
    "credential_process",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];
