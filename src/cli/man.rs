//! The manual page, from what the help is made of.

use std::io;

use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use crate::{
    cli::{args, help},
    command::Failure,
    s3::api_option::{API_OPTIONS, Wire},
};

/// The page, for `man`.
///
/// # Errors
/// It cannot be written, which is a bug.
pub(super) fn page() -> Result<String, Failure> {
    let failed = |error: io::Error| Failure::about("man", error);
    let mut page = Vec::new();
    write(&mut page).map_err(failed)?;
    String::from_utf8(page).map_err(|error| Failure::about("man", error))
}

fn write(page: &mut Vec<u8>) -> io::Result<()> {
    let definition = args::definition()
        .about(help::ABOUT)
        .version(env!("CARGO_PKG_VERSION"))
        .override_usage(help::USAGE);
    let man = Man::new(definition).section("1");
    man.render_title(page)?;
    man.render_name_section(page)?;
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    roff.text([bold("s4cmd"), roman(" [options] COMMAND ...")]);
    roff.control("SH", ["COMMANDS"]);
    for (usage, about, example) in help::topics() {
        roff.control("TP", []);
        roff.text([bold(usage)]);
        roff.text([roman(about.replace('\n', " "))]);
        roff.control("IP", []);
        roff.text([roman(example)]);
    }
    roff.control("SH", ["PATHS"]);
    roff.text([roman(help::PATHS.replace('\n', " "))]);
    roff.to_writer(page)?;
    man.render_options_section(page)?;
    let mut roff = Roff::new();
    roff.control("SH", ["PARAMETERS OF THE S3 API"]);
    roff.text([roman("Each goes on the requests that take it:")]);
    for option in &API_OPTIONS {
        roff.control("TP", []);
        roff.text([bold(format!("--{} VALUE", option.flag))]);
        roff.text([roman(wire_name(option.wire))]);
    }
    roff.control("SH", ["EXIT STATUS"]);
    roff.text([roman(help::STATUS.replace('\n', " "))]);
    roff.to_writer(page)
}

/// Where a value goes.
fn wire_name(wire: Wire) -> String {
    match wire {
        Wire::Header(name) => format!("The header {name}."),
        Wire::HeaderPrefix(prefix) => format!("Headers that begin with {prefix}."),
        Wire::Query(name) => format!("The parameter {name}."),
        Wire::Nowhere => "Accepted, and sent nowhere.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_option_is_in_it() {
        let page = page().unwrap().replace("\\-", "-");
        for command in help::commands() {
            assert!(page.contains(&format!("s4cmd {command}")), "{command}");
        }
        for arg in args::definition().get_arguments() {
            if let Some(long) = arg.get_long().filter(|_| !arg.is_hide_set()) {
                assert!(page.contains(&format!("--{long}")), "{long}");
            }
        }
        assert!(page.starts_with(".ie") || page.starts_with(".TH"), "{page}");
    }
}
