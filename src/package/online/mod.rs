//! What registries say of a version today: when it came out, whether it was withdrawn, and what its build claims.
//!
//! Asked only where the user says so. The names of the packages go to the registries that the user's package managers
//! ask anyway ([`registries`]); nothing else does.

mod npm;
mod provenance;
mod pypi;
pub mod registries;

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use super::address::Address;
use super::ecosystem::Ecosystem;
use super::fetch::{Failure, Fetch, Request};
use super::survey::Survey;
use crate::error::Result;
use crate::source::Skip;
use crate::terminal::text::is_unsafe;
pub use provenance::Provenance;
use registries::{Registries, Registry};

/// How many questions are under way at once.
const ABREAST: usize = 8;
/// A registry that failed to answer so often is asked no more in this run.
const PATIENCE: u32 = 3;
/// The largest answer about one package, in bytes: a name with ten thousand versions.
const LARGEST: u64 = 128 << 20;

/// What a registry says of one version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// The registry's address.
    pub registry: String,
    /// How much of it the registry knows.
    pub known: Known,
    /// When it was published (RFC 3339), where the registry says so.
    pub published: Option<String>,
    /// What its publisher says instead of it.
    pub deprecated: Option<String>,
    /// Why it was yanked; may be empty.
    pub yanked: Option<String>,
    /// A word of the registry about the whole project: `quarantined`, `archived`.
    pub status: Option<String>,
    /// What its build claims.
    pub provenance: Option<Provenance>,
    /// Other configured registries that serve the same name.
    pub also_at: Vec<String>,
}

/// How much of a version a registry knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// Not even the name.
    #[default]
    Nothing,
    /// The name, not this version.
    Name,
    /// The version.
    Version,
}

impl Facts {
    /// What deserves a look, each in a sentence.
    pub fn warnings(&self) -> Vec<String> {
        let mut said = Vec::new();
        match self.known {
            Known::Nothing => said.push(format!("{} does not know the name: taken down, or private", self.registry)),
            Known::Name => {
                said.push(format!("{} does not know this version: taken down, or never there", self.registry))
            }
            Known::Version => {}
        }
        let reason = |text: &str| if text.is_empty() { String::new() } else { format!(": {}", fit(text)) };
        said.extend(self.yanked.as_ref().map(|why| format!("yanked{}", reason(why))));
        said.extend(self.deprecated.as_ref().map(|why| format!("deprecated{}", reason(why))));
        if let Some(status) = self.status.as_deref().filter(|s| *s != "active") {
            said.push(format!("the registry calls the project {}", fit(status)));
        }
        if self.provenance.as_ref().is_some_and(|p| p.matches == Some(false)) {
            said.push("its provenance attestation is of another file than the registry serves".to_owned());
        }
        if !self.also_at.is_empty() {
            said.push(format!("{} serves the name, too: which of them is meant?", self.also_at.join(", ")));
        }
        said
    }

    /// What else is known, in one line. No attestation makes a version good: a hijacked build attests itself.
    pub fn line(&self, now: jiff::Timestamp) -> String {
        let mut parts = Vec::new();
        match self.published.as_ref().map(|text| (text, text.parse::<jiff::Timestamp>())) {
            Some((text, Ok(then))) => {
                let days = now.as_second().saturating_sub(then.as_second()).max(0) / 86_400;
                parts.push(format!("out since {} ({days} days)", text.split('T').next().unwrap_or(text)));
            }
            _ if self.known == Known::Version => {
                parts.push("the registry does not say since when it is out".to_owned())
            }
            _ => {}
        }
        match &self.provenance {
            Some(provenance) => parts.push(provenance.sentence()),
            None if self.known == Known::Version => parts.push("no provenance attestation".to_owned()),
            None => {}
        }
        parts.join("; ")
    }
}

/// Text of a registry, fit for a terminal: anybody may have written it.
pub(super) fn fit(text: &str) -> String {
    let clean: String = text.chars().take(200).map(|c| if is_unsafe(c) { ' ' } else { c }).collect();
    clean.trim().to_owned()
}

/// The registries of this user, and the way to them.
pub struct Online {
    net: Box<dyn Fetch>,
    registries: Registries,
    /// How often each registry did not answer.
    silent: Mutex<HashMap<String, u32>>,
}

/// Versions of one package that are asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Where it is published.
    pub ecosystem: Ecosystem,
    /// Its name.
    pub name: String,
    /// Its versions.
    pub versions: Vec<String>,
}

