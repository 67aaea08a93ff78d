//! Dates as people write them.

use jiff::{
    SignedDuration, Span, Timestamp, ToSpan as _,
    civil::{Date, DateTime, Time},
    tz::{Offset, TimeZone},
};

/// Reads a date: words in any order and any case, UTC unless a zone is said.
///
/// * a day: `2017-1-2`, `2017/1/2`, `20170102`, `today`, `yesterday`, `tomorrow`; without one, today
/// * a time: `10:20`, `10:20:30`; without one, the present time of day
/// * a distance: `3 days ago`, `2 weeks before`, `1 year after`
/// * a zone: `UTC`, `GMT`, `Z`, `+0200`, `-05:30`
/// * day and time as ISO 8601 has them: `2017-01-02T10:20:30.5+02:00`, `20170102T1020`
/// * instead of all that, seconds since 1970: `@N`, or nine digits and more
///
/// What is later than this program's calendar, which ends with the year 9999, is its last moment.
///
/// Nothing at all, and `now`, is now. `None` for everything else.
///
/// Compat: `ExtendedOptParser.check_datetime`. Differs: months, years, seconds, words, ISO 8601
/// and numbers were errors there (`2 months ago` was its own example); a second day, time or
/// distance was ignored in silence.
pub fn parse(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim().to_ascii_lowercase();
    // Fewer digits are more likely to be meant as a date.
    let seconds = text
        .strip_prefix('@')
        .or((text.len() >= 9).then_some(&*text));
    if let Some(seconds) = seconds.and_then(|seconds| seconds.parse().ok()) {
        return Timestamp::from_second(seconds).ok();
    }
    let now = now.to_zoned(TimeZone::UTC).datetime();
    let mut said = Said::default();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        said.word(word, &mut words, now)?;
    }
    let at = DateTime::from_parts(
        said.day.unwrap_or(now.date()),
        said.time.unwrap_or(now.time()),
    );
    let at = at.checked_add(said.distance.unwrap_or_default()).ok()?;
    match said.zone.unwrap_or(Offset::UTC).to_timestamp(at) {
        Ok(at) => Some(at),
        Err(_) if at.year() > 0 => Some(Timestamp::MAX),
        Err(_) => Some(Timestamp::MIN),
    }
}

/// What the words said so far; each thing can be said once.
#[derive(Default)]
struct Said {
    day: Option<Date>,
    time: Option<Time>,
    distance: Option<Span>,
    zone: Option<Offset>,
}

impl Said {
    fn word<'a>(
        &mut self,
        word: &'a str,
        rest: &mut impl Iterator<Item = &'a str>,
        now: DateTime,
    ) -> Option<()> {
        let today = now.date();
        match word {
            "now" => Some(()),
            "today" => once(&mut self.day, today),
            "yesterday" => once(&mut self.day, today.yesterday().ok()?),
            "tomorrow" => once(&mut self.day, today.tomorrow().ok()?),
            _ if word.len() == 8 && is_number(word) => {
                let date = Date::strptime("%Y%m%d", word).ok()?;
                once(&mut self.day, date)
            }
            _ if is_number(word) => {
                let (unit, direction) = (rest.next()?, rest.next()?);
                once(&mut self.distance, distance(word, unit, direction)?)
            }
            "utc" | "gmt" | "z" => once(&mut self.zone, Offset::UTC),
            _ if word.starts_with(['+', '-']) => once(&mut self.zone, zone(word)?),
            _ if word.starts_with(|first: char| first.is_ascii_digit()) && word.contains('t') => {
                let (day, time) = word.split_once('t')?;
                // A zone in brackets would be ignored.
                if time.contains('[') {
                    return None;
                }
                let time = self.without_zone(time)?;
                let at = match day.contains('/') {
                    true => DateTime::from_parts(self::day(day)?, self::time(time)?),
                    false => format!("{day}T{time}").parse().ok()?,
                };
                once(&mut self.day, at.date())?;
                once(&mut self.time, at.time())
            }
            _ if word.contains(':') => {
                let time = self.without_zone(word)?;
                once(&mut self.time, self::time(time)?)
            }
            _ => once(&mut self.day, day(word)?),
        }
    }

    /// Takes the zone at the end of a time.
    fn without_zone<'a>(&mut self, time: &'a str) -> Option<&'a str> {
        let (time, zone) = match (time.strip_suffix('z'), time.find(['+', '-'])) {
            (Some(time), _) => (time, Offset::UTC),
            (None, Some(at)) => (&time[..at], self::zone(&time[at..])?),
            (None, None) => return Some(time),
        };
        once(&mut self.zone, zone)?;
        Some(time)
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

