//! Numbers of bytes, as people write them.

/// Reads a number with `k`, `m` or `g` behind it for powers of 1,024, or without; `None` if it is
/// none, or too large.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let shift = match text.as_bytes().last() {
        Some(b'k') => 10,
        Some(b'm') => 20,
        Some(b'g') => 30,
        _ => 0,
    };
    let digits = text.strip_suffix(['k', 'm', 'g']).unwrap_or(&text);
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// Reads `--max-memory`.
pub(super) fn memory(text: &str) -> Result<u64, String> {
    match bytes(text) {
        Some(bytes) if bytes >= LEAST_MEMORY => Ok(bytes),
        _ => Err(format!(
            "\"{text}\" is no number of bytes, as in 16m or 1g, of 1m or more"
        )),
    }
}

/// A stream with its buffers, and another one's sum.
pub(super) const LEAST_MEMORY: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_suffixes_of_powers_of_1024() {
        assert_eq!(bytes("1000"), Some(1000));
        assert_eq!(bytes(" 3K "), Some(3072));
        assert_eq!(bytes("2g"), Some(2 << 30));
        for bad in ["", "k", "-1", "1.5m", "1t", "99999999999g", "1 k"] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
        assert_eq!(memory("1m"), Ok(1 << 20));
        assert!(memory("1023k").is_err());
    }
}
