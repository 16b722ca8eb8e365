//! The journal's record of one run.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::engine::redact;
use crate::error::Error;
use crate::finding::Verdict;
use crate::outcome::Outcome;
use crate::outcome::summary_line;

/// One run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// The version of this format.
    pub v: u32,
    /// When the run ended: RFC 3339, UTC.
    pub time: String,
    /// The subcommand, with the hook's name: `scan`, `hook pre-push`, `canary` ...
    pub command: String,
    /// `clean`, `blocked`, `incomplete`, or `error` when it ended before it could judge.
    pub result: String,
    /// The exit code.
    pub exit: u8,
    /// The amounts read and found.
    pub counts: Counts,
    /// The number of rules that ran.
    pub rules: usize,
    /// The hash of the rule set.
    pub ruleset: String,
    /// The date of the package data, if it was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The duration in milliseconds.
    pub ms: u64,
    /// The commits, tree and refs that the run vouches for.
    #[serde(skip_serializing_if = "Covers::is_empty")]
    pub covers: Covers,
    /// The directory of the run, in the user's journal only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The machine of the run, in the user's journal only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The packages that block: `npm:name@1.2.3`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<String>,
    /// The jobs of a watch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<RecordedJob>,
    /// A watch's answers to what is expected of every machine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<RecordedAnswer>,
    /// When the next run of a watch is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// The program's version.
    pub version: String,
    /// The digest line, or the error's first line.
    pub digest: String,
}

/// The amounts that a run read and found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub blocking: usize,
    pub warnings: usize,
    pub allowed: usize,
    pub old: usize,
    pub commits: usize,
    pub blobs: usize,
    pub bytes: u64,
    pub skipped: usize,
}

/// The receipt: the commits, tree and refs that a run vouches for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Covers {
    /// Commits that were read, or that post-commit matched with a tree that pre-commit read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<String>,
    /// The tree that pre-commit read, when git had already written it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
    /// The parents of the commit about to be made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<String>,
    /// Refs that a push or a transaction updates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<RecordedRef>,
    /// The commit was made without the pre-commit hook, and not by a rebase or another command that runs none.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bypassed: bool,
}

impl Covers {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One ref that a push or a transaction updates; ids in hex.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct RecordedRef {
    pub name: String,
    pub old: String,
    pub new: String,
}

/// A job of a watch, and what came out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordedJob {
    /// Its name: `audit`, `canary PATH` ...
    pub name: String,
    /// `clean`, `blocked` or `failed`.
    pub result: String,
}

/// The answer to an expectation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordedAnswer {
    /// What is expected: `npm:@acme/lib >= 1.2.4`.
    pub what: String,
    /// The answer.
    pub answer: Met,
    /// The versions that are installed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<String>,
}

/// Whether an expectation is met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Met {
    /// Every installed version is as expected.
    Yes,
    /// An installed version is not.
    No,
    /// The package is not installed.
    NotInstalled,
    /// Nobody looked, or the look failed.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Met {
    /// The answer in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NotInstalled => "not installed",
            Self::Unknown => "unknown",
        }
    }
}

impl Record {
    /// A record of `command`, ending now. The caller fills in the other fields.
    pub fn new(command: impl Into<String>) -> Self {
        Self {
            v: 1,
            time: now(),
            command: command.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            ..Self::default()
        }
    }

    /// The record of a run that came to an outcome.
    pub fn of(command: impl Into<String>, outcome: &Outcome) -> Self {
        let count = |of: fn(&Verdict) -> bool| outcome.findings.iter().filter(|f| of(&f.verdict)).count();
        let coverage = &outcome.coverage;
        Self {
            result: outcome.result().into(),
            exit: outcome.exit() as u8,
            counts: Counts {
                blocking: count(Verdict::blocks),
                warnings: count(|v| matches!(v, Verdict::Warn(_))),
                allowed: count(|v| matches!(v, Verdict::Allowed(_))),
                old: count(|v| matches!(v, Verdict::Old)),
                commits: coverage.commits,
                blobs: coverage.blobs,
                bytes: coverage.bytes,
                skipped: coverage.skipped.len(),
            },
            rules: outcome.rules,
            ruleset: outcome.ruleset.clone(),
            data: outcome.data.clone(),
            ms: outcome.took.as_millis() as u64,
            digest: summary_line::of(outcome),
            ..Self::new(command)
        }
    }

    /// The record of a run that an error ended.
    pub fn failed(command: impl Into<String>, error: &Error, took: Duration) -> Self {
        Self {
            result: "error".into(),
            exit: error.exit() as u8,
            ms: took.as_millis() as u64,
            digest: format!(
                "shield-hook: error: {}",
                redact::message(error.message().lines().next().unwrap_or_default())
            ),
            ..Self::new(command)
        }
    }

    /// The same record with a receipt.
    #[must_use]
    pub fn covering(mut self, covers: Covers) -> Self {
        self.covers = covers;
        self
    }

    /// The end of the run, if the record holds a valid time.
    pub fn when(&self) -> Option<Timestamp> {
        self.time.parse().ok()
    }
}

/// The time as records write it.
pub fn now() -> String {
    format!("{:.3}", Timestamp::now())
}
