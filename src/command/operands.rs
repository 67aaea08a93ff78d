use std::path::PathBuf;

use crate::{
    command::{Failure, MultipartAction, PolicyAction},
    location::{Location, S3Target, S3Url},
    transfer::Afterwards,
};

/// A command with its operands, checked as far as that is possible without looking anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// List buckets, or what is at a place.
    Ls(Option<S3Url>),
    /// List what is in all buckets.
    La,
    /// Make a bucket.
    Mb(S3Url),
    /// Remove a bucket.
    Rb(S3Url),
    /// Make a URL that anybody can use.
    SignUrl(S3Url),
    /// Show or give up open multipart uploads.
    Multipart {
        /// Which of the two.
        action: MultipartAction,
        /// Of which keys.
        url: S3Url,
    },
    /// Files to S3.
    Put {
        /// Paths.
        sources: Vec<String>,
        /// Where to.
        target: S3Target,
    },
    /// The standard input to S3.
    PutInput(S3Target),
    /// S3 to files.
    Get {
        /// What.
        source: S3Url,
        /// A path.
        target: String,
    },
    /// S3 to the standard output.
    Cat(S3Url),
    /// S3 to S3.
    Copy {
        /// What.
        source: S3Url,
        /// Where to.
        target: S3Target,
        /// Whether it is moved.
        afterwards: Afterwards,
    },
    /// Delete.
    Del(S3Url),
    /// Make a directory the same as another one.
    Dsync {
        /// From.
        source: Location,
        /// To.
        target: Location,
    },
    /// Part what is in a directory.
    Cuts {
        /// Into how many.
        parts: usize,
        /// Which.
        directory: Location,
    },
    /// Do what a plan says.
    Apply(PathBuf),
    /// Compare a directory with another one.
    Verify {
        /// What it should be like.
        source: Location,
        /// What is looked at.
        target: Location,
    },
    /// Put, get or copy what differs.
    Sync(Sync),
    /// Tell what is known of objects and buckets.
    Info(Vec<S3Url>),
    /// Tell who may do what.
    GetAcl(S3Url),
    /// Say who may do what.
    SetAcl(S3Url),
    /// Change what objects have beside their bytes.
    Modify(S3Url),
    /// Show, set or remove what a bucket allows.
    Policy {
        /// Which of them.
        action: PolicyAction,
        /// Of which bucket.
        url: S3Url,
    },
    /// Names that begin like a word, for shells.
    Complete(String),
    /// Tell the size of each.
    Du(Vec<S3Url>),
    /// Tell the size of all together.
    TotalSize(Vec<S3Url>),
}

/// The ways of the obsolete `sync`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sync {
    /// As `put` does it.
    Up {
        /// A path.
        source: String,
        /// Where to.
        target: S3Target,
    },
    /// As `get` does it.
    Down {
        /// What.
        source: S3Url,
        /// A path.
        target: String,
    },
    /// As `cp` does it.
    Across {
        /// What.
        source: S3Url,
        /// Where to.
        target: S3Target,
    },
}

impl Command {
    /// Whether the command can compare both sides once more.
    pub(super) fn verifies(&self) -> bool {
        matches!(self, Self::Dsync { .. } | Self::Verify { .. })
    }

    /// Whether the command reads the standard input.
    pub fn reads_input(&self) -> bool {
        match self {
            Self::PutInput(_) => true,
            Self::Policy { action, .. } => *action == PolicyAction::Set("-".to_owned()),
            _ => false,
        }
    }

