//! Faults of the transport: the answer is right, its way to the client is not.

use std::time::Duration;

use super::fault::Action;
use super::payload::Payload;
use super::reply::Reply;
use super::sabotage::Answer;
use super::script::Script;

/// How an answer is sent.
pub fn send(action: &Action, mut reply: Reply) -> Answer {
    let status = Some(reply.status);
    // Too much for memory, perhaps.
    if let Payload::Zeros(_) = reply.body {
        return send_body(action, reply);
    }
    let body = reply.body.to_bytes();
    let script = match action {
        Action::LostReply => return Answer::Script(Script::close(), None),
        Action::LeadingSpaces { count, every } => return leading_spaces(reply, *count, *every),
        Action::CloseAfter => Script::close().head(&reply).write(body).shutdown(),
        Action::TrailingGarbage => Script::close()
            .head(&reply)
            .write(body)
            .write(&b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"[..])
            .await_end(),
        Action::Interim => Script::close()
            .write(&b"HTTP/1.1 100 Continue\r\n\r\n"[..])
            .write(&b"HTTP/1.1 103 Early Hints\r\nLink: <>\r\n\r\n"[..])
            .head(&closing(reply))
            .write(body)
            .shutdown(),
        Action::TwoLengths => {
            let mut head = Script::head_bytes(&closing(reply));
            head.truncate(head.len() - b"\r\n".len());
            let other = format!("content-length: {}\r\n\r\n", body.len() + 7);
            head.extend_from_slice(other.as_bytes());
            Script::close().write(head).write(body).shutdown()
        }
        Action::HugeHead(bytes) => {
            reply.set("x-padding", &"a".repeat(*bytes));
            Script::close().head(&closing(reply)).write(body).shutdown()
        }
        Action::SlowHead(pause) => {
            let head = Script::head_bytes(&closing(reply));
            let bytes = head.chunks(1);
            bytes
                .fold(Script::close(), |script, byte| {
                    script.write(byte.to_vec()).pause(*pause)
                })
                .write(body)
                .shutdown()
        }
        Action::Chunked => {
            reply.headers.remove("content-length");
            reply.set("transfer-encoding", "chunked");
            let script = Script::close().head(&closing(reply));
            let script = body.chunks(1000).fold(script, Script::chunk);
            script.chunk(b"").shutdown()
        }
        Action::NoLength => {
            reply.headers.remove("content-length");
            Script::close().head(&closing(reply)).write(body).shutdown()
        }
        _ => return send_body(action, reply),
    };
    Answer::Script(script, status)
}

/// How the body of an answer is sent.
fn send_body(action: &Action, reply: Reply) -> Answer {
    let status = Some(reply.status);
    let is_spoiled = matches!(
        action,
        Action::StallBody { .. }
            | Action::SlowBody { .. }
            | Action::ShortBody { .. }
            | Action::ResetMidBody { .. }
    );
    if !is_spoiled {
        return Answer::Reply(reply);
    }
    let body = reply.body.to_bytes();
    let front = |len: usize| body.slice(..len.min(body.len()));
    let back = |len: usize| body.slice(len.min(body.len())..);
    let script = |reply| Script::close().head(&closing(reply));
    let script = match action {
        Action::StallBody {
            after_bytes,
            duration,
        } => script(reply)
            .write(front(*after_bytes))
            .pause(*duration)
            .write(back(*after_bytes))
            .shutdown(),
        Action::SlowBody {
            bytes_per_write,
            pause,
        } => body
            .chunks((*bytes_per_write).max(1))
            .fold(script(reply), |script, piece| {
                script.pause(*pause).write(body.slice_ref(piece))
            })
            .shutdown(),
        Action::ShortBody { bytes } => script(reply).write(front(*bytes)).shutdown(),
        Action::ResetMidBody { after_bytes } => script(reply)
            .write(front(*after_bytes))
            .reset_after_delivery(),
        _ => return Answer::Reply(reply),
    };
    Answer::Script(script, status)
}

/// The connection cannot be used again.
fn closing(mut reply: Reply) -> Reply {
    reply.set("connection", "close");
    reply
}

/// An answer that never gets to its body.
pub fn endless_headers() -> Script {
    Script::close()
        .write(&b"HTTP/1.1 200 OK\r\n"[..])
        .write_for_ever(b"x-more: and more and more and more and more and more\r\n")
}

/// What S3 does while it works on a long request: 200 and blanks, then the result, which
/// may still be an error.
fn leading_spaces(mut reply: Reply, count: usize, every: Duration) -> Answer {
    reply.status = 200;
    reply.headers.remove("content-length");
    reply.set("transfer-encoding", "chunked");
    let body = reply.body.to_bytes();
    let start = Script::close().head(&closing(reply));
    let script = (0..count).fold(start, |script, _| script.pause(every).chunk(b" "));
    let script = script.chunk(&body).chunk(b"").shutdown();
    Answer::Script(script, Some(200))
}