/// What is known of the versions of a question, in their order; nothing for an ecosystem that is not asked. The error is
/// one of the configuration (no address); what a registry fails to say is inside.
pub type Answer = Result<Option<Result<Vec<Facts>, Unanswered>>>;

/// Why nothing is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The registry's address.
    pub registry: String,
    /// What happened.
    pub failure: Failure,
}

impl Online {
    /// Asks `registries` through `net`.
    pub fn new(net: Box<dyn Fetch>, registries: Registries) -> Online {
        Online { net, registries, silent: Mutex::new(HashMap::new()) }
    }

    /// What is known of each package, several asked at once; the answers stand in the questions' order.
    pub fn ask_all(&self, questions: &[Question]) -> Vec<Answer> {
        abreast(questions, |question| self.ask(question))
    }

    fn ask(&self, question: &Question) -> Answer {
        let versions: Vec<&str> = question.versions.iter().map(String::as_str).collect();
        match question.ecosystem {
            Ecosystem::Npm => {
                let registry = self.registries.npm(&question.name)?;
                Ok(Some(npm::facts(self, &registry, &question.name, &versions)))
            }
            Ecosystem::Pypi => {
                let indexes = self.registries.pypi()?;
                Ok(Some(pypi::facts(self, &indexes, &question.name, &versions)))
            }
            _ => Ok(None),
        }
    }

    /// Puts what is known to every row of a survey that names a version, and lists what could not be learnt.
    ///
    /// # Errors
    /// Exit 3 when no address is configured.
    pub fn fill(&self, survey: &mut Survey) -> Result<()> {
        let mut groups: BTreeMap<(Ecosystem, String), Vec<usize>> = BTreeMap::new();
        for (at, row) in survey.rows.iter().enumerate().filter(|(_, row)| row.version.is_some()) {
            groups.entry((row.ecosystem, row.ecosystem.normalise(&row.name))).or_default().push(at);
        }
        let (keys, groups): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
        let questions = keys.into_iter().zip(&groups).map(|((ecosystem, _), at)| Question {
            ecosystem,
            name: survey.rows[at[0]].name.clone(),
            versions: at.iter().filter_map(|at| survey.rows[*at].version.clone()).collect(),
        });
        let answers = self.ask_all(&questions.collect::<Vec<_>>());
        for (rows, answer) in groups.iter().zip(answers) {
            match answer? {
                Some(Ok(all)) => {
                    for (at, facts) in rows.iter().zip(all) {
                        let row = &mut survey.rows[*at];
                        row.notes.extend(facts.warnings());
                        row.published = facts.published.clone().or(row.published.take());
                        row.registry = Some(facts);
                    }
                }
                Some(Err(unanswered)) => {
                    let row = &survey.rows[rows[0]];
                    survey.coverage.skipped.push(unanswered.skip(row.ecosystem, &row.name));
                }
                None => {}
            }
        }
        Ok(())
    }

    fn get(&self, registry: &Registry, address: &Address, accept: &str) -> Result<Vec<u8>, Failure> {
        let origin = registry.address.to_string();
        let silent = |by: u32| {
            let mut silent = self.silent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let count = silent.entry(origin.clone()).or_default();
            *count += by;
            *count
        };
        if silent(0) >= PATIENCE {
            return Err(Failure::Unreachable("it did not answer several times before".to_owned()));
        }
        let request = Request { address, accept, credential: registry.credential.as_ref(), limit: LARGEST };
        let answer = self.net.get(&request);
        if matches!(answer, Err(Failure::Unreachable(_))) {
            silent(1);
        }
        answer
    }
}

impl Unanswered {
    /// An entry for the ledger.
    pub fn skip(&self, ecosystem: Ecosystem, name: &str) -> Skip {
        Skip {
            what: "registry",
            path: format!("{} {name}", ecosystem.as_str()),
            reason: format!("{} {}", self.registry, self.failure),
            incomplete: true,
        }
    }
}

/// Does `work` on each item, several at once; the answers stand in the items' order.
fn abreast<T: Sync, A: Send>(items: &[T], work: impl Fn(&T) -> A + Sync) -> Vec<A> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let take = || {
        while let Some((at, item)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, items.get(n)?))) {
            let answer = work(item);
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, answer));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..ABREAST.min(items.len()) {
            // Where no thread starts, the others take its share.
            let _ = std::thread::Builder::new().spawn_scoped(scope, take);
        }
        take();
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, answer)| answer).collect()
}

/// A part of a path: whatever could mean something else in an address is encoded.
fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~@".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    // A dot alone climbs.
    if out.bytes().all(|b| b == b'.') { "%2E".repeat(out.len()) } else { out }
}

#[cfg(test)]
mod tests;
