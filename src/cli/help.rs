//! What `--help` shows: for the program, and for each command what matters to it. The options
//! themselves are described where they are defined.

use clap::Command;

use crate::s3::api_option::API_OPTIONS;

/// The help of one command.
struct Topic {
    command: &'static str,
    usage: &'static str,
    about: &'static str,
    /// The names of the options that mean something to it, apart from those that all have, in
    /// groups that several commands share.
    options: &'static [&'static [&'static str]],
    example: &'static str,
}

impl Topic {
    fn has(&self, option: &str) -> bool {
        self.options.iter().any(|group| group.contains(&option))
    }
}

/// The help of a command, or of the program if there is no such command.
pub(super) fn render(definition: Command, command: Option<&str>) -> String {
    let topic = TOPICS.iter().find(|topic| Some(topic.command) == command);
    let shown = match topic {
        Some(topic) => definition
            .about(topic.about)
            .override_usage(topic.usage)
            .after_help(format!("{OTHERS}\n\nExample: {}", topic.example))
            .mut_args(|arg| {
                let id = arg.get_id().as_str();
                let hidden = arg.is_hide_set() || !topic.has(id);
                arg.hide(hidden)
            }),
        None => definition
            .about(ABOUT)
            .override_usage(USAGE)
            .before_help(COMMANDS)
            .after_help(format!("{}\n\n{PATHS}\n\n{FOOT}", api_options())),
    };
    shown.help_template(TEMPLATE).render_help().to_string()
}

/// The usage of each of the commands that are for people, what it does, and an example.
pub(super) fn topics() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    for_people().map(|topic| (topic.usage, topic.about, topic.example))
}

/// The commands that are for people.
pub(super) fn commands() -> impl Iterator<Item = &'static str> {
    for_people().map(|topic| topic.command)
}

fn for_people() -> impl Iterator<Item = &'static Topic> {
    let topics = TOPICS.iter();
    topics.filter(|topic| !topic.command.starts_with('_'))
}

/// The names in the table, in lines that fit.
fn api_options() -> String {
    let mut text = "Parameters of the S3 API, each as --API-NAME VALUE:".to_owned();
    let mut line = String::new();
    for option in &API_OPTIONS {
        let name = option.flag.trim_start_matches("API-");
        if line.len() + name.len() + 3 > 80 {
            text.push_str(&format!("\n {line}"));
            line.clear();
        }
        line.push(' ');
        line.push_str(name);
    }
    format!("{text}\n {line}")
}

const TEMPLATE: &str = "\
{about}

Usage: {usage}

{before-help}{all-args}{after-help}
";

const COMMANDS: &str = "\
Commands:
  ls [S3]               list buckets, or what is at a place
  la                    list what is in all buckets
  mb S3                 make a bucket
  rb S3                 remove a bucket (-f: with all that is in it)
  multipart list S3     show uploads that were begun and not ended
  multipart abort S3    give them up
  put PATH... S3        files (-r: directories) to S3; -: standard input
  get S3 [PATH]         S3 to files (-r: directories); -: standard output
  cat S3                S3 to the standard output
  cp S3 S3              copy within S3 (-r: directories)
  mv S3 S3              move within S3 (-r: directories)
  dsync SRC DST         transfer what differs between two directories
  apply FILE            do what dsync --plan FILE planned
  verify SRC DST        compare two directories
  sync SRC DST          (obsolete) put, get or cp with -r -s -f
  del S3                delete objects (-r: whole trees)
  du S3...              the size of each
  info S3...            what is known of objects and buckets
  getacl S3, setacl S3  who may do what
  modify S3             other headers, metadata or storage class in place
  policy get|set|del S3 what a bucket allows
  signurl S3            a URL that anybody can use for a while
  cuts N SRC            where to cut a directory into N parts, for --shard
  run FILE              commands in a file, a line each; -: standard input
  completions SHELL     what makes bash, zsh or fish complete names
  man                   the manual page
