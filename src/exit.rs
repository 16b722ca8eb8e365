//! The exit codes, which are part of the command-line contract.

use std::process::{ExitCode, Termination};

/// The exit code of a run. Git and CI treat every one but `Clean` as a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Exit {
    /// Everything asked for was read and nothing blocks.
    Clean = 0,
    /// Something blocks; the scan may be incomplete as well.
    Blocked = 1,
    /// Not everything asked for could be read, and nothing that was read blocks.
    Incomplete = 2,
    /// The command line, the configuration or a rule is wrong; nothing was judged.
    Usage = 3,
}

/// The exit codes with their meanings, as `--help`, the manual page and the documentation give them.
pub const MEANINGS: [(Exit, &str); 4] = [
    (Exit::Clean, "everything in scope was read, and nothing blocks"),
    (Exit::Blocked, "something blocks"),
    (Exit::Incomplete, "something could not be read: the report lists it with a way out"),
    (Exit::Usage, "wrong usage or configuration"),
];

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}
