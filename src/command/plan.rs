//! What `dsync --plan` writes down and `apply` does: a line of JSON for each name.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::{
    blocking,
    command::{Failure, draft::Draft, root::Root},
    local::LocalFile,
    location::Location,
    s3::{op::ListedObject, types::ETag},
    transfer::{Job, Target},
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The two sides: absolute paths, or places in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sides {
    pub(super) source: Location,
    pub(super) target: Location,
}

/// What is to be done about a name, which is a path below both roots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) name: String,
    /// What is to be at the target; `None` if nothing is.
    pub(super) source: Option<State>,
    /// What is there.
    pub(super) target: Option<State>,
}

/// What there was of a name on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) size: u64,
    pub(super) version: Version,
}

/// Which one it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Version {
    /// A file of this time.
    File(Timestamp),
    /// An object with this tag.
    Object(ETag),
}

impl State {
    /// That of a file now; `None` if there is none.
    pub(super) fn of_file(path: &Path, name: &str) -> Result<Option<Self>, Failure> {
        let file = LocalFile::at(path.to_owned(), name);
        let file = file.map_err(|error| Failure::os(path.display(), &error))?;
        file.as_ref().map(Self::of).transpose()
    }

    /// That of a file, as it was seen.
    pub(super) fn of(file: &LocalFile) -> Result<Self, Failure> {
        let text = "no calendar has its time: no plan does";
        let undated = || Failure::about(file.path.display(), text);
        Ok(Self {
            size: file.len,
            version: Version::File(file.modified.ok_or_else(undated)?),
        })
    }

    /// That of an object, as it was listed.
    pub(super) fn of_object(object: &ListedObject) -> Result<Self, Failure> {
        let untagged = || Failure::about(&object.key, "the store gives it no ETag: no plan has it");
        Ok(Self {
            size: object.size,
            version: Version::Object(object.etag.clone().ok_or_else(untagged)?),
        })
    }

    fn to_json(&self) -> Value {
        match &self.version {
            Version::File(modified) => {
                json!({"size": self.size, "modified": modified.to_string()})
            }
            Version::Object(etag) => json!({"size": self.size, "etag": etag.as_str()}),
        }
    }

    fn of_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let version = match (text("modified"), text("etag")) {
            (Some(modified), None) => Version::File(modified.parse().ok()?),
            (None, Some(etag)) => Version::Object(ETag::parse(etag)?),
            _ => return None,
        };
        let size = value.get("size")?.as_u64()?;
        Some(Self { size, version })
    }
}

impl Step {
    fn to_json(&self) -> Value {
        let state = |state: &Option<State>| state.as_ref().map(State::to_json);
        match &self.source {
            Some(source) => json!({
                "type": "transfer",
                "name": self.name,
                "source": source.to_json(),
                "target": state(&self.target),
            }),
            None => json!({
                "type": "delete",
                "name": self.name,
                "target": state(&self.target),
            }),
        }
    }

    fn of_json(value: &Value) -> Option<Self> {
        let state = |name: &str| value.get(name).filter(|state| !state.is_null());
        let read = |name: &str| match state(name) {
            Some(state) => State::of_json(state).map(Some),
            None => Some(None),
        };
        let (source, target) = (read("source")?, read("target")?);
        let is_whole = match value.get("type")?.as_str()? {
            "transfer" => source.is_some(),
            "delete" => source.is_none() && target.is_some(),
            _ => false,
        };
        let name = value.get("name")?.as_str()?.to_owned();
        is_whole.then_some(Self {
            name,
            source,
            target,
        })
    }
}

impl Sides {
    /// Those of a command, as they are found from anywhere.
    pub(super) fn new(source: &Location, target: &Location) -> Result<Self, Failure> {
        Ok(Self {
            source: absolute(source)?,
            target: absolute(target)?,
        })
    }

    fn to_json(&self) -> Value {
        let (source, target) = (self.source.to_string(), self.target.to_string());
        json!({"type": "plan", "version": VERSION, "source": source, "target": target})
    }

    fn of_json(value: &Value) -> Option<Self> {
        let location = |name: &str| value.get(name)?.as_str().map(Location::parse);
        let is_plan = value.get("type")? == "plan" && value.get("version")? == VERSION;
        is_plan.then_some(Self {
            source: location("source")?,
            target: location("target")?,
        })
    }
}

fn absolute(location: &Location) -> Result<Location, Failure> {
    let Location::Local(path) = location else {
        return Ok(location.clone());
    };
    let absolute = std::path::absolute(path).map_err(|error| Failure::os(path, &error))?;
    match absolute.into_os_string().into_string() {
        Ok(path) => Ok(Location::Local(path)),
        Err(path) => Err(Failure::about(
            path.display(),
            "no plan can name it: it is not UTF-8",
        )),
    }
}

/// A plan that grows. It gets its name when everything is in it.
#[derive(Debug)]
pub(super) struct Planned {
    target: Root,
    path: PathBuf,
    /// Until it is finished.
    file: Mutex<Option<Draft>>,
}

impl Planned {
    pub(super) fn new(path: &Path, source: &Location, target: &Location) -> Result<Self, Failure> {
        let sides = Sides::new(source, target)?;
        let create = || {
            let mut file = Draft::of(path)?;
            writeln!(file, "{}", sides.to_json())?;
            Ok(file)
        };
        let file = create().map_err(|error: io::Error| Failure::os(path.display(), &error))?;
        Ok(Self {
            target: Root::of(target),
            path: path.to_owned(),
            file: Mutex::new(Some(file)),
        })
    }

