//! Buckets that are elsewhere: the server says in which region, and that is remembered.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use http::StatusCode;

use crate::s3::{access_point::AccessPoint, endpoint::Endpoint, error::ServiceError};

/// The endpoints of buckets that are not where they were looked for.
#[derive(Debug, Default)]
pub(super) struct Regions {
    known: Mutex<HashMap<String, Endpoint>>,
}

impl Regions {
    /// Where to ask for a bucket, if the usual place may be wrong. An access point is where its
    /// ARN says.
    pub(super) fn endpoint_of(&self, bucket: Option<&str>, usual: &Endpoint) -> Endpoint {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = bucket.and_then(|bucket| known.get(bucket).cloned());
        let by_arn = || {
            let point = AccessPoint::parse(bucket?)?.ok()?;
            usual.in_region(point.region)
        };
        found.or_else(by_arn).unwrap_or_else(|| usual.clone())
    }

    pub(super) fn remember(&self, bucket: &str, endpoint: &Endpoint) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(bucket.to_owned(), endpoint.clone());
    }
}

/// Where the request should have gone, if the refusal tells. Only the name of a region is taken
/// from an answer, never a host or a URL.
///
/// Source: S3 User Guide, "Making requests: request redirection".
pub(super) fn elsewhere(endpoint: &Endpoint, refusal: &ServiceError) -> Option<Endpoint> {
    let is_about_region = matches!(
        refusal.status,
        StatusCode::MOVED_PERMANENTLY | StatusCode::TEMPORARY_REDIRECT
    ) || refusal.code == "AuthorizationHeaderMalformed"
        // The answer to a HEAD has no document.
        || refusal.code == "400";
    let region = refusal.region.as_deref().filter(|_| is_about_region)?;
    endpoint.in_region(region).filter(|other| other != endpoint)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::s3::endpoint::AwsHosts;
    use crate::s3::{
        endpoint::Addressing,
        operation::{Answer, OperationKind},
    };

    fn refusal(status: u16, code: &str, region: &'static str) -> ServiceError {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-bucket-region", region.parse().unwrap());
        headers.insert("location", "https://evil.example/".parse().unwrap());
        let body = format!("<Error><Code>{code}</Code><Endpoint>evil.example</Endpoint></Error>");
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: &headers,
            body: body.as_bytes(),
        };
        ServiceError::from_answer(OperationKind::GetObject, &answer)
    }

    #[test]
    fn only_the_region_is_believed() {
        let aws = Endpoint::aws("us-east-1", AwsHosts::default()).unwrap();
        for (status, code) in [
            (301, "PermanentRedirect"),
            (307, "TemporaryRedirect"),
            (400, "AuthorizationHeaderMalformed"),
            (400, "400"),
        ] {
            let found = elsewhere(&aws, &refusal(status, code, "eu-west-1"));
            assert_eq!(
                found,
                Some(Endpoint::aws("eu-west-1", AwsHosts::default()).unwrap()),
                "{code}"
            );
        }
        for region in ["us-east-1", "evil.example/", "", "a.b", "x@y"] {
            assert_eq!(
                elsewhere(&aws, &refusal(301, "PermanentRedirect", region)),
                None,
                "{region}"
            );
        }
        let denied = refusal(403, "AccessDenied", "eu-west-1");
        assert_eq!(elsewhere(&aws, &denied), None);
    }

    #[test]
    fn an_access_point_is_where_its_arn_says() {
        let usual = Endpoint::aws("us-east-1", AwsHosts::default()).unwrap();
        let regions = Regions::default();
        let region_of = |bucket| {
            let endpoint = regions.endpoint_of(Some(bucket), &usual);
            endpoint.region().to_owned()
        };
        let arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/my-ap";
        assert_eq!(region_of(arn), "eu-west-1");
        assert_eq!(region_of("bucket"), "us-east-1");
    }

    #[test]
    fn other_stores_keep_their_host() {
        let custom =
            Endpoint::custom("http://127.0.0.1:9000/s3", "us-east-1", Addressing::Path).unwrap();
        let malformed = refusal(400, "AuthorizationHeaderMalformed", "garage");
        let found = elsewhere(&custom, &malformed).unwrap();
        assert_eq!(found.region(), "garage");
        assert_eq!(found.to_string(), custom.to_string());
        for region in ["evil.example/", "", "x@y"] {
            let malformed = refusal(400, "AuthorizationHeaderMalformed", region);
            assert_eq!(elsewhere(&custom, &malformed), None, "{region}");
        }
    }
}
