//! The watch: scheduled runs, each of which is reported.
//!
//! Each job is a process of its own, so that a crash ends one job only and each leaves its record. Every run posts
//! exactly one digest. The next run reports a missed one, and the missing heartbeat reveals it from outside.

pub mod config;
pub mod expect;
pub mod post;
pub mod schedule;
pub mod state;

use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use serde::Deserialize;

use crate::engine::redact;
use crate::environment;
use crate::error::Result;
use crate::exit::Exit;
use crate::journal::overdue::ago;
use crate::journal::{self, Met, Record, RecordedAnswer, RecordedJob};
use crate::package::ecosystem::Ecosystem;
use crate::terminal::text::plural;
use config::{Job, WatchConfig};
use expect::Expectation;
use state::WatchState;

/// The result of one run of the watch.
#[derive(Clone, Debug)]
pub struct Round {
    /// The digest line.
    pub line: String,
    /// A line for each job that is not clean.
    pub details: Vec<String>,
    /// The worst that came out.
    pub exit: Exit,
    /// The same for the journal, and for those who read many machines.
    pub record: Record,
}

impl Round {
    /// The digest with its details, as it is posted.
    pub fn text(&self) -> String {
        let mut text = self.line.clone();
        for line in &self.details {
            text += &format!("\n  {line}");
        }
        text
    }
}

/// Runs every job of the configuration with `program`, and reports a late run.
///
/// # Errors
/// When a job cannot be started.
pub fn run(config: &WatchConfig, program: &Path, state: &WatchState) -> Result<Round> {
    let now = Timestamp::now();
    let (mut parts, mut details, mut exit) = (Vec::new(), Vec::new(), Exit::Clean);
    let mut record = Record { host: environment::host(), ..Record::new("watch") };
    let mut offending = Vec::new();
    for job in &config.jobs {
        let JobResult { code, said, report } = run_job(job, program);
        let word = match code {
            Some(0) => "clean",
            Some(1) => "blocked",
            _ => "failed",
        };
        parts.push(format!("{} {word}", job.name));
        record.jobs.push(RecordedJob { name: redact::name(&job.name), result: word.to_owned() });
        if let Some(report) = &report {
            offending.extend(report.blocking());
            record.data = record.data.take().into_iter().chain(report.data.clone()).min();
            record.counts.blocking += report.blocking().count();
            record.counts.blobs += report.coverage.blobs;
        }
        if job.name == config::AUDIT {
            record.expect = answers(&config.expect, report.as_ref());
        }
        if code != Some(0) {
            details.push(format!("{}: {said}", job.name));
        }
        exit = worse(exit, code);
    }
    if let Some(lost) = &state.lost {
        parts.push("the last run is not known".into());
        details.push(format!("{lost}, so a run that was missed, or a digest that could not be posted, is not known"));
    }
    for answer in record.expect.iter().filter(|answer| answer.answer == Met::No) {
        parts.push(format!("expected {}: no", answer.what));
        details.push(format!("expected {}, installed: {}", answer.what, answer.found.join(", ")));
        exit = worse(exit, Some(Exit::Blocked as i32));
    }
    record.packages = journal::named(offending.into_iter());
    if let Some(late) = state.late(now) {
        parts.push(format!("late by {late}"));
        details.push(format!(
            "this run was due at {}: the scheduler did not start it",
            state.due.as_deref().unwrap_or("?")
        ));
    }
    if state
        .last
        .as_deref()
        .and_then(|t| t.parse().ok())
        .is_some_and(|last: Timestamp| last.as_second() > now.as_second() + 120)
    {
        details.push("the last run is dated in the time to come: a clock was wrong".into());
    }
    if !state.unsent.is_empty() {
        details.push(format!(
            "{} earlier: could not be posted, and are posted now",
            plural(state.unsent.len(), "digest", "digests")
        ));
    }
    let due = config.every.map(|every| now + every);
    let next = due.map(|due| format!("; next by {due:.0}")).unwrap_or_default();
    record.due = due.map(|due| format!("{due:.0}"));
    let line = format!("shield-hook: watch: {}: {}{next}", exit.result(), parts.join(", "));
    Ok(Round { line, details, exit, record })
}

