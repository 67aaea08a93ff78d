//! The options of `aws s3 sync` under their names, and what belongs to them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use clap::{ArgMatches, Args};
use jiff::Timestamp;

use crate::{
    cli::{
        args::{FILTERS, SYNC, WORK},
        datetime,
    },
    command::{AclChange, CaseConflict, DeleteOptions, Grant, Most, Permit},
    local::Links,
    plan::{
        difference::Method,
        rules::{Effect, Rules},
    },
};

// (A doc comment here would become the help.)
#[derive(Args)]
pub(super) struct SyncArgs {
    /// Only these, of what was excluded before: '*' crosses slashes, the last match wins
    #[arg(long, value_name = "PATTERN", action = clap::ArgAction::Append, help_heading = FILTERS)]
    include: Vec<String>,
    /// Not these: a pattern for paths below the source
    #[arg(long, value_name = "PATTERN", action = clap::ArgAction::Append, help_heading = FILTERS)]
    exclude: Vec<String>,
    /// Patterns to include, one in each line of a file
    #[arg(long, value_name = "FILE", action = clap::ArgAction::Append, help_heading = FILTERS)]
    include_from: Vec<PathBuf>,
    /// Patterns to exclude, one in each line of a file
    #[arg(long, value_name = "FILE", action = clap::ArgAction::Append, help_heading = FILTERS)]
    exclude_from: Vec<PathBuf>,
    /// Only part I, from 0, of N: the others are for other machines
    #[arg(long, value_name = "I/N", help_heading = FILTERS)]
    pub(super) shard: Option<String>,
    /// What the command of that name wrote: parts are ranges, and listed alone
    #[arg(long, value_name = "FILE", requires = "shard", help_heading = FILTERS)]
    pub(super) cuts: Option<PathBuf>,
    /// Follow links to directories, too
    #[arg(long, overrides_with = "no_follow_symlinks", help_heading = FILTERS)]
    follow_symlinks: bool,
    /// Leave out links, also those to files
    #[arg(long, overrides_with = "follow_symlinks", help_heading = FILTERS)]
    no_follow_symlinks: bool,

    /// Leave alone what is there
    #[arg(long, help_heading = SYNC)]
    pub(super) no_overwrite: bool,
    /// Go on with large files where a run was stopped
    #[arg(long, help_heading = SYNC)]
    pub(super) resume: bool,
    /// Compare by size, not by content
    #[arg(long, help_heading = SYNC)]
    size_only: bool,
    /// Compare by size and time, as aws s3 sync does
    #[arg(long, help_heading = SYNC)]
    mtime: bool,
    /// The same, and files must have exactly the time of their object
    #[arg(long, help_heading = SYNC)]
    exact_timestamps: bool,
    /// Deleting may leave nothing, if the source has nothing
    #[arg(long, help_heading = SYNC)]
    allow_empty_source: bool,
    /// Delete nothing if it would be more
    #[arg(long, value_name = "N|P%", value_parser = most, help_heading = SYNC)]
    max_delete: Option<Most>,
    /// Names that differ only by case
    #[arg(long, value_name = "RULE", default_value = "ignore", help_heading = SYNC)]
    case_conflict: CaseRule,
    /// Compare both sides once more afterwards
    #[arg(long, help_heading = SYNC)]
    verify: bool,
    /// What that found, a line of JSON for each name
    #[arg(long, value_name = "FILE", help_heading = SYNC)]
    pub(super) report: Option<PathBuf>,
    /// Write what would be done, for apply to do it
    #[arg(long, value_name = "FILE", conflicts_with = "emit_batch_manifest", help_heading = SYNC)]
    pub(super) plan: Option<PathBuf>,
    /// Write a list of copies for S3 Batch Operations, and copy nothing
    #[arg(long, value_name = "FILE", help_heading = SYNC)]
    pub(super) emit_batch_manifest: Option<PathBuf>,
    /// Keep the sums of unchanged files here
    #[arg(long, value_name = "FILE", help_heading = SYNC)]
    pub(super) hash_cache: Option<PathBuf>,
    /// Canned ACL, as --API-ACL
    #[arg(long, value_name = "ACL", help_heading = SYNC)]
    acl: Option<String>,
    /// Everybody may read it, as --acl public-read
    #[arg(long, conflicts_with = "acl", help_heading = WORK)]
    acl_public: bool,
    /// Only the owner may, as --acl private
    #[arg(long, conflicts_with_all = ["acl", "acl_public"], help_heading = WORK)]
    acl_private: bool,
    /// Permission to give, as in read:anon
    #[arg(long, value_name = "WHAT:WHO", action = clap::ArgAction::Append, value_parser = Permit::parse, help_heading = WORK)]
    acl_grant: Vec<Permit>,
    /// Permission to take, as in all:USER
    #[arg(long, value_name = "WHAT:WHO", action = clap::ArgAction::Append, value_parser = Permit::parse, help_heading = WORK)]
    acl_revoke: Vec<Permit>,
    /// Storage class, as --API-StorageClass
    #[arg(long, value_name = "CLASS", help_heading = SYNC)]
    pub(super) storage_class: Option<String>,
    /// Encrypt with the key in this file (SSE-C) [default: S4CMD_SSE_C_KEY]
    #[arg(long, value_name = "FILE", help_heading = WORK)]
    pub(super) sse_c_key: Option<PathBuf>,
    /// That of the sources of copies [default: S4CMD_SSE_C_SOURCE_KEY]
    #[arg(long, value_name = "FILE", help_heading = WORK)]
    pub(super) sse_c_source_key: Option<PathBuf>,
    /// Keep times, permissions and owners of files in metadata, restore them
    #[arg(long, conflicts_with = "exact_timestamps", help_heading = WORK)]
    pub(super) preserve: bool,
    /// Send no Content-Type by the extensions of names
    #[arg(long, help_heading = WORK)]
    pub(super) no_guess_mime_type: bool,
    /// Where the sources of copies are, if at another server
    #[arg(long, value_name = "URL", help_heading = SYNC)]
    pub(super) source_endpoint_url: Option<String>,
    /// Profile for the sources of copies, with its endpoint
    #[arg(long, value_name = "NAME", help_heading = SYNC)]
    pub(super) source_profile: Option<String>,
    /// Read the sources of copies without a signature
    #[arg(long, help_heading = SYNC)]
    pub(super) source_no_sign_request: bool,
    /// Region of the source of copies
    #[arg(long, value_name = "NAME", help_heading = SYNC)]
    pub(super) source_region: Option<String>,

