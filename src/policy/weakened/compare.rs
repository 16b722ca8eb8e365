//! Two policies against each other: everything that passes by the second and not by the first.

use std::collections::{HashMap, HashSet};

use super::{Loosening, Subject};
use crate::finding::Fingerprint;
use crate::policy::allowlist::Allowance;
use crate::policy::keys::{self, Form, Loosens};
use crate::policy::{Policy, baseline, config, other_rules};
use crate::rule::RuleSet;

/// A policy that was read, with the rules that run under it.
pub(super) struct Read {
    pub(super) policy: Policy,
    pub(super) rules: RuleSet,
}

/// The loosenings from `was` to `now`.
pub(super) fn policies(was: &Read, now: &Read) -> Vec<Loosening> {
    let mut found = settings(was, now);
    found.extend(rules(was, now));
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

/// Paths that may stay unread now and had to be read before.
fn unread(was: &Read, now: &Read) -> Vec<Loosening> {
    let (old, new) = (&was.policy.unread, &now.policy.unread);
    let accepted = new.accepted.iter().filter(|a| !old.accepted.iter().any(|b| a.path == b.path));
    let loosening = accepted.map(|a| Loosening {
        subject: Subject::Broad(format!("unread {:?}", a.path)),
        path: a.file.clone(),
        line: a.line,
        what: format!("lets stay unread: {}", a.path.join(", ")),
    });
    loosening.collect()
}

/// The keys whose new value lets more pass.
fn settings(was: &Read, now: &Read) -> Vec<Loosening> {
    let loosened = keys::all().filter_map(|(section, key)| {
        let Loosens::By(loosens) = key.loosens else { return None };
        let what = loosens(&was.policy, &now.policy)?;
        let (path, line) = now.policy.at(section, key);
        Some(Loosening { subject: Subject::Setting(section.name, key.name), path, line, what })
    });
    loosened.collect()
}

impl Policy {
    /// The file and line that set a key; the first line of the configuration file where its default applies.
    fn at(&self, section: &keys::Section, key: &keys::Key) -> (String, usize) {
        self.set_at(section, key)
            .next()
            .map_or((config::FILE.into(), 1), |setting| (setting.file.clone(), setting.line))
    }
}

fn rules(was: &Read, now: &Read) -> Vec<Loosening> {
    let remaining: HashMap<&str, u64> = now.rules.rules().iter().map(|r| (r.id, r.digest)).collect();
    let mut found = Vec::new();
    let disable = keys::all().find(|(section, key)| (section.form, key.name) == (Form::Top, "disable"));
    let (path, line) = disable.map_or((config::FILE.into(), 1), |(section, key)| now.policy.at(section, key));
    let mut add = |id: &str, what: &str| {
        let what = what.to_owned();
        found.push(Loosening { subject: Subject::Rule(id.to_owned()), path: path.clone(), line, what });
    };
    for rule in was.rules.rules() {
        match remaining.get(rule.id) {
            None => add(rule.id, "switches off"),
            Some(digest) if *digest != rule.digest => add(rule.id, "changes"),
            Some(_) => {}
        }
    }
    // The rule set does not hold the package gate's rules.
    for id in other_rules().map(|rule| rule.id).filter(|id| was.policy.runs(id) && !now.policy.runs(id)) {
        add(id, "switches off");
    }
    found
}

/// Secrets that the baseline knows now and did not before. An entry with a reason is as narrow as an allowance.
fn known(was: &Read, now: &Read) -> Vec<Loosening> {
    let new = now.policy.baseline.entries().filter(|e| !was.policy.baseline.contains(&e.fingerprint));
    let loosening = |e: &baseline::BaselineEntry| Loosening {
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

/// All of an allowance that decides, with its last day; not the line it begins on.
fn meaning(a: &Allowance) -> impl Eq + std::hash::Hash + use<> {
    (conditions(a), a.expires)
}

/// The conditions of an allowance.
fn conditions(a: &Allowance) -> impl Eq + std::hash::Hash + std::fmt::Debug + use<> {
    (a.path.clone(), a.rule.clone(), a.value.clone(), a.fingerprint, a.commit.clone())
}
