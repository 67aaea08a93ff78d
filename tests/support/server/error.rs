//! S3's errors: a status, a code for programs, a message for people.

use super::xml::Writer;

/// One error, before it is known which request it answers.
#[derive(Debug, Clone)]
pub struct S3Error {
    pub status: u16,
    pub code: String,
    pub message: String,
    /// Further elements of the XML body, such as `<Region>`.
    pub details: Vec<(&'static str, String)>,
}

/// What an operation gives.
pub type Result<T> = std::result::Result<T, S3Error>;

impl S3Error {
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> S3Error {
        S3Error {
            status,
            code: code.to_owned(),
            message: message.into(),
            details: Vec::new(),
        }
    }

    /// Adds an element to the XML body.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> S3Error {
        self.details.push((name, value.into()));
        self
    }

    /// The `<Error>` document.
    pub fn to_xml(&self, resource: &str, request_id: &str) -> String {
        let mut xml = Writer::bare("Error");
        xml.leaf("Code", &self.code).leaf("Message", &self.message);
        for (name, value) in &self.details {
            xml.leaf(name, value);
        }
        xml.leaf("Resource", resource);
        xml.leaf("RequestId", request_id);
        xml.leaf("HostId", "s3-test-server");
        xml.finish()
    }

    pub fn access_denied(message: &str) -> S3Error {
        S3Error::new(403, "AccessDenied", message)
    }

    pub fn invalid_argument(message: &str) -> S3Error {
        S3Error::new(400, "InvalidArgument", message)
    }

    pub fn invalid_request(message: &str) -> S3Error {
        S3Error::new(400, "InvalidRequest", message)
    }

    pub fn malformed_xml() -> S3Error {
        let message = "The XML you provided was not well-formed or did not validate \
                       against our published schema";
        S3Error::new(400, "MalformedXML", message)
    }

    pub fn no_such_bucket(bucket: &str) -> S3Error {
        S3Error::new(404, "NoSuchBucket", "The specified bucket does not exist")
            .with("BucketName", bucket)
    }

    pub fn no_such_key(key: &str) -> S3Error {
        S3Error::new(404, "NoSuchKey", "The specified key does not exist.").with("Key", key)
    }

    pub fn no_such_upload(id: &str) -> S3Error {
        let message = "The specified upload does not exist. The upload ID may be invalid, \
                       or the upload may have been aborted or completed.";
        S3Error::new(404, "NoSuchUpload", message).with("UploadId", id)
    }

    pub fn not_implemented() -> S3Error {
        let message = "A header or parameter you provided implies functionality that is \
                       not implemented";
        S3Error::new(501, "NotImplemented", message)
    }

    pub fn precondition_failed(condition: &str) -> S3Error {
        let message = "At least one of the pre-conditions you specified did not hold";
        S3Error::new(412, "PreconditionFailed", message).with("Condition", condition)
    }
}
