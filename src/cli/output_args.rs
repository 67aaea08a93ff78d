//! The options about what is shown, and how.

use std::path::PathBuf;

use clap::Args;

use crate::{
    cli::{
        args::{LISTING, OUTPUT},
        exit::ExitCodes,
    },
    command::{Failure, Hush, Layout, LogOptions, OutputOptions, Show, TimeStyle},
    local::Owner,
};

// (A doc comment here would become the help.)
#[derive(Args)]
pub(super) struct OutputArgs {
    /// Round sizes, as in 1.5K
    #[arg(short = 'H', long, help_heading = LISTING)]
    human_readable: bool,
    /// long-iso, full-iso, epoch or +FORMAT
    #[arg(long, value_name = "STYLE", default_value = "long-iso", value_parser = TimeStyle::parse, help_heading = LISTING)]
    time_style: TimeStyle,
    /// Show ETags
    #[arg(long, help_heading = LISTING)]
    etag: bool,
    /// Show storage classes
    #[arg(long, help_heading = LISTING)]
    show_storage_class: bool,
    /// List all versions of what is there, and was
    #[arg(long, help_heading = LISTING)]
    versions: bool,
    /// End with the number of objects and their size
    #[arg(long, help_heading = LISTING)]
    summarize: bool,

    /// Write lines of JSON
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    /// Bars on a terminal, lines now and then, or nothing
    #[arg(long, value_name = "FORM", default_value = "auto", help_heading = OUTPUT)]
    progress: ProgressForm,
    /// As --progress never
    #[arg(long, help_heading = OUTPUT)]
    no_progress: bool,
    /// Say what is going on
    #[arg(long, help_heading = OUTPUT)]
    pub(super) verbose: bool,
    /// Show every request (lines with S3APICALL)
    #[arg(long, help_heading = OUTPUT)]
    pub(super) debug: bool,
    /// Show only failures
    #[arg(short, long, help_heading = OUTPUT)]
    quiet: bool,
    /// Show only failures and warnings
    #[arg(long, help_heading = OUTPUT)]
    only_show_errors: bool,
    /// Tell what became of all names, and what it took
    #[arg(long, help_heading = OUTPUT)]
    pub(super) stats: bool,
    /// Add all lines to a file, with their time
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    log_file: Option<PathBuf>,
    /// Whose that file is to be
    #[arg(long, value_name = "USER:GROUP", help_heading = OUTPUT)]
    log_owner: Option<String>,
    /// Its permissions, in octal [default: 640]
    #[arg(long, value_name = "MODE", value_parser = mode, help_heading = OUTPUT)]
    log_mode: Option<u32>,
    /// Exit statuses: 1 for every failure, or finer ones
    #[arg(long, value_name = "SET", default_value = "plain", help_heading = OUTPUT)]
    pub(super) exit_codes: ExitCodes,
}

/// [`Show`] on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ProgressForm {
    Auto,
    Plain,
    Never,
}

impl OutputArgs {
    pub(super) fn layout(&self) -> Layout {
        Layout {
            human: self.human_readable,
            times: self.time_style.clone(),
            etags: self.etag,
            storage_classes: self.show_storage_class,
            versions: self.versions,
            summarize: self.summarize,
        }
    }

    /// # Errors
    /// The options about the log file make no sense.
    pub(super) fn options(&self) -> Result<OutputOptions, Failure> {
        Ok(OutputOptions {
            hush: self.hush(),
            show: self.show(),
            json: self.json,
            log: self.log()?,
        })
    }

    fn show(&self) -> Show {
        match self.progress {
            _ if self.no_progress => Show::Never,
            ProgressForm::Auto => Show::Auto,
            ProgressForm::Plain => Show::Plain,
            ProgressForm::Never => Show::Never,
        }
    }

    fn hush(&self) -> Hush {
        match (self.quiet, self.only_show_errors) {
            (true, _) => Hush::Warnings,
            (false, true) => Hush::Operations,
            (false, false) => Hush::Nothing,
        }
    }

    fn log(&self) -> Result<Option<LogOptions>, Failure> {
        let Some(path) = &self.log_file else {
            return match (&self.log_owner, self.log_mode) {
                (None, None) => Ok(None),
                _ => {
                    let text = "--log-owner and --log-mode are about the file of --log-file";
                    Err(Failure::InvalidArgument(text.to_owned()))
                }
            };
        };
        let owner = self.log_owner.as_deref().map(Owner::parse).transpose();
        let invalid = |error| Failure::InvalidArgument(format!("--log-owner: {error}"));
        Ok(Some(LogOptions {
            path: path.clone(),
            owner: owner.map_err(invalid)?,
            mode: self.log_mode,
        }))
    }
}

fn mode(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8)
        .ok()
        .filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| "not three octal digits".to_owned())
}
