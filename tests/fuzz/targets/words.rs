//! The words of `S4CMD_OPTS`.

use s4cmd::cli::words::split;

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let words = split(&text);
    assert_eq!(words, expected(&text), "{text:?}");
    let Some(words) = words else {
        return;
    };
    // Words that are quoted are themselves, whatever is in them.
    let quoted: Vec<String> = words.iter().map(|word| in_quotes(word)).collect();
    assert_eq!(split(&quoted.join(" ")).as_ref(), Some(&words));
    let escaped: Vec<String> = words.iter().map(|word| with_backslashes(word)).collect();
    assert_eq!(split(&escaped.join("\n\t")), Some(words));
}

/// Where in a text a character is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Between,
    Word,
    Single,
    Double,
}

/// Character by character, with the place and whether a backslash is in front.
fn expected(text: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut place = Place::Between;
    let mut is_escaped = false;
    for character in text.chars() {
        let is_blank = character.is_ascii_whitespace();
        if place == Place::Between {
            if is_blank {
                continue;
            }
            words.push(String::new());
            place = Place::Word;
        }
        let word = words.last_mut()?;
        match (place, is_escaped, character) {
            (Place::Double, true, '"' | '\\') => word.push(character),
            (Place::Double, true, _) => word.extend(['\\', character]),
            (_, true, _) => word.push(character),
            (Place::Word | Place::Double, false, '\\') => {
                is_escaped = true;
                continue;
            }
            (Place::Word, false, '\'') => place = Place::Single,
            (Place::Word, false, '"') => place = Place::Double,
            (Place::Word, false, _) if is_blank => place = Place::Between,
            (Place::Single, false, '\'') | (Place::Double, false, '"') => place = Place::Word,
            _ => word.push(character),
        }
        is_escaped = false;
    }
    let is_open = is_escaped || matches!(place, Place::Single | Place::Double);
    (!is_open).then_some(words)
}

fn in_quotes(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\"'\"'"))
}

fn with_backslashes(word: &str) -> String {
    match word {
        "" => "\"\"".to_owned(),
        word => word
            .chars()
            .flat_map(|character| ['\\', character])
            .collect(),
    }
}
