//! Keys that the customer gives for encryption (SSE-C), from where other users cannot read them.

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::{Digest as _, Md5};

use crate::{
    cli::sync_args::SyncArgs,
    credentials::Environment,
    s3::{api_option::ApiOptions, encode},
};

/// Sets the options of the API for the keys in files and in the environment. What was said by such
/// an option itself counts more.
///
/// Source: S3 User Guide, "Specifying server-side encryption with customer-provided keys (SSE-C)".
///
/// # Errors
/// What should be a key is none, as a text for people that does not have it.
pub(super) fn set(
    options: &mut ApiOptions,
    args: &SyncArgs,
    environment: &Environment,
) -> Result<(), String> {
    for (file, variable, prefix) in [
        (&args.sse_c_key, "S4CMD_SSE_C_KEY", "API-SSECustomer"),
        (
            &args.sse_c_source_key,
            "S4CMD_SSE_C_SOURCE_KEY",
            "API-CopySourceSSECustomer",
        ),
    ] {
        let (key, name) = match (file, environment.get(variable)) {
            (Some(path), _) => (of_file(path)?, path.display().to_string()),
            (None, Some(text)) => (text.as_bytes().to_vec(), variable.to_owned()),
            (None, None) => continue,
        };
        if options.has(&format!("{prefix}Key")) {
            continue;
        }
        let wrong = || format!("{name}: a key is 32 bytes, or those in base64 or hexadecimal");
        let key = key_of(&key).ok_or_else(wrong)?;
        for (name, value) in [
            ("Algorithm", "AES256".to_owned()),
            ("Key", STANDARD.encode(key)),
            ("KeyMD5", STANDARD.encode(Md5::digest(key))),
        ] {
            options.set_text(&format!("{prefix}{name}"), value);
        }
    }
    Ok(())
}

fn of_file(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn key_of(bytes: &[u8]) -> Option<[u8; LENGTH]> {
    if let Ok(raw) = bytes.try_into() {
        return Some(raw);
    }
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let of_base64 = || STANDARD.decode(text).ok()?.try_into().ok();
    encode::unhex(text).or_else(of_base64)
}

/// Bytes, as AES-256 has them.
const LENGTH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_in_three_forms() {
        let raw = *b"0123456789ABCDEF\x00\xff\n   89ABCDEF01";
        let raw: [u8; LENGTH] = raw[..LENGTH].try_into().unwrap();
        let hex: String = raw.iter().map(|byte| format!("{byte:02X}")).collect();
        for form in [
            raw.to_vec(),
            format!("{}\n", STANDARD.encode(raw)).into_bytes(),
            hex.into_bytes(),
        ] {
            assert_eq!(key_of(&form), Some(raw));
        }
        for none in ["", "short", &"x".repeat(33), &"g".repeat(64), "AAAA"] {
            assert_eq!(key_of(none.as_bytes()), None, "{none}");
        }
    }
}
