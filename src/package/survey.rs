//! The verdicts on a list of packages: the content of a report of `check` and `audit`.

use std::time::Duration;

use super::advisory::{Advisories, PackageVerdict};
use super::ecosystem::Ecosystem;
use super::facts::Facts;
use super::indicator::Trace;
use super::inventory::Inventory;
use super::online::{Online, PackageVersion};
use super::origin::{self, PackageOrigin};
use super::settings::PackageSettings;
use crate::error::Result;
use crate::source::Coverage;

/// One package with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyRow {
    /// The ecosystem it is published in.
    pub ecosystem: Ecosystem,
    /// Its name, as it was written.
    pub name: String,
    /// Its version, as it was written.
    pub version: Option<String>,
    /// The verdict of the advisory data.
    pub verdict: PackageVerdict,
    /// The file that names it or the folder it is installed in.
    pub path: Option<String>,
    /// The line in that file, from 1.
    pub line: Option<u32>,
    /// The publication date (RFC 3339), if the lockfile or the registry gives one.
    pub published: Option<String>,
    /// The registry's facts, if it was asked.
    pub registry: Option<Facts>,
    /// The host that serves it, if that host may serve another package of the same name.
    pub from: Option<String>,
    /// Further reasons for a look, each as a sentence.
    pub notes: Vec<String>,
}

impl SurveyRow {
    /// A package that no data knows.
    pub fn unknown(ecosystem: Ecosystem, name: &str, version: Option<&str>) -> Self {
        Self {
            ecosystem,
            name: name.to_owned(),
            version: version.map(str::to_owned),
            verdict: PackageVerdict::Unknown,
            path: None,
            line: None,
            published: None,
            registry: None,
            from: None,
            notes: Vec::new(),
        }
    }

    /// `block`, `warn` or `unknown`: a package with a note is a warning even if no advisory names it.
    pub fn word(&self) -> &'static str {
        match self.verdict {
            PackageVerdict::Unknown if !self.notes.is_empty() => "warn",
            _ => self.verdict.as_str(),
        }
    }
}

/// The content of a report.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Every package that was looked up, blocked ones first, then by file.
    pub rows: Vec<SurveyRow>,
    /// The traces of attacks, each with its file.
    pub traces: Vec<(String, Trace)>,
    /// The files that were read, and those that were not.
    pub coverage: Coverage,
    /// The day up to which the advisories are complete.
    pub data: String,
    /// The duration of the run.
    pub took: Duration,
}

impl Survey {
    /// Looks up every package of the inventory of the file at `path`, except the project's own. A version range matches
    /// only an advisory about every version.
    pub fn add(&mut self, path: &str, inventory: &Inventory, advisories: &Advisories) {
        for package in inventory.packages.iter().filter(|p| PackageOrigin::of(p) != PackageOrigin::Own) {
            self.rows.push(SurveyRow {
                verdict: origin::verdict(advisories, package),
                path: Some(path.to_owned()),
                line: Some(package.line),
                published: package.published.clone(),
                from: origin::unknown_host(package),
                ..SurveyRow::unknown(package.ecosystem, &package.name, package.version.as_deref())
            });
        }
    }

    /// Sets the date of the data: the day up to which it is complete about the ecosystems of the packages.
    pub fn date(&mut self, advisories: &Advisories) {
        self.data = advisories.complete_until(&self.rows.iter().map(|row| row.ecosystem).collect());
    }

    /// Adds the registries' facts to every row with a version; a package without an answer makes the survey incomplete.
    ///
    /// # Errors
    /// Exit 3 when no registry is configured, or its address is refused.
    pub fn add_facts(&mut self, online: &Online) -> Result<()> {
        let (at, wanted): (Vec<usize>, Vec<PackageVersion<'_>>) = self
            .rows
            .iter()
            .enumerate()
            .filter_map(|(at, row)| {
                let version = row.version.as_deref()?;
                Some((at, PackageVersion { ecosystem: row.ecosystem, name: &row.name, version }))
            })
            .unzip();
        let answers = online.ask(&wanted)?;
        for (at, facts) in at.into_iter().zip(answers.facts) {
            let Some(facts) = facts else { continue };
            let row = &mut self.rows[at];
            row.notes.extend(facts.forgeries());
            row.notes.extend(facts.changed.clone());
            row.notes.extend(facts.warnings());
            row.published = facts.published.clone().or(row.published.take());
            row.registry = Some(facts);
        }
        self.coverage.skipped.extend(answers.unanswered);
        Ok(())
    }

    /// The number of packages whose host may serve another package of the same name.
    pub fn unknown_origin(&self) -> usize {
        self.rows.iter().filter(|row| row.from.is_some()).count()
    }

    /// Adds a note to every version that is younger than `settings` allow, if its publication date is known.
    pub fn note_ages(&mut self, settings: &PackageSettings) {
        let now = jiff::Timestamp::now();
        for row in &mut self.rows {
            let Some(published) = &row.published else { continue };
            if let Some(young) = settings.too_new(row.ecosystem, &row.name, published, now) {
                row.notes.push(format!("{young} ([packages] cooldown)"));
            }
        }
    }

    /// Sorts the rows for a report and drops duplicates.
    pub fn sort(&mut self) {
        let rank = |row: &SurveyRow| match row.word() {
            "block" => 0,
            "warn" => 1,
            _ => 2,
        };
        let key = |r: &SurveyRow| (rank(r), r.path.clone(), r.line, r.ecosystem, r.name.clone(), r.version.clone());
        self.rows.sort_by_cached_key(key);
        self.rows.dedup();
        self.traces.sort_by(|a, b| (&a.0, a.1.at, &a.1.id).cmp(&(&b.0, b.1.at, &b.1.id)));
        self.traces.dedup();
        self.coverage.skipped.sort();
        self.coverage.skipped.dedup();
    }

    /// The number of rows with this verdict (`block`, `warn`, `unknown`).
    pub fn count(&self, verdict: &str) -> usize {
        self.rows.iter().filter(|row| row.word() == verdict).count()
    }
}
