//! Two policies against each other: everything that passes by the second and not by the first.

use std::collections::{HashMap, HashSet};

use super::{Loosening, Subject};
use crate::finding::Fingerprint;
use crate::package::settings::PackageSettings;
use crate::policy::allowlist::Allowance;
use crate::policy::inline::Honour;
use crate::policy::unread::Lfs;
use crate::policy::{Policy, baseline, config, other_rules};
use crate::rule::RuleSet;

/// A policy that was read, with the text of its configuration file, for the lines.
pub(super) struct Read {
    pub(super) policy: Policy,
    pub(super) rules: RuleSet,
    pub(super) text: Vec<u8>,
}

/// What `now` lets pass and `was` does not.
pub(super) fn policies(was: &Read, now: &Read) -> Vec<Loosening> {
    let mut found = levels(was, now);
    found.extend(rules(was, now));
    for (key, what) in packages(&was.policy.packages, &now.policy.packages) {
        found.push(now.setting(key, what));
    }
    let allowed: HashSet<_> = was.policy.allow.all().iter().map(meaning).collect();
    for a in now.policy.allow.all().iter().filter(|a| !allowed.contains(&meaning(a))) {
        let what = format!("adds an allowance: {}", a.about());
        let subject = match a.fingerprint {
            Some(fingerprint) => Subject::Fingerprint(fingerprint),
            None => Subject::Broad(format!("{:?}", conditions(a))),
        };
        found.push(Loosening { subject, path: a.file.clone(), line: a.line, what });
    }
    found.extend(unread(was, now));
    found.extend(known(was, now));
    found
}

/// What may stay unread now and had to be read before.
fn unread(was: &Read, now: &Read) -> Vec<Loosening> {
    let (old, new) = (&was.policy.unread, &now.policy.unread);
    let lfs = (old.lfs != new.lfs && new.lfs == Some(Lfs::Report))
        .then(|| now.setting("lfs", "lets Git LFS content stay unread".into()));
    let accepted = new.accepted.iter().filter(|a| !old.accepted.iter().any(|b| a.path == b.path));
    let path = accepted.map(|a| Loosening {
        subject: Subject::Broad(format!("unread {:?}", a.path)),
        path: a.file.clone(),
        line: a.line,
        what: format!("lets stay unread: {}", a.path.join(", ")),
    });
    lfs.into_iter().chain(path).collect()
}

impl Read {
    fn setting(&self, key: &'static str, what: String) -> Loosening {
        Loosening { subject: Subject::Setting(key), path: config::FILE.into(), line: line_of(&self.text, key), what }
    }
}

fn levels(was: &Read, now: &Read) -> Vec<Loosening> {
    let (old, new) = (&was.policy, &now.policy);
    let mut found = Vec::new();
    let mut add = |holds: bool, key: &'static str, what: &str| {
        if holds {
            found.push(now.setting(key, what.to_owned()));
        }
    };
    let block = format!("raises the lowest confidence that blocks to {}", new.block);
    add(new.block > old.block, "block", &block);
    let severity = format!("raises the lowest severity that blocks to {}", new.severity);
    add(new.severity > old.severity, "severity", &severity);
    let elsewhere = new.published_elsewhere < old.published_elsewhere;
    add(elsewhere, "published-elsewhere", "lets pass what another remote already holds");
    let moved = old.block_moved && !new.block_moved;
    add(moved, "moved", "lets pass what a change moves from one file to another");
    let mild = old.block_tests_and_docs && !new.block_tests_and_docs;
    add(mild, "tests-and-docs", "lets pass what rests on context alone in tests, examples and documentation");
    add(looseness(new.inline) > looseness(old.inline), "inline", "honours more directives beside a secret");
    add(new.accept > old.accept, "accept", "lets a change accept its own findings by their fingerprints");
    add(
        old.refuse_weakened && !new.refuse_weakened,
        "policy-weakened",
        "no longer refuses a push that weakens the policy",
    );
    found
}

