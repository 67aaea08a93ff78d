//! `--limit-rate`.

use std::num::NonZeroU64;

use crate::{cli::size, net::Rates};

/// Reads `RATE` for both directions, or `UP:DOWN`: bytes in a second, with `k`, `m` or `g` behind
/// them for powers of 1,024, or `off`.
pub(super) fn parse(text: &str) -> Result<Rates, String> {
    let (up, down) = text.split_once(':').unwrap_or((text, text));
    Ok(Rates {
        up: direction(up)?,
        down: direction(down)?,
    })
}

fn direction(text: &str) -> Result<Option<NonZeroU64>, String> {
    if text.trim().eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    match size::bytes(text) {
        Some(bytes) if bytes >= LEAST => Ok(NonZeroU64::new(bytes)),
        _ => Err(format!(
            "\"{text}\" is no number of bytes in a second, as in 500k, 10m or off, of {LEAST} or \
             more"
        )),
    }
}

/// With less, connections that share it would look dead.
const LEAST: u64 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(text: &str) -> Option<(u64, u64)> {
        let plain = |rate: Option<NonZeroU64>| rate.map_or(0, NonZeroU64::get);
        let rates = parse(text).ok()?;
        Some((plain(rates.up), plain(rates.down)))
    }

    #[test]
    fn rates_are_for_both_directions_or_for_each() {
        assert_eq!(rates("10m"), Some((10 << 20, 10 << 20)));
        assert_eq!(rates("2048:3K"), Some((2048, 3072)));
        assert_eq!(rates("off:1g"), Some((0, 1 << 30)));
        assert_eq!(rates("off"), Some((0, 0)));
        for wrong in [
            "",
            "0",
            "1023",
            "10x",
            "m",
            "1:2:3",
            "-5m",
            "99999999999g",
            "1.5m",
        ] {
            assert_eq!(rates(wrong), None, "{wrong}");
        }
    }
}
