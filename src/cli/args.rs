//! What was said on the command line, and in `S4CMD_OPTS`.

use std::{
    ffi::OsString,
    num::{NonZeroU64, NonZeroUsize, ParseIntError},
    path::PathBuf,
    sync::Arc,
};

use clap::{
    CommandFactory as _, FromArgMatches as _, Parser,
    error::{ContextKind, ContextValue, ErrorKind},
    parser::ValueSource,
};

use crate::{
    cli::{
        api_args, customer_key, help, output_args::OutputArgs, rate, shard, size,
        sync_args::SyncArgs, words,
    },
    credentials::Environment,
    net::Rates,
    plan::{filter::TimeFilter, rules::Rules},
    s3::api_option::{API_OPTIONS, ApiOptions, ORIGINAL_API_OPTIONS},
};

// The options and words, unresolved. All options belong to the program, not to a command, because
// they may stand anywhere: the command is the first word that is no option. (A doc comment here
// would become the help.)
#[derive(Parser)]
#[command(
    name = "s4cmd",
    disable_version_flag = true,
    disable_help_flag = true,
    args_override_self = true,
    infer_long_args = true,
    term_width = 80
)]
pub(super) struct Args {
    /// The command and its operands.
    #[arg(value_name = "COMMAND", hide = true)]
    pub(super) words: Vec<String>,

