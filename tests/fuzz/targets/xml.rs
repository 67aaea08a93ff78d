//! A slow and strict reader of the plain documents that S3 sends: elements, text, references. It
//! does not know comments, CDATA, namespaces in front of names and whatever else is rare; of such
//! documents it says nothing.

/// An element with all that is in it.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    /// The text before, between and behind the children.
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// The root of a plain document; `None` if it is not one.
    pub fn read(document: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(document).ok()?;
        let mut rest = text.trim_start_matches(is_blank);
        if let Some(declaration) = rest.strip_prefix("<?xml version=\"1.0\"?>") {
            rest = declaration;
        } else if let Some(declaration) =
            rest.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
        {
            rest = declaration;
        }
        let mut reader = Reader {
            rest: rest.trim_start_matches(is_blank),
        };
        let root = reader.element()?;
        reader.rest.chars().all(is_blank).then_some(root)
    }

    /// How many elements are inside each other.
    pub fn depth(&self) -> usize {
        1 + self.children.iter().map(Self::depth).max().unwrap_or(0)
    }

    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of an element without children.
    pub fn plain(&self) -> Option<&str> {
        self.children.is_empty().then_some(&*self.text)
    }

    /// Whether all children with one of these names have text only.
    pub fn are_plain(&self, names: &[&str]) -> bool {
        let mut named = names.iter().flat_map(|name| self.named(name));
        named.all(|child| child.children.is_empty())
    }

    /// The text of the last child of a name.
    pub fn last<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.named(name).last()?.plain()
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn element(&mut self) -> Option<Element> {
        self.take("<")?;
        let name = self.name()?;
        let mut attributes = 0;
        loop {
            let blank = self.blanks();
            if self.take("/>").is_some() {
                return Some(Element {
                    name,
                    ..Element::default()
                });
            }
            if self.take(">").is_some() {
                break;
            }
            attributes += 1;
            if !blank || attributes > 8 {
                return None;
            }
            self.attribute()?;
        }
        let mut element = Element {
            name,
            ..Element::default()
        };
        loop {
            if self.take("</").is_some() {
                if self.name()? != element.name {
                    return None;
                }
                self.take(">")?;
                return Some(element);
            }
            if self.rest.starts_with('<') {
                element.children.push(self.element()?);
            } else if self.take("&").is_some() {
                element.text.push(self.reference()?);
            } else {
                let end = self.rest.find(['<', '&'])?;
                let (text, rest) = self.rest.split_at(end);
                if text.contains("]]>") {
                    return None;
                }
                // Line ends of all kinds are one kind.
                let lines = text.replace("\r\n", "\n").replace('\r', "\n");
                element.text.push_str(&lines);
                self.rest = rest;
            }
        }
    }

    fn attribute(&mut self) -> Option<()> {
        self.name()?;
        self.take("=\"")?;
        let end = self.rest.find(['"', '<', '&', '>'])?;
        self.rest = &self.rest[end..];
        self.take("\"")
    }

    fn reference(&mut self) -> Option<char> {
        let (name, rest) = self.rest.split_once(';')?;
        let number = |digits: &str, radix| {
            let is_plain =
                (1..=6).contains(&digits.len()) && digits.chars().all(|d| d.is_digit(radix));
            let code = u32::from_str_radix(digits, radix)
                .ok()
                .filter(|code| is_plain && *code > 0);
            char::from_u32(code?)
        };
        let character = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => match (name.strip_prefix("#x"), name.strip_prefix('#')) {
                (Some(digits), _) => number(digits, 16)?,
                (None, Some(digits)) => number(digits, 10)?,
                (None, None) => return None,
            },
        };
        self.rest = rest;
        Some(character)
    }

    fn name(&mut self) -> Option<String> {
        let is_name = |character: char| character.is_ascii_alphanumeric();
        let end = self.rest.find(|character| !is_name(character))?;
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            .then(|| name.to_owned())
    }

    fn blanks(&mut self) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_start_matches(is_blank);
        self.rest.len() < before
    }

    fn take(&mut self, token: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(token)?;
        Some(())
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// Text as it stands between two tags.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' | '<' | '>' | '\r' | '\n' => {
                escaped.push_str(&format!("&#{};", u32::from(character)));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// What the code under test allows.
pub const DEEPEST: usize = 16;
