//! `multipart`: the uploads that somebody began and did not end. They cost money, and no listing
//! of objects shows them.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    client::Mutations,
    command::{
        Failure, Layout, Session,
        record::{Fact, Record},
    },
    location::S3Url,
    plan::pattern::Pattern,
    s3::{op::MultipartUpload, time::iso8601},
    transfer::Engine,
};

/// What is done with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// They are shown.
    List,
    /// They are given up.
    Abort,
}

pub(super) async fn run(session: &Session, action: Action, url: &S3Url) -> Result<(), Failure> {
    let pattern = Pattern::new(&url.key);
    let mut list = session
        .client
        .list_uploads(&url.bucket, &pattern.fixed_prefix());
    let about = |error| Failure::from(error).on(url);
    let engine = Arc::new(session.engine());
    while let Some(mut uploads) = list.next_page().await.map_err(about)? {
        uploads.retain(|upload| pattern.matches_tree(&upload.key) && is_old(session, upload));
        match action {
            Action::List => {
                let listed = uploads.iter().map(|upload| Listed {
                    url: url.with_key(&*upload.key),
                    upload,
                    layout: &session.options.layout,
                });
                session.output.lines(listed);
            }
            Action::Abort => abort(session, &engine, &url.bucket, uploads).await,
        }
        if session.output.is_closed() {
            return Ok(());
        }
    }
    Ok(())
}

/// One that does not say when it was begun may be of now.
fn is_old(session: &Session, upload: &MultipartUpload) -> bool {
    match session.options.older_than {
        Some(limit) => upload.initiated.is_some_and(|initiated| initiated < limit),
        None => true,
    }
}

/// An upload in a list.
struct Listed<'a> {
    url: S3Url,
    upload: &'a MultipartUpload,
    layout: &'a Layout,
}

impl Record for Listed<'_> {
    fn text(&self) -> String {
        let time = self.layout.time(self.upload.initiated);
        let (id, url) = (&self.upload.upload_id.0, &self.url);
        format!("{time:width$} {id} {url}", width = self.layout.time_width())
    }

    fn json(&self) -> Option<Value> {
        Some(json!({
            "type": "upload",
            "url": self.url.to_string(),
            "upload_id": self.upload.upload_id.0,
            "initiated": self.upload.initiated.map(iso8601),
        }))
    }
}

/// A page at once: the client bounds the requests that are under way.
async fn abort(
    session: &Session,
    engine: &Arc<Engine>,
    bucket: &str,
    uploads: Vec<MultipartUpload>,
) {
    let mut running = JoinSet::new();
    for upload in uploads {
        let target = S3Url {
            bucket: bucket.to_owned(),
            key: upload.key,
        };
        let (session, engine) = (session.clone(), Arc::clone(engine));
        running.spawn(async move {
            let id = upload.upload_id;
            let aborted = match session.client.mutations() {
                Mutations::Allowed => engine.abort_upload(&target, &id).await,
                Mutations::Forbidden => Ok(()),
            };
            match aborted {
                Ok(()) => session.output.done(Fact::Aborted(&target, &id.0)),
                Err(text) => {
                    let about = format!("{target}: upload {}", id.0);
                    session.output.failure(&Failure::about(about, text));
                }
            }
        });
    }
    while running.join_next().await.is_some() {}
}
