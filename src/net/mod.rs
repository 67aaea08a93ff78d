//! HTTP over sockets. This layer knows nothing of S3: it connects, encrypts, sends, receives and
//! notices when nothing moves. It never follows a redirect and never sends anything twice by
//! itself.

mod acknowledger;
mod body;
mod client;
mod connect;
mod danger;
mod dns;
mod error;
mod line;
mod proxy;
mod read_ahead;
mod schedule;
mod socket;
mod throttle;
mod tls;

pub use body::{RequestBody, ResponseBody};
pub use client::{HttpClient, Patience, Response};
pub use connect::{ConnectOptions, Dialer};
pub use error::{TransportError, TransportErrorKind};
pub(crate) use line::Line;
pub use proxy::{Proxies, ProxyError, ProxyVariables};
pub(crate) use schedule::Schedule;
pub use socket::Stream;
pub use throttle::Rates;
pub use tls::{Identity, TlsError, TlsOptions};
