//! `getacl` and `setacl`: who may do what.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    client::{ClientError, Mutations},
    command::{Failure, Session, record::Fact, walk::Objects},
    location::S3Url,
    s3::{
        acl::{Acl, Grant, Grantee},
        op::{GetAcl, PutAcl},
    },
    transfer::Error,
};

/// A permission that is given or taken: `READ:anon`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// As S3 names it; `None` for all that somebody has.
    pub permission: Option<String>,
    /// Whose.
    pub grantee: Grantee,
}

/// What becomes of access control lists, beside what `--acl` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AclChange {
    /// Permissions to give.
    pub grant: Vec<Permit>,
    /// Permissions to take.
    pub revoke: Vec<Permit>,
}

impl Permit {
    /// Reads `PERMISSION:WHO`.
    ///
    /// # Errors
    /// There is no such permission, or nobody is named.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (permission, who) = text.split_once(':').ok_or("PERMISSION:WHO expected")?;
        let permission = permission.to_ascii_uppercase();
        let permission = match &*permission {
            "ALL" => None,
            name if PERMISSIONS.contains(&name) => Some(permission),
            _ => return Err(format!("{}, or all, expected", PERMISSIONS.join(", "))),
        };
        match who {
            "" => Err("nobody is named behind the colon".to_owned()),
            who => Ok(Self {
                permission,
                grantee: Grantee::parse(who),
            }),
        }
    }
}

impl AclChange {
    fn is_empty(&self) -> bool {
        self.grant.is_empty() && self.revoke.is_empty()
    }

    fn apply(&self, acl: &mut Acl) {
        for Permit {
            permission,
            grantee,
        } in &self.revoke
        {
            acl.revoke(grantee, permission.as_deref());
        }
        for Permit {
            permission,
            grantee,
        } in &self.grant
        {
            let permission = permission.as_deref().unwrap_or(FULL_CONTROL);
            acl.grant(Grant {
                grantee: grantee.clone(),
                permission: permission.to_owned(),
            });
        }
    }
}

/// Shows who may do what.
pub(super) async fn get(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let get = GetAcl {
        bucket: &url.bucket,
        key: key_of(url),
    };
    let acl = session.client.call(&get).await;
    let acl = acl.map_err(|error| Failure::from(error).on(url))?;
    let grants: Vec<Value> = acl
        .grants
        .iter()
        .map(|grant| json!({"grantee": grant.grantee.name(), "permission": grant.permission}))
        .collect();
    let owner = acl.owner.as_deref();
    let object = json!({"type": "acl", "url": url.to_string(), "owner": owner, "grants": grants});
    let head = owner.map(|owner| format!("owner: {owner}"));
    let lines = acl.grants.iter().map(line);
    session
        .output
        .paragraph(head.into_iter().chain(lines), object);
    Ok(())
}

fn line(grant: &Grant) -> String {
    let name = match &grant.grantee {
        Grantee::Account(id, Some(name)) => format!("{name} ({id})"),
        other => other.name().to_owned(),
    };
    format!("{name}: {}", grant.permission)
}

/// Changes who may do what: with an object, a bucket, or with `-r` all objects below.
pub(super) async fn set(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let has_headers = HEADERS
        .iter()
        .any(|flag| session.client.api_options().has(flag));
    match (has_headers, session.options.acl.is_empty()) {
        (false, true) => {
            let text =
                "setacl needs --acl, --acl-public, --acl-private, --acl-grant or --acl-revoke";
            return Err(Failure::InvalidArgument(text.to_owned()));
        }
        (true, false) => {
            let text = "--acl-grant and --acl-revoke change a list, --acl replaces it: one of them";
            return Err(Failure::InvalidArgument(text.to_owned()));
        }
        _ => {}
    }
    if url.key.is_empty() && !session.options.recursive {
        change(session, url).await;
        return Ok(());
    }
    let mut pages = Objects::of(session, url).await?;
    while let Some(objects) = pages.next(session).await? {
        let urls = objects.into_iter().map(|object| url.with_key(object.key));
        change_all(session, urls.collect()).await;
    }
    Ok(())
}

/// A page at once: the client bounds the requests that are under way.
async fn change_all(session: &Session, urls: Vec<S3Url>) {
    let mut running = JoinSet::new();
    for url in urls {
        let session = session.clone();
        running.spawn(async move { change(&session, &url).await });
    }
    while running.join_next().await.is_some() {}
}

async fn change(session: &Session, url: &S3Url) {
    match try_change(session, url).await {
        Ok(()) => session.output.done(Fact::AclSet(url)),
        Err(error) => {
            let failure = Failure::of_job(url, &Error::from(error));
            session.output.failure(&failure);
        }
    }
}

async fn try_change(session: &Session, url: &S3Url) -> Result<(), ClientError> {
    let (bucket, key) = (&*url.bucket, key_of(url));
    let change = &session.options.acl;
    let mut acl = None;
    if !change.is_empty() {
        let mut list = session.client.call(&GetAcl { bucket, key }).await?;
        change.apply(&mut list);
        acl = Some(list);
    }
    if session.client.mutations() == Mutations::Forbidden {
        return Ok(());
    }
    let acl = acl.as_ref();
    session.client.call(&PutAcl { bucket, key, acl }).await
}

fn key_of(url: &S3Url) -> Option<&str> {
    Some(&*url.key).filter(|key| !key.is_empty())
}

const FULL_CONTROL: &str = "FULL_CONTROL";
const PERMISSIONS: [&str; 5] = [FULL_CONTROL, "READ", "WRITE", "READ_ACP", "WRITE_ACP"];
/// Options that become headers with permissions.
const HEADERS: [&str; 6] = [
    "API-ACL",
    "API-GrantFullControl",
    "API-GrantRead",
    "API-GrantReadACP",
    "API-GrantWrite",
    "API-GrantWriteACP",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_name_a_permission_and_somebody() {
        let permit = Permit::parse("read_acp:anon").unwrap();
        assert_eq!(permit.permission.as_deref(), Some("READ_ACP"));
        assert_eq!(permit.grantee, Grantee::parse("anon"));
        assert_eq!(Permit::parse("all:id").unwrap().permission, None);
        for text in ["read", "read:", "fly:anon", ":anon"] {
            Permit::parse(text).unwrap_err();
        }
    }
}
