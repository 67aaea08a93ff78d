//! The subcommands: one file each, over what they share.

mod cat;
mod cp;
mod del;
mod dsync;
mod du;
mod failure;
mod get;
mod level;
mod ls;
mod mb;
mod operands;
mod output;
mod progress;
mod put;
mod session;
mod sync;
mod targets;
mod walk;

pub use failure::{Cause, Failure};
pub use operands::Command;
pub use output::{Output, Stream};
pub use session::{Options, Session};

/// Runs a command to its end. Whatever failed was told by then, and was counted in the output.
pub async fn run(session: &Session, command: &Command) {
    let result = match command {
        Command::Ls(url) => {
            session
                .until_cancelled(ls::run(session, url.as_ref()))
                .await
        }
        Command::Mb(url) => session.until_cancelled(mb::run(session, url)).await,
        Command::Cat(url) => session.until_cancelled(cat::run(session, url)).await,
        Command::Put { sources, target } => put::run(session, sources, target).await,
        Command::Get { source, target } => get::run(session, source, target).await,
        Command::Del(url) => del::run(session, url).await,
        Command::Copy {
            source,
            target,
            afterwards,
        } => cp::run(session, source, target, *afterwards).await,
        Command::Sync(sync) => sync::run(session, sync).await,
        Command::Du(urls) => session.until_cancelled(du::run(session, urls)).await,
        Command::TotalSize(urls) => session.until_cancelled(du::total(session, urls)).await,
        Command::Dsync { source, target } => dsync::run(session, source, target).await,
    };
    match result {
        Ok(()) | Err(Failure::Interrupted) => {}
        Err(failure) => session.output.failure(&failure),
    }
}
