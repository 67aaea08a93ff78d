//! The words of `S4CMD_OPTS`.

/// Splits text into words as a shell does: blanks separate, quotes and backslashes keep together.
/// Nothing is expanded, and nothing is a comment: what follows a `#` may be the `-n` that was to
/// keep the program from deleting. `None` if a quote is not closed, or the last character is a
/// backslash.
///
/// Compat: Python's `shlex.split`.
pub fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    // An empty pair of quotes is a word, too.
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character.is_ascii_whitespace() {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_default();
        match character {
            '\'' => loop {
                match characters.next()? {
                    '\'' => break,
                    other => word.push(other),
                }
            },
            '"' => loop {
                match characters.next()? {
                    '"' => break,
                    '\\' => match characters.next()? {
                        escaped @ ('"' | '\\') => word.push(escaped),
                        other => word.extend(['\\', other]),
                    },
                    other => word.push(other),
                }
            },
            '\\' => word.push(characters.next()?),
            other => word.push(other),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_a_shell_without_comments() {
        for (text, words) in [
            ("", &[][..]),
            (" -r\t-f\n", &["-r", "-f"]),
            ("--x 'a b' -n", &["--x", "a b", "-n"]),
            ("a'b'\"c\"d", &["abcd"]),
            ("'' \"\"", &["", ""]),
            (r#""a\"b\\c\d""#, &[r#"a"b\c\d"#]),
            (r"a\ b \'", &["a b", "'"]),
            (r"'\'", &[r"\"]),
            ("--x #y -n", &["--x", "#y", "-n"]),
            ("a#b", &["a#b"]),
        ] {
            assert_eq!(
                split(text).as_deref(),
                Some(&*words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>()),
                "{text}"
            );
        }
        for text in ["'", "a\"b", "\"\\", "a\\"] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