fn day(word: &str) -> Option<Date> {
    let mut numbers = word.split(['-', '/']);
    let (year, month, day) = (numbers.next()?, numbers.next()?, numbers.next()?);
    if year.len() != 4 || numbers.next().is_some() {
        return None;
    }
    Date::new(number(year, 4)?, number(month, 2)?, number(day, 2)?).ok()
}

fn time(word: &str) -> Option<Time> {
    let mut numbers = word.split(':');
    let (hour, minute) = (numbers.next()?, numbers.next()?);
    let second = numbers.next().unwrap_or("00");
    if minute.len() != 2 || second.len() != 2 || numbers.next().is_some() {
        return None;
    }
    Time::new(number(hour, 2)?, number(minute, 2)?, number(second, 2)?, 0).ok()
}

/// `+HH:MM`, `+HHMM` or `+HH`.
fn zone(word: &str) -> Option<Offset> {
    let (sign, digits) = match word.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None => digits.split_at_checked(2)?,
    };
    let minutes = if minutes.is_empty() { "00" } else { minutes };
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (i32, i32) = (number(hours, 2)?, number(minutes, 2)?);
    let is_known = hours <= 14 && minutes < 60;
    is_known.then(|| Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok())?
}

fn distance(amount: &str, unit: &str, direction: &str) -> Option<Span> {
    let amount: i64 = number(amount, 9)?;
    let amount = match direction {
        "ago" | "before" => -amount,
        "after" => amount,
        _ => return None,
    };
    let span = 0.days();
    match unit.strip_suffix('s').unwrap_or(unit) {
        "second" => span.try_seconds(amount),
        "minute" => span.try_minutes(amount),
        "hour" => span.try_hours(amount),
        "day" => span.try_days(amount),
        "week" => span.try_weeks(amount),
        "month" => span.try_months(amount),
        "year" => span.try_years(amount),
        _ => return None,
    }
    .ok()
}