    /// Reads the command and its operands.
    ///
    /// # Errors
    /// Unknown command, or operands of the wrong number or kind.
    pub fn parse(words: &[String]) -> Result<Self, Failure> {
        let Some((name, operands)) = words.split_first() else {
            return Err(invalid("No command provided"));
        };
        match (&**name, operands) {
            ("_complete", [_, word]) => Ok(Self::Complete(word.clone())),
            ("ls", []) => Ok(Self::Ls(None)),
            ("ls", [url]) => Ok(Self::Ls(Some(s3(url)?))),
            ("mb", []) => Err(invalid("No s3 bucketname provided")),
            ("mb", [url]) => Ok(Self::Mb(s3(url)?)),
            ("apply", [path]) => Ok(Self::Apply(path.into())),
            ("cuts", [parts, directory]) => Ok(Self::Cuts {
                parts: parts
                    .parse()
                    .ok()
                    .filter(|parts| (1..=MOST_PARTS).contains(parts))
                    .ok_or_else(|| {
                        invalid(format!(
                            "cuts {parts}: a number from 1 to {MOST_PARTS} expected"
                        ))
                    })?,
                directory: Location::parse(directory),
            }),
            ("la", []) => Ok(Self::La),
            ("rb", [url]) => Ok(Self::Rb(s3(url)?)),
            ("signurl", [url]) => Ok(Self::SignUrl(s3(url)?)),
            ("multipart", [action, url]) => Ok(Self::Multipart {
                action: match &**action {
                    "list" => MultipartAction::List,
                    "abort" => MultipartAction::Abort,
                    other => {
                        let text = format!("multipart {other}: list or abort expected");
                        return Err(invalid(text));
                    }
                },
                url: s3(url)?,
            }),
            ("info", [_, ..]) => s3_all(operands).map(Self::Info),
            ("getacl", [url]) => Ok(Self::GetAcl(s3(url)?)),
            ("modify", [url]) => Ok(Self::Modify(s3(url)?)),
            ("setacl", [url]) => Ok(Self::SetAcl(s3(url)?)),
            ("policy", [action, url, file @ ..]) => Ok(Self::Policy {
                action: match (&**action, file) {
                    ("get", []) => PolicyAction::Get,
                    ("set", [file]) => PolicyAction::Set(file.clone()),
                    ("del", []) => PolicyAction::Delete,
                    _ => return Err(invalid("policy get S3, set S3 FILE or del S3 expected")),
                },
                url: s3(url)?,
            }),
            ("put", [source, target]) if source == STANDARD => {
                Ok(Self::PutInput(s3_target(target)?))
            }
            ("put", [sources @ .., target]) if !sources.is_empty() => {
                if sources.iter().any(|source| source == STANDARD) {
                    return Err(invalid("-: the standard input goes alone (a file: ./-)"));
                }
                let sources = sources
                    .iter()
                    .map(|source| local(source))
                    .collect::<Result<_, _>>()?;
                Ok(Self::Put {
                    sources,
                    target: s3_target(target)?,
                })
            }
            ("get", [source]) => Ok(Self::Get {
                source: s3(source)?,
                target: ".".to_owned(),
            }),
            ("get", [source, target]) if target == STANDARD => Ok(Self::Cat(s3(source)?)),
            ("get", [source, target]) => Ok(Self::Get {
                source: s3(source)?,
                target: local(target)?,
            }),
            ("cat", [url]) => Ok(Self::Cat(s3(url)?)),
            ("del", [url]) => Ok(Self::Del(s3(url)?)),
            ("dsync", [source, target]) => Ok(Self::Dsync {
                source: Location::parse(source),
                target: Location::parse(target),
            }),
            ("verify", [source, target]) => Ok(Self::Verify {
                source: Location::parse(source),
                target: Location::parse(target),
            }),
            ("cp" | "mv", [source, target]) => Ok(Self::Copy {
                source: s3(source)?,
                target: s3_target(target)?,
                afterwards: if name == "mv" {
                    Afterwards::Delete
                } else {
                    Afterwards::Keep
                },
            }),
            ("sync", [source, target]) => Sync::parse(source, target).map(Self::Sync),
            // Differs: without a path the original said that the source does not exist.
            ("du", [_, ..]) => s3_all(operands).map(Self::Du),
            ("_totalsize", [_, ..]) => s3_all(operands).map(Self::TotalSize),
            (
                "ls" | "mb" | "multipart" | "put" | "get" | "cat" | "cp" | "mv" | "del" | "dsync"
                | "apply" | "cuts" | "run" | "sync" | "du" | "verify" | "la" | "rb" | "signurl"
                | "man" | "completions" | "info" | "getacl" | "setacl" | "policy" | "modify"
                | "_complete" | "_totalsize",
                _,
            ) => Err(invalid("Invalid number of parameters")),
            (unknown, _) => Err(invalid(format!("Unknown command {unknown}"))),
        }
    }
}

