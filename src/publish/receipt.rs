//! The receipt of a look at a release, for whoever approves it: what exactly was looked at, by which rules, and what came out.

use serde::Serialize;

use super::{Artefact, Tie};
use crate::outcome::Outcome;

/// The receipt of one run.
#[derive(Debug, Serialize)]
pub struct Receipt {
    /// The version of this program.
    version: &'static str,
    /// The hash of the rule set.
    ruleset: String,
    /// `clean`, `blocked` or `incomplete`.
    result: &'static str,
    /// The commit that HEAD names; none outside a repository.
    commit: Option<String>,
    /// The tags at this commit.
    tags: Vec<String>,
    artefacts: Vec<Row>,
    /// What blocks and what warns: rule, path and fingerprint.
    findings: Vec<Entry>,
}

/// One artefact.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    sha256: String,
    bytes: usize,
    format: Option<&'static str>,
    files: usize,
    /// The release that it was compared with, by its SHA-256.
    against: Option<String>,
    /// How many files are not in the repository; none where nobody compared.
    outside: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Entry {
    rule: &'static str,
    path: String,
    verdict: &'static str,
    fingerprint: String,
}

impl Receipt {
    /// The receipt of a run over these artefacts, each with the release before it and its tie to the repository.
    pub fn of<'a>(
        artefacts: impl Iterator<Item = (&'a Artefact, Option<&'a Artefact>, Option<&'a Tie>)> + Clone,
        outcome: &Outcome,
        masked: impl Fn(&str) -> String,
    ) -> Self {
        let tie = artefacts.clone().find_map(|(_, _, tie)| tie);
        Self {
            version: env!("CARGO_PKG_VERSION"),
            ruleset: outcome.ruleset.clone(),
            result: outcome.result(),
            commit: tie.map(|tie| tie.commit.clone()),
            tags: tie.map(|tie| tie.tags.iter().map(|tag| masked(tag)).collect()).unwrap_or_default(),
            artefacts: artefacts
                .map(|(artefact, before, tie)| Row {
                    name: masked(&artefact.name),
                    sha256: artefact.sha256.clone(),
                    bytes: artefact.size,
                    format: artefact.format.map(super::PackageFormat::name),
                    files: artefact.members.len(),
                    against: before.map(|before| before.sha256.clone()),
                    outside: tie.map(|tie| tie.outside.len()),
                })
                .collect(),
            findings: outcome
                .findings
                .iter()
                .filter(|finding| ["block", "warn"].contains(&finding.verdict.name()))
                .map(|finding| Entry {
                    rule: finding.rule.id,
                    path: masked(&finding.location.path().to_string()),
                    verdict: finding.verdict.name(),
                    fingerprint: finding.fingerprint.to_string(),
                })
                .collect(),
        }
    }

    /// The receipt as one JSON object, ending with a newline.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}
