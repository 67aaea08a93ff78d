//! Dates as people write them.

use jiff::{Timestamp, civil, tz::TimeZone};

/// Reads an ISO 8601 time with a zone, a date with or without a time (UTC), or seconds since 1970.
pub(super) fn parse(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    let normal = text.replace('/', "-");
    let utc = |at: civil::DateTime| Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp());
    if let Ok(at) = civil::DateTime::strptime("%Y-%m-%d %H:%M", &normal) {
        return utc(at);
    }
    // Compat: without a time it is the present one.
    let date = civil::Date::strptime("%Y-%m-%d", &normal).ok()?;
    utc(date.to_datetime(now.to_zoned(TimeZone::UTC).time()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let now: Timestamp = "2020-01-01T11:12:00Z".parse().unwrap();
        let at = |text| parse(text, now).map(|at| at.to_string());
        assert_eq!(
            at("2013-05-24T01:02:03Z").as_deref(),
            Some("2013-05-24T01:02:03Z")
        );
        assert_eq!(
            at("2013/5/24 10:20").as_deref(),
            Some("2013-05-24T10:20:00Z")
        );
        assert_eq!(at("2013-5-24").as_deref(), Some("2013-05-24T11:12:00Z"));
        assert_eq!(at("0").as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(at("2017-13-01"), None);
        assert_eq!(at("soon"), None);
    }
}