    /// Configuration file of s3cmd [default: ~/.s3cfg]
    #[arg(short = 'p', long, value_name = "FILE", help_heading = ACCESS)]
    pub(super) config: Option<PathBuf>,
    /// Access key (visible to other users: prefer a file or the environment)
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, help_heading = ACCESS)]
    pub(super) access_key: Option<String>,
    /// Secret key
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, help_heading = ACCESS)]
    pub(super) secret_key: Option<String>,
    /// Token of temporary keys
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true, help_heading = ACCESS)]
    pub(super) session_token: Option<String>,
    /// Profile of the AWS configuration files
    #[arg(long, value_name = "NAME", alias = "target-profile", help_heading = ACCESS)]
    pub(super) profile: Option<String>,
    /// Send requests without a signature
    #[arg(long, help_heading = ACCESS)]
    pub(super) no_sign_request: bool,
    /// Where to, instead of AWS
    #[arg(long, value_name = "URL", alias = "target-endpoint-url", help_heading = ACCESS)]
    pub(super) endpoint_url: Option<String>,
    /// Region [default: AWS_REGION, the profile's, us-east-1]
    #[arg(long, value_name = "NAME", alias = "target-region", help_heading = ACCESS)]
    pub(super) region: Option<String>,
    /// Whether the path or the host names the bucket
    #[arg(long, value_name = "STYLE", default_value = "auto", help_heading = ACCESS)]
    pub(super) addressing_style: AddressingStyle,
    /// Hosts of AWS with addresses of IPv6
    #[arg(long, help_heading = ACCESS)]
    pub(super) dualstack: bool,
    /// Hosts of AWS with validated cryptography
    #[arg(long, help_heading = ACCESS)]
    pub(super) fips: bool,
    /// Hosts of AWS that are near: S3 Transfer Acceleration
    #[arg(long, help_heading = ACCESS)]
    pub(super) accelerate: bool,
    /// Certificates to trust, instead of AWS_CA_BUNDLE
    #[arg(long, value_name = "FILE", help_heading = ACCESS)]
    pub(super) ca_bundle: Option<PathBuf>,
    /// Certificate of this client, for servers that ask for one
    #[arg(long, value_name = "FILE", help_heading = ACCESS)]
    pub(super) client_cert: Option<PathBuf>,
    /// Its private key, if not in the same file
    #[arg(long, value_name = "FILE", requires = "client_cert", help_heading = ACCESS)]
    pub(super) client_key: Option<PathBuf>,
    /// Trust every certificate
    #[arg(long, help_heading = ACCESS)]
    pub(super) ignore_certificate: bool,

    /// Overwrite what is there
    #[arg(short, long, help_heading = WORK)]
    pub(super) force: bool,
    /// Whole trees
    #[arg(short, long, help_heading = WORK)]
    pub(super) recursive: bool,
    /// Skip what has the same content
    #[arg(short, long, help_heading = WORK)]
    pub(super) sync_check: bool,
    /// Only say what would be done
    #[arg(short = 'n', long, visible_alias = "dryrun", help_heading = WORK)]
    pub(super) dry_run: bool,
    /// Directories themselves, not what is in them
    #[arg(short = 'd', long, help_heading = WORK)]
    pub(super) show_directory: bool,
    /// Delete what is only at the target
    #[arg(short = 'D', long, visible_alias = "delete", help_heading = WORK)]
    pub(super) delete_removed: bool,
    /// A missing source is no failure
    #[arg(long, help_heading = WORK)]
    pub(super) ignore_empty_source: bool,
    /// Only objects changed before, such as '2017-01-02 10:20'
    #[arg(long, value_name = "DATE", help_heading = WORK)]
    last_modified_before: Option<String>,
    /// Only objects changed after, such as '3 days ago'
    #[arg(long, value_name = "DATE", help_heading = WORK)]
    last_modified_after: Option<String>,
    /// Accepted for the scripts that have it: the endpoint's URL says it.
    #[arg(long, hide = true)]
    use_ssl: bool,
    /// Accepted for the scripts that have it: what is downloaded is always checked.
    #[arg(long, hide = true)]
    validate: bool,

    #[command(flatten)]
    pub(super) sync: SyncArgs,

    /// Rounds of retries after broken connections; 0: try once
    #[arg(short = 't', long, value_name = "N", default_value_t = 3, value_parser = retries, help_heading = TUNING)]
    pub(super) retry: u64,
    /// Seconds between two rounds
    #[arg(long, value_name = "SEC", default_value_t = 10, value_parser = integer, help_heading = TUNING)]
    pub(super) retry_delay: u64,
    /// Transfers at once [default: S4CMD_NUM_THREADS, 256 or more]
    #[arg(short = 'c', long, value_name = "N", value_parser = integer, help_heading = TUNING)]
    pub(super) num_threads: Option<u64>,
    /// Bytes in a second, as in 500k, or up and down, as in 10m:off
    #[arg(long, value_name = "RATE", value_parser = rate::parse, help_heading = TUNING)]
    pub(super) limit_rate: Option<Rates>,
    /// Requests in a second
    #[arg(long, value_name = "N", help_heading = TUNING)]
    pub(super) limit_requests: Option<NonZeroU64>,
    /// Memory for what is under way, as in 16m
    // With what connections hold, 28 MiB keep the process below 64 MiB.
    #[arg(long, value_name = "SIZE", default_value = "28m", value_parser = size::memory, help_heading = TUNING)]
    pub(super) max_memory: u64,
    /// Send no MD5 along, only the SHA-256 that is signed
    #[arg(long, conflicts_with = "resume", help_heading = TUNING)]
    pub(super) no_md5: bool,
    /// Check only the size of what arrives
    #[arg(long, conflicts_with = "verify", help_heading = TUNING)]
    pub(super) no_verify: bool,
    /// Size of parts and ranges
    #[arg(long, value_name = "BYTES", default_value_t = 50 << 20, value_parser = integer, help_heading = TUNING)]
    pub(super) multipart_split_size: u64,
    /// Objects of this size and above are read in ranges
    #[arg(long, value_name = "BYTES", default_value_t = 50 << 20, value_parser = integer, help_heading = TUNING)]
    pub(super) max_singlepart_download_size: u64,
    /// Files of this size and above are sent in parts
    #[arg(long, value_name = "BYTES", default_value_t = 4500 << 20, value_parser = integer, help_heading = TUNING)]
    pub(super) max_singlepart_upload_size: u64,
    /// Objects of this size and above are copied in parts
    #[arg(long, value_name = "BYTES", default_value_t = 100 << 20, value_parser = integer, help_heading = TUNING)]
    pub(super) max_singlepart_copy_size: u64,
    /// Lines of run at once, which may end in any order
    #[arg(long, value_name = "N", default_value_t = NonZeroUsize::MIN, help_heading = TUNING)]
    pub(super) lines: NonZeroUsize,
    /// Keys in one request to delete, 1 to 1000
    // Differs: 1000 in the original. There are servers that take one key after the other, and are
    // faster with more requests at once.
    #[arg(long, value_name = "N", default_value_t = 250, value_parser = integer, help_heading = TUNING)]
    pub(super) batch_delete_size: u64,

    #[command(flatten)]
    pub(super) output: OutputArgs,

    /// Show this help, or with a command that of the command
    #[arg(short, long, help_heading = OUTPUT)]
    help: bool,
    /// Show the version
    #[arg(long, help_heading = OUTPUT)]
    version: bool,

    /// The `--API-*` options.
    #[arg(skip)]
    pub(super) api_options: ApiOptions,
    /// The two dates.
    #[arg(skip)]
    pub(super) modified: TimeFilter,
    /// What is included and excluded.
    #[arg(skip)]
    pub(super) rules: Arc<Rules>,
}

