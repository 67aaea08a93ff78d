//! Signatures that are known from elsewhere: the project's own vectors, and the suites of AWS where
//! they are at hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

#[path = "vectors/mutants.rs"]
mod mutants;

use std::{
    fs,
    path::{Path, PathBuf},
};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use percent_encoding::percent_decode_str;
use s4cmd::s3::{
    encode,
    payload::PayloadHash,
    sigv4::{self, Credentials, Scope, Signable},
};
use serde_json::Value;

use mutants::{Input, Mistake};

#[test]
fn every_header_vector_is_reproduced() {
    let vectors = vectors("header");
    assert_eq!(vectors.len(), 186);
    for vector in &vectors {
        let name = vector.text("name");
        let input = vector.input();
        let method: Method = input.method.parse().unwrap();
        let path = encode::path(&input.path);
        assert_eq!(path, vector.text("wire_path"), "{name}");
        let query = encode::query(&input.params);
        let mut headers = headers(&input.host, &input.headers);
        let credentials = credentials(&input);
        let scope = Scope {
            region: &input.region,
            service: "s3",
        };
        let now = timestamp(&input.date);
        let mut request = Signable {
            method: &method,
            path: &path,
            query: &query,
            headers: &mut headers,
        };
        match payload(&input.payload_hash) {
            Some(payload) => {
                sigv4::sign(&mut request, &credentials, scope, now, payload).unwrap();
            }
            // A form of body that the client never sends; the rules of the headers are the same.
            None => {
                let value = HeaderValue::from_str(&input.payload_hash).unwrap();
                request.headers.insert("x-amz-content-sha256", value);
                let hash = &input.payload_hash;
                sigv4::sign_headers(&mut request, &credentials, scope, now, hash).unwrap();
            }
        }
        let canonical =
            sigv4::canonical_request(&method, &path, &query, &headers, &input.payload_hash);
        let text = String::from_utf8(canonical.text).unwrap();
        assert_eq!(text, vector.text("canonical_request"), "{name}");
        let scope = format!("{}/{}/s3/aws4_request", &input.date[..8], input.region);
        assert_eq!(
            sigv4::string_to_sign(text.as_bytes(), &input.date, &scope),
            vector.text("string_to_sign"),
            "{name}"
        );
        assert_eq!(
            headers["authorization"],
            vector.text("authorization"),
            "{name}"
        );
    }
}

#[test]
fn every_presigned_vector_is_reproduced() {
    let vectors = vectors("presign");
    assert_eq!(vectors.len(), 8);
    for vector in &vectors {
        let name = vector.text("name");
        let input = vector.input();
        let method: Method = input.method.parse().unwrap();
        let path = encode::path(&input.path);
        assert_eq!(path, vector.text("wire_path"), "{name}");
        let mut headers = headers(&input.host, &input.headers);
        let request = Signable {
            method: &method,
            path: &path,
            query: "",
            headers: &mut headers,
        };
        let scope = Scope {
            region: &input.region,
            service: "s3",
        };
        let query = sigv4::presign(
            &request,
            &input.params,
            &credentials(&input),
            scope,
            timestamp(&input.date),
            u32::try_from(input.expires.unwrap()).unwrap(),
        );
        assert_eq!(query, vector.text("query"), "{name}");
        assert!(query.ends_with(vector.text("signature")), "{name}");
    }
}

#[test]
fn a_second_signer_agrees_with_every_vector() {
    for vector in all_vectors() {
        let name = vector.text("name");
        let signed = mutants::sign(&vector.input(), None);
        assert_eq!(
            signed.canonical_request,
            vector.text("canonical_request"),
            "{name}"
        );
        assert_eq!(
            signed.string_to_sign,
            vector.text("string_to_sign"),
            "{name}"
        );
        assert_eq!(signed.signature, vector.text("signature"), "{name}");
        if vector.text("kind") == "presign" {
            assert_eq!(signed.query, vector.text("query"), "{name}");
        } else {
            assert_eq!(signed.authorization, vector.text("authorization"), "{name}");
        }
    }
}

