//! `signurl`: a URL that anybody can use for a while.

use crate::{
    client::Presigned,
    command::{Failure, Session, record::Fact},
    location::S3Url,
    s3::{
        op::{GetObject, PutObject},
        payload::{Payload, PayloadHash},
        properties::Properties,
        request::{Condition, Role},
    },
};

/// What may be done with a URL, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Whether the object may be written, not read.
    pub writes: bool,
    /// Seconds.
    pub expires: u32,
}

pub(super) async fn run(session: &Session, url: &S3Url) -> Result<(), Failure> {
    let (bucket, key) = (&*url.bucket, &*url.key);
    if key.is_empty() {
        let text = format!("{url} is a bucket: signurl is for objects");
        return Err(Failure::InvalidArgument(text));
    }
    let Grant { writes, expires } = session.options.grant;
    let client = &session.client;
    let Presigned { url, headers } = if writes {
        let put = PutObject {
            bucket,
            key,
            metadata: &[],
            properties: &Properties::default(),
            content_md5: None,
            payload: Payload::Empty,
            payload_hash: PayloadHash::Unsigned,
            condition: Condition::Always,
        };
        client.presign(&put, expires).await?
    } else {
        let get = GetObject {
            bucket,
            key,
            role: Role::Source,
            range: None,
            if_match: None,
        };
        client.presign(&get, expires).await?
    };
    if !headers.is_empty() {
        let names: Vec<&str> = headers.iter().map(|name| name.as_str()).collect();
        let names = names.join(", ");
        let text = "the URL works only with the headers that it was signed with";
        session.output.warning(format_args!("{text}: {names}"));
    }
    session.output.line(Fact::Signed(&url));
    Ok(())
}
