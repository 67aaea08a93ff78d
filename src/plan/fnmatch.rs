//! Python's `fnmatch`, case-sensitive: `*`, `?`, `[seq]` and `[!seq]`, no escapes.
//!
//! Why not a library: glob crates treat `{}`, `\` and a leading dot in their own ways, and
//! scripts rely on these.

/// Whether the whole `name` matches.
pub fn matches(pattern: &str, name: &str) -> bool {
    let tokens = parse(pattern);
    let name: Vec<char> = name.chars().collect();
    let (mut token, mut position) = (0, 0);
    // Where to go on when what follows the last star does not fit: one character later.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match tokens.get(token) {
            Some(Token::Star) => {
                retry = Some((token + 1, position));
                token += 1;
                continue;
            }
            Some(single) if name.get(position).is_some_and(|&next| single.fits(next)) => {
                token += 1;
                position += 1;
                continue;
            }
            None if position == name.len() => return true,
            _ => {}
        }
        match retry {
            Some((after_star, start)) if start < name.len() => {
                retry = Some((after_star, start + 1));
                token = after_star;
                position = start + 1;
            }
            _ => return false,
        }
    }
}

/// Whether the text has `*` or `?`, which is what makes it a pattern.
///
/// Compat: `[` alone does not.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[derive(Debug)]
enum Token {
    Star,
    Any,
    Literal(char),
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Token {
    fn fits(&self, character: char) -> bool {
        match self {
            Self::Star => false,
            Self::Any => true,
            Self::Literal(literal) => *literal == character,
            Self::Set { negated, ranges } => {
                let inside = ranges
                    .iter()
                    .any(|&(low, high)| (low..=high).contains(&character));
                inside != *negated
            }
        }
    }
}

fn parse(pattern: &str) -> Vec<Token> {
    let characters: Vec<char> = pattern.chars().collect();
    let mut tokens = Vec::with_capacity(characters.len());
    let mut index = 0;
    while let Some(&character) = characters.get(index) {
        index += 1;
        tokens.push(match character {
            '*' => Token::Star,
            '?' => Token::Any,
            '[' => match set(&characters[index..]) {
                Some((token, length)) => {
                    index += length;
                    token
                }
                None => Token::Literal('['),
            },
            literal => Token::Literal(literal),
        });
    }
    tokens
}

/// Reads a set behind its `[`; `None` if it is never closed. A `]` at the beginning is a member.
fn set(rest: &[char]) -> Option<(Token, usize)> {
    let negated = rest.first() == Some(&'!');
    let start = usize::from(negated);
    let first_end = start + usize::from(rest.get(start) == Some(&']'));
    let end = first_end + rest.get(first_end..)?.iter().position(|&c| c == ']')?;
    let members = &rest[start..end];
    let mut ranges = Vec::new();
    let mut index = 0;
    while let Some(&low) = members.get(index) {
        match (members.get(index + 1), members.get(index + 2)) {
            (Some('-'), Some(&high)) => {
                // An empty range matches nothing.
                if low <= high {
                    ranges.push((low, high));
                }
                index += 3;
            }
            _ => {
                ranges.push((low, low));
                index += 1;
            }
        }
    }
    Some((Token::Set { negated, ranges }, end + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_python_does() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("*.txt", "a.txt", true),
            ("*.txt", ".txt", true),
            ("*.txt", "a.txt.gz", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a?c", "aéc", true),
            ("[abc]", "b", true),
            ("[!abc]", "b", false),
            ("[!abc]", "d", true),
            ("[a-c]x", "bx", true),
            ("[c-a]", "b", false),
            ("[]x]", "]", true),
            ("[!]x]", "y", true),
            ("[abc", "[abc", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("A", "a", false),
            ("a\\*", "a\\b", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "a*".repeat(40) + "b";
        assert!(!matches(&pattern, &"a".repeat(2000)));
    }

    /// The obvious recursion, for patterns of stars, marks and letters.
    fn slow(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern.first(), name.first()) {
            (None, None) => true,
            (Some(b'*'), _) => {
                slow(&pattern[1..], name) || (!name.is_empty() && slow(pattern, &name[1..]))
            }
            (Some(b'?'), Some(_)) => slow(&pattern[1..], &name[1..]),
            (Some(p), Some(n)) => p == n && slow(&pattern[1..], &name[1..]),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_slow_model(pattern in "[ab?*]{0,8}", name in "[ab]{0,8}") {
            prop_assert_eq!(matches(&pattern, &name), slow(pattern.as_bytes(), name.as_bytes()));
        }

        #[test]
        fn never_panics(pattern in "\\PC{0,12}", name in "\\PC{0,12}") {
            matches(&pattern, &name);
        }
    }
}
