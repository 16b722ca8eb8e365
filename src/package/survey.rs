//! The answer to "is anything bad here?" for a list of packages: what `check` and `audit` report.

use super::advisory::{Advisories, Verdict};
use super::ecosystem::Ecosystem;
use super::indicator::Trace;
use super::inventory::Inventory;
use super::online::Facts;
use super::origin::{self, Origin};
use super::settings::Settings;
use crate::source::Coverage;
use std::time::Duration;

/// One package with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it is published.
    pub ecosystem: Ecosystem,
    /// Its name, as it was written.
    pub name: String,
    /// Its version, as it was written.
    pub version: Option<String>,
    /// What the data says.
    pub verdict: Verdict,
    /// The file it stands in or the folder it is installed in.
    pub path: Option<String>,
    /// The line in that file, from 1.
    pub line: Option<u32>,
    /// When it was published, where the lockfile or the registry says so (RFC 3339).
    pub published: Option<String>,
    /// What its registry says, where it was asked.
    pub registry: Option<Facts>,
    /// The host that serves it, where nobody can tell what that host serves.
    pub from: Option<String>,
    /// What deserves a look beside the verdict, each in a sentence.
    pub notes: Vec<String>,
}

impl Row {
    /// A package of which nothing is known.
    pub fn unknown(ecosystem: Ecosystem, name: &str, version: Option<&str>) -> Row {
        Row {
            ecosystem,
            name: name.to_owned(),
            version: version.map(str::to_owned),
            verdict: Verdict::Unknown,
            path: None,
            line: None,
            published: None,
            registry: None,
            from: None,
            notes: Vec::new(),
        }
    }

    /// `block`, `warn` or `unknown`: a package with a note deserves a look although no advisory speaks of it.
    pub fn word(&self) -> &'static str {
        match self.verdict {
            Verdict::Unknown if !self.notes.is_empty() => "warn",
            _ => self.verdict.as_str(),
        }
    }
}

/// Everything a report needs to know.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Every package that was looked up, the graver verdicts first, then by place.
    pub rows: Vec<Row>,
    /// Traces of attacks, each with the file it is in.
    pub traces: Vec<(String, Trace)>,
    /// What was read, and what was not.
    pub coverage: Coverage,
    /// The date of the newest record that was asked.
    pub data: String,
    /// How long it took.
    pub took: Duration,
}

impl Survey {
    /// Looks up every package of an inventory that stands at `path`, but for the project's own. A range counts only where
    /// every version is bad.
    pub fn add(&mut self, path: &str, inventory: &Inventory, advisories: &Advisories) {
        for package in inventory.packages.iter().filter(|p| Origin::of(p) != Origin::Own) {
            self.rows.push(Row {
                verdict: origin::verdict(advisories, package),
                path: Some(path.to_owned()),
                line: Some(package.line),
                published: package.published.clone(),
                from: origin::unknown_place(package),
                ..Row::unknown(package.ecosystem, &package.name, package.version.as_deref())
            });
        }
    }

    /// How many packages come from where nobody can tell what is served.
    pub fn unknown_origin(&self) -> usize {
        self.rows.iter().filter(|row| row.from.is_some()).count()
    }

    /// Says of every version that is younger than `settings` want it, as far as its date is known.
    pub fn judge_ages(&mut self, settings: &Settings) {
        let now = jiff::Timestamp::now();
        for row in &mut self.rows {
            let Some(published) = &row.published else { continue };
            if let Some((age, wanted)) = settings.too_new(row.ecosystem, &row.name, published, now) {
                let day = published.split('T').next().unwrap_or(published);
                row.notes.push(format!("out since {day}, {age} days; it should be {wanted} ([packages] cooldown)"));
            }
        }
    }

    /// Puts the rows in the order of a report.
    pub fn sort(&mut self) {
        let grave = |row: &Row| match row.word() {
            "block" => 0,
            "warn" => 1,
            _ => 2,
        };
        let key = |r: &Row| (grave(r), r.path.clone(), r.line, r.ecosystem, r.name.clone(), r.version.clone());
        self.rows.sort_by_cached_key(key);
        self.rows.dedup();
        self.traces.sort_by(|a, b| (&a.0, a.1.at, &a.1.id).cmp(&(&b.0, b.1.at, &b.1.id)));
        self.traces.dedup();
        self.coverage.skipped.sort();
        self.coverage.skipped.dedup();
    }

    /// How many rows have this verdict (`block`, `warn`, `unknown`).
    pub fn count(&self, verdict: &str) -> usize {
        self.rows.iter().filter(|row| row.word() == verdict).count()
    }
}
