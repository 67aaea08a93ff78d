//! The server's clock and the three ways S3 writes a point in time.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The clock of one server, which a fault can set wrong.
#[derive(Default)]
pub struct Clock {
    offset: AtomicI64,
}

impl Clock {
    /// The time this server believes in, in whole seconds as S3 keeps them.
    pub fn now(&self) -> Timestamp {
        let seconds = Timestamp::now().as_second() + self.offset.load(Ordering::Relaxed);
        Timestamp::from_second(seconds).expect("a time of our days")
    }

    /// Sets the clock wrong by some seconds.
    pub fn set_offset(&self, seconds: i64) {
        self.offset.store(seconds, Ordering::Relaxed);
    }
}

/// `Fri, 24 May 2013 00:00:00 GMT`, for headers.
pub fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// `2013-05-24T00:00:00.000Z`, for XML.
pub fn iso_date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// `20130524T000000Z`, for signatures.
pub fn parse_amz_date(text: &str) -> Option<Timestamp> {
    parse("%Y%m%dT%H%M%SZ", text)
}

/// Reads the date of a header.
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    parse("%a, %d %b %Y %H:%M:%S GMT", text)
}

fn parse(format: &str, text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime(format, text).ok()?;
    let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp())
}