/// A number of at most so many digits and nothing else.
fn number<T: std::str::FromStr>(digits: &str, most: usize) -> Option<T> {
    let plain = digits.len() <= most && is_number(digits);
    plain.then(|| digits.parse().ok())?
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The time that was so long ago, as [`seconds`] has it.
pub(super) fn before(age: &str) -> Result<Timestamp, String> {
    let then = Timestamp::now().checked_sub(SignedDuration::from_secs(seconds(age)?));
    then.map_err(|_| "so long ago there was no calendar".to_owned())
}

/// How long a signed URL is good, in seconds: a number of them, or as [`seconds`] has it.
///
/// Source: S3 API Reference, `X-Amz-Expires`: at most seven days.
pub(super) fn lifetime(text: &str) -> Result<u32, String> {
    let span = text.parse().or_else(|_| seconds(text))?;
    let span = u32::try_from(span).ok();
    span.filter(|span| (1..=WEEK).contains(span))
        .ok_or_else(|| "from one second to seven days".to_owned())
}

/// A span of time: a number with `s`, `m`, `h`, `d` or `w` behind it.
fn seconds(text: &str) -> Result<i64, String> {
    let wrong = || "write a time span such as 12h or 7d".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number = text[..text.len() - unit.len_utf8()].parse::<u32>();
    let number = i64::from(number.map_err(|_| wrong())?);
    match unit {
        's' => Ok(number),
        'm' => Ok(number * 60),
        'h' => Ok(number * 3600),
        'd' => Ok(number * 24 * 3600),
        'w' => Ok(number * i64::from(WEEK)),
        _ => Err(wrong()),
    }
}

/// Seconds.
const WEEK: u32 = 7 * 24 * 3600;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ages_are_numbers_with_a_unit() {
        let seconds = |age: &str| Timestamp::now().as_second() - before(age).unwrap().as_second();
        for (age, expected) in [
            ("0s", 0),
            ("90m", 5400),
            ("12h", 43200),
            ("1d", 86400),
            ("2w", 1_209_600),
        ] {
            assert!(
                (expected - 2..=expected + 2).contains(&seconds(age)),
                "{age}"
            );
        }
        for wrong in [
            "",
            "d",
            "7",
            "-1d",
            "7 d",
            "1.5h",
            "7\u{e9}",
            "99999999999d",
            "4294967295w",
        ] {
            assert!(before(wrong).is_err(), "{wrong}");
        }
    }

    fn at(text: &str) -> Option<String> {
        let now = "2020-03-31T11:12:13Z".parse().unwrap();
        parse(text, now).map(|at| at.to_string())
    }

    #[test]
    fn what_people_write_is_understood() {
        for (text, expected) in [
            ("", "2020-03-31T11:12:13Z"),
            (" now ", "2020-03-31T11:12:13Z"),
            ("2017-01-02", "2017-01-02T11:12:13Z"),
            ("2017/1/2", "2017-01-02T11:12:13Z"),
            ("2013/5/24 10:20", "2013-05-24T10:20:00Z"),
            ("10:20 2013-5-24", "2013-05-24T10:20:00Z"),
            ("9:05", "2020-03-31T09:05:00Z"),
            ("9:05:59", "2020-03-31T09:05:59Z"),
            ("3 days ago", "2020-03-28T11:12:13Z"),
            ("10:20  3  DAYS  Ago", "2020-03-28T10:20:00Z"),
            ("1 day after 2016-02-28 00:00", "2016-02-29T00:00:00Z"),
            ("2 weeks before 2017-01-02", "2016-12-19T11:12:13Z"),
            ("0 minutes ago", "2020-03-31T11:12:13Z"),
            ("1000 days ago", "2017-07-05T11:12:13Z"),
            ("90 seconds before 10:00", "2020-03-31T09:58:30Z"),
            ("1 month ago", "2020-02-29T11:12:13Z"),
            ("2 months ago", "2020-01-31T11:12:13Z"),
            ("4 years before 2020-02-29 1:00", "2016-02-29T01:00:00Z"),
            ("yesterday", "2020-03-30T11:12:13Z"),
            ("yesterday 10:20", "2020-03-30T10:20:00Z"),
            ("1 hour before tomorrow 0:00", "2020-03-31T23:00:00Z"),
            ("2013-05-24T01:02:03Z", "2013-05-24T01:02:03Z"),
            ("2013-05-24t01:02:03+02:00", "2013-05-23T23:02:03Z"),
            ("2013-05-24T01:02", "2013-05-24T01:02:00Z"),
            ("2013-05-24T01:02Z", "2013-05-24T01:02:00Z"),
            ("2013-05-24T01:02:03.5", "2013-05-24T01:02:03.5Z"),
            ("2013-05-24T01:02:03.5-0500", "2013-05-24T06:02:03.5Z"),
            ("20130524T0102", "2013-05-24T01:02:00Z"),
            ("2013-05-24T01", "2013-05-24T01:00:00Z"),
            ("2013-05-24 01:02 UTC", "2013-05-24T01:02:00Z"),
            ("2013-05-24 01:02:03 +0200", "2013-05-23T23:02:03Z"),
            ("1:02+02:00 2013-05-24", "2013-05-23T23:02:00Z"),
            ("3 days before 2013-05-24 1:02 -05", "2013-05-21T06:02:00Z"),
            ("9999-12-31 23:59", "9999-12-30T22:00:00.999999999Z"),
            ("@0", "1970-01-01T00:00:00Z"),
            ("20170102 9:00", "2017-01-02T09:00:00Z"),
            ("1600000000", "2020-09-13T12:26:40Z"),
        ] {
            assert_eq!(at(text).as_deref(), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_not() {
        for text in [
            "soon",
            "0",
            "2017",
            "20171301",
            "2017-13-01",
            "2017-02-29",
            "17-01-02",
            "2017-1",
            "24:00",
            "1:2",
            "10:60",
            "3days ago",
            "3 days",
            "3 days later",
            "three days ago",
            "3 fortnights ago",
            "99999999999 days ago",
            "999999999 years after",
            "2017-01-02 2018-01-02",
            "10:20 11:30",
            "1 day ago 2 days ago",
            "yesterday 2017-01-02",
            "-5 days ago",
            "2017-01-02T",
            "10:20+2",
            "10:20 +25:00",
            "10:20Z UTC",
            "+0200+0200",
            "T10:20",
            "2017-01-02T10:20[america/denver]",
            "-",
        ] {
            assert_eq!(at(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_too_strange(text in "([0-9]{1,6}|[-/:tTzZ+ ]|days? ago|\\PC){0,8}") {
            at(&text);
        }
    }
}
