//! Answers that HTTP forbids: bytes, pauses and a rude end, written to the bare socket.
//!
//! The connection is driven by hyper. A request that is to be answered by a script makes
//! its service fail, hyper gives the socket back, and the script is played on it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::reply::Reply;
use super::wire::Wire;

/// What is done to the socket, in order. Every script ends the connection.
#[derive(Debug, Clone, Default)]
pub struct Script {
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    Write(Bytes),
    Pause(Duration),
    /// Says that nothing more will come, by TLS and by TCP.
    Shutdown,
    Reset,
    /// Writes the same again and again, as long as the client takes it.
    WriteForEver(Bytes),
    /// Waits until the client closes the connection.
    AwaitEnd,
}

/// Time for the kernel to deliver what was written before a reset takes it back.
const DELIVERY: Duration = Duration::from_millis(50);

impl Script {
    /// Closes the connection at once.
    pub fn close() -> Script {
        Script::default()
    }

    pub fn reset() -> Script {
        Script::default().step(Step::Reset)
    }

    pub fn write(self, bytes: impl Into<Bytes>) -> Script {
        self.step(Step::Write(bytes.into()))
    }

    pub fn pause(self, duration: Duration) -> Script {
        self.step(Step::Pause(duration))
    }

    pub fn shutdown(self) -> Script {
        self.step(Step::Shutdown)
    }

    /// Resets the connection after what was written has arrived.
    pub fn reset_after_delivery(self) -> Script {
        self.pause(DELIVERY).step(Step::Reset)
    }

    pub fn write_for_ever(self, bytes: &'static [u8]) -> Script {
        self.step(Step::WriteForEver(Bytes::from_static(bytes)))
    }

    pub fn await_end(self) -> Script {
        self.step(Step::AwaitEnd)
    }

    /// Writes the head of an answer as it is, without regard to its body.
    pub fn head(self, reply: &Reply) -> Script {
        self.write(Script::head_bytes(reply))
    }

    /// The head of an answer as it is.
    pub fn head_bytes(reply: &Reply) -> Vec<u8> {
        let status = http::StatusCode::from_u16(reply.status).expect("a status");
        let reason = status.canonical_reason().unwrap_or("Unknown");
        let mut head = format!("HTTP/1.1 {} {reason}\r\n", reply.status).into_bytes();
        for (name, value) in &reply.headers {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        head
    }

    /// Writes one chunk of a chunked body; an empty one ends the body.
    pub fn chunk(self, data: &[u8]) -> Script {
        let mut chunk = format!("{:x}\r\n", data.len()).into_bytes();
        chunk.extend_from_slice(data);
        chunk.extend_from_slice(b"\r\n");
        self.write(chunk)
    }

    fn step(mut self, step: Step) -> Script {
        self.steps.push(step);
        self
    }

    /// Plays the script. A client that has gone away ends it, as the end of it does.
    pub async fn play(self, mut wire: Wire) {
        for step in self.steps {
            let done = match step {
                Step::Write(bytes) => wire.write_all(&bytes).await,
                Step::Shutdown => wire.shutdown().await,
                Step::Pause(duration) => {
                    tokio::time::sleep(duration).await;
                    Ok(())
                }
                Step::Reset => {
                    wire.reset_on_drop();
                    return;
                }
                Step::WriteForEver(bytes) => loop {
                    if let Err(gone) = wire.write_all(&bytes).await {
                        break Err(gone);
                    }
                },
                Step::AwaitEnd => wire.drain().await,
            };
            if done.is_err() {
                return;
            }
        }
    }
}

/// The failure of a service that makes hyper give the socket back.
#[derive(Debug)]
pub struct Cut(pub Script);

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer is a script")
    }
}

impl Error for Cut {}
