//! Answers, before they are bytes.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};

use super::codec::hex;
use super::error::S3Error;
use super::object::set;
use super::payload::Payload;
use super::request::Request;
use super::xml::Writer;

/// One answer.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Payload,
    request_id: String,
}

impl Reply {
    /// An answer without a body.
    pub fn new(status: u16) -> Reply {
        let request_id = hex(&fastrand::u64(..).to_be_bytes()).to_uppercase();
        let mut reply = Reply {
            status,
            headers: HeaderMap::new(),
            body: Payload::empty(),
            request_id,
        };
        let id = reply.request_id.clone();
        reply.set("x-amz-request-id", &id);
        reply.set("x-amz-id-2", "s3-test-server");
        reply.set("server", "AmazonS3");
        reply
    }

    /// A document.
    pub fn xml(document: Writer) -> Reply {
        let mut reply = Reply::new(200);
        reply.set("content-type", "application/xml");
        reply.body = Payload::Bytes(document.finish().into());
        reply
    }

    /// The answer to a request that failed.
    pub fn error(error: &S3Error, request: &Request) -> Reply {
        let mut reply = Reply::new(error.status);
        let document = error.to_xml(&request.resource(), &reply.request_id);
        reply.set("content-type", "application/xml");
        reply.body = Payload::Bytes(document.into());
        reply
    }

    pub fn set(&mut self, name: &str, value: &str) {
        set(&mut self.headers, name, value);
    }

    pub fn is_document(&self) -> bool {
        let kind = self.headers.get("content-type");
        kind.is_some_and(|kind| kind == "application/xml")
    }

    /// Replaces the body by changed bytes.
    pub fn change_body(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.body.to_bytes().to_vec();
        change(&mut bytes);
        self.body = Payload::Bytes(Bytes::from(bytes));
    }

    /// Adds what depends on the request: the length, and no body for HEAD.
    pub fn finish(mut self, request: &Request) -> Reply {
        if request.is_head() && self.status >= 400 {
            self.headers.remove("content-length");
        } else if self.status != 204 && self.status != 304 {
            let len = self.body.len().to_string();
            self.set("content-length", &len);
        }
        if request.is_head() {
            self.body = Payload::empty();
        }
        self
    }

    /// The answer as hyper sends it.
    pub fn into_response(self) -> Response<Payload> {
        let mut response = Response::new(self.body);
        *response.status_mut() = StatusCode::from_u16(self.status).expect("a status");
        *response.headers_mut() = self.headers;
        response
    }
}
