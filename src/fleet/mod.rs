//! The fleet: what the records of many machines say, and which machine says nothing.
//!
//! A machine is judged by its newest watch record, or by its newest record of another kind where it has none. Everything in a
//! file comes from elsewhere, so that it is masked and filtered before it is shown.

mod html;
mod read;

pub use html::page;
pub use read::{FleetFiles, expected_hosts};

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use semver::Version;
use serde::Serialize;
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::journal::overdue::ago;
use crate::journal::{Met, Record, RecordedAnswer, RecordedJob};
use crate::package::age;
use crate::terminal::text::plural;

/// The delay in seconds that still counts as in time: a run takes a while, and clocks differ.
const GRACE: i64 = 15 * 60;

/// What is expected of every machine.
#[derive(Clone, Debug)]
pub struct FleetDemands {
    /// The machines that have to be there.
    pub hosts: BTreeSet<String>,
    /// The longest silence of a machine that names no next run.
    pub late: SignedDuration,
    /// The greatest age of the package data, in days.
    pub data_days: i64,
    /// The oldest good version of this program; none: the newest that a machine has.
    pub binary: Option<Version>,
    /// Expectations that every machine has to answer.
    pub expect: BTreeSet<String>,
}

/// A reason to look at a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Its kind, a part of the contract: `never-seen`, `late`, `clock`, `old-data`, `old-binary`, `canary-failed`, `blocked`,
    /// `failed`, `not-met`, `not-answered`.
    pub kind: &'static str,
    /// The same in words.
    pub what: String,
}

/// One machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its name.
    pub host: String,
    /// The record that it is judged by.
    pub record: Option<Record>,
    /// What is wrong; none if nothing is.
    pub problems: Vec<Problem>,
}

/// All machines, by name.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// The machines.
    pub machines: Vec<Machine>,
    /// Files that could not be read, with the reason.
    pub unread: Vec<(String, String)>,
    /// Lines that are no records.
    pub foreign: usize,
}

impl Fleet {
    /// Judges the records at `now`.
    pub fn judge(files: FleetFiles, demands: &FleetDemands, now: Timestamp) -> Self {
        let newest = files.hosts.values().filter_map(|records| Version::parse(&chosen(records)?.version).ok()).max();
        let oldest_good = demands.binary.clone().or(newest);
        let mut machines: BTreeMap<String, Machine> = BTreeMap::new();
        for (host, records) in &files.hosts {
            let mut machine = Machine { host: host.clone(), record: chosen(records).cloned(), problems: Vec::new() };
            machine.judge(records, demands, oldest_good.as_ref(), now);
            machines.insert(host.clone(), machine);
        }
        for host in &demands.hosts {
            machines.entry(host.clone()).or_insert_with(|| {
                let problem = Problem { kind: "never-seen", what: "no record of it".to_owned() };
                Machine { host: host.clone(), record: None, problems: vec![problem] }
            });
        }
        Self { machines: machines.into_values().collect(), unread: files.unread, foreign: files.foreign }
    }

    /// The exit code: a machine that is blocked, whose canary failed, or that lacks what is expected stops; one that was not
    /// looked at, or with old eyes, makes the answer incomplete.
    pub fn exit(&self) -> Exit {
        let stops = ["blocked", "canary-failed", "not-met"];
        let mut problems = self.machines.iter().flat_map(|machine| &machine.problems).peekable();
        let is_unknown = problems.peek().is_some() || !self.unread.is_empty() || self.machines.is_empty();
        if problems.any(|problem| stops.contains(&problem.kind)) {
            Exit::Blocked
        } else if is_unknown {
            Exit::Incomplete
        } else {
            Exit::Clean
        }
    }

