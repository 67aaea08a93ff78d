//! The exit status.

use crate::command::{Cause, Output};

/// Which statuses there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ExitCodes {
    /// Those of the original: 1 for every failure.
    Plain,
    /// What failed is told apart.
    Extended,
}

/// The status of a run that came to its end.
pub(super) fn of_run(output: &Output, codes: ExitCodes) -> u8 {
    let by = |cause| output.failures_by(cause);
    match (output.failures(), codes) {
        (0, _) => 0,
        (_, ExitCodes::Plain) => FAILED,
        _ if by(Cause::Damaged) > 0 => MISMATCH,
        _ if by(Cause::Withheld) > 0 => WITHHELD,
        _ if output.has_done() => PARTIAL,
        (failures, _) if by(Cause::Missing) == failures => MISSING,
        _ => FAILED,
    }
}

/// Anything failed.
pub(super) const FAILED: u8 = 1;
/// The command line makes no sense.
pub(super) const USAGE: u8 = 2;
/// Something was transferred, deleted or told, and something failed.
const PARTIAL: u8 = 3;
/// Nothing was done, because nothing of it exists.
const MISSING: u8 = 4;
/// Something arrived that is not what was sent.
const MISMATCH: u8 = 5;
/// Nothing was deleted, because it would not have been safe.
const WITHHELD: u8 = 6;

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::command::{Failure, Stream};

    fn status(causes: &[Cause], codes: ExitCodes) -> u8 {
        let stream = || Stream::new(io::sink(), false);
        let output = Output::new(stream(), stream());
        for cause in causes {
            output.failure(&Failure::Runtime(*cause, String::new()));
        }
        of_run(&output, codes)
    }

    #[test]
    fn the_worst_cause_decides() {
        use Cause::{Damaged, Missing, Other, Withheld};
        for (causes, extended) in [
            (&[][..], 0),
            (&[Other], 1),
            (&[Missing, Missing], 4),
            (&[Missing, Other], 1),
            (&[Missing, Withheld], 6),
            (&[Withheld, Damaged, Other], 5),
        ] {
            assert_eq!(status(causes, ExitCodes::Extended), extended, "{causes:?}");
            let plain = u8::from(!causes.is_empty());
            assert_eq!(status(causes, ExitCodes::Plain), plain, "{causes:?}");
        }
    }
}
