//! What was said on the command line, and in `S4CMD_OPTS`.

use std::{ffi::OsString, path::PathBuf};

use clap::{
    CommandFactory as _, FromArgMatches as _, Parser,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::{cli::api_args, credentials::Environment, s3::api_option::ApiOptions};

// The options and words, unresolved. All options belong to the program, not to a command, because
// they may stand anywhere: the command is the first word that is no option. (A doc comment here
// would become the help.)
#[derive(Debug, Parser)]
#[command(
    name = "s4cmd",
    version = env!("CARGO_PKG_VERSION"),
    disable_version_flag = true,
    disable_help_flag = true,
    about = "Moves files to, from and between S3 and S3-compatible stores.",
    override_usage = "s4cmd [options] COMMAND ...",
    args_override_self = true,
    infer_long_args = true,
    max_term_width = 80,
    after_help = AFTER_HELP
)]
pub(super) struct Args {
    /// The command and its operands.
    #[arg(value_name = "COMMAND", hide = true)]
    pub(super) words: Vec<String>,

    /// Configuration file of s3cmd [default: ~/.s3cfg]
    #[arg(short = 'p', long, value_name = "FILE", help_heading = ACCESS)]
    pub(super) config: Option<PathBuf>,
    /// Access key (visible to other users: prefer a file or the environment)
    #[arg(long, value_name = "KEY", help_heading = ACCESS)]
    pub(super) access_key: Option<String>,
    /// Secret key
    #[arg(long, value_name = "KEY", help_heading = ACCESS)]
    pub(super) secret_key: Option<String>,
    /// Profile of the AWS configuration files
    #[arg(long, value_name = "NAME", help_heading = ACCESS)]
    pub(super) profile: Option<String>,
    /// Send requests without a signature
    #[arg(long, help_heading = ACCESS)]
    pub(super) no_sign_request: bool,
    /// Where to, instead of AWS
    #[arg(long, value_name = "URL", help_heading = ACCESS)]
    pub(super) endpoint_url: Option<String>,
    /// Region [default: AWS_REGION, the profile's, us-east-1]
    #[arg(long, value_name = "NAME", help_heading = ACCESS)]
    pub(super) region: Option<String>,
    /// Where the bucket is named: path, virtual or auto
    #[arg(long, value_name = "STYLE", default_value = "auto", help_heading = ACCESS)]
    pub(super) addressing_style: AddressingStyle,
    /// Trust every certificate
    #[arg(long, help_heading = ACCESS)]
    pub(super) ignore_certificate: bool,

    /// Overwrite what is there
    #[arg(short, long)]
    pub(super) force: bool,
    /// Whole trees
    #[arg(short, long)]
    pub(super) recursive: bool,
    /// Skip what has the same content
    #[arg(short, long)]
    pub(super) sync_check: bool,
    /// Only say what would be done
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    /// ls: directories themselves, not what is in them
    #[arg(short = 'd', long)]
    pub(super) show_directory: bool,
    /// A missing source is no failure
    #[arg(long)]
    pub(super) ignore_empty_source: bool,

    /// Rounds of retries after broken connections; 0: try once
    #[arg(short = 't', long, value_name = "N", default_value_t = 3, help_heading = TUNING)]
    pub(super) retry: u32,
    /// Seconds between two rounds
    #[arg(long, value_name = "SEC", default_value_t = 10, help_heading = TUNING)]
    pub(super) retry_delay: u32,
    /// Transfers at once [default: S4CMD_NUM_THREADS, 4 for each CPU]
    #[arg(short = 'c', long, value_name = "N", help_heading = TUNING)]
    pub(super) num_threads: Option<usize>,
    /// Size of parts and ranges
    #[arg(long, value_name = "BYTES", default_value_t = 50 << 20, help_heading = TUNING)]
    pub(super) multipart_split_size: u64,
    /// Objects of this size and above are read in ranges
    #[arg(long, value_name = "BYTES", default_value_t = 50 << 20, help_heading = TUNING)]
    pub(super) max_singlepart_download_size: u64,
    /// Files of this size and above are sent in parts
    #[arg(long, value_name = "BYTES", default_value_t = 4500 << 20, help_heading = TUNING)]
    pub(super) max_singlepart_upload_size: u64,

    /// Say what is going on
    #[arg(long, help_heading = OUTPUT)]
    pub(super) verbose: bool,
    /// Show every request (lines with S3APICALL)
    #[arg(long, help_heading = OUTPUT)]
    pub(super) debug: bool,
    /// Show this help
    #[arg(short, long, action = clap::ArgAction::HelpShort, help_heading = OUTPUT)]
    help: Option<bool>,
    /// Show the version
    #[arg(long, action = clap::ArgAction::Version, help_heading = OUTPUT)]
    version: Option<bool>,

