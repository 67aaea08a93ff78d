//! One request from its head to its answer.

use std::sync::Arc;

use hyper::body::Incoming;

use super::Shared;
use super::auth;
use super::body::Received;
use super::error::Result;
use super::operation::Operation;
use super::ops::{self, Call};
use super::payload::Payload;
use super::reply::Reply;
use super::request::Request;
use super::sabotage::{self, Answer};
use super::script::{Cut, Script};
use super::time::http_date;

/// Serves one request; `Err` is a script for the connection.
pub async fn serve(
    shared: Arc<Shared>,
    connection: u64,
    request: http::Request<Incoming>,
) -> std::result::Result<http::Response<Payload>, Cut> {
    let (head, incoming) = request.into_parts();
    let (request, resource) = Request::new(&head, &shared.config);
    let id = shared.log.arrived(&request, connection);
    let fault = shared.faults.take(&request);
    let allowed =
        resource.and_then(|()| auth::verify(&request, &shared.config, shared.clock.now()));
    let answer = match fault
        .as_ref()
        .and_then(|fault| sabotage::early(fault, &request))
    {
        Some(answer) => answer,
        None if allowed.is_err() && fault.is_none() && awaits_permission(&request) => {
            Answer::Reply(finished(
                allowed.map(|()| Reply::new(200)),
                &request,
                &shared,
            ))
        }
        None => {
            let discard = shared.config.discard_bodies && carries_data(request.operation);
            let Some(body) = Received::read(&request, incoming, discard).await else {
                return Err(Cut(Script::close()));
            };
            shared.log.body_len(id, body.payload.len());
            let job = Job {
                shared: &shared,
                request,
                body,
                allowed,
            };
            match fault {
                Some(fault) => sabotage::answer(fault, job).await,
                None => Answer::Reply(job.run()),
            }
        }
    };
    shared.log.answered(id, answer.status(), answer.document());
    match answer {
        Answer::Reply(reply) => Ok(reply.into_response()),
        Answer::Script(script, _) => Err(Cut(script)),
    }
}

/// A request whose body has arrived, and whether it may be done.
pub struct Job<'a> {
    pub shared: &'a Shared,
    pub request: Request,
    pub body: Received,
    pub allowed: Result<()>,
}

impl Job<'_> {
    /// Does what is asked for and gives the answer.
    pub fn run(self) -> Reply {
        let Job {
            shared,
            request,
            body,
            allowed,
        } = self;
        let body = &body;
        let call = Call {
            shared,
            request: &request,
            body,
        };
        finished(allowed.and_then(|()| ops::run(&call)), &request, shared)
    }
}

/// Turns a result into an answer that is ready to be sent.
pub fn finished(result: Result<Reply>, request: &Request, shared: &Shared) -> Reply {
    let mut reply = result.unwrap_or_else(|error| Reply::error(&error, request));
    let bucket_head = request.operation == Operation::HeadBucket;
    if bucket_head && !reply.headers.contains_key("x-amz-bucket-region") && reply.status != 404 {
        reply.set("x-amz-bucket-region", &shared.config.region);
    }
    if !reply.headers.contains_key("date") {
        reply.set("date", &http_date(shared.clock.now()));
    }
    reply.finish(request)
}

/// The client waits for `100 Continue` before it sends the body.
fn awaits_permission(request: &Request) -> bool {
    request.headers.contains_key("expect")
}

/// The body is an object's data, not a document.
fn carries_data(operation: Operation) -> bool {
    matches!(operation, Operation::PutObject | Operation::UploadPart)
}