    /// Only uploads that were begun longer ago, as in 12h or 7d
    #[arg(long, value_name = "AGE", value_parser = datetime::before, help_heading = SYNC)]
    pub(super) older_than: Option<Timestamp>,

    /// How long a signed URL is good: 3600, 12h, 7d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = datetime::lifetime, help_heading = WORK)]
    expires_in: u32,
    /// What a signed URL is for
    #[arg(long, value_name = "METHOD", default_value = "get", ignore_case = true, help_heading = WORK)]
    method: UrlMethod,
}

/// [`CaseConflict`] on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum CaseRule {
    Error,
    Warn,
    Skip,
    Ignore,
}

/// What a signed URL is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum UrlMethod {
    Get,
    Put,
}

impl SyncArgs {
    /// `--include`, `--exclude` and their files, in the order in which they were given.
    pub(super) fn rules(&self, matches: &ArgMatches) -> Result<Rules, String> {
        let mut rules = BTreeMap::new();
        let mut add = |option: &str, effect, patterns: Vec<Vec<String>>| {
            let places = matches.indices_of(option).into_iter().flatten();
            for (place, patterns) in places.zip(patterns) {
                let with_effect = patterns.into_iter().map(|pattern| (effect, pattern));
                rules.insert(place, with_effect.collect::<Vec<_>>());
            }
        };
        let single = |patterns: &[String]| patterns.iter().map(|p| vec![p.clone()]).collect();
        let from = |paths: &[PathBuf]| paths.iter().map(|path| patterns(path)).collect();
        add("include", Effect::Include, single(&self.include));
        add("exclude", Effect::Exclude, single(&self.exclude));
        let included: Result<_, String> = from(&self.include_from);
        let excluded: Result<_, String> = from(&self.exclude_from);
        add("include_from", Effect::Include, included?);
        add("exclude_from", Effect::Exclude, excluded?);
        Ok(Rules::new(rules.into_values().flatten()))
    }

    /// The canned list.
    pub(super) fn acl(&self) -> Option<String> {
        match (self.acl_public, self.acl_private) {
            (true, _) => Some("public-read".to_owned()),
            (_, true) => Some("private".to_owned()),
            _ => self.acl.clone(),
        }
    }

    pub(super) fn acl_change(&self) -> AclChange {
        AclChange {
            grant: self.acl_grant.clone(),
            revoke: self.acl_revoke.clone(),
        }
    }

    pub(super) fn links(&self) -> Links {
        match (self.follow_symlinks, self.no_follow_symlinks) {
            (true, _) => Links::Follow,
            (false, true) => Links::Skip,
            (false, false) => Links::Files,
        }
    }

    pub(super) fn method(&self) -> Method {
        match (self.size_only, self.exact_timestamps, self.mtime) {
            (true, ..) => Method::Size,
            (_, true, _) => Method::ExactTime,
            (.., true) => Method::Time,
            _ => Method::Content,
        }
    }

    pub(super) fn case_conflict(&self) -> CaseConflict {
        match self.case_conflict {
            CaseRule::Error => CaseConflict::Error,
            CaseRule::Warn => CaseConflict::Warn,
            CaseRule::Skip => CaseConflict::Skip,
            CaseRule::Ignore => CaseConflict::Ignore,
        }
    }

    /// Whoever wants a report wants what it is about.
    pub(super) fn verifies(&self) -> bool {
        self.verify || self.report.is_some()
    }

    pub(super) fn delete_options(&self) -> DeleteOptions {
        DeleteOptions {
            allow_empty_source: self.allow_empty_source,
            most: self.max_delete,
        }
    }

    /// Whether the sources of copies are for somebody else than the targets.
    pub(super) fn is_for_somebody_else(&self) -> bool {
        self.source_profile.is_some() || self.source_no_sign_request
    }

    pub(super) fn grant(&self) -> Grant {
        Grant {
            writes: self.method == UrlMethod::Put,
            expires: self.expires_in,
        }
    }
}

/// The patterns in a file; empty lines and those that begin with `#` are none.
fn patterns(path: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(str::to_owned).collect())
}

fn most(text: &str) -> Result<Most, String> {
    let number = |text: &str| {
        text.parse()
            .map_err(|_| "neither a number nor a percentage")
    };
    Ok(match text.strip_suffix('%') {
        Some(text) => Most::Percent(number(text)?),
        None => Most::Count(number(text)?),
    })
}