fn rules(was: &Read, now: &Read) -> Vec<Loosening> {
    let kept: HashMap<&str, u64> = now.rules.rules().iter().map(|r| (r.id, r.digest)).collect();
    let mut found = Vec::new();
    let line = line_of(&now.text, "disable");
    let mut add = |id: &str, what: &str| {
        let what = what.to_owned();
        found.push(Loosening { subject: Subject::Rule(id.to_owned()), path: config::FILE.into(), line, what });
    };
    for rule in was.rules.rules() {
        match kept.get(rule.id) {
            None => add(rule.id, "switches off"),
            Some(digest) if *digest != rule.digest => add(rule.id, "changes"),
            Some(_) => {}
        }
    }
    // The package gate's rules stand in no set.
    for id in other_rules().map(|rule| rule.id).filter(|id| was.policy.runs(id) && !now.policy.runs(id)) {
        add(id, "switches off");
    }
    found
}

/// Secrets that the baseline knows now and did not before. An entry with a reason is as narrow as an allowance.
fn known(was: &Read, now: &Read) -> Vec<Loosening> {
    let new = now.policy.baseline.entries().filter(|e| !was.policy.baseline.contains(&e.fingerprint));
    let loosening = |e: &baseline::Entry| Loosening {
        subject: match e.reason.is_empty() {
            true => Subject::Known(e.fingerprint),
            false => Subject::Fingerprint(e.fingerprint),
        },
        path: now.policy.baseline.name.clone(),
        line: 1,
        what: match e.reason.is_empty() {
            true => e.rule.clone(),
            false => format!("adds a known secret to the baseline: {} fingerprint {}", e.rule, short(&e.fingerprint)),
        },
    };
    new.map(loosening).collect()
}

/// The first digits of a fingerprint, as messages name it.
pub(super) fn short(fingerprint: &Fingerprint) -> String {
    fingerprint.to_string()[..8].to_owned()
}

/// What of `[packages]` lets more pass than before: the key, and what happens.
fn packages(was: &PackageSettings, now: &PackageSettings) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for rule in was.block.difference(&now.block) {
        let key = config::GATE_RULES.iter().find(|(_, id)| id == rule).map_or("", |(key, _)| *key);
        found.push((key, format!("lets the package gate warn where it blocked: {rule}")));
    }
    // How long the nth package of the order of popularity had to be out, and has to be; tiers change in these places.
    let days = |settings: &PackageSettings, rank: u64| {
        let tier = settings.tiers.iter().position(|tier| rank <= *tier).unwrap_or(settings.tiers.len());
        settings.cooldown.get(tier).copied().unwrap_or(0)
    };
    let ranks = was.tiers.iter().chain(&now.tiers).flat_map(|tier| [*tier, tier.saturating_add(1)]);
    if let Some((old, new)) =
        ranks.chain([u64::MAX]).map(|rank| (days(was, rank), days(now, rank))).find(|(old, new)| new < old)
    {
        found.push((
            "cooldown",
            format!("shortens the time that a version must have been out from {old} to {new} days"),
        ));
    }
    if was.online && !now.online {
        found.push(("online", "asks the registries no more".to_owned()));
    }
    found
}

fn looseness(honour: Honour) -> u8 {
    match honour {
        Honour::Nothing => 0,
        Honour::Own => 1,
        Honour::All => 2,
    }
}

/// All of an allowance that decides, with its last day; not the line it begins on.
fn meaning(a: &Allowance) -> impl Eq + std::hash::Hash + use<> {
    (conditions(a), a.expires)
}

/// What must hold of a finding for an allowance to cover it.
fn conditions(a: &Allowance) -> impl Eq + std::hash::Hash + std::fmt::Debug + use<> {
    (a.path.clone(), a.rule.clone(), a.value.clone(), a.fingerprint, a.commit.clone())
}

/// The line of a configuration file that sets `key`; 1 where none does.
fn line_of(text: &[u8], key: &str) -> usize {
    let sets = |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    match key {
        "" => 1,
        _ => String::from_utf8_lossy(text).lines().position(sets).map_or(1, |n| n + 1),
    }
}