#[test]
fn every_classic_mistake_breaks_a_vector() {
    let vectors = all_vectors();
    let mut harmless = Vec::new();
    for mistake in Mistake::ALL {
        let broken = vectors
            .iter()
            .filter(|vector| {
                let signed = mutants::sign(&vector.input(), Some(mistake));
                signed.signature != vector.text("signature")
            })
            .count();
        println!("{mistake:?} breaks {broken} of {}", vectors.len());
        if broken == 0 {
            harmless.push(mistake);
        }
    }
    assert!(harmless.is_empty(), "no vector notices {harmless:?}");
}

#[test]
fn the_aws_suite_is_reproduced_where_it_applies() {
    let Some(suite) = suite("aws-c-auth/v4") else {
        return;
    };
    let table = read(&suite.join("../../applicability.tsv"));
    let mut applied = 0;
    let mut refuted = 0;
    for row in table.lines().skip(1) {
        let columns: Vec<_> = row.split('\t').collect();
        let case = SuiteCase::read(&suite, columns[0]);
        match (columns[3], columns[1]) {
            ("applies", _) => {
                case.assert_header_form();
                case.assert_query_form();
                applied += 1;
            }
            // Services other than S3 tidy paths up: the published signature must not come out.
            (_, "differs") => {
                assert_ne!(
                    case.authorization(),
                    case.published_authorization(),
                    "{}",
                    case.name
                );
                refuted += 1;
            }
            _ => {}
        }
    }
    assert_eq!((applied, refuted), (30, 6));
}

#[test]
fn the_older_aws_suite_is_reproduced_where_it_applies() {
    let Some(suite) = suite("botocore") else {
        return;
    };
    for case in [
        "get-vanilla-query-order-key",
        "get-vanilla-query-order-value",
        "post-sts-token/post-sts-header-before",
    ] {
        let stem = suite.join(case).join(case.rsplit('/').next().unwrap());
        let text = |extension: &str| read(&stem.with_extension(extension)).replace('\r', "");
        let mut wire = WireRequest::parse(&text("req"));
        let token = wire.headers.remove("x-amz-security-token");
        let credentials = Credentials {
            access_key: "AKIDEXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: token.map(|token| token.to_str().unwrap().to_owned()),
        };
        let date = wire.headers["x-amz-date"].to_str().unwrap().to_owned();
        let query = encode::query(&wire.params);
        let scope = Scope {
            region: "us-east-1",
            service: "service",
        };
        let hash = mutants::sha256(wire.body.as_bytes());
        let mut request = Signable {
            method: &wire.method,
            path: &wire.path,
            query: &query,
            headers: &mut wire.headers,
        };
        sigv4::sign_headers(&mut request, &credentials, scope, timestamp(&date), &hash).unwrap();
        let canonical =
            sigv4::canonical_request(&wire.method, &wire.path, &query, &wire.headers, &hash);
        assert_eq!(
            String::from_utf8(canonical.text).unwrap(),
            text("creq"),
            "{case}"
        );
        assert_eq!(wire.headers["authorization"], text("authz"), "{case}");
    }
}

/// One record of the vectors.
struct Vector(Value);

impl Vector {
    fn text(&self, field: &str) -> &str {
        let text = self.0[field].as_str();
        text.unwrap_or_else(|| panic!("{} has no {field}", self.0["name"]))
    }

    fn pairs(&self, field: &str) -> Vec<(String, String)> {
        let pairs = self.0[field].as_array().unwrap().iter();
        pairs
            .map(|pair| {
                let text = |index: usize| pair[index].as_str().unwrap().to_owned();
                (text(0), text(1))
            })
            .collect()
    }

