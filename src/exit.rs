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
    pub const ALL: [Self; 4] = [Self::Clean, Self::Blocked, Self::Incomplete, Self::Usage];

    /// The meaning, as `--help`, the manual page and the documentation give it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Clean => "everything in scope was read, and nothing blocks",
            Self::Blocked => "something blocks",
            Self::Incomplete => "something could not be read: the report lists it with a way out",
            Self::Usage => "wrong usage or configuration",
        }
    }

    /// The word for the result of a run, as reports, records and digests have it.
    pub fn result(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Blocked => "blocked",
            Self::Incomplete | Self::Usage => "incomplete",
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}
