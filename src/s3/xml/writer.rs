//! Writes the documents that S3 takes.

/// Builds one document; elements nest by closures, so none is left open.
#[derive(Debug)]
pub struct Writer {
    text: String,
}

impl Writer {
    /// A document with `root` in the S3 namespace.
    pub fn document(root: &str, content: impl FnOnce(&mut Self)) -> String {
        let mut writer = Self {
            text: format!("<{root} xmlns=\"{NAMESPACE}\">"),
        };
        content(&mut writer);
        writer.close(root);
        writer.text
    }

    /// An element with elements in it.
    pub fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.open(name);
        content(self);
        self.close(name);
    }

    /// An element with elements in it, and a type of XML Schema, which is no text of others.
    pub fn typed(&mut self, name: &str, kind: &'static str, content: impl FnOnce(&mut Self)) {
        let attributes = format!("xmlns:xsi=\"{SCHEMA}\" xsi:type=\"{kind}\"");
        self.text.push_str(&format!("<{name} {attributes}>"));
        content(self);
        self.close(name);
    }

    /// An element with text, escaped.
    pub fn text(&mut self, name: &str, text: &str) {
        self.open(name);
        let mut copied = 0;
        for (at, byte) in text.bytes().enumerate() {
            if let Some(escaped) = escaped(byte) {
                self.text.push_str(&text[copied..at]);
                self.text.push_str(escaped);
                copied = at + 1;
            }
        }
        self.text.push_str(&text[copied..]);
        self.close(name);
    }

    fn open(&mut self, name: &str) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push('>');
    }

    fn close(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
    }
}

/// All of these are characters of one byte, so texts can be cut before and after them.
fn escaped(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        // A reader would normalise bare line ends, and the key would be another one.
        b'\r' => Some("&#xD;"),
        b'\n' => Some("&#xA;"),
        _ => None,
    }
}

/// Whether XML 1.0 can carry the text and bring it back: it has no form for most control
/// characters, and carriage returns come back as line feeds from servers that do not escape them.
///
/// Source: XML 1.0, production 2 (Char) and 2.11 (End-of-Line Handling).
pub fn can_carry(text: &str) -> bool {
    text.chars().all(|character| {
        matches!(character, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    })
}

const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema-instance";
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::xml::Reader;

    #[test]
    fn what_is_written_is_read_back() {
        let key = " a&b<c>\"'é\t\r\n]]> ";
        let document = Writer::document("Delete", |w| w.element("Object", |w| w.text("Key", key)));
        let mut reader = Reader::new(document.as_bytes()).unwrap();
        reader.root("Delete").unwrap();
        assert_eq!(reader.child().unwrap(), Some("Object"));
        assert_eq!(reader.child().unwrap(), Some("Key"));
        assert_eq!(reader.text().unwrap(), key);
    }

    #[test]
    fn control_characters_cannot_be_carried() {
        assert!(can_carry("a\tb\n"));
        assert!(!can_carry("a\u{1}b"));
        assert!(!can_carry("a\rb"));
        assert!(!can_carry("\u{ffff}"));
    }
}
