//! The `--API-*` options on the command line, made from their table.

use clap::{Arg, ArgMatches, Command};
use jiff::Timestamp;

use crate::{
    cli::datetime,
    s3::api_option::{API_OPTIONS, ApiOption, ApiOptions, Value, ValueKind},
};

/// Adds an option for each row.
pub(super) fn add_to(command: Command) -> Command {
    command.args(API_OPTIONS.iter().map(|option| {
        Arg::new(option.flag)
            .long(option.flag)
            .value_name("VALUE")
            .allow_hyphen_values(true)
            .hide(true)
    }))
}

/// Reads the options that were given.
///
/// # Errors
/// A value that is not what its option takes.
pub(super) fn read(matches: &ArgMatches) -> Result<ApiOptions, String> {
    let mut options = ApiOptions::default();
    for option in &API_OPTIONS {
        if let Some(text) = matches.get_one::<String>(option.flag) {
            options.set(option, value(option, text)?);
        }
    }
    Ok(options)
}

fn value(option: &ApiOption, text: &str) -> Result<Value, String> {
    let flag = option.flag;
    match option.kind {
        ValueKind::Text | ValueKind::Key => Ok(Value::Text(text.to_owned())),
        ValueKind::Date | ValueKind::IsoDate => date(flag, text).map(Value::Date),
        ValueKind::Map => map(text)
            .map(Value::Map)
            .map_err(|reason| format!("option --{flag}: {reason}")),
    }
}

/// Reads the date of an option.
pub(super) fn date(flag: &str, text: &str) -> Result<Timestamp, String> {
    datetime::parse(text, Timestamp::now()).ok_or_else(|| {
        format!(
            "option --{flag}: invalid datetime value: '{text}' (examples: '2017-01-02 10:20', \
             '3 days ago')"
        )
    })
}

/// Reads the JSON object of an option that is a map.
///
/// # Errors
/// It is something else, or has values that are no strings.
pub fn map(text: &str) -> Result<Vec<(String, String)>, String> {
    let parsed: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let serde_json::Value::Object(entries) = parsed else {
        return Err("not a JSON object such as {\"name\": \"value\"}".to_owned());
    };
    entries
        .into_iter()
        .map(|(name, value)| match value {
            serde_json::Value::String(value) => Ok((name, value)),
            _ => Err(format!("the value of \"{name}\" is not a string")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_json_objects_of_strings() {
        let expected = vec![("a".to_owned(), "1".to_owned())];
        assert_eq!(map("{\"a\": \"1\"}"), Ok(expected));
        for bad in ["", "[]", "{\"a\": 1}", "{a: 1}", "{\"a\":"] {
            assert!(map(bad).is_err(), "{bad}");
        }
    }
}
