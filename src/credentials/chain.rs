use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::s3::endpoint::{Addressing, AwsHosts};

use crate::credentials::{
    Credentials, Environment, Habits, Profiles, S3cfg, Source, container::Container,
    instance::Instance, profile::read_optional, route,
};

/// What the command line says of credentials.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--access-key`.
    pub access_key: Option<String>,
    /// `--secret-key`.
    pub secret_key: Option<String>,
    /// `--session-token`.
    pub session_token: Option<String>,
    /// `--config`: the s3cfg file, instead of `~/.s3cfg`.
    pub s3cfg: Option<PathBuf>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--no-sign-request`.
    pub no_sign_request: bool,
}

/// Where credentials were found to be had, and what else the same files say.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// `None` only for `--no-sign-request`.
    pub source: Option<Source>,
    /// The region of the profile.
    pub region: Option<String>,
    /// The endpoint of the profile or of the s3cfg.
    pub endpoint_url: Option<String>,
    /// The hosts of AWS that the profile wants.
    pub hosts: AwsHosts,
    /// Where the profile or the s3cfg wants buckets to be named.
    pub addressing: Option<Addressing>,
    /// The CA bundle of the profile.
    pub ca_bundle: Option<PathBuf>,
    /// Files with secrets that others can read.
    pub open_files: Vec<PathBuf>,
    /// What else the s3cfg says.
    pub habits: Habits,
}

/// Finds out where credentials are to be had. The order: the command line,
/// `S3_ACCESS_KEY`/`S3_SECRET_KEY`, `AWS_*` with token, the named profile (`--profile`,
/// `AWS_PROFILE`), the web identity of the environment, the s3cfg, the default profile, the
/// container, the instance. Nothing is asked yet.
///
/// Differs from the original: there an existing `~/.s3cfg` beat `AWS_PROFILE` and, in its PyPI
/// release, `AWS_ACCESS_KEY_ID`.
///
/// The s3cfg that was not named is only looked at if nothing nearer has keys: its endpoint is not
/// meant for the keys of others. Whoever names a profile that has none gets none of another file.
///
/// # Errors
/// See [`CredentialsError`]; a malformed file of the AWS tools is an error even if other sources
/// would do, because going on with other settings than the user thinks can hit the wrong account.
pub fn resolve(flags: &Flags, environment: &Environment) -> Result<Resolved, CredentialsError> {
    let profiles = Profiles::read(environment)?;
    let of_environment = environment.first(&["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]);
    let name = flags.profile.as_deref().or(of_environment);
    let settings = match name {
        Some(name) => Some(
            profiles
                .get(name)
                .ok_or_else(|| CredentialsError::NoSuchProfile {
                    profile: name.to_owned(),
                })?,
        ),
        None => profiles.get("default"),
    };
    let setting = |name: &str| settings.as_ref()?.get(name).map(str::to_owned);
    if let Some(services) = setting("services").filter(|name| profiles.services(name).is_none()) {
        return Err(CredentialsError::NoSuchServices { services });
    }
    let nearer = match (flags.no_sign_request, near(flags, environment)?) {
        (true, _) => None,
        (false, Some(keys)) => Some(Source::Keys(keys)),
        (false, None) => {
            let of_profile = name.map(|name| route::of_profile(name, &profiles, environment));
            let of_profile = of_profile.transpose()?.flatten();
            of_profile.or_else(|| route::web_identity(environment, settings.as_ref()))
        }
    };
    // Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
    let of_profile = setting("services.s3.endpoint_url").or_else(|| setting("endpoint_url"));
    let needs_s3cfg = if flags.no_sign_request {
        of_profile.is_none()
    } else {
        nearer.is_none() && name.is_none()
    };
    let s3cfg = if flags.s3cfg.is_some() || needs_s3cfg {
        read_s3cfg(flags, environment)?
    } else {
        S3cfg::default()
    };
    // Keys go to the endpoint that stands beside them.
    let has_keys = nearer.is_none() && s3cfg.credentials.is_some() && !flags.no_sign_request;
    let endpoint_url = match (has_keys, of_profile) {
        (true, _) if s3cfg.is_aws => None,
        (true, of_profile) => s3cfg.endpoint_url.clone().or(of_profile),
        (false, of_profile) => of_profile.or_else(|| s3cfg.endpoint_url.clone()),
    };
    let source = match nearer.or(s3cfg.credentials.clone().map(Source::Keys)) {
        _ if flags.no_sign_request => None,
        Some(found) => Some(found),
        None => Some(far(name, &profiles, environment)?),
    };
    let ca_bundle = setting("ca_bundle").map(PathBuf::from);
    let region = setting("region");
    let has = |name: &str| setting(name).is_some_and(|value| is_true(&value));
    let hosts = AwsHosts {
        dualstack: has("use_dualstack_endpoint") || has("s3.use_dualstack_endpoint"),
        fips: has("use_fips_endpoint"),
        accelerate: has("s3.use_accelerate_endpoint"),
    };
    let addressing = match setting("s3.addressing_style").as_deref() {
        Some("path") => Some(Addressing::Path),
        Some("virtual") => Some(Addressing::VirtualHost),
        _ => s3cfg
            .addressing
            .filter(|_| endpoint_url == s3cfg.endpoint_url),
    };
    let region = region.or_else(|| s3cfg.region.clone().filter(|_| has_keys));
    let files = profiles.secret_files.into_iter().chain(s3cfg.file);
    Ok(Resolved {
        open_files: files.filter(|path| is_open(path)).collect(),
        source,
        region,
        endpoint_url,
        hosts,
        addressing,
        ca_bundle,
        habits: s3cfg.habits,
    })
}

/// What the AWS tools and s3cmd take for a yes.
pub fn is_true(text: &str) -> bool {
    ["true", "yes", "1", "on"].contains(&&*text.to_ascii_lowercase())
}

/// The keys of the command line and of the environment.
fn near(flags: &Flags, environment: &Environment) -> Result<Option<Credentials>, CredentialsError> {
    let (access_key, secret_key) = (flags.access_key.as_deref(), flags.secret_key.as_deref());
    if access_key.is_some() != secret_key.is_some() {
        return Err(CredentialsError::HalfAPair {
            one: "--access-key",
            other: "--secret-key",
        });
    }
    let given = pair(access_key, secret_key, flags.session_token.as_deref());
    // A profile that was named on the command line is more explicit than the environment.
    if given.is_some() || flags.profile.is_some() {
        return Ok(given);
    }
    let s3 = pair(
        environment.get("S3_ACCESS_KEY"),
        environment.get("S3_SECRET_KEY"),
        None,
    );
    Ok(s3.or_else(|| keys_of_aws(environment)))
}

/// The keys that the environment has for all tools of AWS.
pub(super) fn keys_of_aws(environment: &Environment) -> Option<Credentials> {
    pair(
        environment.get("AWS_ACCESS_KEY_ID"),
        environment.get("AWS_SECRET_ACCESS_KEY"),
        environment.first(&["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"]),
    )
}

/// What comes after the s3cfg.
fn far(
    named: Option<&str>,
    profiles: &Profiles,
    environment: &Environment,
) -> Result<Source, CredentialsError> {
    if named.is_none()
        && profiles.get("default").is_some()
        && let Some(found) = route::of_profile("default", profiles, environment)?
    {
        return Ok(found);
    }
    if let Some(container) = Container::of(environment)? {
        return Ok(Source::Container(container));
    }
    let instance = Instance::of(environment).map(Source::Instance);
    instance.ok_or(CredentialsError::NotFound)
}

fn pair(access: Option<&str>, secret: Option<&str>, token: Option<&str>) -> Option<Credentials> {
    Some(Credentials {
        access_key: access?.to_owned(),
        secret_key: secret?.to_owned(),
        session_token: token.map(str::to_owned),
    })
}

/// Compat: a missing file is not an error, also when it was named.
fn read_s3cfg(flags: &Flags, environment: &Environment) -> Result<S3cfg, CredentialsError> {
    let default = || environment.home().map(|home| home.join(".s3cfg"));
    let Some(path) = flags.s3cfg.clone().or_else(default) else {
        return Ok(S3cfg::default());
    };
    match read_optional(&path)? {
        Some(text) => {
            let mut s3cfg =
                S3cfg::parse(&text).map_err(|error| CredentialsError::malformed(&path, error))?;
            s3cfg.file = s3cfg.credentials.is_some().then_some(path);
            Ok(s3cfg)
        }
        None => Ok(S3cfg::default()),
    }
}

/// Whether others than the owner can read a file.
pub fn is_open(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o044 != 0)
}

/// Why there are no credentials.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CredentialsError {
    /// No source has any.
    #[error(
        "no credentials: give --access-key and --secret-key, set AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY, or use a profile or ~/.s3cfg (--no-sign-request: go without)"
    )]
    NotFound,
    /// Only one of two options.
    #[error("{one} and {other} must be given together")]
    HalfAPair {
        /// One.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// The named profile is in neither file.
    #[error(
        "the profile \"{profile}\" is neither in the AWS credentials file nor in the config file"
    )]
    NoSuchProfile {
        /// Its name.
        profile: String,
    },
    /// A section that the profile names, and that would say where to send requests.
    #[error("the AWS config file has no section [services {services}], which the profile names")]
    NoSuchServices {
        /// Its name.
        services: String,
    },
    /// The profile says half of what is needed, or what cannot be.
    #[error("the profile \"{profile}\" gives no credentials: {reason}")]
    Profile {
        /// Its name.
        profile: String,
        /// What is wrong.
        reason: String,
    },
    /// A variable of the environment cannot be used.
    #[error("{variable} cannot be used: {reason}")]
    Variable {
        /// Its name.
        variable: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Whoever has the credentials does not give them.
    #[error("no credentials from {from}: {reason}")]
    Fetching {
        /// Who.
        from: String,
        /// What happened.
        reason: String,
    },
    /// A file cannot be read or is malformed.
    #[error("cannot use the configuration file \"{path}\": {reason}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl CredentialsError {
    pub(super) fn malformed(path: &Path, error: impl std::fmt::Display) -> Self {
        Self::File {
            path: path.to_owned(),
            reason: error.to_string(),
        }
    }

    pub(super) fn fetching(from: impl Into<String>, reason: String) -> Self {
        Self::Fetching {
            from: from.into(),
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A home directory with an s3cfg and both AWS files.
    fn home() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".aws")).unwrap();
        let write = |name: &str, text: &str| fs::write(home.path().join(name), text).unwrap();
        write(".s3cfg", "[default]\naccess_key = s3cfg\nsecret_key = s\n");
        write(
            ".aws/credentials",
            "[default]\naws_access_key_id = default\naws_secret_access_key = s\n\
             [named]\naws_access_key_id = named\naws_secret_access_key = s\naws_session_token = t\n",
        );
        write(
            ".aws/config",
            "[default]\nregion = eu-west-1\n[profile named]\nregion = eu-north-1\n\
             endpoint_url = http://e\n[profile role]\nrole_arn = arn\n",
        );
        home
    }

    fn with(home: &Path, more: &[(&str, &str)]) -> Environment {
        let mut variables = vec![
            ("HOME", home.to_str().unwrap()),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        variables.extend_from_slice(more);
        let mut padded = [("", ""); 9];
        padded[..variables.len()].copy_from_slice(&variables);
        Environment::from(padded)
    }

    fn access_key(flags: &Flags, environment: &Environment) -> String {
        let source = resolve(flags, environment).unwrap().source.unwrap();
        source.keys().unwrap().access_key.clone()
    }

    #[test]
    fn sources_win_in_the_documented_order() {
        let home = home();
        let aws = [("AWS_ACCESS_KEY_ID", "aws"), ("AWS_SECRET_ACCESS_KEY", "s")];
        let s3 = [("S3_ACCESS_KEY", "s3"), ("S3_SECRET_KEY", "s")];
        let profile = [("AWS_PROFILE", "named")];
        let all = [aws.as_slice(), &s3, &profile].concat();
        let none = Flags::default();
        let keys = Flags {
            access_key: Some("flag".into()),
            secret_key: Some("s".into()),
            ..Flags::default()
        };
        assert_eq!(access_key(&keys, &with(home.path(), &all)), "flag");
        assert_eq!(access_key(&none, &with(home.path(), &all)), "s3");
        let env = with(home.path(), &[aws.as_slice(), &profile].concat());
        assert_eq!(access_key(&none, &env), "aws");
        assert_eq!(access_key(&none, &with(home.path(), &profile)), "named");
        assert_eq!(access_key(&none, &with(home.path(), &[])), "s3cfg");
        let named = Flags {
            profile: Some("named".into()),
            ..Flags::default()
        };
        assert_eq!(access_key(&named, &with(home.path(), &all)), "named");
        fs::remove_file(home.path().join(".s3cfg")).unwrap();
        assert_eq!(access_key(&none, &with(home.path(), &[])), "default");
    }

    #[test]
    fn the_profile_says_which_hosts_of_aws() {
        let home = home();
        let config = "[default]\nuse_fips_endpoint = true\ns3 =\n  \
                      use_dualstack_endpoint = true\n  addressing_style = path\nregion = r\n";
        fs::write(home.path().join(".aws/config"), config).unwrap();
        let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "s")];
        let found = resolve(&Flags::default(), &with(home.path(), &keys)).unwrap();
        let expected = AwsHosts {
            dualstack: true,
            fips: true,
            accelerate: false,
        };
        assert_eq!(found.hosts, expected);
        assert_eq!(found.addressing, Some(Addressing::Path));
        assert_eq!(found.region.as_deref(), Some("r"));
    }

    #[test]
    fn the_token_of_temporary_credentials_is_kept() {
        let home = home();
        let aws = [
            ("AWS_ACCESS_KEY_ID", "aws"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("AWS_SESSION_TOKEN", "token"),
        ];
        let found = resolve(&Flags::default(), &with(home.path(), &aws)).unwrap();
        let source = found.source.unwrap();
        assert_eq!(
            source.keys().unwrap().session_token.as_deref(),
            Some("token")
        );
    }

    #[test]
    fn the_profile_brings_region_and_endpoint() {
        let home = home();
        let found = resolve(&Flags::default(), &with(home.path(), &[])).unwrap();
        assert_eq!(found.region.as_deref(), Some("eu-west-1"));
        let found = resolve(
            &Flags::default(),
            &with(home.path(), &[("AWS_PROFILE", "named")]),
        )
        .unwrap();
        assert_eq!(found.region.as_deref(), Some("eu-north-1"));
        assert_eq!(found.endpoint_url.as_deref(), Some("http://e"));
    }

    #[test]
    fn a_profile_names_the_endpoints_of_single_services() {
        let home = home();
        let config = "[default]\nservices = mine\nendpoint_url = http://all\n\
                      [services mine]\ns3 =\n  endpoint_url = http://s3\n\
                      sts =\n  endpoint_url = http://sts\n";
        let path = home.path().join(".aws/config");
        fs::write(&path, config).unwrap();
        let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "s")];
        let found = || resolve(&Flags::default(), &with(home.path(), &keys));
        assert_eq!(found().unwrap().endpoint_url.as_deref(), Some("http://s3"));
        for none in [
            config.replace("s3 =", "dynamodb ="),
            config.replace("http://s3", ""),
        ] {
            fs::write(&path, none).unwrap();
            assert_eq!(found().unwrap().endpoint_url.as_deref(), Some("http://all"));
        }
        fs::write(&path, config.replace("[services mine]", "[services other]")).unwrap();
        let error = found().unwrap_err().to_string();
        assert!(error.contains("[services mine]"), "{error}");
    }

    #[test]
    fn an_s3cfg_brings_its_endpoint_only_to_its_own_keys() {
        let home = home();
        let text = "[default]\naccess_key = a\nsecret_key = s\nhost_base = other:1\n";
        fs::write(home.path().join(".s3cfg"), text).unwrap();
        let mut config = fs::read_to_string(home.path().join(".aws/config")).unwrap();
        config = config.replace("[default]\n", "[default]\nendpoint_url = http://aws\n");
        fs::write(home.path().join(".aws/config"), config).unwrap();
        let none = Flags::default();
        let named = Flags {
            s3cfg: Some(home.path().join(".s3cfg")),
            ..Flags::default()
        };
        let keys = [("AWS_ACCESS_KEY_ID", "aws"), ("AWS_SECRET_ACCESS_KEY", "s")];
        let endpoint = |flags: &Flags, more: &[(&str, &str)]| {
            let found = resolve(flags, &with(home.path(), more)).unwrap();
            found.endpoint_url.unwrap_or_default()
        };
        assert_eq!(endpoint(&none, &[]), "https://other:1");
        assert_eq!(endpoint(&none, &keys), "http://aws");
        fs::remove_file(home.path().join(".aws/config")).unwrap();
        assert_eq!(endpoint(&none, &keys), "");
        assert_eq!(endpoint(&named, &keys), "https://other:1");
        let profile = Flags {
            profile: Some("mini".into()),
            no_sign_request: true,
            ..Flags::default()
        };
        let config =
            "[profile mini]\nendpoint_url = http://mini\n[default]\nendpoint_url = http://aws\n";
        fs::write(home.path().join(".aws/config"), config).unwrap();
        assert_eq!(endpoint(&profile, &[]), "http://mini");
        // AWS is an endpoint as well.
        let of_aws = text.replace("other:1", "s3.amazonaws.com");
        fs::write(home.path().join(".s3cfg"), of_aws).unwrap();
        assert_eq!(endpoint(&none, &[]), "");
        fs::remove_file(home.path().join(".aws/config")).unwrap();
        // Nor does it matter then whether it can be read.
        fs::write(home.path().join(".s3cfg"), "nonsense").unwrap();
        assert_eq!(endpoint(&none, &keys), "");
    }

    #[test]
    fn failures_name_what_is_wrong() {
        let home = home();
        let resolve_with = |flags: &Flags, more: &[(&str, &str)]| {
            resolve(flags, &with(home.path(), more)).unwrap_err()
        };
        let none = Flags::default();
        let error = resolve_with(&none, &[("AWS_PROFILE", "absent")]);
        assert_eq!(
            error,
            CredentialsError::NoSuchProfile {
                profile: "absent".into()
            }
        );
        let text = resolve_with(&none, &[("AWS_PROFILE", "role")]).to_string();
        assert!(text.contains("neither source_profile nor"), "{text}");
        let half = Flags {
            access_key: Some("a".into()),
            ..Flags::default()
        };
        assert!(matches!(
            resolve_with(&half, &[]),
            CredentialsError::HalfAPair { .. }
        ));
        fs::write(home.path().join(".s3cfg"), "[default]\nnonsense\n").unwrap();
        let text = resolve_with(&none, &[]).to_string();
        assert!(text.contains(".s3cfg") && text.contains("line 2"), "{text}");
        let empty = Environment::from([("AWS_EC2_METADATA_DISABLED", "TRUE")]);
        assert_eq!(
            resolve(&none, &empty).unwrap_err(),
            CredentialsError::NotFound
        );
        let anonymous = Flags {
            no_sign_request: true,
            ..Flags::default()
        };
        assert!(resolve(&anonymous, &empty).unwrap().source.is_none());
    }
}
