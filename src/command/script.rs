//! `run`: many commands in one process, by one set of connections.

use std::{sync::Arc, time::Instant};

use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    command::{Command, Failure, Session, Work, authenticate, carry_out, conclude},
    transfer::resume_panic,
};

/// A command of a script.
#[derive(Debug)]
pub struct Line {
    /// Where it stands.
    pub place: String,
    /// What to do.
    pub command: Command,
    /// By what.
    pub work: Work,
}

/// Runs commands as they come, up to `at_once` of them together, in the order of their beginning.
/// One that fails does not keep the others from being run.
pub async fn run_all(
    session: &Session,
    mut lines: mpsc::Receiver<Result<Line, Failure>>,
    at_once: usize,
) {
    let begun = Instant::now();
    if let Err(failure) = session.until_cancelled(authenticate(session)).await {
        session.tell_end(Err(failure));
        return conclude(session, begun);
    }
    let _progress = session.output.show_progress(session.transfer.jobs);
    let mut running = JoinSet::new();
    let runs = async {
        while let Some(line) = lines.recv().await {
            while running.len() >= at_once {
                resume_panic(running.join_next().await);
            }
            if session.cancel.is_cancelled() {
                break;
            }
            match line {
                Ok(line) => {
                    let (total, session) =
                        (Arc::clone(&session.tally), session.for_work(line.work));
                    running.spawn(async move {
                        let result = carry_out(&session, &line.command).await;
                        session.tell_end(result.map_err(|failure| failure.on(&line.place)));
                        total.add(&session.tally);
                    });
                }
                Err(failure) => session.output.failure(&failure),
            }
        }
    };
    // Who writes the script may take as long as it likes, but not longer than this.
    session.cancel.run_until_cancelled(runs).await;
    while let Some(ended) = running.join_next().await {
        resume_panic(Some(ended));
    }
    conclude(session, begun);
}
