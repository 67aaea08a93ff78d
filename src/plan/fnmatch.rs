//! Python's `fnmatch`, case-sensitive: `*`, `?`, `[seq]` and `[!seq]`, no escapes.
//!
//! Why not a library: glob crates treat `{}`, `\` and a leading dot in their own ways, and
//! scripts rely on these.

use std::str::Chars;

/// Whether the whole `name` matches. For many names, a [`Glob`] reads the pattern only once.
pub fn matches(pattern: &str, name: &str) -> bool {
    Glob::new(pattern).matches(name)
}

/// Whether the text has `*` or `?`, which is what makes it a pattern.
///
/// Compat: `[` alone does not.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// A pattern that was read.
#[derive(Debug, Clone)]
pub struct Glob {
    tokens: Vec<Token>,
}

impl Glob {
    /// Reads a pattern; every text is one.
    pub fn new(pattern: &str) -> Self {
        Self {
            tokens: parse(pattern),
        }
    }

    /// Whether the whole `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        let mut token = 0;
        let mut rest = name.chars();
        // Where to go on when what follows the last star does not fit: one character later.
        let mut retry: Option<(usize, Chars<'_>)> = None;
        loop {
            let mut ahead = rest.clone();
            match self.tokens.get(token) {
                Some(Token::Star) => {
                    token += 1;
                    retry = Some((token, rest.clone()));
                    continue;
                }
                Some(single) if ahead.next().is_some_and(|next| single.fits(next)) => {
                    token += 1;
                    rest = ahead;
                    continue;
                }
                // The last star takes everything.
                None if rest.as_str().is_empty() || self.tokens.last() == Some(&Token::Star) => {
                    return true;
                }
                _ => {}
            }
            let Some((after_star, start)) = &mut retry else {
                return false;
            };
            if start.next().is_none() {
                return false;
            }
            token = *after_star;
            rest = start.clone();
        }
    }

    /// Whether every name matches that begins with `directory` and is longer. It may say no where
    /// that is not plain to see.
    pub fn matches_all_below(&self, directory: &str) -> bool {
        let live = self.live_after(directory);
        (0..self.tokens.len()).any(|token| live[token] && takes_every_name(&self.tokens[token..]))
    }

    /// Whether a name that begins with `directory` can match. It may say yes where that is not
    /// plain to see.
    pub fn may_match_below(&self, directory: &str) -> bool {
        self.live_after(directory).contains(&true)
    }

    /// At which tokens a match may be when it has used up `beginning`; the last place is behind
    /// all tokens.
    fn live_after(&self, beginning: &str) -> Vec<bool> {
        let nowhere = vec![false; self.tokens.len() + 1];
        let mut live = nowhere.clone();
        live[0] = true;
        self.pass_stars(&mut live);
        for character in beginning.chars() {
            let mut next = nowhere.clone();
            for (index, token) in self.tokens.iter().enumerate() {
                if live[index] && *token == Token::Star {
                    next[index] = true;
                } else if live[index] && token.fits(character) {
                    next[index + 1] = true;
                }
            }
            self.pass_stars(&mut next);
            live = next;
        }
        live
    }

    /// A star may take nothing.
    fn pass_stars(&self, live: &mut [bool]) {
        for (index, token) in self.tokens.iter().enumerate() {
            live[index + 1] |= live[index] && *token == Token::Star;
        }
    }
}

/// Whether the tokens match every name that is not empty: one star or more, and at most one mark.
fn takes_every_name(tokens: &[Token]) -> bool {
    let stars = tokens.iter().filter(|token| **token == Token::Star).count();
    let marks = tokens.iter().filter(|token| **token == Token::Any).count();
    stars > 0 && marks <= 1 && stars + marks == tokens.len()
}

#[derive(Debug, Clone, PartialEq, Eq)]
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
    Some((members(&rest[start..end], negated), end + 1))
}

