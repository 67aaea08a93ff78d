//! A cursor over a document of the server, which may be hostile: no entities but the five of XML,
//! no document type, and limits on everything that could grow.

use std::borrow::Cow;

use quick_xml::{
    Reader as Events,
    events::{BytesRef, BytesStart, Event},
};
use thiserror::Error;

/// Walks a document from the root to its children and back. The methods are called in the order
/// of the document: [`root`](Self::root), then for each [`child`](Self::child) either
/// [`text`](Self::text), [`skip`](Self::skip) or a loop over its own children, then
/// [`finish`](Self::finish).
#[derive(Debug)]
pub struct Reader<'a> {
    events: Events<&'a [u8]>,
    /// The tag that was opened last: a name is lent from here, not copied.
    opened: BytesStart<'a>,
    depth: usize,
    /// An `<empty/>` element was opened: its end has no event of its own.
    at_empty: bool,
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of a document.
    ///
    /// # Errors
    /// [`XmlError::NotUtf8`], [`XmlError::Empty`].
    pub fn new(body: &'a [u8]) -> Result<Self, XmlError> {
        let text = std::str::from_utf8(body).map_err(|_| XmlError::NotUtf8)?;
        // Blanks before the declaration: S3 sends them to keep a connection open while it works.
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.is_empty() {
            return Err(XmlError::Empty);
        }
        let mut events = Events::from_str(text);
        events.config_mut().check_end_names = true;
        Ok(Self {
            events,
            opened: BytesStart::new(""),
            depth: 0,
            at_empty: false,
        })
    }

    /// Opens the root, which must have this name.
    ///
    /// # Errors
    /// [`XmlError::ErrorDocument`] if the root is `<Error>` and that was not asked for, else
    /// [`XmlError::Root`].
    pub fn root(&mut self, expected: &str) -> Result<(), XmlError> {
        loop {
            match self.next()? {
                Event::Start(start) => return self.open_root(start, expected, false),
                Event::Empty(start) => return self.open_root(start, expected, true),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Eof => return Err(XmlError::Empty),
                _ => return Err(XmlError::NotXml),
            }
        }
    }

    /// Opens the next child of the element that is open; at its end, closes it and gives `None`.
    /// Text between children is passed over.
    ///
    /// # Errors
    /// The document is cut, not well-formed, or over a limit.
    pub fn child(&mut self) -> Result<Option<&str>, XmlError> {
        if self.close_empty() {
            return Ok(None);
        }
        loop {
            match self.next()? {
                Event::Start(start) => return self.open(start, false).map(Some),
                Event::Empty(start) => return self.open(start, true).map(Some),
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(None);
                }
                Event::Eof => return Err(XmlError::Cut),
                _ => {}
            }
        }
    }

    /// The text of the element that is open, and closes it. Elements inside are an error.
    ///
    /// # Errors
    /// As [`Reader::child`], and [`XmlError::Entity`].
    pub fn text(&mut self) -> Result<String, XmlError> {
        self.value().map(Cow::into_owned)
    }

    /// [`Reader::text`] for what is only looked at: lent from the document where it is there in
    /// one piece.
    ///
    /// # Errors
    /// As [`Reader::text`].
    pub fn value(&mut self) -> Result<Cow<'a, str>, XmlError> {
        let mut text = Cow::Borrowed("");
        if self.close_empty() {
            return Ok(text);
        }
        loop {
            match self.next()? {
                // Adding to nothing copies nothing.
                Event::Text(part) => text += part.xml10_content(),
                Event::CData(part) => text += part.xml10_content(),
                Event::GeneralRef(reference) => {
                    let text = text.to_mut();
                    text.reserve(QUOTED_TAG);
                    text.push(resolve(&reference)?);
                }
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(text);
                }
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => return Err(XmlError::Cut),
                _ => return Err(XmlError::NotText),
            }
            if text.len() > MAX_TEXT {
                return Err(XmlError::Limit("text"));
            }
        }
    }

    /// Passes over the element that is open, with all that is in it.
    ///
    /// # Errors
    /// As [`Reader::child`].
    pub fn skip(&mut self) -> Result<(), XmlError> {
        let outside = self.depth - 1;
        while self.depth > outside {
            self.child()?;
        }
        Ok(())
    }

    /// Checks that the root is closed and nothing follows it.
    ///
    /// # Errors
    /// [`XmlError::Cut`] or [`XmlError::NotXml`].
    pub fn finish(&mut self) -> Result<(), XmlError> {
        if self.depth > 0 {
            return Err(XmlError::Cut);
        }
        loop {
            match self.next()? {
                Event::Eof => return Ok(()),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Text(text) if text.trim().is_empty() => {}
                _ => return Err(XmlError::NotXml),
            }
        }
    }

    fn next(&mut self) -> Result<Event<'a>, XmlError> {
        let event = self.events.read_event().map_err(|_| XmlError::NotXml)?;
        match event {
            Event::DocType(_) => Err(XmlError::DocumentType),
            other => Ok(other),
        }
    }

    fn open_root(
        &mut self,
        start: BytesStart<'a>,
        expected: &str,
        empty: bool,
    ) -> Result<(), XmlError> {
        match self.open(start, empty)? {
            name if name == expected => Ok(()),
            "Error" => Err(XmlError::ErrorDocument),
            name => Err(XmlError::Root(name.to_owned())),
        }
    }

    fn open(&mut self, start: BytesStart<'a>, empty: bool) -> Result<&str, XmlError> {
        if self.depth >= MAX_DEPTH {
            return Err(XmlError::Limit("depth"));
        }
        if has_too_many_attributes(&start) {
            return Err(XmlError::Limit("attributes"));
        }
        self.depth += 1;
        self.at_empty = empty;
        self.opened = start;
        Ok(self.opened.local_name().into_inner())
    }

    fn close_empty(&mut self) -> bool {
        let empty = std::mem::take(&mut self.at_empty);
        if empty {
            self.depth -= 1;
        }
        empty
    }
}

