//! A second signer, written apart from the crate's, that can make one mistake at a time.
//!
//! It shows two things: two signers of different make agree on the vectors, and each mistake that
//! signers are known for breaks at least one of them, so the vectors would notice it in the crate.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// What is signed, nothing of it encoded.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) payload_hash: String,
    pub(crate) access: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
    pub(crate) region: String,
    pub(crate) date: String,
    /// For how many seconds, when the signature goes into the query.
    pub(crate) expires: Option<u64>,
}

/// All that signing makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    pub(crate) canonical_request: String,
    pub(crate) string_to_sign: String,
    pub(crate) signature: String,
    pub(crate) authorization: String,
    pub(crate) query: String,
}

/// Mistakes that signers are known for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    PathNormalised,
    PathEncodedTwice,
    PathSlashesEncoded,
    PathSubDelimitersBare,
    PathTrimmed,
    PathComposed,
    EscapesTakenForEncoded,
    LowerCaseHex,
    TildeEncoded,
    QuerySpaceAsPlus,
    QuerySlashBare,
    QuerySortedBeforeEncoding,
    QuerySortedAsPairs,
    QuerySortedByNameOnly,
    QuerySortedWithoutCase,
    QueryUnsorted,
    QueryBareNames,
    HeaderSpacesNotFolded,
    HeaderValuesNotTrimmed,
    HeaderNamesNotLowered,
    HeadersUnsorted,
    HostWithoutPort,
    ContentHashUnsigned,
    TokenUnsigned,
    PayloadAlwaysEmpty,
    PresignedPayloadHashed,
    ScopeOfDefaultRegion,
    ScopeWithTime,
    SecretWithoutPrefix,
}

impl Mistake {
    pub(crate) const ALL: [Self; 29] = [
        Self::PathNormalised,
        Self::PathEncodedTwice,
        Self::PathSlashesEncoded,
        Self::PathSubDelimitersBare,
        Self::PathTrimmed,
        Self::PathComposed,
        Self::EscapesTakenForEncoded,
        Self::LowerCaseHex,
        Self::TildeEncoded,
        Self::QuerySpaceAsPlus,
        Self::QuerySlashBare,
        Self::QuerySortedBeforeEncoding,
        Self::QuerySortedAsPairs,
        Self::QuerySortedByNameOnly,
        Self::QuerySortedWithoutCase,
        Self::QueryUnsorted,
        Self::QueryBareNames,
        Self::HeaderSpacesNotFolded,
        Self::HeaderValuesNotTrimmed,
        Self::HeaderNamesNotLowered,
        Self::HeadersUnsorted,
        Self::HostWithoutPort,
        Self::ContentHashUnsigned,
        Self::TokenUnsigned,
        Self::PayloadAlwaysEmpty,
        Self::PresignedPayloadHashed,
        Self::ScopeOfDefaultRegion,
        Self::ScopeWithTime,
        Self::SecretWithoutPrefix,
    ];
}

/// Signs, with at most one mistake.
pub(crate) fn sign(input: &Input, mistake: Option<Mistake>) -> Signed {
    Signer { mistake }.sign(input)
}

