//! What a change does to the policy that judges it: everything that would let more pass than before.

use std::collections::{HashMap, HashSet};

use super::allowlist::Allowance;
use super::inline::Honour;
use super::{Policy, config, other_rules};
use crate::chunk::Kind;
use crate::error::Result;
use crate::finding::{Excerpt, Finding, Fingerprint, Location, Secret, Verdict};
use crate::package::settings::Settings;
use crate::rule::{Confidence, Rule, RuleSet};

/// The id of these findings, for `disable` and `[[allow]]` in the trusted policy.
pub const ID: &str = "policy-weakened";

/// Made by no scan; here so that reports treat it like any other.
pub static RULE: Rule = Rule {
    why: "Whoever can loosen the gate in the change that has to pass it can publish anything.",
    fix: "Have it reviewed and merged by someone who may change the policy; or let the trusted branch say that this is \
          fine: disable = [\"policy-weakened\"], or an allowance with this rule.",
    ..Rule::without_pattern(ID, "this change weakens the policy that judges it", "shield-hook")
};

/// One thing that lets more pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakening {
    /// The file that says so, as it is named in the repository.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What it does, in a sentence.
    pub what: String,
}

/// Compares the policy before a change with the one after it; `text` is the configuration file after it, for the lines.
pub fn compare(before: &(Policy, RuleSet), after: &Result<(Policy, RuleSet)>, text: &[u8]) -> Vec<Weakening> {
    let mut found = Vec::new();
    let mut say = |key: &str, what: String| {
        found.push(Weakening { path: config::FILE.into(), line: line_of(text, key), what });
    };
    let (now, now_rules) = match after {
        Ok(both) => (&both.0, &both.1),
        Err(error) => {
            say("", format!("the policy cannot be read after this change: {}", error.message()));
            return found;
        }
    };
    let (was, was_rules) = (&before.0, &before.1);
    if now.block > was.block {
        say("block", format!("raises the lowest confidence that blocks to {}", word(now.block)));
    }
    if now.severity > was.severity {
        say("severity", format!("raises the lowest severity that blocks to {}", word(now.severity)));
    }
    if was.block_published_elsewhere && !now.block_published_elsewhere {
        say("published-elsewhere", "lets pass what another remote already holds".into());
    }
    if was.block_tests_and_docs && !now.block_tests_and_docs {
        say("tests-and-docs", "lets pass what rests on context alone in tests, examples and documentation".into());
    }
    if loose(now.inline) > loose(was.inline) {
        say("inline", "honours more directives beside a secret".into());
    }
    let kept: HashMap<&str, u64> = now_rules.rules().iter().map(|r| (r.id, r.digest)).collect();
    let (mut gone, mut changed) = (Vec::new(), Vec::new());
    for rule in was_rules.rules() {
        match kept.get(rule.id) {
            None => gone.push(rule.id),
            Some(digest) if *digest != rule.digest => changed.push(rule.id),
            Some(_) => {}
        }
    }
    // The package gate's rules stand in no set.
    gone.extend(other_rules().map(|rule| rule.id).filter(|id| was.runs(id) && !now.runs(id)));
    for (ids, what) in [(gone, "switches off"), (changed, "changes")] {
        match ids.as_slice() {
            [] => {}
            [one] => say("disable", format!("{what} the rule {one}")),
            [one, others @ ..] => say("disable", format!("{what} the rule {one} and {} others", others.len())),
        }
    }
    for (key, what) in loosened(&was.packages, &now.packages) {
        say(key, what);
    }
    let allowed: HashSet<_> = was.allow.iter().map(meaning).collect();
    for a in now.allow.iter().filter(|a| !allowed.contains(&meaning(a))) {
        let what = format!("adds an allowance: {}", a.about());
        found.push(Weakening { path: a.file.clone(), line: a.line, what });
    }
    let (mut new, mut first) = (0, None);
    for entry in now.baseline.entries().filter(|e| !was.baseline.contains(&e.fingerprint)) {
        new += 1;
        first.get_or_insert(entry.rule.as_str());
    }
    if let Some(rule) = first {
        let what = format!("adds {new} known secrets to the baseline, the first of the rule {rule}");
        found.push(Weakening { path: now.baseline.name.clone(), line: 1, what });
    }
    found
}

/// What of `[packages]` lets more pass than before: the key, and what happens.
fn loosened(was: &Settings, now: &Settings) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for rule in was.block.difference(&now.block) {
        let key = config::GATE_RULES.iter().find(|(_, id)| id == rule).map_or("", |(key, _)| *key);
        found.push((key, format!("lets the package gate warn where it blocked: {rule}")));
    }
    // How long the nth package of the order of popularity had to be out, and has to be; tiers change in these places.
    let days = |settings: &Settings, rank: u64| {
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

fn word(level: impl std::fmt::Debug) -> String {
    format!("{level:?}").to_lowercase()
}

fn loose(honour: Honour) -> u8 {
    match honour {
        Honour::Nothing => 0,
        Honour::Own => 1,
        Honour::All => 2,
    }
}

/// All of an allowance that decides; not where it stands.
fn meaning(a: &Allowance) -> impl Eq + std::hash::Hash + use<> {
    (a.path.clone(), a.rule.clone(), a.value.clone(), a.fingerprint, a.commit.clone(), a.expires)
}

/// The line of a configuration file that sets `key`; 1 where none does.
fn line_of(text: &[u8], key: &str) -> usize {
    let sets = |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    match key {
        "" => 1,
        _ => String::from_utf8_lossy(text).lines().position(sets).map_or(1, |n| n + 1),
    }
}

impl Policy {
    /// Turns weakenings into findings, judged by this policy, the one before the change. `head` is the change's commit.
    pub fn judge_weakenings(&self, weakenings: Vec<Weakening>, head: &str) -> Vec<Finding> {
        if !self.runs(ID) {
            return Vec::new();
        }
        let made = weakenings.into_iter().map(|w| {
            // It is no secret; the type is what names a finding.
            let secret = Secret::new(format!("{}\0{}", w.path, w.what).as_bytes(), 0);
            let mut finding = Finding {
                rule: &RULE,
                confidence: Confidence::High,
                kind: Kind::File,
                location: Location { path: w.path.into(), line: w.line, column: 1, end_line: w.line },
                commit: Some(head.to_owned()),
                fingerprint: Fingerprint::of(ID, &secret),
                secret,
                verified: None,
                notes: Vec::new(),
                excerpt: Excerpt { span: 0..w.what.len(), text: w.what },
                verdict: Verdict::Block,
                repair: Vec::new(),
            };
            if let Some(by) = self.allowed(&finding) {
                finding.verdict = Verdict::Allowed(by);
            }
            finding
        });
        made.collect()
    }
}

/// The directives beside a secret that came with the change: they are honoured, and said aloud.
pub fn inline_directives(findings: &[Finding]) -> Vec<Weakening> {
    let mut found: Vec<Weakening> = findings
        .iter()
        .filter_map(|f| match &f.verdict {
            Verdict::Allowed(by) if by.starts_with('`') => Some(Weakening {
                path: f.location.path.to_string(),
                line: f.location.line,
                what: format!("allows a new secret of the rule {} with {by}", f.rule.id),
            }),
            _ => None,
        })
        .collect();
    found.dedup();
    found
}