/// Where the bucket is named in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum AddressingStyle {
    /// In the host at AWS, in the path elsewhere.
    Auto,
    /// In the path.
    Path,
    /// In the host.
    Virtual,
}

/// What came of the arguments.
pub(super) enum Parsed {
    Run(Box<Args>),
    /// Help or version.
    Text(String),
    /// Wrong usage, as it is to be told.
    Wrong(String),
}

/// Reads the arguments. The options of `S4CMD_OPTS` stand in front of them, so that the command
/// line wins.
///
/// Differs: the original appended them, and they beat the command line.
pub(super) fn parse(arguments: Vec<OsString>, environment: &Environment) -> Parsed {
    let matches = |line: &[OsString]| {
        let matches = exact().try_get_matches_from(line);
        // It may be that a beginning is not known to it.
        matches.or_else(|_| definition().try_get_matches_from(line))
    };
    parse_with(matches, arguments, environment)
}

/// The same, for those who read many and keep the definition.
pub(super) fn parse_by(
    options: &mut clap::Command,
    arguments: Vec<OsString>,
    environment: &Environment,
) -> Parsed {
    let matches = |line: &[OsString]| options.try_get_matches_from_mut(line);
    parse_with(matches, arguments, environment)
}

fn parse_with(
    matches: impl FnOnce(&[OsString]) -> Result<clap::ArgMatches, clap::Error>,
    arguments: Vec<OsString>,
    environment: &Environment,
) -> Parsed {
    let mut arguments = arguments.into_iter();
    let mut line: Vec<OsString> = arguments.next().into_iter().collect();
    if environment.is_not_utf8("S4CMD_OPTS") {
        return Parsed::Wrong(usage_error("S4CMD_OPTS is not UTF-8"));
    }
    match words::split(environment.get("S4CMD_OPTS").unwrap_or_default()) {
        Some(words) => line.extend(words.into_iter().map(OsString::from)),
        None => return Parsed::Wrong(usage_error("S4CMD_OPTS has a quote that is not closed")),
    }
    line.extend(arguments);
    let matches = match matches(&line) {
        Ok(matches) => matches,
        Err(error) => return Parsed::Wrong(usage_error(&what_is_wrong(&error, &line))),
    };
    match Args::from_arg_matches(&matches) {
        Ok(args) if args.help => {
            let command = args.words.first().map(String::as_str);
            Parsed::Text(help::render(definition(), command))
        }
        Ok(args) if args.version => {
            Parsed::Text(format!("s4cmd version {}\n", env!("CARGO_PKG_VERSION")))
        }
        Ok(args) => match args.with_values(&matches, environment) {
            Ok(args) => Parsed::Run(Box::new(args)),
            Err(text) => Parsed::Wrong(usage_error(&text)),
        },
        Err(error) => Parsed::Wrong(usage_error(&what_is_wrong(&error, &line))),
    }
}

