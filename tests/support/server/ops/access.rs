//! Who may do what: lists and policies are kept and given back, and not obeyed.

use bytes::Bytes;

use super::super::error::{Result, S3Error};
use super::super::reply::Reply;
use super::super::xml::{Element, Writer};
use super::Call;

/// GetObjectAcl and GetBucketAcl.
pub fn acl(call: &Call) -> Result<Reply> {
    let (name, key) = (call.request.bucket(), call.request.key.clone());
    let kept = call.shared.store.with(name, |bucket| {
        if let Some(key) = &key {
            bucket.object(key)?;
        }
        Ok(bucket.acls.get(&key).cloned())
    })?;
    let mut reply = Reply::xml(canned("private").unwrap_or_else(|| Writer::new("None")));
    if let Some(kept) = kept {
        reply.change_body(|body| *body = kept.to_vec());
    }
    Ok(reply)
}

/// PutObjectAcl and PutBucketAcl.
pub fn set_acl(call: &Call) -> Result<Reply> {
    call.body.verify(call.request, &call.shared.config)?;
    let body = call.body.bytes();
    let list = match call.request.header("x-amz-acl") {
        Some(name) => {
            let list = canned(name).ok_or_else(|| invalid("x-amz-acl"))?;
            Bytes::from(list.finish())
        }
        None => {
            let text = std::str::from_utf8(&body).map_err(|_| S3Error::malformed_xml())?;
            let root = Element::parse(text).ok_or_else(S3Error::malformed_xml)?;
            if root.name != "AccessControlPolicy" || root.all("AccessControlList").count() != 1 {
                return Err(S3Error::malformed_xml());
            }
            body
        }
    };
    let key = call.request.key.clone();
    call.shared.store.with(call.request.bucket(), |bucket| {
        if let Some(key) = &key {
            bucket.object(key)?;
        }
        bucket.acls.insert(key.clone(), list.clone());
        Ok(Reply::new(200))
    })
}

/// GetBucketPolicy.
pub fn policy(call: &Call) -> Result<Reply> {
    call.shared.store.with(call.request.bucket(), |bucket| {
        let policy = bucket.policy.clone().ok_or_else(|| {
            let message = "The bucket policy does not exist";
            S3Error::new(404, "NoSuchBucketPolicy", message)
        })?;
        let mut reply = Reply::new(200);
        reply.set("content-type", "application/json");
        reply.change_body(|body| *body = policy.to_vec());
        Ok(reply)
    })
}

/// PutBucketPolicy.
pub fn set_policy(call: &Call) -> Result<Reply> {
    call.body.verify(call.request, &call.shared.config)?;
    let policy = call.body.bytes();
    serde_json::from_slice::<serde_json::Value>(&policy).map_err(|_| {
        let message = "This policy contains invalid Json";
        S3Error::new(400, "MalformedPolicy", message)
    })?;
    call.shared.store.with(call.request.bucket(), |bucket| {
        bucket.policy = Some(policy.clone());
        Ok(Reply::new(204))
    })
}

/// DeleteBucketPolicy.
pub fn delete_policy(call: &Call) -> Result<Reply> {
    call.shared.store.with(call.request.bucket(), |bucket| {
        bucket.policy = None;
        Ok(Reply::new(204))
    })
}

fn canned(name: &str) -> Option<Writer> {
    let everybody = match name {
        "private" => false,
        "public-read" => true,
        _ => return None,
    };
    let mut xml = Writer::new("AccessControlPolicy");
    xml.nested("Owner", |xml| {
        xml.leaf("ID", OWNER);
    });
    xml.nested("AccessControlList", |xml| {
        let mut grant = |kind, who, permission| {
            xml.nested("Grant", |xml| {
                xml.nested("Grantee", |xml| {
                    xml.leaf(kind, who);
                });
                xml.leaf("Permission", permission);
            });
        };
        grant("ID", OWNER, "FULL_CONTROL");
        if everybody {
            let all = "http://acs.amazonaws.com/groups/global/AllUsers";
            grant("URI", all, "READ");
        }
    });
    Some(xml)
}

fn invalid(name: &str) -> S3Error {
    S3Error::new(400, "InvalidArgument", "Invalid argument").with("ArgumentName", name)
}

const OWNER: &str = "s3-test-owner";