s4cmd COMMAND --help tells more about one.";

pub(super) const ABOUT: &str = "Moves files to, from and between S3 and S3-compatible stores.";
pub(super) const USAGE: &str = "s4cmd [options] COMMAND ...";
pub(super) const PATHS: &str = "\
S3 is s3://bucket/key; * and ? match within a component of the key.
S4CMD_OPTS may hold options; those of the command line win.";
pub(super) const STATUS: &str = "\
0: all done; 1: anything failed; 2: wrong usage; 130, 143 and 129 after SIGINT,
SIGTERM and SIGHUP. With --exit-codes extended: 3: something was done and something
failed; 4: nothing was done, as it does not exist; 5: something is not what was
sent; 6: deletions were withheld.";
const FOOT: &str = "\
Example: s4cmd put -r photos s3://bucket/backup/";

const OTHERS: &str = "Options for access, tuning and output: s4cmd --help";

const TOPICS: [Topic; 27] = [
    Topic {
        command: "ls",
        usage: "s4cmd ls [options] [S3]",
        about: "Lists buckets, or what is at a place, with time (UTC) and size. A path that\n\
                means one directory shows what is in it.",
        options: &[TIMES, PATTERNS, LISTINGS, &["recursive", "show_directory"]],
        example: "s4cmd ls 's3://bucket/logs/*/2026-*'",
    },
    Topic {
        command: "mb",
        usage: "s4cmd mb [options] S3",
        about: "Makes a bucket, in the region that is set.",
        options: &[&["dry_run", "region"]],
        example: "s4cmd mb s3://bucket --region eu-central-1",
    },
    Topic {
        command: "la",
        usage: "s4cmd la [options]",
        about: "Lists what is in all buckets, one after the other, as ls does.",
        options: &[TIMES, PATTERNS, LISTINGS, &["recursive", "show_directory"]],
        example: "s4cmd la",
    },
    Topic {
        command: "rb",
        usage: "s4cmd rb [options] S3",
        about: "Removes a bucket, which must be empty. With -f all objects in it are deleted and\n\
                all open uploads given up before.",
        options: &[&["force", "dry_run", "batch_delete_size"]],
        example: "s4cmd rb -f s3://bucket",
    },
    Topic {
        command: "signurl",
        usage: "s4cmd signurl [options] S3",
        about: "Makes a URL by which anybody can get an object, or with --method put write it,\n\
                without credentials. Nothing is sent. A URL that is made with temporary\n\
                credentials ends with them.",
        options: &[&["expires_in", "method"]],
        example: "s4cmd signurl s3://bucket/photo.jpg --expires-in 7d",
    },
    Topic {
        command: "multipart",
        usage: "s4cmd multipart list|abort [options] S3",
        about: "Shows or gives up multipart uploads that were begun and not ended, by whichever\n\
                tool: they cost money, and no listing shows them. S3 is a key, or what the\n\
                keys are below.",
        options: &[&["older_than", "dry_run", "time_style"]],
        example: "s4cmd multipart abort s3://bucket --older-than 7d",
    },
    Topic {
        command: "put",
        usage: "s4cmd put [options] PATH... S3",
        about: "Sends files, and with -r directories. Into S3 that ends in a slash each goes\n\
                under its own name; else a file becomes that key, and the contents of a\n\
                directory go below it. The path - is the standard input, of any size.",
        options: &[
            PATTERNS,
            &[
                "force",
                "recursive",
                "sync_check",
                "dry_run",
                "ignore_empty_source",
                "no_overwrite",
                "follow_symlinks",
                "no_follow_symlinks",
                "acl",
                "acl_public",
                "acl_private",
                "storage_class",
                "no_guess_mime_type",
                "resume",
                "no_md5",
                "multipart_split_size",
                "max_singlepart_upload_size",
            ],
        ],
        example: "s4cmd put -r photos s3://bucket/backup/",
    },
    Topic {
        command: "get",
        usage: "s4cmd get [options] S3 [PATH]",
        about: "Gets objects, and with -r directories. Into a directory that exists each goes\n\
                under its own name; else an object becomes that file, and the contents of a\n\
                directory go below it. Without a path: into the present directory. The path -\n\
                is the standard output.",
        options: &[
            TIMES,
            PATTERNS,
            &[
                "force",
                "recursive",
                "sync_check",
                "dry_run",
                "ignore_empty_source",
                "no_overwrite",
                "case_conflict",
                "resume",
                "no_verify",
                "multipart_split_size",
                "max_singlepart_download_size",
            ],
        ],
        example: "s4cmd get -r s3://bucket/backup/photos restored",
    },
    Topic {
        command: "cat",
        usage: "s4cmd cat [options] S3",
        about: "Writes objects to the standard output, one after the other, as they are.",
        options: &[TIMES, &["ignore_empty_source"]],
        example: "s4cmd cat 's3://bucket/logs/*.gz' | zcat",
    },
    Topic {
        command: "cp",
        usage: "s4cmd cp [options] S3 S3",
        about: "Copies objects, and with -r directories. The store does it, unless the source is\n\
                in another one. Copies keep metadata, tags, storage class and encryption. The\n\
                rules for targets are those of put.",
        options: &[COPYING, TIMES, PATTERNS],
        example: "s4cmd cp -r s3://bucket/photos s3://archive/ --API-StorageClass GLACIER",
    },
    Topic {
        command: "mv",
        usage: "s4cmd mv [options] S3 S3",
        about: "Moves objects, and with -r directories: as cp, and each source is deleted once\n\
                its copy is known to be right.",
        options: &[COPYING, TIMES, PATTERNS],
        example: "s4cmd mv 's3://bucket/inbox/*.csv' s3://bucket/done/",
    },
    Topic {
        command: "sync",
        usage: "s4cmd sync [options] SRC DST",
        about: "(Obsolete: use dsync.) As put, get or cp with -r -s -f, with their rules for\n\
                targets. -D deletes from S3 what is not in the local directory.",
        options: &[SYNCING, TIMES],
        example: "s4cmd sync photos s3://bucket/photos",
    },
    Topic {
        command: "dsync",
        usage: "s4cmd dsync [options] PATH S3 | S3 PATH | S3 S3",
        about: "Transfers what differs in content between two directories: contents to\n\
                contents, whatever slashes there are. -D deletes what is only at the target,\n\
                after the transfers, and only if nothing failed until then.",
        options: &[
            SYNCING,
            TIMES,
            PATTERNS,
            SELECTING,
            SYNCING_EXACTLY,
            COMPARING,
        ],
        example: "s4cmd dsync -D photos s3://bucket/photos",
    },
    Topic {
        command: "verify",
        usage: "s4cmd verify [options] PATH S3 | S3 PATH | S3 S3",
        about: "Compares two directories: names, sizes and contents, by the listing alone where\n\
                that is enough. Tells what is missing, extra or differs, and how much is\n\
                verified, or could only be compared by its size.",
        options: &[
            TIMES,
            PATTERNS,
            SELECTING,
            COMPARING,
            &["ignore_empty_source"],
        ],
        example: "s4cmd verify photos s3://bucket/photos --report found.jsonl",
    },
    Topic {
        command: "del",
        usage: "s4cmd del [options] S3",
        about: "Deletes objects, and with -r whole trees. A path that means one directory\n\
                means the objects that are directly in it.",
        options: &[
            TIMES,
            PATTERNS,
            &[
                "recursive",
                "dry_run",
                "show_directory",
                "batch_delete_size",
            ],
        ],
        example: "s4cmd del -r s3://bucket/tmp --last-modified-before '30 days ago'",
    },
    Topic {
        command: "du",
        usage: "s4cmd du [options] S3...",
        about: "Tells the size in bytes of each thing that the paths mean. A directory counts\n\
                the objects that are directly in it, with -r all below it.",
        options: &[
            TIMES,
            PATTERNS,
            &["recursive", "ignore_empty_source", "human_readable"],
        ],
        example: "s4cmd du -r 's3://bucket/*'",
    },
    Topic {
        command: "info",
        usage: "s4cmd info [options] S3...",
        about: "Tells what is known of objects (size, times, sums, metadata, encryption) and of\n\
                buckets.",
        options: &[TIMES],
        example: "s4cmd info s3://bucket/photo.jpg",
    },
    Topic {
        command: "getacl",
        usage: "s4cmd getacl [options] S3",
        about: "Tells who may do what with an object or a bucket.",
        options: &[&["help"]],
        example: "s4cmd getacl s3://bucket/photo.jpg",
    },
    Topic {
        command: "setacl",
        usage: "s4cmd setacl [options] S3",
        about: "Says who may do what with an object, a bucket, or with -r all objects below.\n\
                WHAT is read, write, read_acp, write_acp, full_control or all; WHO is an id, an\n\
                address, the URI of a group, or anon for everybody.",
        options: &[
            TIMES,
            PATTERNS,
            &[
                "recursive",
                "dry_run",
                "acl",
                "acl_public",
                "acl_private",
                "acl_grant",
                "acl_revoke",
            ],
        ],
        example: "s4cmd setacl -r s3://bucket/site --acl-public",
    },
    Topic {
        command: "modify",
        usage: "s4cmd modify [options] S3",
        about: "Gives objects, or with -r all below, other content headers, metadata, another\n\
                storage class or encryption; what is not named is kept. The store copies them\n\
                onto themselves: they are new versions.",
        options: &[
            TIMES,
            PATTERNS,
            &[
                "recursive",
                "dry_run",
                "storage_class",
                "max_singlepart_copy_size",
            ],
        ],
        example: "s4cmd modify -r s3://bucket/site --API-CacheControl max-age=3600",
    },
    Topic {
        command: "policy",
        usage: "s4cmd policy get S3 | set S3 FILE | del S3",
        about: "Shows, sets or removes the policy of a bucket. The file - is the standard input.",
        options: &[&["dry_run"]],
        example: "s4cmd policy set s3://bucket policy.json",
    },
    Topic {
        command: "apply",
        usage: "s4cmd apply [options] FILE",
        about: "Does what dsync --plan wrote to a file, each step only if both ends are still\n\
                what they were. What a plan deletes goes after all transfers, if none failed.\n\
                Options about requests (--API-..., --acl) are not in the plan: give them again.",
        options: &[&["dry_run", "preserve", "resume", "no_guess_mime_type"]],
        example: "s4cmd dsync -D --plan new.plan site s3://bucket && s4cmd apply new.plan",
    },
    Topic {
        command: "cuts",
        usage: "s4cmd cuts [options] N SRC",
        about: "Writes N-1 names that part what is in a directory, here or in S3, into N parts\n\
                of like size. With --cuts FILE each of N runs then lists its own part alone.",
        options: &[PATTERNS],
        example: "s4cmd cuts 16 s3://bucket/run42 > cuts",
    },
    Topic {
        command: "run",
        usage: "s4cmd run [options] FILE",
        about: "Runs the commands in a file, or with - in the standard input, one in each line,\n\
                in one process. Empty lines and those that begin with # are none. Access,\n\
                tuning and output are options of run, all others those of the lines. If a line\n\
                of a file makes no sense nothing is done; one that fails keeps no other back.",
        options: &[&["lines", "dry_run", "stats"]],
        example: "s4cmd run nightly.txt --lines 8",
    },
    Topic {
        command: "completions",
        usage: "s4cmd completions bash|zsh|fish",
        about: "Writes what makes a shell complete commands, options, buckets and keys. The\n\
                names of keys are asked of the server.",
        options: &[&["help"]],
        example: "s4cmd completions bash > s4cmd.bash && . ./s4cmd.bash",
    },
    Topic {
        command: "man",
        usage: "s4cmd man",
        about: "Writes the manual page.",
        options: &[&["help"]],
        example: "s4cmd man | man -l -",
    },
    Topic {
        command: "_totalsize",
        usage: "s4cmd _totalsize [options] S3...",
        about: "As du, but one number for everything.",
        options: &[
            TIMES,
            PATTERNS,
            &["recursive", "ignore_empty_source", "human_readable"],
        ],
        example: "s4cmd _totalsize -r s3://bucket",
    },
];