impl Sync {
    fn parse(source: &str, target: &str) -> Result<Self, Failure> {
        match (Location::parse(source), Location::parse(target)) {
            (Location::Local(source), Location::S3(_)) => Ok(Self::Up {
                source,
                target: s3_target(target)?,
            }),
            (Location::S3(source), Location::Local(target)) => Ok(Self::Down { source, target }),
            (Location::S3(source), Location::S3(_)) => Ok(Self::Across {
                source,
                target: s3_target(target)?,
            }),
            (Location::Local(_), Location::Local(_)) => Err(invalid("No S3 URI provided")),
        }
    }
}

/// The standard input or output; a file of that name is `./-`.
const STANDARD: &str = "-";

fn invalid(text: impl Into<String>) -> Failure {
    Failure::InvalidArgument(text.into())
}

fn s3(text: &str) -> Result<S3Url, Failure> {
    S3Url::parse(text).ok_or_else(|| not_s3(text))
}

fn not_s3(text: &str) -> Failure {
    invalid(format!("Invalid parameter: {text}, s3 path expected"))
}

fn s3_target(text: &str) -> Result<S3Target, Failure> {
    S3Target::parse(text).ok_or_else(|| not_s3(text))
}

fn s3_all(texts: &[String]) -> Result<Vec<S3Url>, Failure> {
    texts.iter().map(|text| s3(text)).collect()
}

fn local(text: &str) -> Result<String, Failure> {
    match Location::parse(text) {
        Location::Local(path) => Ok(path),
        Location::S3(_) => Err(invalid(format!(
            "Invalid parameter: {text}, local path expected"
        ))),
    }
}

/// Parts that names can be cut into.
const MOST_PARTS: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Command::parse(&words).map_err(|failure| failure.to_string())
    }

    #[test]
    fn the_texts_are_those_of_the_original() {
        for (line, text) in [
            ("", "No command provided"),
            ("foo", "Unknown command foo"),
            ("ls a b", "Invalid number of parameters"),
            ("put a", "Invalid number of parameters"),
            ("mb", "No s3 bucketname provided"),
            ("cp s3://b", "Invalid number of parameters"),
            ("du", "Invalid number of parameters"),
            ("sync a b", "No S3 URI provided"),
            ("mv a s3://b", "Invalid parameter: a, s3 path expected"),
            ("mb b", "Invalid parameter: b, s3 path expected"),
            ("ls S3://b", "Invalid parameter: S3://b, s3 path expected"),
            (
                "put s3://a s3://b",
                "Invalid parameter: s3://a, local path expected",
            ),
            (
                "get s3://a s3://b",
                "Invalid parameter: s3://b, local path expected",
            ),
        ] {
            assert_eq!(
                parse(line),
                Err(format!("[Invalid Argument] {text}")),
                "{line}"
            );
        }
    }

    #[test]
    fn a_dash_is_a_standard_stream() {
        let target = parse("put - s3://b/k");
        assert!(matches!(target, Ok(Command::PutInput(_))), "{target:?}");
        let source = parse("get s3://b/k -");
        assert!(matches!(source, Ok(Command::Cat(_))), "{source:?}");
        let file = parse("put ./- s3://b/k");
        assert!(matches!(file, Ok(Command::Put { .. })), "{file:?}");
        let text = parse("put - a s3://b/").unwrap_err();
        assert!(text.contains("the standard input goes alone"), "{text}");
    }

    #[test]
    fn the_target_of_get_is_here_by_default() {
        let Ok(Command::Get { target, .. }) = parse("get s3://b/k") else {
            panic!()
        };
        assert_eq!(target, ".");
    }
}
