//! Who may do what with an object or a bucket.

use crate::s3::xml::{Reader, Writer, XmlError};

/// An access control list.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>. At most 100
/// grants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acl {
    /// The canonical id of the owner; some stores leave it out.
    pub owner: Option<String>,
    /// Who may do what.
    pub grants: Vec<Grant>,
}

/// One permission of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who.
    pub grantee: Grantee,
    /// What: `FULL_CONTROL`, `READ`, `WRITE`, `READ_ACP` or `WRITE_ACP`.
    pub permission: String,
}

/// Who a grant is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantee {
    /// An account, by its canonical id, and its name where the server tells it.
    Account(String, Option<String>),
    /// A group, by its URI.
    Group(String),
    /// An account, by the address of its owner; servers tell the id.
    Address(String),
}

impl Acl {
    /// Adds a grant, if it is not there.
    pub fn grant(&mut self, grant: Grant) {
        let is_there = |known: &Grant| {
            known.grantee.is(&grant.grantee) && known.permission == grant.permission
        };
        if !self.grants.iter().any(is_there) {
            self.grants.push(grant);
        }
    }

    /// Takes a permission from somebody; without one, all of them.
    pub fn revoke(&mut self, grantee: &Grantee, permission: Option<&str>) {
        let is_meant = |grant: &Grant| {
            grant.grantee.is(grantee)
                && permission.is_none_or(|permission| permission == grant.permission)
        };
        self.grants.retain(|grant| !is_meant(grant));
    }

    /// Reads what is in an `AccessControlPolicy`.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, XmlError> {
        let mut acl = Self::default();
        let mut has_list = false;
        while let Some(name) = reader.child()? {
            match name {
                "Owner" => acl.owner = party(reader)?.id,
                "AccessControlList" => {
                    has_list = true;
                    while let Some(name) = reader.child()? {
                        match name {
                            "Grant" => acl.grants.push(grant(reader)?),
                            _ => reader.skip()?,
                        }
                    }
                }
                _ => reader.skip()?,
            }
        }
        match has_list {
            true => Ok(acl),
            false => Err(XmlError::Missing("AccessControlList")),
        }
    }

    /// As the body of a request.
    pub(super) fn document(&self) -> String {
        Writer::document("AccessControlPolicy", |w| {
            if let Some(owner) = &self.owner {
                w.element("Owner", |w| w.text("ID", owner));
            }
            w.element("AccessControlList", |w| {
                for Grant {
                    grantee,
                    permission,
                } in &self.grants
                {
                    w.element("Grant", |w| {
                        let (kind, name, value) = match grantee {
                            Grantee::Account(id, _) => ("CanonicalUser", "ID", id),
                            Grantee::Group(uri) => ("Group", "URI", uri),
                            Grantee::Address(address) => {
                                ("AmazonCustomerByEmail", "EmailAddress", address)
                            }
                        };
                        w.typed("Grantee", kind, |w| w.text(name, value));
                        w.text("Permission", permission);
                    });
                }
            });
        })
    }
}

impl Grantee {
    /// Reads what people write: `anon`, a URI, an address, or an id.
    pub fn parse(text: &str) -> Self {
        match text {
            "anon" => Self::Group(ALL_USERS.to_owned()),
            uri if uri.contains("://") => Self::Group(uri.to_owned()),
            address if address.contains('@') => Self::Address(address.to_owned()),
            id => Self::Account(id.to_owned(), None),
        }
    }

    /// What people write.
    pub fn name(&self) -> &str {
        match self {
            Self::Group(uri) if uri == ALL_USERS => "anon",
            Self::Account(name, _) | Self::Group(name) | Self::Address(name) => name,
        }
    }

    /// Whether both are the same, by the id, or by the name that a server tells.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Account(id, name), Self::Account(other, _)) => {
                id == other || name.as_ref() == Some(other)
            }
            _ => self == other,
        }
    }
}

/// Somebody, in whichever way he is named.
#[derive(Default)]
struct Party {
    id: Option<String>,
    name: Option<String>,
    uri: Option<String>,
    address: Option<String>,
}

fn party(reader: &mut Reader<'_>) -> Result<Party, XmlError> {
    let mut party = Party::default();
    while let Some(name) = reader.child()? {
        match name {
            "ID" => party.id = Some(reader.text()?),
            "DisplayName" => party.name = Some(reader.text()?),
            "URI" => party.uri = Some(reader.text()?),
            "EmailAddress" => party.address = Some(reader.text()?),
            _ => reader.skip()?,
        }
    }
    Ok(party)
}

fn grant(reader: &mut Reader<'_>) -> Result<Grant, XmlError> {
    let (mut grantee, mut permission) = (None, None);
    while let Some(name) = reader.child()? {
        match name {
            "Grantee" => {
                grantee = match party(reader)? {
                    Party { uri: Some(uri), .. } => Some(Grantee::Group(uri)),
                    Party {
                        id: Some(id), name, ..
                    } => Some(Grantee::Account(id, name)),
                    Party { address, .. } => address.map(Grantee::Address),
                };
            }
            "Permission" => permission = Some(reader.text()?),
            _ => reader.skip()?,
        }
    }
    Ok(Grant {
        grantee: grantee.ok_or(XmlError::Missing("Grantee"))?,
        permission: permission.ok_or(XmlError::Missing("Permission"))?,
    })
}

/// Everybody, also without credentials.
const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let grant = |grantee, permission: &str| Grant {
            grantee,
            permission: permission.to_owned(),
        };
        let acl = Acl {
            owner: Some("me&<you>".to_owned()),
            grants: vec![
                grant(Grantee::parse("id"), "FULL_CONTROL"),
                grant(Grantee::parse("anon"), "READ"),
                grant(Grantee::parse("x@example.com"), "WRITE_ACP"),
            ],
        };
        let document = acl.document();
        assert!(
            document.contains("xsi:type=\"CanonicalUser\"><ID>id</ID>"),
            "{document}"
        );
        let mut reader = Reader::new(document.as_bytes()).unwrap();
        reader.root("AccessControlPolicy").unwrap();
        assert_eq!(Acl::read(&mut reader).unwrap(), acl);
        let mut reader = Reader::new(b"<AccessControlPolicy/>").unwrap();
        reader.root("AccessControlPolicy").unwrap();
        Acl::read(&mut reader).unwrap_err();
    }

    #[test]
    fn grants_come_and_go() {
        let mut acl = Acl::default();
        let grant = |who, permission: &str| Grant {
            grantee: Grantee::parse(who),
            permission: permission.to_owned(),
        };
        for _ in 0..2 {
            acl.grant(grant("anon", "READ"));
            acl.grant(grant("id", "READ"));
            acl.grant(grant("id", "WRITE"));
        }
        assert_eq!(acl.grants.len(), 3);
        acl.revoke(&Grantee::parse("id"), Some("READ"));
        assert_eq!(acl.grants, [grant("anon", "READ"), grant("id", "WRITE")]);
        acl.revoke(&Grantee::parse("id"), None);
        assert_eq!(acl.grants, [grant("anon", "READ")]);
        acl.grants[0].grantee = Grantee::Account("id".to_owned(), Some("me".to_owned()));
        acl.revoke(&Grantee::parse("me"), None);
        assert_eq!(acl.grants, []);
    }
}
