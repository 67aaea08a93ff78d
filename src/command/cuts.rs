//! `cuts`: names that part what is in a directory into ranges of like size, for `--cuts`.

use serde_json::{Value, json};

use crate::{
    command::{
        Failure, Session,
        dsync::{ReadError, Side},
        record::Record,
        root::is_directory,
        walk,
    },
    location::Location,
    plan::shard::Cuts,
};

pub(super) async fn run(
    session: &Session,
    parts: usize,
    directory: &Location,
) -> Result<(), Failure> {
    if let Location::Local(path) = directory
        && !is_directory(path)?
    {
        return Err(Failure::about(path, "there is no such directory"));
    }
    let session = &session.between(directory, directory);
    let mut cuts = Cuts::new(parts);
    let reading = read(session, directory, &mut cuts);
    session.until_cancelled(reading).await?;
    for cut in cuts.finish() {
        session.output.line(Cut(cut));
    }
    Ok(())
}

/// A name, as `--cuts` reads it.
struct Cut(String);

impl Record for Cut {
    fn text(&self) -> String {
        Value::from(&*self.0).to_string()
    }

    fn json(&self) -> Option<Value> {
        Some(json!({"type": "cut", "name": self.0}))
    }
}

async fn read(session: &Session, directory: &Location, cuts: &mut Cuts) -> Result<(), Failure> {
    let read = async {
        // The only side, in the order of the names whatever that of the store is.
        let mut side = Side::source(session, directory, directory, true).await?;
        let is_empty = side.name().is_none();
        while let Some(name) = side.name() {
            cuts.add(name);
            side.taken(session).await?;
        }
        Ok(is_empty)
    };
    match read.await.map_err(ReadError::into_failure)? {
        true => Err(walk::no_source()),
        false => Ok(()),
    }
}
