//! `dsync`: make a directory the same as another one, of which at least one is in S3.

mod extras;
mod join;
mod objects;
mod pairs;
mod planned;
mod side;
mod unread;

use std::{path::Path, sync::Arc};

use crate::{
    command::{
        Failure, Session,
        ledger::Ledger,
        plan::Planned,
        put::refuse_options,
        report::Report,
        root::{Root, is_directory},
        verify, walk,
    },
    location::{Location, S3Url},
    plan::difference::Direction,
};

use extras::Extras;
use join::{Found, join};
use pairs::Pairs;

pub(super) use extras::remove_extras_of_files;
pub use extras::{DeleteOptions, Most};
pub(super) use join::{has_any, marks_directory};
pub(super) use objects::no_room;
pub(super) use side::{Entry, ReadError, Side, facts_of};

pub(super) async fn run(
    session: &Session,
    source: &Location,
    target: &Location,
) -> Result<(), Failure> {
    let direction = direction(session, source, target)?;
    if direction == Direction::Up {
        refuse_options(session)?;
    }
    // A dry run changes nothing that could be looked at afterwards.
    let verifies = session.options.verify && !session.is_dry_run();
    let plan = session.options.plan.as_deref();
    let plan = plan.map(|path| Planned::new(path, source, target).map(Arc::new));
    let session = &Session {
        plan: plan.transpose()?,
        ledger: verifies.then(|| Arc::new(Ledger::new(Root::of(target)))),
        ..session.between(source, target)
    };
    // What is no directory has nothing in it.
    if let Location::Local(path) = source
        && !is_directory(path)?
    {
        return refuse_nothing(session, source).await;
    }
    // It is made first, because a run whose report cannot be written is better not begun.
    let report = verifies.then(|| Report::new(session.options.report.as_deref()));
    let report = report.transpose()?;
    let delete = session.options.delete;
    let (found, extras) = read(session, source, target, Some(direction)).await?;
    if !found.any && session.failures() == 0 {
        match session.of_all_shards() {
            Some(all) if has_any(&all, source, target).await? => {}
            Some(all) => refuse_nothing(&all, source).await?,
            None => refuse_nothing(session, source).await?,
        }
    }
    // What is kept is compared all the same.
    if let Some(options) = delete
        && let Err(failure) = extras
            .delete(session, options, (source, target), &found, |_| {})
            .await
    {
        match failure {
            Failure::Interrupted => return Err(failure),
            failure => session.output.failure(&failure),
        }
    }
    if let (Some(plan), Some(path)) = (&session.plan, &session.options.plan) {
        session.is_whole("plan", path)?;
        plan.finish()?;
    }
    match report {
        Some(report) => verify::after(session, direction, source, target, report).await,
        None => Ok(()),
    }
}

pub(super) fn direction(
    session: &Session,
    source: &Location,
    target: &Location,
) -> Result<Direction, Failure> {
    match (source, target) {
        (Location::Local(_), Location::S3(_)) => Ok(Direction::Up),
        (Location::S3(_), Location::Local(_)) => Ok(Direction::Down),
        (Location::S3(source), Location::S3(target)) => {
            if session.is_one_bucket(&source.bucket, &target.bucket) {
                refuse_overlap(source, target)?;
            }
            Ok(Direction::Across)
        }
        (Location::Local(_), Location::Local(_)) => {
            let text = "Cannot sync two local directories.";
            Err(Failure::InvalidArgument(text.to_owned()))
        }
    }
}

/// Both sides. A local target is only walked if what is only there matters: else the jobs look at
/// what is in their way.
async fn sides(
    session: &Session,
    source: &Location,
    target: &Location,
    sorted: bool,
) -> Result<(Side, Side), ReadError> {
    let sources = Side::source(session, source, target, sorted).await?;
    let is_walked = match target {
        Location::Local(path) if session.options.delete.is_some() => {
            let there = Path::new(path).try_exists();
            there.map_err(|error| Failure::os(path, &error))?
        }
        Location::Local(_) => false,
        Location::S3(_) => true,
    };
    let targets = match is_walked {
        true => Side::target(session, target, sorted).await?,
        false => Side::nothing(session, target).await?,
    };
    Ok((sources, targets))
}

/// Reads both sides, and transfers what differs if there is a direction for that.
///
/// If a store turns out not to list in order, everything is read once more from the beginning,
/// sorted then: that says of every name again where it is. (What was transferred by then is the
/// same now.) A dry run would tell everything twice, and has time to sort first.
async fn read(
    session: &Session,
    source: &Location,
    target: &Location,
    direction: Option<Direction>,
) -> Result<(Found, Extras), Failure> {
    let mut sorted = session.is_dry_run();
    loop {
        match Box::pin(pass(session, source, target, direction, sorted)).await {
            Ok(read) => return Ok(read),
            Err(ReadError::OutOfOrder) if !sorted => sorted = true,
            Err(error) => return Err(error.into_failure()),
        }
        let text = "the store does not list in the order of keys: reading it again, sorted";
        session.output.warning(text);
        session.tally.begin();
    }
}

async fn pass(
    session: &Session,
    source: &Location,
    target: &Location,
    direction: Option<Direction>,
    sorted: bool,
) -> Result<(Found, Extras), ReadError> {
    let mut extras = Extras::new(session);
    let Some(direction) = direction else {
        let sides = sides(session, source, target, sorted).await?;
        let found = join(session, source, sides, &mut extras, None).await?;
        return Ok((found, extras));
    };
    let mut read = Ok(Found::default());
    let produce = async |jobs| {
        let pass = async {
            let sides = sides(session, source, target, sorted).await?;
            let pairs = Pairs::new(session, direction, source, target, jobs);
            join(session, source, sides, &mut extras, Some(pairs)).await
        };
        read = pass.await;
        Ok(())
    };
    session.transfer(produce).await?;
    Ok((read?, extras))
}

/// If one directory is in the other, what is copied is a source, or what is deleted is.
fn refuse_overlap(source: &S3Url, target: &S3Url) -> Result<(), Failure> {
    let (from, to) = (source.join("").key, target.join("").key);
    if from.starts_with(&to) || to.starts_with(&from) {
        let text = format!("{source} and {target} overlap: they cannot be synchronised");
        return Err(Failure::InvalidArgument(text));
    }
    Ok(())
}

/// A source with nothing in it may be missing or empty, if the user said so, but not a file or an
/// object.
async fn refuse_nothing(session: &Session, source: &Location) -> Result<(), Failure> {
    let options = &session.options;
    let allows = |delete: DeleteOptions| delete.allow_empty_source;
    let may_be_empty = options.ignore_empty_source || options.delete.is_some_and(allows);
    let is_tolerated = match source {
        Location::Local(path) => {
            let there = Path::new(path).try_exists();
            let there = there.map_err(|error| Failure::os(path, &error))?;
            let is_directory = is_directory(path)?;
            // All that is in it may have been left out.
            let is_left_out = is_directory && !options.rules.is_empty();
            is_left_out || may_be_empty && (!there || is_directory)
        }
        Location::S3(_) if !options.rules.is_empty() => true,
        Location::S3(url) => {
            may_be_empty && {
                let entries = walk::entries(session, url);
                session.until_cancelled(entries).await?.entries.is_empty()
            }
        }
    };
    if is_tolerated {
        return Ok(());
    }
    let text = "Sync command need to sync directory to directory.";
    Err(Failure::runtime(text))
}
