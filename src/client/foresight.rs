//! Where a listing will be some pages from now, by how far its pages went so far.

/// Guesses a name that a listing, whose names went from `first` to `last` in `pages` pages, comes
/// to in `ahead` pages more: the letters and digits in which the two differ are read as a number,
/// which goes on as it did. `None` where they say nothing of what follows, as at the end of what
/// they count.
///
/// The guess is only a place to begin at; nothing relies on it. It is behind `last`, has all that
/// `last` has up to there, then letters and digits, and at the end a tilde: it stands behind all
/// names that begin so, and is hardly ever a name itself.
pub(super) fn place(first: &str, last: &str, pages: u64, ahead: u64) -> Option<String> {
    let (first, last) = (first.as_bytes(), last.as_bytes());
    let common = first.iter().zip(last).take_while(|(a, b)| a == b).count();
    let is_word = |byte: &&u8| byte.is_ascii_alphanumeric();
    let before = last[..common].iter().rev().take_while(is_word).count();
    let start = common - before.min(CARRIES);
    let digits = Digits::of(&[word(&first[start..]), word(&last[start..])])?;
    let (from, to) = (digits.value(&first[start..]), digits.value(&last[start..]));
    let step = to.checked_sub(from)?.checked_mul(u128::from(ahead))? / u128::from(pages.max(1));
    let text = digits.text(to + step, step)?;
    let text = [&last[..start], text.as_bytes(), b"~"].concat();
    // Of a name, whole characters are kept: where a word begins, a character does.
    String::from_utf8(text)
        .ok()
        .filter(|place| place.as_bytes() > last)
}

/// The letters and digits that something begins with.
fn word(text: &[u8]) -> &[u8] {
    let length = text.iter().take_while(|byte| byte.is_ascii_alphanumeric());
    &text[..length.count()]
}

/// What names count in, in ascending order.
struct Digits(&'static [u8]);

impl Digits {
    /// The smallest set that has all of these words.
    fn of(words: &[&[u8]]) -> Option<Self> {
        let has_all = |set: &&&[u8]| {
            words
                .iter()
                .copied()
                .flatten()
                .all(|byte| set.contains(byte))
        };
        let is_empty = words.iter().all(|word| word.is_empty());
        SETS.iter()
            .find(has_all)
            .filter(|_| !is_empty)
            .map(|set| Self(set))
    }

    fn base(&self) -> u128 {
        self.0.len() as u128
    }

    /// The first places as a number. What is no digit counts as the first one.
    fn value(&self, text: &[u8]) -> u128 {
        let digit = |at: usize| {
            let byte = word(text).get(at)?;
            self.0.iter().position(|digit| digit == byte)
        };
        (0..PLACES).fold(0, |value, at| {
            value * self.base() + digit(at).unwrap_or(0) as u128
        })
    }

    /// A number as text, no more exact than a few parts in a thousand of `step`; `None` if it has
    /// too many places, or the step is none.
    fn text(&self, mut value: u128, step: u128) -> Option<String> {
        let mut text = [0; PLACES];
        for place in text.iter_mut().rev() {
            #[allow(clippy::cast_possible_truncation, reason = "less than the base")]
            let digit = (value % self.base()) as usize;
            *place = self.0[digit];
            value /= self.base();
        }
        let exact = PLACES.saturating_sub(step.checked_ilog(self.base())? as usize) + EXACT;
        let text = text[..exact.min(PLACES)].to_vec();
        String::from_utf8(text).ok().filter(|_| value == 0)
    }
}

const SETS: [&[u8]; 8] = [
    b"0123456789",
    b"0123456789abcdef",
    b"0123456789ABCDEF",
    b"abcdefghijklmnopqrstuvwxyz",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    b"0123456789abcdefghijklmnopqrstuvwxyz",
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
];
/// Places that are read as a number: the largest set to this power, times the pages of a
/// listing, is far from what an `u128` holds.
const PLACES: usize = 12;
/// Places before the first that differs, into which the number may grow.
const CARRIES: usize = 3;
/// Places of a number behind the first that changes.
const EXACT: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_go_on() {
        assert_eq!(place("n-0000", "n-0999", 1, 5).unwrap(), "n-599~");
        assert_eq!(place("d/00009/x", "d/00012/a", 3, 30).unwrap(), "d/000420~");
        assert_eq!(place("0a/1", "1f/2", 1, 2).unwrap(), "490~");
        // Into the places before.
        assert_eq!(place("a-199000", "a-199999", 1, 2).unwrap(), "a-20199~");
    }

    #[test]
    fn what_does_not_count_says_nothing() {
        for (first, last) in [
            ("", ""),
            ("a", "a"),
            ("a-", "a."),
            ("é", "ü"),
            // Nothing follows 99 among its like.
            ("x/90", "x/99"),
            // Not in order.
            ("b", "a"),
        ] {
            assert_eq!(place(first, last, 1, 5), None, "{first} {last}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_place_is_behind_and_shares_what_it_does_not_count(
            first in "[a-cA-C0-2/é~-]{0,12}",
            last in "[a-cA-C0-2/é~-]{0,12}",
            pages in 0_u64..1000,
            ahead in 0_u64..100_000,
        ) {
            let (first, last) = (first.clone().min(last.clone()), first.max(last));
            if let Some(place) = place(&first, &last, pages, ahead) {
                assert!(place > last);
                let word = place.strip_suffix('~').unwrap();
                let common = word.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count();
                assert!(word[common..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
            }
        }
    }
}