    /// The digest line.
    pub fn digest(&self) -> String {
        let good = self.machines.iter().filter(|machine| machine.problems.is_empty()).count();
        let mut parts = vec![plural(self.machines.len(), "machine", "machines"), format!("{good} as expected")];
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for machine in &self.machines {
            let of_machine: BTreeSet<&str> = machine.problems.iter().map(|problem| problem.kind).collect();
            of_machine.into_iter().for_each(|kind| *kinds.entry(kind).or_default() += 1);
        }
        parts.extend(kinds.into_iter().map(|(kind, machines)| format!("{machines} {}", kind.replace('-', " "))));
        parts.extend(self.questions().into_iter().map(|(what, count)| count.sentence(&what)));
        if !self.unread.is_empty() {
            parts.push(plural(self.unread.len(), "file not read", "files not read"));
        }
        if self.foreign > 0 {
            parts.push(plural(self.foreign, "line that is no record", "lines that are no records"));
        }
        format!("shield-hook: fleet: {}: {}", self.exit().result(), parts.join(", "))
    }

    /// The answers to each expectation, counted.
    pub fn questions(&self) -> BTreeMap<String, AnswerCounts> {
        let mut all: BTreeMap<String, AnswerCounts> = BTreeMap::new();
        for answer in self.machines.iter().flat_map(Machine::answers) {
            all.entry(answer.what.clone()).or_default().add(answer.answer);
        }
        all
    }

    /// One JSON object.
    pub fn json(&self) -> Value {
        let questions: Vec<Value> = self
            .questions()
            .into_iter()
            .map(|(what, count)| {
                json!({"what": what, "yes": count.yes, "no": count.no, "not_installed": count.absent, "unknown": count.unknown})
            })
            .collect();
        let unread: Vec<Value> =
            self.unread.iter().map(|(path, reason)| json!({"what": "file", "path": path, "reason": reason})).collect();
        json!({
            "version": 1,
            "tool": {"name": "shield-hook", "version": env!("CARGO_PKG_VERSION")},
            "digest": self.digest(),
            "result": self.exit().result(),
            "complete": self.exit() != Exit::Incomplete && self.unread.is_empty(),
            "coverage": {"skipped": unread, "foreign": self.foreign},
            "expect": questions,
            "machines": self.machines.iter().map(Machine::json).collect::<Vec<_>>(),
        })
    }
}

/// How many machines gave which answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct AnswerCounts {
    pub yes: usize,
    pub no: usize,
    pub absent: usize,
    pub unknown: usize,
}

impl AnswerCounts {
    fn add(&mut self, answer: Met) {
        match answer {
            Met::Yes => self.yes += 1,
            Met::No => self.no += 1,
            Met::NotInstalled => self.absent += 1,
            Met::Unknown => self.unknown += 1,
        }
    }

    /// `npm:@acme/lib >=1.2.4: 3 yes, 1 no, 2 not installed`
    pub fn sentence(self, what: &str) -> String {
        let parts = [(self.yes, "yes"), (self.no, "no"), (self.absent, "not installed"), (self.unknown, "unknown")];
        let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        format!("{what}: {}", parts.join(", "))
    }
}

/// The record that a machine is judged by.
fn chosen(records: &[Record]) -> Option<&Record> {
    let newest = |all: &mut dyn Iterator<Item = &'_ Record>| -> Option<usize> {
        let at = all.max_by_key(|record| record.when())?;
        records.iter().position(|record| std::ptr::eq(record, at))
    };
    let watch = newest(&mut records.iter().filter(|record| record.command == "watch"));
    watch.or_else(|| newest(&mut records.iter())).map(|at| &records[at])
}

impl Machine {
    /// The answers of its record.
    pub fn answers(&self) -> &[RecordedAnswer] {
        self.record.as_ref().map(|record| record.expect.as_slice()).unwrap_or_default()
    }

    /// The kinds of its problems in words.
    pub fn state(&self) -> String {
        let kinds: BTreeSet<String> = self.problems.iter().map(|problem| problem.kind.replace('-', " ")).collect();
        kinds.into_iter().collect::<Vec<_>>().join(", ")
    }

    fn problem(&mut self, kind: &'static str, what: String) {
        self.problems.push(Problem { kind, what });
    }

