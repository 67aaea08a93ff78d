//! Questions to the user.

use std::{
    fs::OpenOptions,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
};

/// Asks at the terminal, wherever the output goes.
///
/// # Errors
/// There is no terminal, or nobody answers.
pub(super) fn ask(question: &str) -> io::Result<String> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut terminal =
        terminal.map_err(|_| io::Error::other("there is no terminal to ask for it"))?;
    terminal.write_all(question.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(terminal.take(LONGEST)).read_line(&mut answer)?;
    if answer.trim().is_empty() {
        return Err(io::Error::other("nothing was answered"));
    }
    Ok(answer)
}

/// Bytes.
const LONGEST: u64 = 1024;