    fn input(&self) -> Input {
        let owned = |field| self.text(field).to_owned();
        let expires = self.0["expires"].as_u64();
        Input {
            method: owned("method"),
            host: owned("host"),
            path: owned("raw_path"),
            params: self.pairs("params"),
            headers: self.pairs("extra_headers"),
            payload_hash: if expires.is_some() {
                "UNSIGNED-PAYLOAD".to_owned()
            } else {
                owned("payload_hash")
            },
            access: owned("access"),
            secret: owned("secret"),
            token: self.0["token"].as_str().map(str::to_owned),
            region: owned("region"),
            date: owned("date"),
            expires,
        }
    }
}

fn all_vectors() -> Vec<Vector> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/sigv4/s3_vectors.jsonl");
    let text = read(&data);
    text.lines()
        .map(|line| Vector(serde_json::from_str(line).unwrap()))
        .collect()
}

fn vectors(kind: &str) -> Vec<Vector> {
    let mut vectors = all_vectors();
    vectors.retain(|vector| vector.text("kind") == kind);
    vectors
}

/// One case of the suite of AWS.
struct SuiteCase {
    name: String,
    folder: PathBuf,
    context: Value,
    wire: WireRequest,
}

impl SuiteCase {
    fn read(suite: &Path, name: &str) -> Self {
        let folder = suite.join(name);
        Self {
            name: name.to_owned(),
            context: serde_json::from_str(&read(&folder.join("context.json"))).unwrap(),
            wire: WireRequest::parse(&read(&folder.join("request.txt"))),
            folder,
        }
    }

    fn published(&self, file: &str) -> String {
        read(&self.folder.join(file))
    }

    fn published_authorization(&self) -> String {
        let request = self.published("header-signed-request.txt");
        let line = request
            .lines()
            .find_map(|line| line.strip_prefix("Authorization:"));
        line.unwrap().trim().to_owned()
    }

