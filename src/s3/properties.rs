//! What an object has beside its bytes, as far as a copy has to take it along.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::s3::{op::HeadObjectOutput, request::RequestError};

/// Headers of an object, ready to be put on the request that makes another one like it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    headers: HeaderMap,
}

impl Properties {
    /// Content headers and user metadata: what CopyObject copies unless it is told to replace
    /// them, and what has to be named for a copy in parts.
    pub fn content(object: &HeadObjectOutput) -> Self {
        Self::select(object, |name| {
            Self::describes_content(name) || name.as_str().starts_with("x-amz-meta-")
        })
    }

    /// Only a media type.
    pub fn of_media_type(media_type: &str) -> Self {
        let value = HeaderValue::from_str(media_type).ok();
        let headers = value.map(|value| (header::CONTENT_TYPE, value));
        Self {
            headers: HeaderMap::from_iter(headers),
        }
    }

    /// Whether a header is one of the content, apart from user metadata.
    pub fn describes_content(name: &HeaderName) -> bool {
        CONTENT.contains(name)
    }

    /// Storage class and website redirection: what even CopyObject leaves behind.
    ///
    /// Source: S3 API Reference, CopyObject, "x-amz-storage-class" and
    /// "x-amz-website-redirect-location".
    pub fn placement(object: &HeadObjectOutput) -> Self {
        Self::select(object, |name| PLACEMENT.contains(&name.as_str()))
    }

    /// Encryption by the server's keys, which CopyObject leaves behind as well. A customer's key
    /// is not among the headers of an object.
    pub fn encryption(object: &HeadObjectOutput) -> Self {
        Self::select(object, |name| ENCRYPTION.contains(&name.as_str()))
    }

    /// Whether the object is encrypted with a key of the service itself.
    pub fn has_default_key(object: &HeadObjectOutput) -> bool {
        object
            .headers
            .get(ENCRYPTION[0])
            .is_some_and(|kind| kind == "AES256")
    }

    /// These and others.
    pub fn and(mut self, others: Self) -> Self {
        self.headers.extend(others.headers);
        self
    }

    /// One more.
    ///
    /// # Errors
    /// The value is not one of a header.
    pub fn with(mut self, name: &'static str, value: &str) -> Result<Self, RequestError> {
        let value = HeaderValue::try_from(value).map_err(|_| RequestError::HeaderValue {
            name: name.to_owned(),
        })?;
        self.headers.insert(HeaderName::from_static(name), value);
        Ok(self)
    }

    /// As headers of a request.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn select(object: &HeadObjectOutput, wanted: impl Fn(&HeaderName) -> bool) -> Self {
        let headers = object.headers.iter().filter(|(name, _)| wanted(name));
        Self {
            headers: headers
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        }
    }
}

const CONTENT: &[HeaderName] = &[
    header::CACHE_CONTROL,
    header::CONTENT_DISPOSITION,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_TYPE,
    header::EXPIRES,
];
const PLACEMENT: &[&str] = &["x-amz-storage-class", "x-amz-website-redirect-location"];
const ENCRYPTION: [&str; 3] = [
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::{
        op::{HeadObject, testing::parse},
        request::Role,
    };

    #[test]
    fn a_copy_takes_along_what_makes_the_object() {
        let head = HeadObject {
            bucket: "b",
            key: "k",
            role: Role::CopySource,
            checksums: false,
        };
        let answer = [
            ("content-length", "3"),
            ("etag", "\"x\""),
            ("content-type", "text/plain"),
            ("x-amz-meta-md5", "0"),
            ("x-amz-storage-class", "STANDARD_IA"),
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", "id"),
            ("x-amz-request-id", "r"),
        ];
        let object = parse(&head, 200, &answer, "").unwrap();
        let names = |properties: Properties| {
            let mut names: Vec<_> = properties
                .headers()
                .keys()
                .map(ToString::to_string)
                .collect();
            names.sort();
            names.join(" ")
        };
        let content = Properties::content(&object);
        assert_eq!(names(content.clone()), "content-type x-amz-meta-md5");
        let placement = Properties::placement(&object);
        assert_eq!(
            names(content.and(placement)),
            "content-type x-amz-meta-md5 x-amz-storage-class"
        );
        assert_eq!(
            names(Properties::encryption(&object)),
            "x-amz-server-side-encryption x-amz-server-side-encryption-aws-kms-key-id"
        );
    }
}
