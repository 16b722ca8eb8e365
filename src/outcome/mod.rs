//! The outcome of a run, from which reports, journal records and the exit code are made.

mod facts;
pub mod summary_line;

pub use facts::{CommitFacts, RepositoryFacts, WebPages};

use std::path::PathBuf;
use std::time::Duration;

use bstr::BStr;

use crate::engine::{RuleStat, redact};
use crate::error::Error;
use crate::exit::Exit;
use crate::finding::{Finding, Fingerprint};
use crate::package;
use crate::source::{Coverage, Skip};

/// The outcome of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Sorted by path, line, column and rule: the same input gives the same bytes whatever the thread count.
    pub findings: Vec<Finding>,
    /// The content that was read, and the content that was skipped.
    pub coverage: Coverage,
    /// Allowances that matched nothing or are past their date.
    pub stale: Vec<String>,
    /// The number of rules that ran.
    pub rules: usize,
    /// The hash of the rule set, in hex.
    pub ruleset: String,
    /// The duration of the run.
    pub took: Duration,
    /// The packages that the data speaks of, in every lockfile and manifest that was read.
    pub packages: Vec<package::survey::SurveyRow>,
    /// The packages that each lockfile's change adds, removes and updates.
    pub changes: Vec<(String, package::change::PackageChange)>,
    /// The number of packages from an unknown origin.
    pub unknown_origin: usize,
    /// The date of the package data, if it was used.
    pub data: Option<String>,
    /// The cost and the findings of each rule, if `--rule-stats` asked for them.
    pub rule_stats: Vec<RuleStat>,
    /// The directory on disk that paths are relative to.
    pub root: Option<PathBuf>,
    /// The repository, if one was scanned and something was found in it.
    pub repository: Option<RepositoryFacts>,
    /// The error that ended the run before a verdict.
    pub failed: Option<Error>,
}

impl Outcome {
    /// The outcome of a run that `error` ended before a verdict.
    pub fn failed(error: &Error, took: Duration) -> Self {
        let error = error.reworded(redact::message);
        let skip = Skip { what: "run", path: String::new(), reason: error.message().to_owned(), incomplete: true };
        Self {
            findings: Vec::new(),
            coverage: Coverage { skipped: vec![skip], ..Coverage::default() },
            stale: Vec::new(),
            rules: 0,
            ruleset: String::new(),
            took,
            packages: Vec::new(),
            changes: Vec::new(),
            unknown_origin: 0,
            data: None,
            rule_stats: Vec::new(),
            root: None,
            repository: None,
            failed: Some(error),
        }
    }

    /// Adds findings that no source brought.
    pub fn add(&mut self, findings: Vec<Finding>) {
        self.findings.extend(findings);
        sort(&mut self.findings);
    }

    /// Adds the outcome of another part of the same run: other refs, by another policy.
    pub fn join(&mut self, other: Self) {
        self.coverage.join(other.coverage);
        self.stale.extend(other.stale);
        self.took += other.took;
        self.packages.extend(other.packages);
        self.changes.extend(other.changes);
        self.unknown_origin += other.unknown_origin;
        if self.ruleset != other.ruleset {
            self.ruleset = format!("{}+{}", self.ruleset, other.ruleset);
            self.rules = self.rules.max(other.rules);
        }
        self.add(other.findings);
        // A finding of both parts is reported once, with the stricter verdict.
        self.findings.sort_by(|a, b| (identity(a), !a.verdict.blocks()).cmp(&(identity(b), !b.verdict.blocks())));
        self.findings.dedup_by(|a, b| identity(a) == identity(b));
        sort(&mut self.findings);
    }

    /// The exit code that it means.
    pub fn exit(&self) -> Exit {
        if let Some(error) = &self.failed {
            error.exit()
        } else if self.findings.iter().any(|f| f.verdict.blocks()) {
            Exit::Blocked
        } else if !self.coverage.complete() {
            Exit::Incomplete
        } else {
            Exit::Clean
        }
    }

    /// The `result` field of the contract.
    pub fn result(&self) -> &'static str {
        self.exit().result()
    }
}

type Order<'f> = ((&'f BStr, usize, usize, usize), &'f str, Option<&'f str>);

fn order(f: &Finding) -> Order<'_> {
    (f.location.order(), f.rule.id, f.commit.as_deref())
}

/// The key of a finding: two with the same key are one.
fn identity(f: &Finding) -> (Order<'_>, Fingerprint) {
    (order(f), f.fingerprint)
}

/// Puts findings in the order of reports: by path, line, column, rule and commit.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
}