impl Args {
    /// Reads what has a grammar of its own.
    fn with_values(
        self,
        matches: &clap::ArgMatches,
        environment: &Environment,
    ) -> Result<Self, String> {
        let date = |flag, text: &Option<String>| {
            let date = text.as_deref().map(|text| api_args::date(flag, text));
            date.transpose()
        };
        let shard = self.sync.shard.as_deref();
        let shard = shard.map(|text| shard::parse(text, self.sync.cuts.as_deref(), environment));
        let mut api_options = api_args::read(matches)?;
        customer_key::set(&mut api_options, &self.sync, environment)?;
        // They are other names for parameters of the API, which win.
        for (flag, text) in [
            ("API-ACL", &self.sync.acl()),
            ("API-StorageClass", &self.sync.storage_class),
        ] {
            if let Some(text) = text.as_deref().filter(|_| !api_options.has(flag)) {
                api_options.set_text(flag, text);
            }
        }
        Ok(Self {
            api_options,
            rules: Arc::new(self.sync.rules(matches)?.within(shard.transpose()?)),
            modified: TimeFilter {
                before: date("last-modified-before", &self.last_modified_before)?,
                after: date("last-modified-after", &self.last_modified_after)?,
            },
            ..self
        })
    }
}

/// All options.
///
/// Compat: optparse takes the word behind an option that has a value as that value, whatever it
/// looks like, and every unique beginning of an option for the option. What was unique among the
/// options of the original stays so.
pub(super) fn definition() -> clap::Command {
    let definition = exact();
    let longs = definition.get_arguments().filter_map(clap::Arg::get_long);
    let (new, original): (Vec<_>, Vec<_>) = longs.map(str::to_owned).partition(|long| is_new(long));
    definition.mut_args(|arg| match arg.get_long().map(str::to_owned) {
        Some(long) => arg.aliases(abbreviations(&long, &original, &new)),
        None => arg,
    })
}

/// The same without the beginnings, which few lines need and which would take a fifth of a short run.
fn exact() -> clap::Command {
    api_args::add_to(Args::command()).mut_args(|arg| {
        let takes_value = arg.get_action().takes_values();
        match arg.get_long() {
            Some(_) => arg.allow_hyphen_values(takes_value),
            None => arg,
        }
    })
}

/// Refuses the options of a kind, if any is among the arguments. What else is wrong with them is
/// not told.
///
/// # Errors
/// The `text` for the first of them.
pub(super) fn refuse(
    options: &mut clap::Command,
    arguments: &[OsString],
    is_refused: impl Fn(&clap::Arg) -> bool,
    text: impl Fn(&str) -> String,
) -> Result<(), String> {
    let Ok(matches) = options.try_get_matches_from_mut(arguments) else {
        return Ok(());
    };
    let is_said = |arg: &&clap::Arg| {
        let source = matches.value_source(arg.get_id().as_str());
        source == Some(ValueSource::CommandLine)
    };
    let refused = options.get_arguments().filter(|arg| is_refused(arg));
    let mut longs = refused.filter(is_said).filter_map(clap::Arg::get_long);
    longs.next().map_or(Ok(()), |long| Err(text(long)))
}

/// Whether an option of `run` is about all of its lines: who asks where, how fast, and what is told.
pub(super) fn is_of_all(arg: &clap::Arg) -> bool {
    let long = arg.get_long().unwrap_or_default();
    let is_of_sources = long.starts_with("source-");
    let heading = arg.get_help_heading();
    is_of_sources || long == "hash-cache" || [ACCESS, TUNING, OUTPUT].map(Some).contains(&heading)
}