/// The answers to the expectations. Without a report nobody knows.
fn answers(expectations: &[Expectation], report: Option<&PackageReport>) -> Vec<RecordedAnswer> {
    let answer = |expectation: &Expectation| match report {
        Some(report) => expectation.answer(&report.packages()),
        None => RecordedAnswer { what: expectation.text.clone(), ..RecordedAnswer::default() },
    };
    expectations.iter().map(answer).collect()
}

/// The part of a report on packages that the watch reads.
#[derive(Default, Deserialize)]
#[serde(default)]
struct PackageReport {
    data: Option<String>,
    packages: Vec<PackageRow>,
    coverage: PackageCoverage,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PackageCoverage {
    blobs: usize,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PackageRow {
    ecosystem: String,
    name: String,
    version: Option<String>,
    verdict: String,
}

impl PackageReport {
    /// The packages that block, as records name them.
    fn blocking(&self) -> impl Iterator<Item = String> {
        self.packages.iter().filter(|row| row.verdict == "block").map(|row| {
            let version = row.version.as_deref().map(|version| format!("@{version}")).unwrap_or_default();
            format!("{}:{}{version}", row.ecosystem, row.name)
        })
    }

    fn packages(&self) -> Vec<(Ecosystem, String, Option<String>)> {
        let known = |row: &PackageRow| Some((Ecosystem::parse(&row.ecosystem)?, row.name.clone(), row.version.clone()));
        self.packages.iter().filter_map(known).collect()
    }
}

/// What came out of a job.
struct JobResult {
    code: Option<i32>,
    /// Its digest.
    said: String,
    /// Its report, where it is about packages.
    report: Option<PackageReport>,
}

/// The worse of two results: blocked, then incomplete, then clean.
fn worse(so_far: Exit, code: Option<i32>) -> Exit {
    match (so_far, code) {
        (so_far, Some(0)) => so_far,
        (Exit::Clean | Exit::Blocked, Some(1)) => Exit::Blocked,
        (Exit::Blocked, _) => Exit::Blocked,
        _ => Exit::Incomplete,
    }
}

/// Runs one job.
fn run_job(job: &Job, program: &Path) -> JobResult {
    let mut command = Command::new(program);
    command.args(&job.args).stdin(Stdio::null());
    if let Some(directory) = &job.directory {
        command.current_dir(directory);
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(e) => return JobResult { code: None, said: format!("could not be started: {e}"), report: None },
    };
    let report = serde_json::from_slice(&output.stdout).ok();
    let text = [&output.stdout[..], b"\n", &output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let mine =
        |line: &&str| line.starts_with("shield-hook: ") || line.starts_with("canary ") || line.starts_with("error");
    let digest = text.lines().rev().find(mine).or_else(|| text.lines().last()).unwrap_or("it said nothing");
    JobResult { code: output.status.code(), said: digest.trim_start_matches("shield-hook: ").to_owned(), report }
}

/// The state after a run.
pub fn after(round: &Round, config: &WatchConfig, started: Timestamp, unsent: Vec<String>) -> WatchState {
    WatchState {
        last: Some(format!("{started:.0}")),
        due: config.every.map(|every| format!("{:.0}", started + every)),
        result: Some(round.line.clone()),
        unsent,
        lost: None,
    }
}

/// The text of `watch status`, and its exit code.
pub fn status(state: &WatchState) -> (String, bool) {
    let now = Timestamp::now();
    let last = state.last.as_deref().and_then(|t| t.parse::<Timestamp>().ok());
    let mut parts = vec![last.map_or_else(
        || state.lost.clone().unwrap_or_else(|| "has never run".into()),
        |last| format!("last run {} ago ({last})", ago(last, now)),
    )];
    let late = state.late(now);
    match (&state.due, &late) {
        (Some(due), None) => parts.push(format!("next by {due}")),
        (Some(due), Some(late)) => parts.push(format!("OVERDUE by {late}: it was due at {due}")),
        (None, _) => parts.push("no schedule".into()),
    }
    if !state.unsent.is_empty() {
        parts.push(format!("{} could not be posted", plural(state.unsent.len(), "digest", "digests")));
    }
    if let Some(said) = &state.result {
        parts.push(said.trim_start_matches("shield-hook: watch: ").to_owned());
    }
    let expected = last.is_some() || state.due.is_some();
    (format!("watch: {}", parts.join(", ")), expected && late.is_none() && state.unsent.is_empty())
}
