//! Every fault at every request, and random histories, on a clock that is not the real one.
//!
//! Whole command lines run inside this process, one thread each, over connections in memory to the
//! server of `tests/support`. Time stands still unless everybody waits, so a server that says
//! nothing for a minute costs nothing, and the same seed gives the same run. What must hold,
//! whatever happens:
//!
//! * I1: success means that every name and every byte is right.
//! * I2: failure leaves what was there, or a whole new version, and says of which names.
//! * I3: nothing is deleted on the ground of something that was not fully and rightly read.
//! * I4: no temporary file and no open upload is left.
//! * I5: an end in bounded time, after a bounded number of requests.
//! * I6: nothing outside the target is touched, and no other host is spoken to.
//! * I7: no secret in the output.
//! * I9: what was done is not reported as a failure, and what passes is survived.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub
)]

#[path = "../support/server/mod.rs"]
mod server;

mod histories;
mod matrix;
mod state;
mod world;
