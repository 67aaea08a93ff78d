//! How listings and sizes are laid out.

use jiff::{Timestamp, fmt::strtime};

use crate::s3::time::iso8601;

/// What was asked for; nothing is the layout of the original.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Sizes are rounded, as `1.5K`, not numbers of bytes.
    pub human: bool,
    /// How times are written, in UTC.
    pub times: TimeStyle,
    /// Whether ETags are shown.
    pub etags: bool,
    /// Whether storage classes are shown.
    pub storage_classes: bool,
    /// Whether all versions are listed, not only the latest.
    pub versions: bool,
    /// Whether a listing ends with the number of its objects and their size.
    pub summarize: bool,
}

/// How times are written. Names are those of GNU `ls`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TimeStyle {
    /// To the minute: `2026-11-22 02:06`.
    #[default]
    LongIso,
    /// RFC 3339: `2026-11-22T02:06:59Z`.
    FullIso,
    /// Seconds since 1970.
    Epoch,
    /// As `strftime` writes it. The format was tried.
    Format(String),
}

impl TimeStyle {
    /// Reads `long-iso`, `full-iso`, `epoch` or `+FORMAT`.
    ///
    /// # Errors
    /// It is none of them, or the format has a directive that does not exist.
    pub fn parse(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix('+')) {
            ("long-iso", _) => Ok(Self::LongIso),
            ("full-iso", _) => Ok(Self::FullIso),
            ("epoch", _) => Ok(Self::Epoch),
            (_, Some(format)) => {
                let tried = strtime::format(format, Timestamp::UNIX_EPOCH);
                tried.map_err(|error| error.to_string())?;
                Ok(Self::Format(format.to_owned()))
            }
            _ => Err("long-iso, full-iso, epoch or +FORMAT expected".to_owned()),
        }
    }

    fn format(&self, time: Timestamp) -> String {
        let format = match self {
            Self::LongIso => "%Y-%m-%d %H:%M",
            Self::FullIso => return iso8601(time),
            Self::Epoch => return time.as_second().to_string(),
            Self::Format(format) => format,
        };
        // It worked for another time, and then works for all.
        strtime::format(format, time).unwrap_or_default()
    }
}

impl Layout {
    /// A time; empty where there is none.
    pub(super) fn time(&self, time: Option<Timestamp>) -> String {
        time.map_or(String::new(), |time| self.times.format(time))
    }

    /// The characters that times take.
    pub(super) fn time_width(&self) -> usize {
        self.times.format(TYPICAL).chars().count()
    }

    /// A number of bytes.
    pub(super) fn size(&self, bytes: u64) -> String {
        match self.human {
            true => human(bytes),
            false => bytes.to_string(),
        }
    }
}

/// Two or three digits and the power of 1024, rounded.
pub(super) fn human(bytes: u64) -> String {
    // 64 bits are too few for ten times the largest.
    let times = |factor: u128, unit: u64| {
        let unit = u128::from(unit);
        (u128::from(bytes) * factor + unit / 2) / unit
    };
    let mut unit = 1_u64;
    let mut units = UNITS.chars();
    let mut name = None;
    while times(1, unit) >= 1024 && unit < 1 << 60 {
        unit <<= 10;
        name = units.next();
    }
    let Some(name) = name else {
        return bytes.to_string();
    };
    match times(10, unit) {
        tenths @ 0..100 => format!("{}.{}{name}", tenths / 10, tenths % 10),
        _ => format!("{}{name}", times(1, unit)),
    }
}

const UNITS: &str = "KMGTPE";
/// A time like most others: 2001-09-09T01:46:40Z.
const TYPICAL: Timestamp = Timestamp::constant(1_000_000_000, 0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn human_sizes_are_rounded() {
        for (bytes, text) in [
            (0, "0"),
            (1023, "1023"),
            (1024, "1.0K"),
            (1536, "1.5K"),
            (10 * 1024 - 1, "10K"),
            (20 * 1024 + 5, "20K"),
            (1023 * 1024 + 1, "1023K"),
            (1024 * 1024 - 1, "1.0M"),
            (1 << 30, "1.0G"),
            (u64::MAX, "16E"),
        ] {
            assert_eq!(human(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn times_have_one_width_and_bad_formats_are_refused() {
        let time: Timestamp = "2026-11-22T02:06:59Z".parse().unwrap();
        for (style, text) in [
            ("long-iso", "2026-11-22 02:06"),
            ("full-iso", "2026-11-22T02:06:59Z"),
            ("epoch", "1795313219"),
            ("+%d.%m.%Y", "22.11.2026"),
        ] {
            let layout = Layout {
                times: TimeStyle::parse(style).unwrap(),
                ..Layout::default()
            };
            assert_eq!(layout.time(Some(time)), text);
            assert_eq!(layout.time_width(), text.len());
        }
        for style in ["iso", "", "+%", "+%!"] {
            TimeStyle::parse(style).unwrap_err();
        }
    }
}
