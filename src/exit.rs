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
    /// The command line, the configuration or a rule is wrong; nothing was scanned.
    Usage = 3,
}

impl Exit {
    /// Every exit code.
    pub const ALL: [Exit; 4] = [Exit::Clean, Exit::Blocked, Exit::Incomplete, Exit::Usage];

    /// The meaning, as `--help`, the manual page and the documentation give it.
    pub fn meaning(self) -> &'static str {
        match self {
            Exit::Clean => "everything in scope was read, and nothing blocks",
            Exit::Blocked => "something blocks",
            Exit::Incomplete => "something could not be read: the report lists it with a way out",
            Exit::Usage => "wrong usage or configuration",
        }
    }

    /// The word for the result of a run, as reports, records and digests have it.
    pub fn result(self) -> &'static str {
        match self {
            Exit::Clean => "clean",
            Exit::Blocked => "blocked",
            Exit::Incomplete | Exit::Usage => "incomplete",
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}