    /// Adds what a job would do.
    pub(super) fn add_job(&self, job: &Job) -> Result<(), Failure> {
        let about = |text| Failure::about(job.source_name(), text);
        let name = self.target.name_of(job);
        let name = name.ok_or_else(|| about("its target is elsewhere"))?;
        let object = |target: &Target| match target {
            Target::Listed(object) => State::of_object(object).map(Some),
            Target::Absent | Target::Unknown => Ok(None),
        };
        let (source, target) = match job {
            Job::Upload(upload) => {
                let source = State::of_file(&upload.source, name)?;
                let source = source.ok_or_else(|| about("it is gone"))?;
                (source, object(&upload.known)?)
            }
            Job::Copy(copy) => (State::of_object(&copy.source)?, object(&copy.known)?),
            Job::Download(download) => {
                let there = State::of_file(&download.target, name)?;
                (State::of_object(&download.source)?, there)
            }
            Job::StreamUpload(_) | Job::Check(_) => return Ok(()),
        };
        self.add(&Step {
            name: name.to_owned(),
            source: Some(source),
            target,
        })
    }

    pub(super) fn add(&self, step: &Step) -> Result<(), Failure> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = &mut *file else {
            return Ok(());
        };
        let written = writeln!(file, "{}", step.to_json());
        written.map_err(|error| Failure::os(self.path.display(), &error))
    }

    /// Puts the plan in its place.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = file.take().map(|file| file.keep_as(&self.path));
        let kept = kept.unwrap_or(Ok(()));
        kept.map_err(|error| Failure::os(self.path.display(), &error))
    }
}

/// A plan that is read, line by line.
pub(super) struct Plan {
    path: PathBuf,
    lines: io::Lines<BufReader<File>>,
    number: u64,
}

impl Plan {
    /// Opens a plan.
    ///
    /// # Errors
    /// There is none, or it is something else.
    pub(super) fn open(path: &Path) -> Result<(Self, Sides), Failure> {
        let file = File::open(path).map_err(|error| Failure::os(path.display(), &error))?;
        let mut this = Self {
            path: path.to_owned(),
            lines: BufReader::new(file).lines(),
            number: 0,
        };
        let first = this.line()?.unwrap_or_default();
        let sides = Sides::of_json(&first).ok_or_else(|| this.wrong("it is not a plan"))?;
        Ok((this, sides))
    }

    /// The next step; `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<Step>, Failure> {
        let Some(line) = self.line()? else {
            return Ok(None);
        };
        let step = Step::of_json(&line);
        step.map(Some)
            .ok_or_else(|| self.wrong("it is no step of a plan"))
    }

    fn line(&mut self) -> Result<Option<Value>, Failure> {
        self.number += 1;
        match blocking::in_place(|| self.lines.next()) {
            None => Ok(None),
            Some(Ok(line)) => {
                let value = serde_json::from_str(&line);
                value.map(Some).map_err(|_| self.wrong("it is not JSON"))
            }
            Some(Err(error)) => Err(Failure::os(self.path.display(), &error)),
        }
    }

    fn wrong(&self, text: &str) -> Failure {
        Failure::about(
            format_args!("{}:{}", self.path.display(), self.number),
            text,
        )
    }
}

const VERSION: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn object(etag: &str) -> State {
        State {
            size: 3,
            version: Version::Object(ETag::new(etag)),
        }
    }

    fn file() -> State {
        State {
            size: 5,
            version: Version::File("2026-11-22T02:06:59.123456789Z".parse().unwrap()),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let step = |source, target| Step {
            name: "d/\"q\"\n\u{e9}".to_owned(),
            source,
            target,
        };
        for step in [
            step(Some(file()), None),
            step(Some(file()), Some(object("\"e\""))),
            step(Some(object("W/\"e\"")), Some(object("\"f\""))),
            step(Some(object("\"e\"")), Some(file())),
            step(None, Some(object("\"f\""))),
            step(None, Some(file())),
        ] {
            let line = step.to_json().to_string();
            let read = Step::of_json(&serde_json::from_str(&line).unwrap());
            assert_eq!(read, Some(step), "{line}");
        }
        let sides = Sides {
            source: Location::Local("/a".to_owned()),
            target: Location::parse("s3://b/c"),
        };
        assert_eq!(Sides::of_json(&sides.to_json()), Some(sides));
    }

    #[test]
    fn what_is_not_whole_is_no_step() {
        for line in [
            "1",
            "{}",
            r#"{"type":"plan","name":"a"}"#,
            r#"{"type":"transfer","name":"a","target":null}"#,
            r#"{"type":"delete","name":"a","target":null}"#,
            r#"{"type":"delete","name":"a","source":{"size":1,"etag":"e"},"target":{"size":1,"etag":"e"}}"#,
            r#"{"type":"transfer","source":{"size":1,"etag":"e"},"target":null}"#,
            r#"{"type":"transfer","name":"a","source":{"etag":"e"},"target":null}"#,
            r#"{"type":"transfer","name":"a","source":{"size":1},"target":null}"#,
            r#"{"type":"transfer","name":"a","source":{"size":1,"etag":"e","modified":"2026-11-22T02:06:59Z"},"target":null}"#,
            r#"{"type":"transfer","name":"a","source":{"size":1,"modified":"soon"},"target":null}"#,
        ] {
            let value = serde_json::from_str(line).unwrap();
            assert_eq!(Step::of_json(&value), None, "{line}");
        }
        let newer = r#"{"type":"plan","version":2,"source":"/a","target":"s3://b/"}"#;
        assert_eq!(Sides::of_json(&serde_json::from_str(newer).unwrap()), None);
    }
}
