use std::{collections::BTreeMap, fmt, fs, io, path::PathBuf};

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

/// One profile, from both files: what the credentials file says goes first.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Profile {
    settings: BTreeMap<String, String>,
}

impl Profile {
    /// A setting that is there and not empty.
    pub fn get(&self, setting: &str) -> Option<&str> {
        self.settings.get(setting).map(String::as_str)
    }

    /// The keys, if the profile has them itself.
    pub fn keys(&self) -> Option<Credentials> {
        Some(Credentials {
            access_key: self.get("aws_access_key_id")?.to_owned(),
            secret_key: self.get("aws_secret_access_key")?.to_owned(),
            session_token: self.get("aws_session_token").map(str::to_owned),
        })
    }
}

impl fmt::Debug for Profile {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.settings.keys()).finish()
    }
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
        let sections = [config, keys].into_iter().flatten().flatten();
        let settings = sections.filter(|(_, value)| !value.is_empty());
        let settings = settings.map(|(name, value)| (name.clone(), value.clone()));
        let mut settings: BTreeMap<_, _> = settings.collect();
        let services = settings
            .get("services")
            .and_then(|name| self.services(name));
        let services = services.into_iter().flatten();
        let services = services.filter(|(_, value)| !value.is_empty());
        let services = services.map(|(name, value)| (format!("services.{name}"), value.clone()));
        settings.extend(services.collect::<Vec<_>>());
        Some(Profile { settings })
    }

    /// What a profile may name to say how single services are reached, `[services NAME]`: settings
    /// such as `s3.endpoint_url`.
    pub(super) fn services(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.config.section(&format!("services {name}"))
    }

    /// A setting of a session of IAM Identity Center, `[sso-session NAME]`.
    pub(super) fn of_session(&self, name: &str, setting: &str) -> Option<&str> {
        let section = self.config.section(&format!("sso-session {name}"))?;
        let value = section.get(setting).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Profiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
