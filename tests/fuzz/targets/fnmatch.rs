//! Python's `fnmatch` in small steps: the pattern becomes a regular expression, whose sets are
//! read as those of regular expressions are.

/// Whether the whole name matches; `None` where Python itself fails.
pub fn matches(pattern: &str, name: &str) -> Option<bool> {
    let pieces = pieces(&pattern.chars().collect::<Vec<_>>())?;
    let name: Vec<char> = name.chars().collect();
    // What is left of the name after each number of characters, for ever more pieces.
    let mut live = vec![false; name.len() + 1];
    live[0] = true;
    for piece in pieces {
        let mut next = vec![false; name.len() + 1];
        for start in (0..=name.len()).filter(|start| live[*start]) {
            match &piece {
                Piece::Star => next[start..].fill(true),
                Piece::One(fits) => {
                    if name
                        .get(start)
                        .is_some_and(|character| fits.has(*character))
                    {
                        next[start + 1] = true;
                    }
                }
            }
        }
        live = next;
    }
    Some(live[name.len()])
}

enum Piece {
    Star,
    One(Set),
}

struct Set {
    is_negated: bool,
    ranges: Vec<(char, char)>,
}

impl Set {
    fn has(&self, character: char) -> bool {
        let mut ranges = self.ranges.iter();
        ranges.any(|(low, high)| *low <= character && character <= *high) != self.is_negated
    }
}

fn pieces(pattern: &[char]) -> Option<Vec<Piece>> {
    let any = || Set {
        is_negated: true,
        ranges: Vec::new(),
    };
    let one = |character| Set {
        is_negated: false,
        ranges: vec![(character, character)],
    };
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let [character, behind @ ..] = rest {
        rest = behind;
        pieces.push(match character {
            '*' => Piece::Star,
            '?' => Piece::One(any()),
            '[' => match end_of_set(rest) {
                None => Piece::One(one('[')),
                Some(end) => {
                    let set = set(&rest[..end])?;
                    rest = &rest[end + 1..];
                    Piece::One(set)
                }
            },
            other => Piece::One(one(*other)),
        });
    }
    Some(pieces)
}

/// Where the bracket is that closes a set.
fn end_of_set(rest: &[char]) -> Option<usize> {
    let mut end = 0;
    for in_front in ['!', ']'] {
        if rest.get(end) == Some(&in_front) {
            end += 1;
        }
    }
    while *rest.get(end)? != ']' {
        end += 1;
    }
    Some(end)
}

/// A character of a set in a regular expression, or the mark of a range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Character(char),
    Dash,
}

fn set(inside: &[char]) -> Option<Set> {
    let mut items = Vec::new();
    for (index, chunk) in chunks(inside).into_iter().enumerate() {
        if index > 0 {
            items.push(Item::Dash);
        }
        items.extend(chunk.into_iter().map(Item::Character));
    }
    let is_negated = items.first() == Some(&Item::Character('!'));
    if is_negated {
        items.remove(0);
    }
    let mut ranges = Vec::new();
    let mut rest = &items[..];
    loop {
        let character = |item: &Item| match item {
            Item::Character(character) => *character,
            Item::Dash => '-',
        };
        rest = match rest {
            [] => break,
            [low, Item::Dash, high, behind @ ..] => {
                let (low, high) = (character(low), character(high));
                if low > high {
                    return None;
                }
                ranges.push((low, high));
                behind
            }
            [single, behind @ ..] => {
                ranges.push((character(single), character(single)));
                behind
            }
        };
    }
    Some(Set { is_negated, ranges })
}

/// What is between the dashes of ranges, without ranges that are empty.
fn chunks(inside: &[char]) -> Vec<Vec<char>> {
    let mut chunks: Vec<Vec<char>> = Vec::new();
    let mut start = 0;
    // A dash in front of everything else is none of a range.
    let mut search = if inside.first() == Some(&'!') { 2 } else { 1 };
    while let Some(dash) = (search..inside.len()).find(|index| inside[*index] == '-') {
        chunks.push(inside[start..dash].to_vec());
        start = dash + 1;
        // The end of a range is not the beginning of another one.
        search = dash + 3;
    }
    match (inside.get(start..), chunks.last_mut()) {
        (Some(rest), _) if !rest.is_empty() => chunks.push(rest.to_vec()),
        (_, Some(last)) => last.push('-'),
        (_, None) => {}
    }
    for index in (1..chunks.len()).rev() {
        if chunks[index - 1].last() > chunks[index].first() {
            let behind = chunks.remove(index);
            chunks[index - 1].pop();
            chunks[index - 1].extend_from_slice(&behind[1..]);
        }
    }
    chunks
}
