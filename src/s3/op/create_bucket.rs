use http::Method;

use crate::s3::{
    error::{AnswerError, succeeded_empty},
    operation::{Answer, Operation, OperationKind},
    request::{Request, RequestError},
    xml::Writer,
};

/// Makes a bucket.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>. The location
/// must be the region of the endpoint, and must be absent for us-east-1.
#[derive(Debug, Clone, Copy)]
pub struct CreateBucket<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The region it is to be in; `None` for us-east-1 and for stores without regions.
    pub location: Option<&'a str>,
}

impl Operation for CreateBucket<'_> {
    type Output = ();

    fn request(&self) -> Result<Request, RequestError> {
        let request = Request::new(OperationKind::CreateBucket, Method::PUT).bucket(self.bucket);
        Ok(match self.location {
            Some(region) => request.document(Writer::document("CreateBucketConfiguration", |w| {
                w.text("LocationConstraint", region);
            })),
            None => request,
        })
    }

    fn parse(&self, answer: &Answer<'_>) -> Result<Self::Output, AnswerError> {
        succeeded_empty(OperationKind::CreateBucket, answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::{
        op::testing::{code, error_document, parse},
        payload::Payload,
    };

    #[test]
    fn the_location_is_in_the_body() {
        let request = CreateBucket {
            bucket: "b",
            location: Some("eu-west-1"),
        }
        .request()
        .unwrap();
        let Payload::Bytes(body) = request.payload else {
            panic!("no body")
        };
        let expected = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
        assert_eq!(body, expected);
        let request = CreateBucket {
            bucket: "b",
            location: None,
        }
        .request()
        .unwrap();
        assert!(request.payload.is_empty());
    }

    #[test]
    fn an_error_under_a_200_is_an_error() {
        let operation = CreateBucket {
            bucket: "b",
            location: None,
        };
        assert!(parse(&operation, 200, &[], "").is_ok());
        let body = error_document("InternalError");
        assert_eq!(code(parse(&operation, 200, &[], &body)), "InternalError");
    }
}
