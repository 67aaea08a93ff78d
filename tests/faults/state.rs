//! What is there: every object and every file, by its name.

use std::{collections::BTreeMap, fs};

use bytes::Bytes;

use crate::{
    server::{Headers, Simulated},
    world::World,
};

/// Objects are named as `s3://bucket/key`, buckets as `s3://bucket`, files by their path in the
/// world.
pub type State = BTreeMap<String, Content>;

/// One object or one file.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    pub body: Bytes,
    /// Of objects.
    pub headers: Headers,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes {:?}", self.body.len(), self.headers)
    }
}

/// Everything in a world.
pub fn of(world: &World) -> State {
    let mut state = objects(&world.server);
    let entries = walkdir::WalkDir::new(world.root()).into_iter();
    let files = entries.map(Result::unwrap);
    for file in files.filter(|entry| entry.file_type().is_file()) {
        let name = file.path().strip_prefix(world.root()).unwrap();
        let content = Content {
            body: fs::read(file.path()).unwrap().into(),
            headers: Headers::new(),
        };
        state.insert(name.to_str().unwrap().to_owned(), content);
    }
    state
}

fn objects(server: &Simulated) -> State {
    let mut state = State::new();
    for (bucket, content) in &*server.store().lock() {
        let nothing = Content {
            body: Bytes::new(),
            headers: Headers::new(),
        };
        state.insert(format!("s3://{bucket}"), nothing);
        for (key, object) in &content.objects {
            let content = Content {
                body: object.body.clone(),
                headers: object.headers.clone(),
            };
            state.insert(format!("s3://{bucket}/{key}"), content);
        }
    }
    state
}

/// The last component of a name.
pub fn file_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
