use std::{future::Future, pin::Pin};

use jiff::Timestamp;

use crate::credentials::{
    Credentials, CredentialsError,
    access::Access,
    container::Container,
    instance::Instance,
    issued::Issued,
    process::Process,
    role::{AssumeRole, WebIdentity},
    sso::Sso,
};

/// Where credentials are to be had. Nothing was asked yet.
#[derive(Debug, Clone)]
pub enum Source {
    /// They are here.
    Keys(Credentials),
    /// A program prints them.
    Process(Process),
    /// The container's agent has them.
    Container(Container),
    /// The metadata service of the machine has them.
    Instance(Instance),
    /// A role that is taken on with other credentials.
    Role(Box<AssumeRole>),
    /// A role that is taken on with the token of an identity provider.
    WebIdentity(WebIdentity),
    /// A role of somebody who signed in with `aws sso login`.
    Sso(Sso),
}

impl Source {
    /// The keys, where nobody needs to be asked for them.
    pub fn keys(&self) -> Option<&Credentials> {
        match self {
            Self::Keys(credentials) => Some(credentials),
            _ => None,
        }
    }

    /// Asks for credentials. Boxed, as a role may need those of another role.
    pub(super) fn fetch<'a>(
        &'a self,
        access: &'a Access,
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Result<Issued, CredentialsError>> + Send + 'a>> {
        Box::pin(async move {
            match self {
                Self::Keys(credentials) => Ok(Issued::for_ever(credentials.clone())),
                Self::Process(process) => process.fetch().await,
                Self::Container(container) => container.fetch(access).await,
                Self::Instance(instance) => instance.fetch(access).await,
                Self::Role(role) => role.fetch(access, now).await,
                Self::WebIdentity(identity) => identity.fetch(access, now).await,
                Self::Sso(sso) => sso.fetch(access, now).await,
            }
        })
    }
}
