//! The two files of the AWS tools. The fields are the profile that is asked for, the credentials
//! file and the config file.

use s4cmd::credentials::{CredentialsError, Environment, Flags, Source, resolve};

use super::{
    files,
    ini::{self, Values},
    input,
    s3cfg::shows_no_secret,
};

pub fn run(data: &[u8]) {
    let [profile, credentials, config] = input::texts::<3>(data, input::FIELD);
    let paths = [("credentials", &credentials), ("config", &config)]
        .map(|(name, text)| files::written(name, text.as_bytes()));
    let variables = [
        ("AWS_SHARED_CREDENTIALS_FILE", paths[0].to_str().unwrap()),
        ("AWS_CONFIG_FILE", paths[1].to_str().unwrap()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let named = (!profile.is_empty()).then_some(&*profile);
    let flags = Flags {
        profile: named.map(str::to_owned),
        ..Flags::default()
    };
    let resolved = resolve(&flags, &Environment::from(variables));
    let parsed = [&credentials, &config].map(|text| ini::read(text));
    if let Some((path, line)) = paths.iter().zip(&parsed).find_map(|(path, parsed)| {
        let line = parsed.as_ref().err()?;
        Some((path, *line))
    }) {
        assert_eq!(
            resolved.unwrap_err().to_string(),
            ini::complaint(path, line)
        );
        return;
    }
    let files = parsed.map(Result::unwrap);
    let Some(settings) = Settings::of(&files, named.unwrap_or("default")) else {
        let expected = named.map_or(CredentialsError::NotFound, |profile| {
            CredentialsError::NoSuchProfile {
                profile: profile.to_owned(),
            }
        });
        assert_eq!(resolved.unwrap_err(), expected);
        return;
    };
    let (sections, values) = &files[1];
    let services = settings.get("services");
    let section = services.as_ref().map(|name| format!("services {name}"));
    if let (Some(section), Some(services)) = (&section, &services)
        && !sections.contains(section)
    {
        let services = services.clone();
        let expected = CredentialsError::NoSuchServices { services };
        assert_eq!(resolved.unwrap_err(), expected);
        return;
    }
    let keys = settings
        .get("aws_access_key_id")
        .zip(settings.get("aws_secret_access_key"));
    if OTHER_SOURCES
        .iter()
        .any(|name| settings.get(name).is_some())
    {
        // They go before keys. What they lead to is for the tests of the sources.
        if let Ok(resolved) = resolved {
            assert!(
                resolved
                    .source
                    .is_some_and(|source| source.keys().is_none())
            );
        }
        return;
    }
    let Some((access_key, secret_key)) = keys else {
        match settings.get("credential_process") {
            Some(_) => assert!(
                resolved
                    .is_ok_and(|resolved| { matches!(resolved.source, Some(Source::Process(_))) })
            ),
            None => assert_eq!(resolved.unwrap_err(), CredentialsError::NotFound),
        }
        return;
    };
    let resolved = resolved.expect("there are keys");
    let source = resolved.source.as_ref().expect("there are keys");
    let found = source.keys().expect("they are in the file");
    assert_eq!(found.access_key, access_key);
    assert_eq!(found.secret_key, secret_key);
    assert_eq!(found.session_token, settings.get("aws_session_token"));
    assert_eq!(resolved.region, settings.get("region"));
    let of_service = section.and_then(|section| ini::last(values, &section, "s3.endpoint_url"));
    let endpoint = of_service.or_else(|| settings.get("endpoint_url"));
    assert_eq!(resolved.endpoint_url, endpoint);
    let bundle = resolved.ca_bundle.as_ref();
    let bundle = bundle.map(|path| path.to_str().unwrap().to_owned());
    assert_eq!(bundle, settings.get("ca_bundle"));
    shows_no_secret(&resolved);
}

/// The section of a profile in the one file and in the other one.
struct Settings<'a> {
    sections: [(Option<String>, &'a Values); 2],
}

impl<'a> Settings<'a> {
    fn of(files: &'a [(Vec<String>, Values); 2], profile: &str) -> Option<Self> {
        let of_config = match profile {
            "default" => vec!["default".to_owned(), "profile default".to_owned()],
            other => vec![format!("profile {other}")],
        };
        let names = [vec![profile.to_owned()], of_config];
        let mut files = files.iter().zip(names);
        let sections = std::array::from_fn(|_| {
            let ((sections, values), mut names) = files.next().unwrap();
            names.retain(|name| sections.contains(name));
            (names.into_iter().next(), values)
        });
        let is_there = |(section, _): &(Option<String>, _)| section.is_some();
        sections.iter().any(is_there).then_some(Self { sections })
    }

    /// The credentials file goes first.
    fn get(&self, name: &str) -> Option<String> {
        let sections = self.sections.iter();
        let mut found =
            sections.filter_map(|(section, values)| ini::last(values, section.as_deref()?, name));
        found.next()
    }
}

const OTHER_SOURCES: [&str; 3] = ["role_arn", "sso_session", "sso_start_url"];