/// The signature of a text that is ready to be signed.
pub(crate) fn signature(
    secret: &str,
    date: &str,
    region: &str,
    service: &str,
    string_to_sign: &str,
) -> String {
    let steps = [date, region, service, "aws4_request", string_to_sign];
    let key = format!("AWS4{secret}").into_bytes();
    hex(&steps.iter().fold(key, |key, step| hmac(&key, step)))
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

struct Signer {
    mistake: Option<Mistake>,
}

impl Signer {
    fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    fn sign(&self, input: &Input) -> Signed {
        let region = if self.makes(Mistake::ScopeOfDefaultRegion) {
            "us-east-1"
        } else {
            &input.region
        };
        let day = if self.makes(Mistake::ScopeWithTime) {
            &input.date
        } else {
            &input.date[..8]
        };
        let scope = format!("{day}/{region}/s3/aws4_request");
        let (header_lines, names) = self.headers(&self.headers_to_sign(input));
        let mut params = input.params.clone();
        if let Some(expires) = input.expires {
            let credential = format!("{}/{scope}", input.access);
            let own = [
                ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
                ("X-Amz-Credential", credential),
                ("X-Amz-Date", input.date.clone()),
                ("X-Amz-Expires", expires.to_string()),
                ("X-Amz-SignedHeaders", names.clone()),
            ];
            params.extend(own.map(|(name, value)| (name.to_owned(), value)));
            if let (Some(token), false) = (&input.token, self.makes(Mistake::TokenUnsigned)) {
                params.push(("X-Amz-Security-Token".to_owned(), token.clone()));
            }
        }
        let query = self.query(&params);
        let canonical_request = format!(
            "{}\n{}\n{query}\n{header_lines}\n{names}\n{}",
            input.method,
            self.path(&input.path),
            self.payload(input),
        );
        let string_to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
            input.date,
            sha256(canonical_request.as_bytes())
        );
        let signature = if self.makes(Mistake::SecretWithoutPrefix) {
            let steps = [day, region, "s3", "aws4_request", &*string_to_sign];
            let key = input.secret.clone().into_bytes();
            hex(&steps.iter().fold(key, |key, step| hmac(&key, step)))
        } else {
            signature(&input.secret, day, region, "s3", &string_to_sign)
        };
        Signed {
            authorization: format!(
                "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
                input.access
            ),
            query: format!("{query}&X-Amz-Signature={signature}"),
            canonical_request,
            string_to_sign,
            signature,
        }
    }

    fn payload<'a>(&self, input: &'a Input) -> &'a str {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let wrong = if input.expires.is_some() {
            Mistake::PresignedPayloadHashed
        } else {
            Mistake::PayloadAlwaysEmpty
        };
        if self.makes(wrong) {
            empty
        } else {
            &input.payload_hash
        }
    }

    fn headers_to_sign(&self, input: &Input) -> Vec<(String, String)> {
        let mut host = input.host.clone();
        if self.makes(Mistake::HostWithoutPort) && !host.ends_with(']') {
            host.truncate(host.rfind(':').unwrap_or(host.len()));
        }
        let mut headers = vec![("host".to_owned(), host)];
        if input.expires.is_none() {
            let mut add =
                |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
            if !self.makes(Mistake::ContentHashUnsigned) {
                add("x-amz-content-sha256", &input.payload_hash);
            }
            add("x-amz-date", &input.date);
            if let (Some(token), false) = (&input.token, self.makes(Mistake::TokenUnsigned)) {
                add("x-amz-security-token", token);
            }
        }
        headers.extend(input.headers.iter().cloned());
        headers
    }

    fn headers(&self, headers: &[(String, String)]) -> (String, String) {
        let mut headers = headers.to_vec();
        for (name, value) in &mut headers {
            if !self.makes(Mistake::HeaderNamesNotLowered) {
                name.make_ascii_lowercase();
            }
            *value = self.header_value(value);
        }
        if !self.makes(Mistake::HeadersUnsorted) {
            headers.sort();
        }
        let lines = headers
            .iter()
            .fold(String::new(), |mut lines, (name, value)| {
                let _ = writeln!(lines, "{name}:{value}");
                lines
            });
        let names: Vec<_> = headers.iter().map(|(name, _)| &**name).collect();
        (lines, names.join(";"))
    }

    fn header_value(&self, value: &str) -> String {
        if self.makes(Mistake::HeaderValuesNotTrimmed) {
            return value.to_owned();
        }
        let mut value = value.trim_matches(' ').to_owned();
        while !self.makes(Mistake::HeaderSpacesNotFolded) && value.contains("  ") {
            value = value.replace("  ", " ");
        }
        value
    }

    fn path(&self, raw: &str) -> String {
        let mut raw = raw.to_owned();
        if self.makes(Mistake::PathNormalised) {
            raw = normalised(&raw);
        }
        if self.makes(Mistake::PathTrimmed) {
            raw.truncate(raw.trim_end_matches(' ').len());
        }
        if self.makes(Mistake::PathComposed) {
            raw = raw.replace("e\u{301}", "\u{e9}");
        }
        let mut bare = String::new();
        if !self.makes(Mistake::PathSlashesEncoded) {
            bare.push('/');
        }
        if self.makes(Mistake::PathSubDelimitersBare) {
            bare.push_str("!'()*");
        }
        let path = self.encode(&raw, &bare);
        if self.makes(Mistake::PathEncodedTwice) {
            self.encode(&path, &bare)
        } else {
            path
        }
    }

    fn query(&self, params: &[(String, String)]) -> String {
        let bare = if self.makes(Mistake::QuerySlashBare) {
            "/"
        } else {
            ""
        };
        let component = |text: &String| {
            let encoded = self.encode(text, bare);
            if self.makes(Mistake::QuerySpaceAsPlus) {
                encoded.replace("%20", "+")
            } else {
                encoded
            }
        };
        let mut params = params.to_vec();
        if self.makes(Mistake::QuerySortedBeforeEncoding) {
            params.sort();
        }
        let mut params: Vec<_> = params
            .iter()
            .map(|(name, value)| (component(name), component(value)))
            .collect();
        match self.mistake {
            Some(Mistake::QuerySortedBeforeEncoding | Mistake::QueryUnsorted) => {}
            Some(Mistake::QuerySortedAsPairs) => {
                params.sort_by_key(|(name, value)| format!("{name}={value}"));
            }
            Some(Mistake::QuerySortedByNameOnly) => params.sort_by(|a, b| a.0.cmp(&b.0)),
            Some(Mistake::QuerySortedWithoutCase) => {
                params.sort_by_key(|(name, value)| (name.to_lowercase(), value.clone()));
            }
            _ => params.sort(),
        }
        let pairs = params.iter().map(|(name, value)| {
            if value.is_empty() && self.makes(Mistake::QueryBareNames) {
                name.clone()
            } else {
                format!("{name}={value}")
            }
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    fn encode(&self, text: &str, bare: &str) -> String {
        let tilde = !self.makes(Mistake::TildeEncoded);
        let mut encoded = String::new();
        for (index, byte) in text.bytes().enumerate() {
            let escape = byte == b'%'
                && self.makes(Mistake::EscapesTakenForEncoded)
                && text
                    .get(index + 1..index + 3)
                    .is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
            let character = char::from(byte);
            if character.is_ascii_alphanumeric()
                || "-._".contains(character)
                || (character == '~' && tilde)
                || bare.contains(character)
                || escape
            {
                encoded.push(character);
            } else if self.makes(Mistake::LowerCaseHex) {
                let _ = write!(encoded, "%{byte:02x}");
            } else {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        encoded
    }
}

/// Without empty segments, `.` and `..`.
fn normalised(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    let end = if path.ends_with('/') && !segments.is_empty() {
        "/"
    } else {
        ""
    };
    format!("/{}{end}", segments.join("/"))
}

fn hmac(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
