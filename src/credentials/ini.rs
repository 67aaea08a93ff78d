//! The common part of the two dialects of INI files that hold credentials.
//!
//! Why not a library: both files are read as their own tools read them. A value is the rest of
//! its line, whatever is in it (`%`, `#`, quotes: secrets have all of them), and indented lines
//! below an empty value are nested settings of the AWS files: `s3.addressing_style`.

use std::collections::BTreeMap;

use thiserror::Error;

/// The sections of a file, in lower case as they stand; names of values in lower case.
#[derive(Default, Clone)]
pub(super) struct Ini {
    sections: BTreeMap<String, BTreeMap<String, String>>,
}

/// A line that is neither a section, a value nor a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("line {line} is not a \"[section]\", \"name = value\" or a comment")]
pub(super) struct IniError {
    line: usize,
}

impl Ini {
    pub(super) fn parse(text: &str) -> Result<Self, IniError> {
        let mut ini = Self::default();
        let mut section: Option<String> = None;
        // What indented lines belong to.
        let mut outer: Option<String> = None;
        for (index, line) in text.lines().enumerate() {
            let error = IniError { line: index + 1 };
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            let is_nested = line.starts_with([' ', '\t']);
            let nested = trimmed.split_once('=').filter(|_| is_nested);
            if let (Some((name, value)), Some(outer)) = (nested, &outer) {
                let section = section.as_ref().and_then(|name| ini.sections.get_mut(name));
                let name = format!("{outer}.{}", name.trim().to_ascii_lowercase());
                section.ok_or(error)?.insert(name, value.trim().to_owned());
            }
            if is_nested {
                continue;
            }
            if let Some(rest) = trimmed.strip_prefix('[') {
                // A comment may follow the bracket.
                let (name, _) = rest.split_once(']').ok_or(error)?;
                let name = name.trim().to_owned();
                ini.sections.entry(name.clone()).or_default();
                section = Some(name);
                outer = None;
                continue;
            }
            let (name, value) = trimmed.split_once(['=', ':']).ok_or(error)?;
            let section = section.as_ref().and_then(|name| ini.sections.get_mut(name));
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
            outer = value.is_empty().then(|| name.clone());
            section.ok_or(error)?.insert(name, value);
        }
        Ok(ini)
    }

    pub(super) fn section(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.sections.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_to_the_end_of_the_line() {
        let text = "# c\n[default] ; x\nsecret_key = a%b#c;d=e \ns3 =\n  nested = 1\nEmpty=\n";
        let ini = Ini::parse(text).unwrap();
        let section = ini.section("default").unwrap();
        assert_eq!(section["secret_key"], "a%b#c;d=e");
        assert_eq!(section["empty"], "");
        assert!(!section.contains_key("nested"));
        assert_eq!(section["s3.nested"], "1");
    }

    #[test]
    fn nonsense_is_named_by_its_line() {
        assert_eq!(
            Ini::parse("[a]\nnonsense\n").err(),
            Some(IniError { line: 2 })
        );
        assert_eq!(Ini::parse("a = b\n").err(), Some(IniError { line: 1 }));
        assert_eq!(Ini::parse("[a\n").err(), Some(IniError { line: 1 }));
    }
}
