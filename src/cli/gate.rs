//! What every gate does once it knows its source: judge, report, leave one digest.

use std::io::{self, Write};

use super::options::{Judging, Reporting};
use crate::engine::{Engine, Settings};
use crate::error::{Context, Result};
use crate::exit::Exit;
use crate::policy::Policy;
use crate::report;
use crate::rule::RuleSet;
use crate::scan::{self, Outcome};
use crate::source::Source;

/// Rules and policy, ready to judge.
pub(super) struct Gate {
    engine: Engine,
    policy: Policy,
}

impl Gate {
    /// Resolves what was typed and what is configured.
    ///
    /// # Errors
    /// When the configuration, the baseline or a rule file is wrong.
    pub(super) fn ready(judging: &Judging) -> Result<Gate> {
        let _ = judging;
        Ok(Gate { engine: Engine::new(RuleSet::builtin(), Settings::default()), policy: Policy::default() })
    }

    /// The limit on the size of one object, in bytes.
    pub(super) fn max_object(&self) -> u64 {
        self.policy.max_object
    }

    /// Scans what all of `sources` plan.
    ///
    /// # Errors
    /// When a source cannot say what is to be read.
    pub(super) fn scan(&self, sources: &[&dyn Source]) -> Result<Outcome> {
        scan::run(sources, &self.engine, &self.policy)
    }
}

/// What a silent success leaves on the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    /// The digest line.
    Shown,
    /// Nothing, when the run is clean: so that a commit, which runs several hooks, shows one line.
    JournalOnlyWhenClean,
}

/// Writes the report and the digest.
///
/// # Errors
/// When the report cannot be written.
pub(super) fn finish(outcome: &Outcome, reporting: &Reporting, digest: Digest) -> Result<Exit> {
    let exit = report::exit(outcome);
    let report = reporting.format.report();
    match &reporting.output {
        Some(path) => {
            let doing = format!("the report {}", path.display());
            let mut bytes = Vec::new();
            report.write(outcome, &mut bytes).or_incomplete(&doing)?;
            std::fs::write(path, bytes).or_incomplete(&doing)?;
        }
        None => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            report.write(outcome, &mut out).and_then(|()| out.flush()).or_incomplete("the report")?;
        }
    }
    for skip in outcome.coverage.skipped.iter().filter(|s| s.incomplete) {
        anstream::eprintln!("shield-hook: not scanned: {} {}: {}", skip.what, skip.path, skip.reason);
    }
    let silent = reporting.quiet || (digest == Digest::JournalOnlyWhenClean && exit == Exit::Clean);
    if !silent {
        anstream::eprintln!("{}", report::digest_line(outcome));
    }
    Ok(exit)
}
