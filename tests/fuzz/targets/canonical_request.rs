//! Signatures, beside those that the embedded server computes from what goes on the wire. The
//! fields are the method, the key, the query, the headers (a line each), the secret and the token.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use s4cmd::s3::{
    encode,
    payload::PayloadHash,
    sigv4::{self, Credentials, Scope, Signable},
};

use super::input;

#[path = "../../support/server/canonical.rs"]
mod canonical;
#[path = "../../support/server/codec.rs"]
mod codec;

pub fn run(data: &[u8]) {
    let [method, key, query, headers, secret, token] = input::texts::<6>(data, input::FIELD);
    let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::GET);
    let parameters: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let path = format!("/{}", encode::path(&key));
    assert_eq!(path, format!("/{}", percent_encoded(&key, b"/")));
    let query = encode::query(&parameters);
    assert_eq!(query, sorted_query(&parameters));
    let request = Case {
        method,
        path,
        parameters,
        query,
        headers: header_map(&headers),
        credentials: Credentials {
            access_key: "AKEXAMPLE".to_owned(),
            secret_key: secret,
            session_token: (!token.is_empty()).then_some(token),
        },
    };
    request.signed_by_headers(data.len());
    request.signed_by_query();
}

struct Case {
    method: Method,
    path: String,
    parameters: Vec<(String, String)>,
    query: String,
    headers: HeaderMap,
    credentials: Credentials,
}

impl Case {
    fn signed_by_headers(&self, seed: usize) {
        let mut headers = self.headers.clone();
        let mut request = Signable {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &mut headers,
        };
        let payload = match seed % 2 {
            0 => PayloadHash::Unsigned,
            _ => PayloadHash::Sha256([u8::try_from(seed % 251).unwrap(); 32]),
        };
        let signed = sigv4::sign(&mut request, &self.credentials, SCOPE, now(), payload);
        let token = self
            .credentials
            .session_token
            .as_deref()
            .unwrap_or_default();
        let is_sendable = HeaderValue::from_str(token).is_ok();
        assert_eq!(signed.is_ok(), is_sendable);
        if !is_sendable {
            return;
        }
        let hash = headers["x-amz-content-sha256"].to_str().unwrap();
        let authorization = headers["authorization"].to_str().unwrap();
        let fields = authorization
            .strip_prefix(
                "AWS4-HMAC-SHA256 Credential=AKEXAMPLE/20130524/us-east-1/s3/aws4_request, ",
            )
            .unwrap();
        let (names, signature) = fields
            .strip_prefix("SignedHeaders=")
            .and_then(|fields| fields.split_once(", Signature="))
            .unwrap();
        self.check_names(&headers, names, &["authorization"]);
        let expected = self.reference(&headers, &self.query, names, hash);
        assert_eq!(expected.as_deref().unwrap_or(signature), signature);
        assert!(headers["authorization"].is_sensitive());
    }

    fn signed_by_query(&self) {
        let mut headers = self.headers.clone();
        let request = Signable {
            method: &self.method,
            path: &self.path,
            query: "",
            headers: &mut headers,
        };
        let query = sigv4::presign(
            &request,
            &self.parameters,
            &self.credentials,
            SCOPE,
            now(),
            3600,
        );
        let (unsigned, signature) = query.rsplit_once("&X-Amz-Signature=").unwrap();
        let names = signed_names(&headers);
        self.check_names(&headers, &names, &[]);
        let named = format!("X-Amz-SignedHeaders={}", percent_encoded(&names, b""));
        assert!(unsigned.split('&').any(|pair| pair == named));
        // The server leaves a parameter of this name out, wherever it came from.
        let is_own = |(name, _): &(String, String)| name == "X-Amz-Signature";
        if !self.parameters.iter().any(is_own) {
            let expected = self.reference(&headers, unsigned, &names, "UNSIGNED-PAYLOAD");
            assert_eq!(expected.as_deref().unwrap_or(signature), signature);
        }
    }

    /// By the server; `None` for headers that it does not take for text.
    fn reference(
        &self,
        headers: &HeaderMap,
        query: &str,
        names: &str,
        hash: &str,
    ) -> Option<String> {
        let names: Vec<&str> = names.split(';').filter(|name| !name.is_empty()).collect();
        let canonical = canonical::Canonical {
            method: self.method.as_str(),
            raw_path: &self.path,
            raw_query: query,
            headers,
            signed_headers: &names,
            payload_hash: hash,
        };
        let has_own = |(name, _): &(String, String)| name == "X-Amz-Signature";
        if self.parameters.iter().any(has_own) {
            return None;
        }
        let scope = "20130524/us-east-1/s3/aws4_request";
        let text = canonical::string_to_sign("20130524T010203Z", scope, &canonical.text()?);
        Some(canonical::signature(
            &self.credentials.secret_key,
            scope,
            &text,
        ))
    }

    /// All headers are signed that nobody on the way has reason to change.
    fn check_names(&self, headers: &HeaderMap, names: &str, without: &[&str]) {
        let expected = signed_names(headers);
        assert_eq!(names, expected);
        assert!(
            without
                .iter()
                .all(|name| !names.split(';').any(|other| other == *name))
        );
    }
}

fn signed_names(headers: &HeaderMap) -> String {
    let mut names: Vec<&str> = headers
        .keys()
        .map(HeaderName::as_str)
        .filter(|name| !UNSIGNED.contains(name))
        .collect();
    names.sort_unstable();
    names.join(";")
}

fn header_map(lines: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("h"));
    for line in lines.lines() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let (name, value) = (
            name.parse::<HeaderName>(),
            HeaderValue::from_bytes(value.as_bytes()),
        );
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

/// Each byte that is not unreserved, and not among the `bare` ones, as `%XX`.
fn percent_encoded(text: &str, bare: &[u8]) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ if bare.contains(&byte) => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn sorted_query(parameters: &[(String, String)]) -> String {
    let encoded = parameters
        .iter()
        .map(|(name, value)| (percent_encoded(name, b""), percent_encoded(value, b"")));
    let mut encoded: Vec<_> = encoded.collect();
    encoded.sort();
    let pairs = encoded.into_iter().map(|(name, value)| name + "=" + &value);
    pairs.collect::<Vec<_>>().join("&")
}

fn now() -> Timestamp {
    Timestamp::from_second(1_369_357_323).unwrap()
}

const SCOPE: Scope<'_> = Scope {
    region: "us-east-1",
    service: "s3",
};
const UNSIGNED: [&str; 13] = [
    "accept-encoding",
    "authorization",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];
