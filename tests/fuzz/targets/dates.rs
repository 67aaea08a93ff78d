//! Dates, as people write them and as the protocol has them. The first line is the present, in
//! seconds since 1970, the second one the text.

use jiff::Timestamp;
use s4cmd::{cli::datetime, s3::time};

use super::input;

mod calendar;

use calendar::{Civil, DAY};

pub fn run(data: &[u8]) {
    let [now, text] = input::texts::<2>(data, b'\n');
    let now = input::numbers(now.as_bytes()).next().unwrap_or_default();
    let now = i64::try_from(now % YEAR_9000).unwrap();
    let present = Timestamp::from_second(now).unwrap();
    people(&text, now, present);
    formats(now, present);
    http_date(&text);
    iso_date(&text);
}

fn people(text: &str, now: i64, present: Timestamp) {
    let at = datetime::parse(text, present);
    for same in [
        text.to_ascii_uppercase(),
        format!("  {text}\t"),
        text.replace(' ', "   "),
    ] {
        assert_eq!(datetime::parse(&same, present), at, "{same:?}");
    }
    match said(text, now) {
        Said::Unknown => {}
        Said::Nothing => assert_eq!(at, None, "{text:?}"),
        Said::Second(second) => {
            assert_eq!(at, Timestamp::from_second(second).ok(), "{text:?}");
        }
    }
}

enum Said {
    /// The model does not know.
    Unknown,
    /// There is no such time.
    Nothing,
    Second(i64),
}

/// Days, times, zones and distances in words of fixed forms, each at most once.
fn said(text: &str, now: i64) -> Said {
    let lower = text.to_ascii_lowercase();
    if !lower.is_ascii() || lower.trim().parse::<i64>().is_ok() {
        return Said::Unknown;
    }
    // The vertical tab is a blank to Unicode and to the parser, but not to `split_ascii_whitespace`.
    let words: Vec<&str> = lower.split_whitespace().collect();
    let (mut day, mut time, mut zone, mut distance) = (None, None, None, None);
    let mut rest = &words[..];
    while let [word, behind @ ..] = rest {
        rest = behind;
        let today = now.div_euclid(DAY);
        let named = ["yesterday", "today", "tomorrow"]
            .iter()
            .position(|name| name == word);
        let numbers: Option<Vec<i64>> = word
            .split(['-', '/', ':'])
            .map(|part| super::answer::plain_number(part)?.try_into().ok())
            .collect();
        let lengths: Vec<usize> = word.split(['-', '/', ':']).map(str::len).collect();
        let again = match (named, numbers.as_deref(), &lengths[..]) {
            (Some(index), ..) => day.replace(today - 1 + index as i64).is_some(),
            _ if ["utc", "gmt", "z"].contains(word) => zone.replace(0).is_some(),
            (_, Some(&[year, month, of_month]), [4, 1..=2, 1..=2]) if !word.contains(':') => {
                let Some(number) = calendar::day(year, month, of_month) else {
                    return Said::Nothing;
                };
                day.replace(number).is_some()
            }
            (_, Some(&[hour, minute, ..]), [1..=2, 2] | [1..=2, 2, 2])
                if !word.contains(['-', '/']) =>
            {
                let second = numbers
                    .as_ref()
                    .and_then(|n| n.get(2))
                    .copied()
                    .unwrap_or(0);
                if hour > 23 || minute > 59 || second > 59 {
                    return Said::Nothing;
                }
                time.replace(hour * 3600 + minute * 60 + second).is_some()
            }
            (_, Some(&[amount]), [1..=6]) => {
                let [unit, direction, behind @ ..] = rest else {
                    return Said::Nothing;
                };
                rest = behind;
                let seconds = match unit.strip_suffix('s').unwrap_or(unit) {
                    "second" => 1,
                    "minute" => 60,
                    "hour" => 3600,
                    "day" => DAY,
                    "week" => 7 * DAY,
                    _ => return Said::Unknown,
                };
                let sign = match *direction {
                    "ago" | "before" => -1,
                    "after" => 1,
                    _ => return Said::Nothing,
                };
                distance.replace(sign * amount * seconds).is_some()
            }
            _ => return Said::Unknown,
        };
        if again {
            return Said::Nothing;
        }
    }
    let day = day.unwrap_or(now.div_euclid(DAY));
    let second = day * DAY + time.unwrap_or(now.rem_euclid(DAY)) + distance.unwrap_or(0);
    match (EARLIEST..i64::try_from(YEAR_9000).unwrap()).contains(&second) {
        true => Said::Second(second),
        // There the calendar ends.
        false => Said::Unknown,
    }
}

/// What is written is what a calendar says, and is read back.
fn formats(now: i64, present: Timestamp) {
    let civil = Civil::of(now);
    assert_eq!(time::http_date(present), civil.http());
    assert_eq!(time::iso8601(present), civil.iso());
    assert_eq!(time::amz_date(present), civil.iso().replace(['-', ':'], ""));
    assert_eq!(time::parse_http_date(&civil.http()), Some(present));
    assert_eq!(time::parse_iso8601(&civil.iso()), Some(present));
}

fn http_date(text: &str) {
    let parsed = time::parse_http_date(text);
    if let Some(at) = parsed {
        assert_eq!(at.subsec_nanosecond(), 0);
        if (EARLIEST..).contains(&at.as_second()) {
            let written = time::http_date(at);
            assert_eq!(time::parse_http_date(&written), parsed, "{written}");
        }
    }
    // What is of the right form and means a time is taken for it.
    let numbers: Vec<u64> = input::numbers(text.as_bytes()).collect();
    let &[of_month, year, hour, minute, second] = &numbers[..] else {
        return;
    };
    let months = (1..=12).filter(|month| text.contains(calendar::MONTHS[*month - 1]));
    for month in months {
        let number = |number: u64| i64::try_from(number % 100_000).unwrap();
        let day = calendar::day(number(year), month as i64, number(of_month));
        let Some(day) = day.filter(|_| hour < 24 && minute < 60 && second < 60) else {
            continue;
        };
        let at = day * DAY + number(hour) * 3600 + number(minute) * 60 + number(second);
        if at >= EARLIEST && Civil::of(at).http() == text.trim() {
            assert_eq!(parsed, Timestamp::from_second(at).ok());
        }
    }
}

fn iso_date(text: &str) {
    let parsed = time::parse_iso8601(text);
    let Some(at) = parsed.filter(|at| at.as_second() >= EARLIEST) else {
        return;
    };
    let again = time::parse_iso8601(&at.to_string());
    assert_eq!(again, parsed);
    // A time in UTC is the one that stands there.
    let plain = text
        .trim()
        .strip_suffix(".000Z")
        .map(|text| format!("{text}Z"));
    let plain = plain.unwrap_or_else(|| text.trim().to_owned());
    let civil = Civil::of(at.as_second());
    let is_utc = plain.len() == civil.iso().len() && plain.ends_with('Z');
    if is_utc && plain.is_ascii() && plain.as_bytes()[10] == b'T' && !plain.ends_with("60Z") {
        assert_eq!(plain, civil.iso());
    }
}

/// Seconds until then.
const YEAR_9000: u64 = 221_845_392_000;
/// The year 1000.
const EARLIEST: i64 = -30_610_224_000;