    /// The `--API-*` options.
    #[arg(skip)]
    pub(super) api_options: ApiOptions,
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
    let mut words = arguments.into_iter();
    let mut line: Vec<OsString> = words.next().into_iter().collect();
    match shell_words::split(environment.get("S4CMD_OPTS").unwrap_or_default()) {
        Ok(options) => line.extend(options.into_iter().map(OsString::from)),
        Err(_) => return Parsed::Wrong(usage_error("S4CMD_OPTS has a quote that is not closed")),
    }
    line.extend(words);
    let command = api_args::add_to(Args::command());
    let matches = match command.try_get_matches_from(line) {
        Ok(matches) => matches,
        Err(error) => return not_run(&error),
    };
    let api_options = match api_args::read(&matches) {
        Ok(api_options) => api_options,
        Err(text) => return Parsed::Wrong(usage_error(&text)),
    };
    match Args::from_arg_matches(&matches) {
        Ok(args) => Parsed::Run(Box::new(Args {
            api_options,
            ..args
        })),
        Err(error) => not_run(&error),
    }
}

fn not_run(error: &clap::Error) -> Parsed {
    if matches!(error.kind(), ErrorKind::DisplayHelp) {
        return Parsed::Text(error.render().to_string());
    }
    if matches!(error.kind(), ErrorKind::DisplayVersion) {
        return Parsed::Text(format!("s4cmd version {}\n", env!("CARGO_PKG_VERSION")));
    }
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        _ => None,
    };
    let name = |text: String| text.split([' ', '=']).next().unwrap_or_default().to_owned();
    let option = context(ContextKind::InvalidArg)
        .map(name)
        .unwrap_or_default();
    let text = match error.kind() {
        ErrorKind::UnknownArgument => match context(ContextKind::SuggestedArg) {
            Some(suggestion) => format!("no such option: {option} (did you mean {suggestion}?)"),
            None => format!("no such option: {option}"),
        },
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            match context(ContextKind::InvalidValue).unwrap_or_default() {
                value if value.is_empty() => format!("{option} option requires 1 argument"),
                value => format!("option {option}: invalid value: '{value}'"),
            }
        }
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8, which keys must be".to_owned(),
        ErrorKind::TooManyValues => format!("{option} option does not take a value"),
        _ => error
            .kind()
            .as_str()
            .unwrap_or("invalid command line")
            .to_owned(),
    };
    Parsed::Wrong(usage_error(&text))
}

/// Compat: the form of Python's optparse.
fn usage_error(text: &str) -> String {
    format!("Usage: s4cmd [options]\n\ns4cmd: error: {text}")
}

const ACCESS: &str = "Access";
const TUNING: &str = "Tuning";
const OUTPUT: &str = "Output";

const AFTER_HELP: &str = "\
Commands:
  ls [S3]                 list buckets, or what is at a place
  mb S3                   make a bucket
  put PATH... S3          files (-r: directories) to S3
  get S3 [PATH]           S3 to files (-r: directories)
  cat S3                  S3 to the standard output
  del S3                  delete objects (-r: whole trees)
  dsync PATH S3           make a directory in S3 the same as one here,
  dsync S3 PATH             or one here the same as one in S3

S3 is s3://bucket/key; * and ? match within a component of the key.
--API-NAME VALUE passes a parameter of the S3 API on, such as
--API-StorageClass, --API-ContentType or --API-ServerSideEncryption.

Example: s4cmd put -r photos s3://bucket/backup/";

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
        api_args::add_to(Args::command()).debug_assert();
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
    fn the_command_line_beats_the_environment() {
        let args = run(&["s4cmd", "--retry", "1", "ls"], "--retry 7 -n");
        assert_eq!((args.retry, args.dry_run), (1, true));
    }

    #[test]
    fn usage_errors_have_the_form_of_optparse() {
        let expected = "Usage: s4cmd [options]\n\ns4cmd: error: no such option: --bogus";
        assert_eq!(wrong(&["s4cmd", "--bogus"]), expected);
        assert!(wrong(&["s4cmd", "--retry", "x"]).contains("--retry: invalid value: 'x'"));
        assert!(wrong(&["s4cmd", "ls", "--retry"]).contains("--retry option requires 1 argument"));
        assert!(wrong(&["s4cmd", "--recursiv3"]).contains("did you mean --recursive"));
    }
}
