//! What a shell can complete. The scripts of the shells only ask `s4cmd _complete`.

use crate::{
    cli::{args, help},
    command::Failure,
};

/// The script of a shell.
///
/// # Errors
/// There is none.
pub(super) fn script(shell: &str) -> Result<&'static str, Failure> {
    match shell {
        "bash" => Ok(include_str!("completions/s4cmd.bash")),
        "zsh" => Ok(include_str!("completions/s4cmd.zsh")),
        "fish" => Ok(include_str!("completions/s4cmd.fish")),
        other => {
            let text = format!("completions {other}: bash, zsh or fish expected");
            Err(Failure::InvalidArgument(text))
        }
    }
}

/// The options or words that begin like `word`, a line each: what nobody has to be asked for.
/// `None` if it is the beginning of a name.
pub(super) fn known(first: &str, word: &str) -> Option<String> {
    let mut candidates: Vec<String> = if word.starts_with('-') {
        let definition = args::definition();
        let shown = definition.get_arguments().filter_map(|arg| {
            let long = arg.get_long()?;
            // The help names them without what they have in common.
            (!arg.is_hide_set() || long.starts_with("API-")).then(|| format!("--{long}"))
        });
        shown.collect()
    } else if first == word {
        help::commands().map(str::to_owned).collect()
    } else {
        let words: &[&str] = match first {
            "multipart" => &["list", "abort"],
            "policy" => &["get", "set", "del"],
            "completions" => &["bash", "zsh", "fish"],
            _ => return None,
        };
        words.iter().map(|word| (*word).to_owned()).collect()
    };
    candidates.retain(|candidate| candidate.starts_with(word));
    candidates.sort_unstable();
    if candidates.is_empty() && !word.starts_with('-') {
        return None;
    }
    Some(candidates.into_iter().map(|line| line + "\n").collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_words_are_known_without_asking() {
        let known = |first, word| known(first, word).unwrap();
        assert_eq!(known("ls", "--time"), "--time-style\n");
        assert_eq!(known("ls", "--nothing"), "");
        assert_eq!(known("ds", "ds"), "dsync\n");
        assert_eq!(known("multipart", "a"), "abort\n");
        assert!(known("ls", "--API-ACL").contains("--API-ACL\n"));
        assert!(super::known("ls", "s3:/").is_none());
        assert!(super::known("multipart", "s3://b").is_none());
    }

    #[test]
    fn only_these_shells_have_scripts() {
        for shell in ["bash", "zsh", "fish"] {
            assert!(script(shell).unwrap().contains("_complete"));
        }
        script("csh").unwrap_err();
    }
}
