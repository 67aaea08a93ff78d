//! The time formats of the S3 protocol. The clock itself is an argument everywhere in this layer.

use jiff::{Timestamp, civil, tz::TimeZone};

/// `YYYYMMDD'T'HHMMSS'Z'`, the form of `x-amz-date`; its first eight characters are the scope date.
pub fn amz_date(now: Timestamp) -> String {
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// An HTTP date such as `Fri, 24 May 2013 01:02:03 GMT` (RFC 9110 5.6.7).
pub fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// An ISO 8601 time such as `2013-05-24T01:02:03Z`.
pub fn iso8601(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads an HTTP date; only the preferred form, which S3 and its likes send.
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    let date = civil::DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text.trim()).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Reads the ISO 8601 time of listings, `2013-05-24T01:02:03.000Z`.
pub fn parse_iso8601(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_round_trip() {
        let at: Timestamp = "2013-05-24T01:02:03Z".parse().unwrap();
        assert_eq!(amz_date(at), "20130524T010203Z");
        assert_eq!(http_date(at), "Fri, 24 May 2013 01:02:03 GMT");
        assert_eq!(iso8601(at), "2013-05-24T01:02:03Z");
        assert_eq!(parse_http_date(&http_date(at)), Some(at));
        assert_eq!(parse_iso8601("2013-05-24T01:02:03.000Z"), Some(at));
    }

    #[test]
    fn nonsense_is_none() {
        assert_eq!(parse_http_date("yesterday"), None);
        assert_eq!(parse_iso8601("2013-13-24T01:02:03Z"), None);
    }
}