/// The beginnings of an option of the original that only newer options have as well.
fn abbreviations(long: &str, original: &[String], new: &[String]) -> Vec<String> {
    if new.iter().any(|other| other == long) {
        return Vec::new();
    }
    let in_common = |other: &String| {
        let pairs = long.bytes().zip(other.bytes());
        pairs.take_while(|(byte, other)| byte == other).count()
    };
    let longest = |others: &[String]| {
        let others = others.iter().filter(|other| *other != long);
        others.map(in_common).max().unwrap_or(0)
    };
    let ends = longest(original) + 1..=longest(new).min(long.len() - 1);
    let beginnings = ends.filter_map(|end| long.get(..end));
    let kept = beginnings.filter(|beginning| new.iter().all(|other| other != beginning));
    kept.map(str::to_owned).collect()
}

/// Whether the original did not have an option.
fn is_new(long: &str) -> bool {
    let api = API_OPTIONS.iter().skip(ORIGINAL_API_OPTIONS);
    NEW.contains(&long) || api.map(|option| option.flag).any(|flag| flag == long)
}

/// Compat: optparse takes other bases by their prefixes, of which that of octal numbers is a zero.
fn integer(text: &str) -> Result<u64, ParseIntError> {
    let digits = text.trim().replace('_', "").to_ascii_lowercase();
    let (digits, base) = match digits.as_bytes() {
        [b'0', b'x', ..] => (&digits[2..], 16),
        [b'0', b'b', ..] => (&digits[2..], 2),
        [b'0', _, ..] => (&digits[1..], 8),
        _ => (&*digits, 10),
    };
    u64::from_str_radix(digits, base)
}

/// Compat: fewer than none is none.
fn retries(text: &str) -> Result<u64, ParseIntError> {
    match text.trim().strip_prefix('-') {
        Some(digits) => integer(digits).map(|_| 0),
        None => integer(text),
    }
}

/// Compat: the texts of Python's optparse. Differs: a wrong option suggests the right one.
fn what_is_wrong(error: &clap::Error, line: &[OsString]) -> String {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        _ => None,
    };
    let name = |text: String| match text.strip_prefix("-=") {
        Some(_) => "-=".to_owned(),
        None => text.split([' ', '=']).next().unwrap_or_default().to_owned(),
    };
    let option = context(ContextKind::InvalidArg).map(name);
    let option = as_said(option.unwrap_or_default(), line);
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let candidates = candidates(&option);
            if candidates.len() > 1 && option.len() > 2 {
                return format!("ambiguous option: {option} ({}?)", candidates.join(", "));
            }
            match context(ContextKind::SuggestedArg).map(unabbreviated) {
                Some(suggestion) => {
                    format!("no such option: {option} (did you mean {suggestion}?)")
                }
                None => format!("no such option: {option}"),
            }
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            match context(ContextKind::InvalidValue).unwrap_or_default() {
                value if value.is_empty() && error.kind() == ErrorKind::InvalidValue => {
                    format!("{option} option requires 1 argument")
                }
                value if error.get(ContextKind::ValidValue).is_some() => {
                    let choices = context(ContextKind::ValidValue).unwrap_or_default();
                    format!("option {option}: invalid choice: '{value}' (choose from {choices})")
                }
                value => match std::error::Error::source(error) {
                    Some(source) if !source.is::<ParseIntError>() => {
                        format!("option {option}: invalid value: '{value}' ({source})")
                    }
                    _ => format!("option {option}: invalid integer value: '{value}'"),
                },
            }
        }
        ErrorKind::ArgumentConflict => {
            let other = context(ContextKind::PriorArg).map(name).unwrap_or_default();
            format!("option {option} cannot be used with {other}")
        }
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8, which keys must be".to_owned(),
        ErrorKind::TooManyValues => format!("{option} option does not take a value"),
        _ => error
            .kind()
            .as_str()
            .unwrap_or("invalid command line")
            .to_owned(),
    }
}

/// An option by its short name, if that is how it was given.
fn as_said(long: String, line: &[OsString]) -> String {
    let words = line.iter().filter_map(|word| word.to_str());
    let mut names = words.filter_map(|word| word.split('=').next());
    if names.any(|name| name.len() > 2 && long.starts_with(name)) {
        return long;
    }
    let definition = definition();
    let arg = definition
        .get_arguments()
        .find(|arg| arg.get_long() == long.strip_prefix("--"));
    let short = arg.and_then(clap::Arg::get_short);
    short.map_or(long, |short| format!("-{short}"))
}

