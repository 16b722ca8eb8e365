//! Questions to registries about package versions, asked only where the user wants it.
//!
//! The names of the packages go to the registries that the user's package managers ask anyway ([`registries`]); nothing
//! else leaves the machine.

mod npm;
mod pypi;
pub mod registries;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use super::address::WebAddress;
use super::attestation::Verifier;
use super::ecosystem::Ecosystem;
use super::facts::Facts;
use super::fetch::{Failure, Fetch, WebRequest};
use crate::error::Result;
use crate::source::Skip;
use registries::{Registries, Registry};

/// The number of packages that are asked about at once.
const PARALLEL: usize = 8;
/// After this many failures to answer, a registry is not asked again in this run.
const PATIENCE: u32 = 3;
/// The largest answer about one package, in bytes: a name with ten thousand versions.
const LARGEST: u64 = 128 << 20;

/// The registries of this user, and the way to them.
pub struct Online {
    net: Box<dyn Fetch>,
    registries: Registries,
    /// How often each registry failed to answer.
    failures: Mutex<HashMap<String, u32>>,
    /// The keys of npm's registries; none for one that publishes none.
    keys: Mutex<HashMap<String, Option<Vec<npm::RegistryKey>>>>,
    /// Checks attestations; made for the first one, for most packages have none.
    verifier: OnceLock<Option<Verifier>>,
}

/// A package version to ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackageVersion<'a> {
    /// The ecosystem it is published in.
    pub ecosystem: Ecosystem,
    /// The package's name.
    pub name: &'a str,
    /// The version.
    pub version: &'a str,
}

/// The answers to a list of package versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// The facts of each version in the list; none where its ecosystem is not asked or its registry gave no answer.
    pub facts: Vec<Option<Facts>>,
    /// The packages that a registry gave no answer about.
    pub unanswered: Vec<Skip>,
}

/// The versions of one package, which one request answers.
struct Question<'a> {
    ecosystem: Ecosystem,
    name: &'a str,
    versions: Vec<&'a str>,
}

/// The answer to one question.
enum RegistryAnswer {
    /// The facts of the question's versions, in their order.
    Facts(Vec<Facts>),
    /// No registry of this ecosystem is asked.
    NotAsked,
    /// The registry gave no usable answer.
    Unanswered(Unanswered),
}

/// A registry without a usable answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unanswered {
    /// The registry's address.
    registry: String,
    failure: Failure,
}

impl Online {
    /// Asks `registries` through `net`.
    pub fn new(net: Box<dyn Fetch>, registries: Registries) -> Self {
        let (failures, keys) = (Mutex::new(HashMap::new()), Mutex::new(HashMap::new()));
        Self { net, registries, failures, keys, verifier: OnceLock::new() }
    }

    /// Checks attestations with this verifier in the place of the public log's.
    #[cfg(all(test, feature = "online"))]
    fn trusting(self, verifier: Verifier) -> Self {
        Self { verifier: OnceLock::from(Some(verifier)), ..self }
    }

    /// The verifier of attestations. The root that it needs is in the program, so that it is there whenever it can be used.
    fn verifier(&self) -> Option<&Verifier> {
        self.verifier.get_or_init(|| Verifier::public().ok()).as_ref()
    }

    /// Asks about each version, once for all versions of a package and about several packages at once.
    ///
    /// # Errors
    /// Exit 3 when no address is configured, or a configured one is refused.
    pub fn ask(&self, wanted: &[PackageVersion<'_>]) -> Result<Answers> {
        let mut groups: BTreeMap<(Ecosystem, String), Vec<usize>> = BTreeMap::new();
        for (at, one) in wanted.iter().enumerate() {
            groups.entry((one.ecosystem, one.ecosystem.normalise(one.name))).or_default().push(at);
        }
        let groups: Vec<Vec<usize>> = groups.into_values().collect();
        let questions: Vec<Question<'_>> = groups
            .iter()
            .map(|group| {
                let PackageVersion { ecosystem, name, .. } = wanted[group[0]];
                Question { ecosystem, name, versions: group.iter().map(|at| wanted[*at].version).collect() }
            })
            .collect();
        let mut answers = Answers { facts: vec![None; wanted.len()], unanswered: Vec::new() };
        let received = in_parallel(&questions, |question| self.answer(question));
        for ((question, group), answer) in questions.iter().zip(&groups).zip(received) {
            match answer? {
                RegistryAnswer::Facts(all) => {
                    group.iter().zip(all).for_each(|(at, facts)| answers.facts[*at] = Some(facts))
                }
                RegistryAnswer::Unanswered(unanswered) => answers.unanswered.push(unanswered.skip(question)),
                RegistryAnswer::NotAsked => {}
            }
        }
        Ok(answers)
    }

    fn answer(&self, question: &Question<'_>) -> Result<RegistryAnswer> {
        let Question { ecosystem, name, versions } = question;
        let facts = match ecosystem {
            Ecosystem::Npm => npm::facts(self, &self.registries.npm(name)?, name, versions),
            Ecosystem::Pypi => pypi::facts(self, &self.registries.pypi()?, name, versions),
            _ => return Ok(RegistryAnswer::NotAsked),
        };
        Ok(facts.map_or_else(RegistryAnswer::Unanswered, RegistryAnswer::Facts))
    }

    fn get(&self, registry: &Registry, address: &WebAddress, accept: &str) -> Result<Vec<u8>, Failure> {
        let origin = registry.address.to_string();
        let add_failures = |by: u32| {
            let mut failures = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let count = failures.entry(origin.clone()).or_default();
            *count += by;
            *count
        };
        if add_failures(0) >= PATIENCE {
            return Err(Failure::Unreachable("it did not answer several times before".to_owned()));
        }
        let request = WebRequest { address, accept, credential: registry.credential.as_ref(), limit: LARGEST };
        let answer = self.net.get(&request);
        if matches!(answer, Err(Failure::Unreachable(_))) {
            add_failures(1);
        }
        answer
    }
}

impl Unanswered {
    /// The coverage entry of the question.
    fn skip(&self, question: &Question<'_>) -> Skip {
        Skip {
            what: "registry",
            path: format!("{} {}", question.ecosystem.as_str(), question.name),
            reason: format!("{} {}", self.registry, self.failure),
            incomplete: true,
        }
    }
}

/// Does `work` on each item, several at once; the results are in the items' order.
fn in_parallel<T: Sync, A: Send>(items: &[T], work: impl Fn(&T) -> A + Sync) -> Vec<A> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let take = || {
        while let Some((at, item)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, items.get(n)?))) {
            let result = work(item);
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..PARALLEL.min(items.len()) {
            // If a thread cannot start, the others take its share.
            let _ = std::thread::Builder::new().spawn_scoped(scope, take);
        }
        take();
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The text as one segment of a path: characters with a meaning in addresses are encoded.
fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~@".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    // A segment of dots would lead to a parent.
    if out.bytes().all(|b| b == b'.') { "%2E".repeat(out.len()) } else { out }
}

#[cfg(test)]
mod tests;
