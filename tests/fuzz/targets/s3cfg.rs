//! The configuration file of s3cmd.

use s4cmd::credentials::{Environment, Flags, Resolved, Source, resolve};

use super::{files, ini};

pub fn run(data: &[u8]) {
    let path = files::written("s3cfg", data);
    let flags = Flags {
        s3cfg: Some(path.clone()),
        ..Flags::default()
    };
    let anonymous = Flags {
        no_sign_request: true,
        ..flags.clone()
    };
    let environment = Environment::from([("AWS_EC2_METADATA_DISABLED", "true")]);
    let [signed, unsigned] = [flags, anonymous].map(|flags| resolve(&flags, &environment));
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(signed.is_err() && unsigned.is_err());
        return;
    };
    let values = match ini::read(text) {
        Ok((_, values)) => values,
        Err(line) => {
            let expected = ini::complaint(&path, line);
            assert_eq!(signed.unwrap_err().to_string(), expected);
            assert_eq!(unsigned.unwrap_err().to_string(), expected);
            return;
        }
    };
    let get = |name| ini::last(&values, "default", name);
    let endpoint = get("host_base").and_then(|host| endpoint(&host, get("use_https")));
    let unsigned = unsigned.expect("nothing is needed");
    assert!(unsigned.source.is_none());
    assert_eq!(unsigned.endpoint_url, endpoint);
    let Some((access_key, secret_key)) = get("access_key").zip(get("secret_key")) else {
        assert!(signed.is_err());
        return;
    };
    let signed = signed.expect("there are keys");
    assert_eq!(signed.endpoint_url, endpoint);
    let source = signed.source.as_ref().expect("there are keys");
    let credentials = source.keys().expect("they are in the file");
    assert_eq!(credentials.access_key, access_key);
    assert_eq!(credentials.secret_key, secret_key);
    assert_eq!(credentials.session_token, get("access_token"));
    shows_no_secret(&signed);
}

fn endpoint(host: &str, use_https: Option<String>) -> Option<String> {
    let mut plain_host = host;
    while let Some(rest) = plain_host.strip_suffix(":443") {
        plain_host = rest;
    }
    if plain_host.ends_with("amazonaws.com") {
        return None;
    }
    if host.contains("://") {
        return Some(host.to_owned());
    }
    let said = use_https.unwrap_or_default().to_lowercase();
    let is_plain = ["false", "no", "0", "off"].contains(&&*said);
    Some(format!(
        "{}://{host}",
        if is_plain { "http" } else { "https" }
    ))
}

/// What is written to a log is the same whatever the secrets are.
pub fn shows_no_secret(resolved: &Resolved) {
    let mut other = resolved.clone();
    if let Some(Source::Keys(credentials)) = &mut other.source {
        credentials.secret_key = "another".to_owned();
        credentials.session_token = None;
    }
    assert_eq!(format!("{resolved:?}"), format!("{other:?}"));
}