const TIMES: &[&str] = &["last_modified_before", "last_modified_after"];
const LISTINGS: &[&str] = &[
    "human_readable",
    "time_style",
    "etag",
    "show_storage_class",
    "versions",
    "summarize",
];
const PATTERNS: &[&str] = &["include", "exclude"];
/// What else says which names of two sides are meant.
const SELECTING: &[&str] = &[
    "include_from",
    "exclude_from",
    "follow_symlinks",
    "no_follow_symlinks",
];
const COPYING: &[&str] = &[
    "force",
    "recursive",
    "sync_check",
    "dry_run",
    "ignore_empty_source",
    "no_overwrite",
    "source_endpoint_url",
    "source_profile",
    "source_no_sign_request",
    "source_region",
    "multipart_split_size",
    "max_singlepart_copy_size",
];
const SYNCING: &[&str] = &[
    "dry_run",
    "delete_removed",
    "ignore_empty_source",
    "multipart_split_size",
    "max_singlepart_download_size",
    "max_singlepart_upload_size",
    "max_singlepart_copy_size",
    "batch_delete_size",
];
/// What `dsync` has beside what `sync` has.
const SYNCING_EXACTLY: &[&str] = &[
    "no_md5",
    "no_verify",
    "resume",
    "no_overwrite",
    "size_only",
    "mtime",
    "exact_timestamps",
    "allow_empty_source",
    "max_delete",
    "case_conflict",
    "verify",
    "acl",
    "acl_public",
    "acl_private",
    "storage_class",
    "no_guess_mime_type",
    "stats",
];
/// What `dsync` and `verify` have in common.
const COMPARING: &[&str] = &[
    "report",
    "hash_cache",
    "source_endpoint_url",
    "source_profile",
    "source_no_sign_request",
    "source_region",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args;

    #[test]
    fn every_help_fits_80_columns_and_has_an_example() {
        let names = TOPICS.iter().map(|topic| Some(topic.command));
        for name in names.chain([None]) {
            let help = render(args::definition(), name);
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "{name:?}: {line}");
            }
            // In one line, to be copied.
            let examples = help
                .lines()
                .filter(|line| line.starts_with("Example: s4cmd "));
            let whole = TOPICS.iter().find(|topic| Some(topic.command) == name);
            let example = whole.map_or(String::new(), |topic| topic.example.to_owned());
            assert!(
                examples.clone().any(|line| line.ends_with(&example)),
                "{name:?}"
            );
            assert!(help.contains("Usage: s4cmd "), "{name:?}");
        }
    }

    #[test]
    fn every_option_of_a_topic_exists_and_is_shown() {
        for topic in &TOPICS {
            let help = render(args::definition(), Some(topic.command));
            for option in topic.options.iter().copied().flatten() {
                let long = format!("--{}", option.replace('_', "-"));
                assert!(help.contains(&long), "{}: {option}", topic.command);
            }
        }
    }

    #[test]
    fn the_general_help_has_every_option_under_a_heading() {
        let help = render(args::definition(), None);
        for arg in args::definition().get_arguments() {
            if let Some(long) = arg.get_long().filter(|_| !arg.is_hide_set()) {
                assert!(help.contains(&format!("--{long}")), "{long}");
                assert!(arg.get_help_heading().is_some(), "{long} has no heading");
            }
        }
        for option in &API_OPTIONS {
            assert!(help.contains(option.flag.trim_start_matches("API-")));
        }
    }
}
