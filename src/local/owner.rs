use std::{fs, io};

use thiserror::Error;

/// Whose a file is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The number of the user.
    pub user: Option<u32>,
    /// The number of the group.
    pub group: Option<u32>,
}

/// Why a text names no owner.
#[derive(Debug, Error)]
pub enum OwnerError {
    /// Neither a number nor in the system's list.
    #[error("there is no {0} \"{1}\"")]
    Unknown(&'static str, String),
    /// The list cannot be read.
    #[error("{0}: {1}")]
    Io(&'static str, io::Error),
}

impl Owner {
    /// Reads `user`, `user:group` or `:group`: names or numbers. Names are looked up in
    /// `/etc/passwd` and `/etc/group` only: a static program cannot ask the name service.
    ///
    /// # Errors
    /// A name that is in neither.
    pub fn parse(text: &str) -> Result<Self, OwnerError> {
        let (user, group) = text.split_once(':').unwrap_or((text, ""));
        Ok(Self {
            user: number("user", user, "/etc/passwd")?,
            group: number("group", group, "/etc/group")?,
        })
    }
}

fn number(kind: &'static str, name: &str, list: &'static str) -> Result<Option<u32>, OwnerError> {
    if name.is_empty() {
        return Ok(None);
    }
    if let Ok(number) = name.parse() {
        return Ok(Some(number));
    }
    let lines = fs::read_to_string(list).map_err(|error| OwnerError::Io(list, error))?;
    let number = lines.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
    });
    let unknown = || OwnerError::Unknown(kind, name.to_owned());
    number.map(Some).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_names_or_numbers() {
        let owner = |user, group| Owner { user, group };
        for (text, expected) in [
            ("root", owner(Some(0), None)),
            ("root:root", owner(Some(0), Some(0))),
            (":root", owner(None, Some(0))),
            ("12:34", owner(Some(12), Some(34))),
        ] {
            assert_eq!(Owner::parse(text).unwrap(), expected, "{text}");
        }
        let error = Owner::parse("no-such-user:root").unwrap_err().to_string();
        assert_eq!(error, "there is no user \"no-such-user\"");
    }
}
