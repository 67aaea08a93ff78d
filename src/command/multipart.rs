//! `multipart`: the uploads that somebody began and did not end. They cost money, and no listing
//! of objects shows them.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::{
    client::Mutations,
    command::{Failure, Session},
    location::S3Url,
    plan::pattern::Pattern,
    s3::op::MultipartUpload,
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
    let engine = Arc::new(session.engine());
    while let Some(mut uploads) = list.next_page().await.map_err(Failure::from)? {
        uploads.retain(|upload| pattern.matches_tree(&upload.key) && is_old(session, upload));
        match action {
            Action::List => {
                let lines = uploads.iter().map(|upload| line(&url.bucket, upload));
                session.output.lines(lines);
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

fn line(bucket: &str, upload: &MultipartUpload) -> String {
    let time = upload
        .initiated
        .map(|at| at.strftime("%Y-%m-%d %H:%M").to_string());
    let (time, id) = (time.unwrap_or_default(), &upload.upload_id.0);
    format!("{time:16} {id} s3://{bucket}/{key}", key = upload.key)
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
                Ok(()) => session.output.done(format_args!("Abort {} {target}", id.0)),
                Err(text) => {
                    let about = format!("{target}: upload {}", id.0);
                    session.output.failure(&Failure::about(about, text));
                }
            }
        });
    }
    while running.join_next().await.is_some() {}
}