    fn text(&self, field: &str) -> &str {
        self.context[field].as_str().unwrap()
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            region: self.text("region"),
            service: self.text("service"),
        }
    }

    fn now(&self) -> Timestamp {
        self.text("timestamp").parse().unwrap()
    }

    /// The time as it is signed.
    fn date(&self) -> String {
        self.text("timestamp").replace(['-', ':'], "")
    }

    fn secret(&self) -> &str {
        self.context["credentials"]["secret_access_key"]
            .as_str()
            .unwrap()
    }

    fn credentials(&self) -> Credentials {
        let credentials = &self.context["credentials"];
        Credentials {
            access_key: credentials["access_key_id"].as_str().unwrap().to_owned(),
            secret_key: self.secret().to_owned(),
            session_token: credentials["token"].as_str().map(str::to_owned),
        }
    }

    fn hash(&self) -> String {
        mutants::sha256(self.wire.body.as_bytes())
    }

    /// The headers after signing.
    fn signed_headers(&self) -> HeaderMap {
        let hash = self.hash();
        let mut headers = self.wire.headers.clone();
        if self.context["sign_body"].as_bool().unwrap() {
            headers.insert(
                "x-amz-content-sha256",
                HeaderValue::from_str(&hash).unwrap(),
            );
        }
        let query = encode::query(&self.wire.params);
        let mut request = Signable {
            method: &self.wire.method,
            path: &self.wire.path,
            query: &query,
            headers: &mut headers,
        };
        let credentials = self.credentials();
        sigv4::sign_headers(&mut request, &credentials, self.scope(), self.now(), &hash).unwrap();
        headers
    }

    fn authorization(&self) -> String {
        let headers = self.signed_headers();
        headers["authorization"].to_str().unwrap().to_owned()
    }

    fn assert_header_form(&self) {
        let name = &self.name;
        let headers = self.signed_headers();
        let canonical = sigv4::canonical_request(
            &self.wire.method,
            &self.wire.path,
            &encode::query(&self.wire.params),
            &headers,
            &self.hash(),
        );
        let text = String::from_utf8(canonical.text).unwrap();
        assert_eq!(
            text,
            self.published("header-canonical-request.txt"),
            "{name}"
        );
        let signature = self.published("header-signature.txt");
        let authorization = headers["authorization"].to_str().unwrap();
        assert_eq!(authorization, self.published_authorization(), "{name}");
        assert!(authorization.ends_with(signature.trim()), "{name}");
    }

    /// S3 never hashes the payload of a presigned request, the suite always does. So what is
    /// compared is the query that presigning makes, and what becomes of it with the suite's hash.
    fn assert_query_form(&self) {
        let name = &self.name;
        let mut headers = self.wire.headers.clone();
        let request = Signable {
            method: &self.wire.method,
            path: &self.wire.path,
            query: "",
            headers: &mut headers,
        };
        let expires = self.context["expiration_in_seconds"].as_u64().unwrap();
        let query = sigv4::presign(
            &request,
            &self.wire.params,
            &self.credentials(),
            self.scope(),
            self.now(),
            u32::try_from(expires).unwrap(),
        );
        let (query, _) = query.rsplit_once("&X-Amz-Signature=").unwrap();
        let canonical = sigv4::canonical_request(
            &self.wire.method,
            &self.wire.path,
            query,
            &headers,
            &self.hash(),
        );
        let text = String::from_utf8(canonical.text).unwrap();
        assert_eq!(
            text,
            self.published("query-canonical-request.txt"),
            "{name}"
        );
        let date = self.date();
        let Scope { region, service } = self.scope();
        let scope = format!("{}/{region}/{service}/aws4_request", &date[..8]);
        let string_to_sign = sigv4::string_to_sign(text.as_bytes(), &date, &scope);
        assert_eq!(
            string_to_sign,
            self.published("query-string-to-sign.txt"),
            "{name}"
        );
        let signature =
            mutants::signature(self.secret(), &date[..8], region, service, &string_to_sign);
        assert_eq!(
            signature,
            self.published("query-signature.txt").trim(),
            "{name}"
        );
    }
}

/// A request as the suites write it down: like HTTP, but with paths that are not encoded.
struct WireRequest {
    method: Method,
    /// Encoded.
    path: String,
    /// Not encoded.
    params: Vec<(String, String)>,
    headers: HeaderMap,
    body: String,
}

impl WireRequest {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let request_line = lines.next().unwrap();
        let (method, target) = request_line.split_once(' ').unwrap();
        let target = target.strip_suffix(" HTTP/1.1").unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let params = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decoded(name), decoded(value))
            });
        let mut headers = HeaderMap::new();
        // Continued lines are in cases that do not apply.
        for line in lines.filter(|line| !line.starts_with(' ')) {
            let (name, value) = line.split_once(':').unwrap();
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        Self {
            method: method.parse().unwrap(),
            path: encode::path(path),
            params: params.collect(),
            headers,
            body: body.to_owned(),
        }
    }
}

/// The folder of a suite, which lies beside the project where there is one.
fn suite(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/sigv4")
        .join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no {}", folder.display());
    None
}

fn headers(host: &str, more: &[(String, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_str(host).unwrap());
    for (name, value) in more {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn credentials(input: &Input) -> Credentials {
    Credentials {
        access_key: input.access.clone(),
        secret_key: input.secret.clone(),
        session_token: input.token.clone(),
    }
}

fn payload(hash: &str) -> Option<PayloadHash> {
    if hash == "UNSIGNED-PAYLOAD" {
        return Some(PayloadHash::Unsigned);
    }
    encode::unhex(hash).map(PayloadHash::Sha256)
}

fn timestamp(date: &str) -> Timestamp {
    let date = DateTime::strptime("%Y%m%dT%H%M%SZ", date).unwrap();
    date.to_zoned(TimeZone::UTC).unwrap().timestamp()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
