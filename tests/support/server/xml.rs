//! XML: a writer for answers and a reader for request bodies.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

/// The name space of all of S3's answers but errors.
pub const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Builds one document.
pub struct Writer {
    text: String,
    root: &'static str,
}

impl Writer {
    /// A document whose root is in S3's name space.
    pub fn new(root: &'static str) -> Writer {
        let text = format!("{DECLARATION}<{root} xmlns=\"{NAMESPACE}\">");
        Writer { text, root }
    }

    /// A document without a name space: errors.
    pub fn bare(root: &'static str) -> Writer {
        let text = format!("{DECLARATION}<{root}>");
        Writer { text, root }
    }

    /// Adds an element with text.
    pub fn leaf(&mut self, name: &str, value: impl AsRef<str>) -> &mut Writer {
        self.text += &format!("<{name}>{}</{name}>", escape(value.as_ref()));
        self
    }

    /// Adds an element if there is a value for it.
    pub fn leaf_opt(&mut self, name: &str, value: Option<impl AsRef<str>>) -> &mut Writer {
        if let Some(value) = value {
            self.leaf(name, value);
        }
        self
    }

    /// Adds text to the root itself.
    pub fn text(&mut self, value: &str) -> &mut Writer {
        self.text += &escape(value);
        self
    }

    /// Adds an element with whatever `inside` writes.
    pub fn nested(&mut self, name: &str, inside: impl FnOnce(&mut Writer)) -> &mut Writer {
        self.text += &format!("<{name}>");
        inside(self);
        self.text += &format!("</{name}>");
        self
    }

    /// The finished document.
    pub fn finish(self) -> String {
        format!("{}</{}>", self.text, self.root)
    }
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Escapes markup, and control characters by number as S3 does (not all of those are
/// XML: that is why clients ask for `encoding-type=url`).
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            c if c < ' ' => out += &format!("&#x{:x};", u32::from(c)),
            c => out.push(c),
        }
    }
    out
}

/// One element of a parsed document.
#[derive(Default)]
pub struct Element {
    pub name: String,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// Parses a document; None for anything that is not well formed.
    pub fn parse(document: &str) -> Option<Element> {
        let mut reader = Reader::from_str(document);
        let mut open = vec![Element::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(tag) => open.push(Element::named(tag.local_name().as_ref())),
                Event::Empty(tag) => {
                    let child = Element::named(tag.local_name().as_ref());
                    open.last_mut()?.children.push(child);
                }
                Event::End(_) => {
                    let child = open.pop()?;
                    open.last_mut()?.children.push(child);
                }
                Event::Text(text) => open.last_mut()?.text += &text.xml10_content(),
                Event::CData(text) => open.last_mut()?.text += &text.into_inner(),
                Event::GeneralRef(entity) => {
                    let name = entity.xml10_content();
                    match entity.resolve_char_ref().ok()? {
                        Some(c) => open.last_mut()?.text.push(c),
                        None => open.last_mut()?.text += resolve_predefined_entity(&name)?,
                    }
                }
                Event::DocType(_) => return None,
                Event::Eof => break,
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => (),
            }
        }
        let mut document = open.pop().filter(|_| open.is_empty())?;
        document
            .children
            .pop()
            .filter(|_| document.children.is_empty())
    }

    fn named(name: &str) -> Element {
        Element {
            name: name.to_owned(),
            ..Element::default()
        }
    }

    /// The text of the first child of that name.
    pub fn child_text(&self, name: &str) -> Option<&str> {
        let child = self.children.iter().find(|child| child.name == name)?;
        Some(&child.text)
    }

    /// All children of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }
}