/// The option that an alias stands for.
fn unabbreviated(option: String) -> String {
    let definition = definition();
    let alias = option.trim_start_matches('-');
    let mut arguments = definition.get_arguments();
    let meant = arguments.find(|arg| {
        arg.get_all_aliases()
            .is_some_and(|all| all.contains(&alias))
    });
    let long = meant.and_then(clap::Arg::get_long);
    long.map_or(option.clone(), |long| format!("--{long}"))
}

/// The long options that begin like this, sorted.
fn candidates(beginning: &str) -> Vec<String> {
    let definition = definition();
    let longs = definition.get_arguments().filter_map(clap::Arg::get_long);
    let longs = longs.map(|long| format!("--{long}"));
    let mut candidates: Vec<_> = longs.filter(|long| long.starts_with(beginning)).collect();
    candidates.sort_unstable();
    candidates
}

/// Compat: the form of Python's optparse.
fn usage_error(text: &str) -> String {
    format!("Usage: s4cmd [options]\n\ns4cmd: error: {text}")
}

/// What came after the original, apart from the parameters of the API.
const NEW: [&str; 72] = [
    "accelerate",
    "acl",
    "acl-grant",
    "acl-private",
    "acl-public",
    "acl-revoke",
    "addressing-style",
    "allow-empty-source",
    "ca-bundle",
    "case-conflict",
    "client-cert",
    "client-key",
    "cuts",
    "dualstack",
    "emit-batch-manifest",
    "etag",
    "exact-timestamps",
    "exclude",
    "exclude-from",
    "exit-codes",
    "expires-in",
    "fips",
    "follow-symlinks",
    "hash-cache",
    "human-readable",
    "ignore-certificate",
    "include",
    "include-from",
    "json",
    "limit-rate",
    "limit-requests",
    "lines",
    "log-file",
    "log-mode",
    "log-owner",
    "max-delete",
    "max-memory",
    "method",
    "mtime",
    "no-follow-symlinks",
    "no-guess-mime-type",
    "no-md5",
    "no-overwrite",
    "no-progress",
    "no-sign-request",
    "no-verify",
    "older-than",
    "only-show-errors",
    "plan",
    "preserve",
    "profile",
    "progress",
    "quiet",
    "region",
    "report",
    "resume",
    "session-token",
    "shard",
    "show-storage-class",
    "size-only",
    "source-endpoint-url",
    "source-no-sign-request",
    "source-profile",
    "source-region",
    "sse-c-key",
    "sse-c-source-key",
    "stats",
    "storage-class",
    "summarize",
    "time-style",
    "verify",
    "versions",
];
pub(super) const FILTERS: &str = "Which files and objects";
pub(super) const SYNC: &str = "Synchronising";
pub(super) const WORK: &str = "Work";
const ACCESS: &str = "Access";
const TUNING: &str = "Tuning";
pub(super) const LISTING: &str = "Listing";
pub(super) const OUTPUT: &str = "Output";

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &[&str], options: &str) -> Args {
        let arguments = line.iter().map(OsString::from).collect();
        match parse(arguments, &Environment::from([("S4CMD_OPTS", options)])) {
            Parsed::Run(args) => *args,
            Parsed::Text(text) | Parsed::Wrong(text) => panic!("{text}"),
        }
    }

    fn wrong(line: &[&str]) -> String {
        let arguments = line.iter().map(OsString::from).collect();
        match parse(arguments, &Environment::default()) {
            Parsed::Wrong(text) => text,
            _ => panic!("taken"),
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        definition().debug_assert();
    }

    #[test]
    fn options_stand_anywhere() {
        let args = run(
            &["s4cmd", "-rf", "put", "a", "-c8", "s3://b", "--retry=5"],
            "",
        );
        assert_eq!(args.words, ["put", "a", "s3://b"]);
        assert!(args.recursive && args.force);
        assert_eq!((args.num_threads, args.retry), (Some(8), 5));
        let args = run(&["s4cmd", "put", "--rec", "--", "-x", "s3://b"], "");
        assert_eq!(args.words, ["put", "-x", "s3://b"]);
        assert!(args.recursive);
    }

    #[test]
    fn abbreviations_of_the_original_mean_what_they_meant() {
        let line = [
            "s4cmd",
            "--n",
            "3",
            "--a",
            "key",
            "--API-A",
            "private",
            "--API-Ex=now",
        ];
        let args = run(&[&line[..], &["--API-IfMa", "x", "--rec"]].concat(), "");
        assert_eq!(args.num_threads, Some(3));
        assert_eq!(args.access_key.as_deref(), Some("key"));
        for flag in ["API-ACL", "API-Expires", "API-IfMatch"] {
            assert!(args.api_options.has(flag), "{flag}");
        }
        assert!(args.recursive);
        assert!(run(&["s4cmd", "--i"], "").ignore_empty_source);
    }

    #[test]
    fn values_may_look_like_options() {
        let args = run(&["s4cmd", "--config", "-x", "--secret-key", "--n"], "");
        assert_eq!(args.config.as_deref(), Some("-x".as_ref()));
        assert_eq!(args.secret_key.as_deref(), Some("--n"));
    }

    #[test]
    fn numbers_are_those_of_optparse() {
        for (text, number) in [
            ("0", Some(0)),
            ("10", Some(10)),
            (" 3 ", Some(3)),
            ("0x500000", Some(5 << 20)),
            ("0b11", Some(3)),
            ("010", Some(8)),
            ("1_000", Some(1000)),
            ("08", None),
            ("", None),
            ("0x", None),
            ("1.5", None),
            ("5M", None),
        ] {
            assert_eq!(integer(text).ok(), number, "{text:?}");
        }
    }

    #[test]
    fn nothing_in_the_environment_is_a_comment() {
        let args = run(&["s4cmd", "del", "s3://b/k"], "--verbose #x -n");
        assert!(args.dry_run);
    }

    #[test]
    fn the_command_line_beats_the_environment() {
        let args = run(&["s4cmd", "--retry", "1", "ls"], "--retry 7 -n");
        assert_eq!((args.retry, args.dry_run), (1, true));
    }

    #[test]
    fn usage_errors_have_the_form_of_optparse() {
        let expected = "Usage: s4cmd [options]\n\ns4cmd: error: no such option: --bogus";
        assert_eq!(wrong(&["s4cmd", "--bogus"]), expected);
        assert!(
            wrong(&["s4cmd", "--retry", "x"])
                .contains("option --retry: invalid integer value: 'x'")
        );
        assert!(wrong(&["s4cmd", "ls", "--retry"]).contains("--retry option requires 1 argument"));
        assert!(wrong(&["s4cmd", "-t", "x"]).contains("option -t: invalid integer value: 'x'"));
        assert!(wrong(&["s4cmd", "-c", "-1"]).contains("option -c: invalid integer value: '-1'"));
        assert!(wrong(&["s4cmd", "--retry="]).contains("--retry: invalid integer value: ''"));
        for nothing in ["-=", "--=x"] {
            let wrong = wrong(&["s4cmd", nothing]);
            assert!(wrong.contains("error: no such option: -"), "{wrong}");
        }
        assert!(wrong(&["s4cmd", "--API-Acl", "x"]).ends_with("(did you mean --API-ACL?)"));
        let conflict = wrong(&["s4cmd", "--acl-public", "--acl", "private"]);
        assert!(
            conflict.ends_with("--acl-public cannot be used with --acl"),
            "{conflict}"
        );
        assert!(wrong(&["s4cmd", "--recursiv3"]).contains("did you mean --recursive"));
        let ambiguous =
            "error: ambiguous option: --API-GrantR (--API-GrantRead, --API-GrantReadACP?)";
        assert!(wrong(&["s4cmd", "--API-GrantR", "x"]).ends_with(ambiguous));
    }
}