/// Reads what is between the brackets, without the `!` in front.
fn members(members: &[char], mut negated: bool) -> Token {
    let mut ranges = Vec::new();
    let mut index = 0;
    while let Some(&low) = members.get(index) {
        let high = match members.get(index + 1) {
            Some('-') => members.get(index + 2).copied(),
            _ => None,
        };
        // Compat: Python cuts empty ranges out of the text before it looks for the `!`, and so
        // finds those that come to the front: `[b-a!c]` is `[!c]`, and `[b-a!-c]` is `[!-c]`.
        let comes_to_the_front = index > 0 && ranges.is_empty() && !negated && low == '!';
        match high {
            // An empty range matches nothing.
            Some(high) if low > high => {}
            Some(high) if comes_to_the_front => ranges.extend([('-', '-'), (high, high)]),
            Some(high) => ranges.push((low, high)),
            None if comes_to_the_front => {}
            None => ranges.push((low, low)),
        }
        negated |= comes_to_the_front && high.is_none_or(|high| low <= high);
        index += if high.is_some() { 3 } else { 1 };
    }
    if negated && ranges.is_empty() {
        return Token::Any;
    }
    Token::Set { negated, ranges }
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
            // Stars at the end take line breaks, too.
            ("a*", "a\n/b", true),
            ("*?", "", false),
            // Sets, as the regular expressions that Python makes of them.
            ("[!]", "[!]", true),
            ("[]", "[]", true),
            ("[^a]", "^", true),
            ("[^a]", "b", false),
            ("[a-c-e]", "-", true),
            ("[a-c-e]", "d", false),
            ("[a-]", "-", true),
            ("[!-a]", "b", true),
            ("[!-a]", "-", false),
            ("[--/]", ".", true),
            ("[\\]]", "\\]", true),
            ("[b-a]", "", false),
            ("[!b-a]", "b", true),
            ("[!b-a]", "", false),
            ("[b-ac]", "c", true),
            // Empty ranges before an exclamation mark are no longer there.
            ("[b-a!]", "b", true),
            ("[b-a!c]", "c", false),
            ("[b-a!c]", "!", true),
            ("[b-a!-c]", "b", true),
            ("[b-a!-c]", "-", false),
            ("[b-a!-c-e]", "d", true),
            ("[xb-a!c]", "c", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "a*".repeat(40) + "b";
        assert!(!matches(&pattern, &"a".repeat(2000)));
    }

    #[test]
    fn directories_of_which_everything_matches() {
        for (pattern, directory, expected) in [
            ("*", "", true),
            ("*", "d/", true),
            ("d/*", "d/", true),
            ("d/*", "d/e/", true),
            ("d/*", "", false),
            ("d/*", "de/", false),
            ("d*", "d/", true),
            ("*/d/*", "a/d/", true),
            ("*/d/*", "a/b/d/c/", true),
            ("*/d/*", "d/", false),
            ("*/d/*", "a/", false),
            ("d/?*", "d/", true),
            ("d/*?", "d/", true),
            ("d/?", "d/", false),
            ("d/??*", "d/", false),
            ("d/[!b-a]*", "d/", true),
            ("d/*.o", "d/", false),
            ("[a-c]/*", "b/", true),
            ("é/*", "é/", true),
        ] {
            let glob = Glob::new(pattern);
            assert_eq!(
                glob.matches_all_below(directory),
                expected,
                "{pattern} {directory}"
            );
        }
    }

    #[test]
    fn directories_of_which_nothing_matches() {
        for (pattern, directory, expected) in [
            ("keep/*", "", true),
            ("keep/*", "keep/", true),
            ("keep/*", "keep/a/", true),
            ("keep/*", "keeper/", false),
            ("a/b/*.c", "a/", true),
            ("a/b/*.c", "a/c/", false),
            ("*.c", "a/", true),
            ("?/*", "a/", true),
            ("?/*", "aa/", false),
            ("keep", "keep/", false),
        ] {
            let glob = Glob::new(pattern);
            assert_eq!(
                glob.may_match_below(directory),
                expected,
                "{pattern} {directory}"
            );
        }
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
        fn what_is_said_of_directories_holds_for_the_names_in_them(
            pattern in "[ab/?*\\[\\]!-]{0,8}",
            directory in "[ab/]{0,4}",
            rest in "[ab/!-]{0,4}",
        ) {
            let glob = Glob::new(&pattern);
            let matches = glob.matches(&format!("{directory}{rest}"));
            prop_assert!(rest.is_empty() || matches || !glob.matches_all_below(&directory));
            prop_assert!(!matches || glob.may_match_below(&directory));
        }

        #[test]
        fn never_panics(pattern in "\\PC{0,12}", name in "\\PC{0,12}") {
            let glob = Glob::new(&pattern);
            glob.matches(&name);
            glob.matches_all_below(&name);
            glob.may_match_below(&name);
        }
    }
}
