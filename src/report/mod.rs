//! Reports: one file a format behind one small trait.

mod json;
pub mod packages;
mod pretty;

use std::io;

use crate::digest;
use crate::exit::Exit;
use crate::scan::Outcome;

pub use json::Json;
pub use pretty::Pretty;

/// Writes an outcome in one format.
pub trait Report {
    /// Writes the whole report.
    ///
    /// # Errors
    /// When `out` cannot be written; the run then ends with exit 2, whatever was found.
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()>;
}

/// The formats that `--format` names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object.
    Json,
}

impl Format {
    /// The report in this format.
    pub fn report(self) -> Box<dyn Report> {
        match self {
            Format::Pretty => Box::new(Pretty),
            Format::Json => Box::new(Json),
        }
    }
}

/// The exit code of an outcome.
pub fn exit(outcome: &Outcome) -> Exit {
    if outcome.findings.iter().any(|f| f.verdict.blocks()) {
        Exit::Blocked
    } else if !outcome.coverage.complete() {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}

/// The `result` field of the contract.
pub fn result(outcome: &Outcome) -> &'static str {
    match exit(outcome) {
        Exit::Clean => "clean",
        Exit::Blocked => "blocked",
        Exit::Incomplete | Exit::Usage => "incomplete",
    }
}

/// The digest line of an outcome.
pub fn digest_line(outcome: &Outcome) -> String {
    digest::line(outcome)
}
