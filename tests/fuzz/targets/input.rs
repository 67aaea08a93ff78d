//! Pieces of an input.

/// The texts between separators, at most `N` of them; those that are absent are empty. What is not
/// UTF-8 is replaced, and separators behind the last text belong to it.
pub fn texts<const N: usize>(data: &[u8], separator: u8) -> [String; N] {
    let mut pieces = data.splitn(N, |byte| *byte == separator);
    std::array::from_fn(|_| {
        let piece = pieces.next().unwrap_or_default();
        String::from_utf8_lossy(piece).into_owned()
    })
}

/// The numbers in a text; whatever is no digit is between two of them.
pub fn numbers(data: &[u8]) -> impl Iterator<Item = u64> {
    let runs = data.split(|byte| !byte.is_ascii_digit());
    let digits =
        |number: u64, digit: &u8| number.wrapping_mul(10).wrapping_add((digit - b'0').into());
    runs.filter(|run| !run.is_empty())
        .map(move |run| run.iter().fold(0, digits))
}

/// ASCII's own separator of fields, which is not likely to be in a key.
pub const FIELD: u8 = 0x1e;
