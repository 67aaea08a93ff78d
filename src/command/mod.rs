//! The subcommands: one file each, over what they share.

mod acl;
mod apply;
mod bars;
mod case_conflict;
mod cat;
mod complete;
mod cp;
mod cuts;
mod del;
mod draft;
mod dsync;
mod du;
mod failure;
mod get;
mod info;
mod la;
mod layout;
mod ledger;
mod level;
mod log;
mod ls;
mod manifest;
mod mb;
mod modify;
mod multipart;
mod operands;
mod output;
mod plan;
mod policy;
mod progress;
mod put;
mod queue;
mod rb;
mod record;
mod report;
mod root;
mod scope;
mod script;
mod session;
mod signurl;
mod stats;
mod stream;
mod sync;
mod tally;
mod targets;
mod verify;
mod versions;
mod walk;

use std::time::Instant;

use futures_util::future::BoxFuture;

pub use acl::{AclChange, Permit};
pub use case_conflict::CaseConflict;
pub use dsync::{DeleteOptions, Most};
pub use failure::{Cause, Failure};
pub use layout::{Layout, TimeStyle};
pub use log::LogOptions;
pub use multipart::Action as MultipartAction;
pub use operands::Command;
pub use output::{Hush, Output, OutputOptions};
pub use policy::PolicyAction;
pub use progress::Show;
pub use script::{Line, run_all};
pub use session::{Options, Session, Work};
pub use signurl::Grant;
pub use stream::Stream;
pub use tally::Tally;

/// Runs a command to its end. Whatever failed was told by then, and was counted in the output.
pub async fn run(session: &Session, command: &Command) {
    let begun = Instant::now();
    let result = match session.until_cancelled(authenticate(session)).await {
        Ok(()) => carry_out(session, command).await,
        Err(failure) => Err(failure),
    };
    session.tell_end(result);
    conclude(session, begun);
}

/// What is done and told when everything else is over.
fn conclude(session: &Session, begun: Instant) {
    if let Err(error) = session.hashes.save() {
        session.output.failure(&Failure::runtime(error.to_string()));
    }
    account(session, begun);
}

async fn authenticate(session: &Session) -> Result<(), Failure> {
    session.client.authenticate().await?;
    Ok(session.source.authenticate().await?)
}

/// All commands in one place, however they came.
fn carry_out<'a>(session: &'a Session, command: &'a Command) -> BoxFuture<'a, Result<(), Failure>> {
    Box::pin(async move {
        match &session.options.manifest {
            Some(path) => manifest::instead_of(session, command, path).await,
            None => work(session, command).await,
        }
    })
}

async fn work(session: &Session, command: &Command) -> Result<(), Failure> {
    match command {
        _ if session.options.verify && !command.verifies() => {
            let text = "--verify and --report are for dsync; verify compares afterwards";
            Err(Failure::InvalidArgument(text.to_owned()))
        }
        _ if session.options.plan.is_some() && !matches!(command, Command::Dsync { .. }) => {
            let text = "--plan is for dsync; apply does what it says".to_owned();
            Err(Failure::InvalidArgument(text))
        }
        Command::Cuts { parts, directory } => cuts::run(session, *parts, directory).await,
        Command::Apply(path) => apply::run(session, path).await,
        Command::Ls(url) => {
            session
                .until_cancelled(ls::run(session, url.as_ref()))
                .await
        }
        Command::Multipart { action, url } => {
            session
                .until_cancelled(multipart::run(session, *action, url))
                .await
        }
        Command::La => session.until_cancelled(la::run(session)).await,
        Command::Mb(url) => session.until_cancelled(mb::run(session, url)).await,
        Command::Rb(url) => rb::run(session, url).await,
        Command::SignUrl(url) => session.until_cancelled(signurl::run(session, url)).await,
        Command::Cat(url) => session.until_cancelled(cat::run(session, url)).await,
        Command::Put { sources, target } => put::run(session, sources, target).await,
        Command::PutInput(target) => put::run_input(session, target).await,
        Command::Get { source, target } => get::run(session, source, target).await,
        Command::Del(url) => del::run(session, url).await,
        Command::Copy {
            source,
            target,
            afterwards,
        } => cp::run(session, source, target, *afterwards).await,
        Command::Sync(sync) => sync::run(session, sync).await,
        Command::Du(urls) => session.until_cancelled(du::run(session, urls)).await,
        Command::Info(urls) => session.until_cancelled(info::run(session, urls)).await,
        Command::GetAcl(url) => session.until_cancelled(acl::get(session, url)).await,
        Command::SetAcl(url) => session.until_cancelled(acl::set(session, url)).await,
        Command::Modify(url) => modify::run(session, url).await,
        Command::Policy { action, url } => {
            session
                .until_cancelled(policy::run(session, action, url))
                .await
        }
        Command::Complete(word) => session.until_cancelled(complete::run(session, word)).await,
        Command::TotalSize(urls) => session.until_cancelled(du::total(session, urls)).await,
        Command::Dsync { source, target } => dsync::run(session, source, target).await,
        Command::Verify { source, target } => verify::run(session, source, target).await,
    }
}

/// A name that is lost on the way is a bug, which is better told than kept.
fn account(session: &Session, begun: Instant) {
    if session.options.stats {
        stats::tell(session, begun.elapsed());
    }
    if !session.cancel.is_cancelled() && !session.tally.adds_up() {
        let text = format!("not every name is accounted for: {}", session.tally);
        session.output.failure(&Failure::runtime(text));
    }
}
