//! The security token service (STS): the two operations that give the credentials of a role.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::{
    credentials::{
        Credentials,
        access::{Access, REMOTE},
        issued::Issued,
    },
    s3::{
        encode,
        endpoint::aws_domain,
        sigv4::{self, Scope, Signable},
        xml::{Reader, XmlError},
    },
};

/// Which service is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TokenService {
    /// Its URL; `None` for that of AWS in the region.
    pub(super) endpoint: Option<String>,
}

/// What is asked.
pub(super) struct Action<'a> {
    pub(super) name: &'static str,
    pub(super) parameters: Vec<(&'static str, String)>,
    /// Who asks, and when; `None` where the parameters say it.
    pub(super) signer: Option<(&'a Credentials, Timestamp)>,
}

impl TokenService {
    /// Carries out an action.
    ///
    /// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>,
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(super) async fn take(&self, access: &Access, action: Action<'_>) -> Result<Issued, String> {
        let name = action.name;
        let request = self.request(&access.region, action)?;
        let host = request.uri().host().unwrap_or_default().to_owned();
        let (status, document) = access
            .send(request, REMOTE)
            .await
            .map_err(|error| format!("{host}: {error}"))?;
        if !status.is_success() {
            return Err(format!("{host}: {}", refusal(status, &document)));
        }
        issued(name, &document).map_err(|error| format!("{host}: the answer is unusable: {error}"))
    }

    fn request(&self, region: &str, action: Action<'_>) -> Result<Request<Bytes>, String> {
        let url = match &self.endpoint {
            Some(url) => url.clone(),
            None => format!("https://sts.{region}.{}", aws_domain(region)),
        };
        let invalid = || format!("\"{url}\" is no URL of a token service");
        let uri: Uri = url.parse().map_err(|_| invalid())?;
        let authority = uri.authority().ok_or_else(invalid)?;
        let mut fields = vec![
            ("Action", action.name.to_owned()),
            ("Version", VERSION.to_owned()),
        ];
        fields.extend(action.parameters);
        let body = encode::query(&fields);
        let mut headers = HeaderMap::new();
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| invalid())?;
        headers.insert(header::HOST, host);
        headers.insert(header::CONTENT_TYPE, FORM);
        if let Some((credentials, now)) = action.signer {
            let mut signable = Signable {
                method: &Method::POST,
                path: uri.path(),
                query: "",
                headers: &mut headers,
            };
            let scope = Scope {
                region,
                service: "sts",
            };
            let payload = encode::hex(&Sha256::digest(&body));
            sigv4::sign_headers(&mut signable, credentials, scope, now, &payload)
                .map_err(|_| "the credentials it is taken on with cannot be sent".to_owned())?;
        }
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

/// Reads `<ActionResponse><ActionResult><Credentials>`.
fn issued(action: &str, document: &[u8]) -> Result<Issued, String> {
    let read = || {
        let mut reader = Reader::new(document)?;
        reader.root(&format!("{action}Response"))?;
        let path = [&*format!("{action}Result"), "Credentials"];
        let found = fields(&mut reader, &path, CREDENTIALS)?;
        reader.finish()?;
        Ok::<_, XmlError>(found)
    };
    let [access_key, secret_key, session_token, expires] =
        read().map_err(|error| error.to_string())?;
    Issued::new((access_key, secret_key), session_token, expires.as_deref())
}

/// What an `<ErrorResponse>` says, or the status where there is none.
fn refusal(status: StatusCode, document: &[u8]) -> String {
    let read = || {
        let mut reader = Reader::new(document)?;
        reader.root("ErrorResponse")?;
        fields(&mut reader, &["Error"], ["Code", "Message"])
    };
    match read() {
        Ok([Some(code), Some(message)]) => format!("{message} ({code})"),
        Ok([Some(text), None] | [None, Some(text)]) => text,
        _ => format!("it answered {status}"),
    }
}

/// The texts of elements at the end of a path below the element that is open, and closes that. Of
/// what is there more than once the last.
fn fields<const N: usize>(
    reader: &mut Reader<'_>,
    path: &[&str],
    names: [&str; N],
) -> Result<[Option<String>; N], XmlError> {
    let mut found = [const { None }; N];
    while let Some(child) = reader.child()? {
        match path {
            [next, rest @ ..] if child == *next => {
                let deeper = fields(reader, rest, names)?;
                for (found, deeper) in found.iter_mut().zip(deeper) {
                    *found = deeper.or(found.take());
                }
            }
            [] => match names.iter().position(|name| *name == child) {
                Some(index) => found[index] = Some(reader.text()?),
                None => reader.skip()?,
            },
            _ => reader.skip()?,
        }
    }
    Ok(found)
}

const CREDENTIALS: [&str; 4] = [
    "AccessKeyId",
    "SecretAccessKey",
    "SessionToken",
    "Expiration",
];
const VERSION: &str = "2011-06-15";
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_signed_for_the_service_and_its_region() {
        let credentials = Credentials {
            access_key: "AKID".to_owned(),
            secret_key: "s".to_owned(),
            session_token: Some("t".to_owned()),
        };
        let action = Action {
            name: "AssumeRole",
            parameters: vec![("RoleArn", "arn:aws:iam::1:role/r".to_owned())],
            signer: Some((&credentials, Timestamp::UNIX_EPOCH)),
        };
        let request = TokenService::default()
            .request("eu-west-1", action)
            .unwrap();
        assert_eq!(request.uri(), "https://sts.eu-west-1.amazonaws.com/");
        assert_eq!(
            request.body(),
            "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&Version=2011-06-15"
        );
        let authorization = request.headers()[header::AUTHORIZATION].to_str().unwrap();
        assert!(
            authorization.contains("Credential=AKID/19700101/eu-west-1/sts/aws4_request"),
            "{authorization}"
        );
        assert!(
            authorization
                .contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token"),
            "{authorization}"
        );
    }

    #[test]
    fn credentials_and_refusals_are_read() {
        let document = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
            <AssumeRoleResult><SourceIdentity>Alice</SourceIdentity><Credentials>\
            <AccessKeyId>a</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
            <SessionToken>t</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration>\
            </Credentials></AssumeRoleResult><ResponseMetadata/></AssumeRoleResponse>";
        let found = issued("AssumeRole", document.as_bytes()).unwrap();
        assert_eq!(found.credentials.access_key, "a");
        assert_eq!(found.expires, "2030-01-01T00:00:00Z".parse().ok());
        assert!(issued("AssumeRoleWithWebIdentity", document.as_bytes()).is_err());
        assert!(issued("AssumeRole", &document.as_bytes()[..200]).is_err());
        let document = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
            <Message>not you</Message></Error></ErrorResponse>";
        let text = refusal(StatusCode::FORBIDDEN, document.as_bytes());
        assert_eq!(text, "not you (AccessDenied)");
        let text = refusal(StatusCode::BAD_GATEWAY, b"<html>");
        assert_eq!(text, "it answered 502 Bad Gateway");
    }
}