/// Why a document is not what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum XmlError {
    /// Nothing, or only blanks.
    #[error("it is empty")]
    Empty,
    /// The end is missing.
    #[error("it is cut off")]
    Cut,
    /// Not well-formed.
    #[error("it is not well-formed XML")]
    NotXml,
    /// Bytes that are not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// The root has another name.
    #[error("its root is <{0}>")]
    Root(String),
    /// The root is `<Error>`.
    #[error("it is an error document")]
    ErrorDocument,
    /// A required element is absent.
    #[error("<{0}> is missing")]
    Missing(&'static str),
    /// An element's text has the wrong form.
    #[error("<{0}> has an invalid value")]
    Value(&'static str),
    /// Elements where text was expected.
    #[error("it has elements where text was expected")]
    NotText,
    /// A document type declaration, which S3 never sends.
    #[error("it has a document type")]
    DocumentType,
    /// An entity that is not one of the five of XML.
    #[error("it has an unknown entity")]
    Entity,
    /// Something grew beyond its limit.
    #[error("its {0} is over the limit")]
    Limit(&'static str),
}

fn has_too_many_attributes(start: &BytesStart<'_>) -> bool {
    // Nearly all elements have none.
    !start.attributes_raw().is_empty()
        && start
            .attributes()
            .with_checks(false)
            .nth(MAX_ATTRIBUTES)
            .is_some()
}

fn resolve(reference: &BytesRef<'_>) -> Result<char, XmlError> {
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => {
            let numeric = reference.resolve_char_ref();
            numeric.ok().flatten().ok_or(XmlError::Entity)
        }
    }
}

/// S3's deepest answer has five levels.
const MAX_DEPTH: usize = 16;
const MAX_ATTRIBUTES: usize = 16;
/// A key is at most 1,024 bytes, three times that when encoded; tokens are opaque but short.
const MAX_TEXT: usize = 64 * 1024;
/// What most texts with entities are: an MD5 in quotes.
const QUOTED_TAG: usize = 34;

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(body: &str) -> Result<Vec<(String, String)>, XmlError> {
        let mut reader = Reader::new(body.as_bytes())?;
        reader.root("R")?;
        let mut all = Vec::new();
        while let Some(name) = reader.child()? {
            let name = name.to_owned();
            all.push((name, reader.text()?));
        }
        reader.finish()?;
        Ok(all)
    }

    #[test]
    fn text_entities_and_cdata() {
        let body = "  \n<?xml version='1.0'?><R xmlns='x'><A>a&amp;&#x41;&#10;<![CDATA[<]]></A>\
                    <B/><C></C></R>\n";
        let expected = [("A", "a&A\n<"), ("B", ""), ("C", "")];
        let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(read_all(body).unwrap(), expected);
    }

    #[test]
    fn every_cut_is_noticed() {
        let body = "<R><A>text</A><B>more</B></R>";
        for end in 0..body.len() {
            assert!(read_all(&body[..end]).is_err(), "{}", &body[..end]);
        }
        assert!(read_all(body).is_ok());
        assert!(read_all("<R/>").is_ok());
    }

    #[test]
    fn hostile_documents_are_refused() {
        let bomb = "<!DOCTYPE R [<!ENTITY a 'aaaa'>]><R><A>&a;</A></R>";
        assert_eq!(read_all(bomb), Err(XmlError::DocumentType));
        assert_eq!(read_all("<R><A>&a;</A></R>"), Err(XmlError::Entity));
        assert_eq!(read_all("<R><A>x</A></R><R/>"), Err(XmlError::NotXml));
        assert_eq!(
            read_all("<Error><Code>x</Code></Error>"),
            Err(XmlError::ErrorDocument)
        );
        assert_eq!(read_all("<R><A><B/></A></R>"), Err(XmlError::NotText));
        let deep = format!("<R>{}", "<A>".repeat(100));
        let mut reader = Reader::new(deep.as_bytes()).unwrap();
        reader.root("R").unwrap();
        reader.child().unwrap();
        assert_eq!(reader.skip(), Err(XmlError::Limit("depth")));
        let wide = format!(
            "<R {}/>",
            (0..50).map(|n| format!("a{n}='x' ")).collect::<String>()
        );
        assert_eq!(read_all(&wide), Err(XmlError::Limit("attributes")));
        let long = format!("<R><A>{}</A></R>", "x".repeat(MAX_TEXT + 1));
        assert_eq!(read_all(&long), Err(XmlError::Limit("text")));
    }

    #[test]
    fn skip_passes_over_nested_elements() {
        let mut reader = Reader::new(b"<R><A><B><C/>x</B></A><D>1</D></R>").unwrap();
        reader.root("R").unwrap();
        reader.child().unwrap();
        reader.skip().unwrap();
        assert_eq!(reader.child().unwrap(), Some("D"));
        assert_eq!(reader.text().unwrap(), "1");
        assert_eq!(reader.child().unwrap(), None);
        reader.finish().unwrap();
    }
}