    fn judge(&mut self, records: &[Record], demands: &FleetDemands, oldest_good: Option<&Version>, now: Timestamp) {
        let Some(record) = self.record.clone() else { return };
        self.judge_time(&record, demands, now);
        self.judge_age(&record, demands, oldest_good);
        match record.result.as_str() {
            "clean" => {}
            // The expectation that is not met says it already.
            "blocked" if record.packages.is_empty() && only_expectations(&record) => {}
            "blocked" if record.packages.is_empty() => self.problem("blocked", said(&record)),
            "blocked" => self.problem("blocked", format!("it has {}", record.packages.join(", "))),
            _ => self.problem("failed", said(&record)),
        }
        let failed: Vec<&str> = record
            .jobs
            .iter()
            .filter(|job| job.name.starts_with("canary") && job.result != "clean")
            .map(|job| &*job.name)
            .collect();
        let own = records.iter().filter(|record| record.command == "canary").max_by_key(|record| record.when());
        if !failed.is_empty() {
            self.problem("canary-failed", format!("the hooks did not stop it: {}", failed.join(", ")));
        } else if own.is_some_and(|own| own.result != "clean" && own.when() >= record.when()) {
            self.problem("canary-failed", own.map(said).unwrap_or_default());
        }
        for answer in record.expect.iter().filter(|answer| answer.answer == Met::No) {
            self.problem("not-met", format!("expected {}, installed {}", answer.what, answer.found.join(", ")));
        }
        let is_answered = |what: &String| record.expect.iter().any(|a| a.what == **what && a.answer != Met::Unknown);
        let asked = record.expect.iter().map(|answer| &answer.what);
        let open: BTreeSet<&String> = demands.expect.iter().chain(asked).filter(|what| !is_answered(what)).collect();
        for what in open {
            self.problem("not-answered", format!("no answer to {what}"));
        }
    }

    fn judge_time(&mut self, record: &Record, demands: &FleetDemands, now: Timestamp) {
        let Some(last) = record.when() else { return self.problem("late", "its record has no time".to_owned()) };
        if last.as_second() > now.as_second() + GRACE {
            self.problem("clock", format!("its record is of the time to come ({last:.0})"));
        }
        let due: Option<Timestamp> = record.due.as_deref().and_then(|due| due.parse().ok());
        let due = due.unwrap_or(last + demands.late);
        if now.as_second() > due.as_second() + GRACE {
            self.problem("late", format!("last heard of {} ago, due {} ago", ago(last, now), ago(due, now)));
        }
    }

    fn judge_age(&mut self, record: &Record, demands: &FleetDemands, oldest_good: Option<&Version>) {
        if let Some(days) = record.data.as_deref().and_then(age::days).filter(|days| *days > demands.data_days) {
            self.problem(
                "old-data",
                format!("its package data is {} old", plural(days.unsigned_abs() as usize, "day", "days")),
            );
        }
        match (Version::parse(&record.version), oldest_good) {
            (Ok(version), Some(good)) if version < *good => {
                self.problem("old-binary", format!("shield-hook {version}, and {good} is wanted"));
            }
            (Err(_), _) => self.problem("old-binary", "its record names no version".to_owned()),
            _ => {}
        }
    }

    fn json(&self) -> Value {
        let record = self.record.as_ref();
        json!({
            "host": self.host,
            "problems": self.problems,
            "last": record.map(|r| &r.time),
            "due": record.and_then(|r| r.due.as_ref()),
            "result": record.map(|r| &r.result),
            "data": record.and_then(|r| r.data.as_ref()),
            "version": record.map(|r| &r.version),
            "counts": record.map(|r| r.counts),
            "packages": record.map(|r| &r.packages),
            "jobs": record.map(|r| &r.jobs),
            "expect": self.answers(),
        })
    }
}

/// Whether a watch stopped for an expectation alone: no job of it found anything, but for a canary, which is told by itself.
fn only_expectations(record: &Record) -> bool {
    let is_told = |job: &RecordedJob| job.result != "blocked" || job.name.starts_with("canary");
    !record.jobs.is_empty() && record.jobs.iter().all(is_told)
}

/// A record's digest without the program's name, and without the time of the next run, which stands beside it.
fn said(record: &Record) -> String {
    let text = record.digest.trim_start_matches("shield-hook: ");
    text.split_once("; next by ").map_or(text, |(text, _)| text).to_owned()
}

#[cfg(test)]
mod tests;
