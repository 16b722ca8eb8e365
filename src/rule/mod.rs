//! Rules: what a credential looks like, why it matters and how to revoke it.
//!
//! The built-in rules are TOML files under `rules/`, packed by the build script, so that a run parses none of them. A
//! user's own rule files are read by the same code at run time.

mod builtin;
pub mod checksum;
pub mod generate;
pub mod regex;
mod set;

pub use crate::data::rule::scales::{Confidence, Judge, Severity, Status};
pub use crate::data::rule::{spec, template};
pub use set::{Brief, Handle, RuleSet};

use crate::data::regex::Filters;
use serde::Serialize;
use spec::Spec;

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
    /// The shape, with a group `secret`. Empty for a detector that needs none.
    pub regex: &'static str,
    /// A detector in the engine that stands in for keywords, or for the regex as well.
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
    /// It knows a form that many issuers use (a JWT, an Authorization header), and leaves a value to any rule that knows
    /// whose it is.
    pub general: bool,
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
    /// Changes with any of the above.
    pub digest: u64,
    /// The filters in front of the regex.
    pub filters: Filters,
    /// The number of a built-in rule, in the order of their ids.
    pub builtin: Option<u16>,
}

impl Rule {
    /// The detector of secrets that have no form of their own.
    pub const GENERIC: &str = "generic";
    /// The detector of what Kubernetes Secrets declare.
    pub const MANIFEST: &str = "kubernetes-secret";
    /// The detector of files made to keep keys in.
    pub const STORE: &str = "key-store";
    /// The detector of files that are a credential and nothing else.
    pub const WHOLE: &str = "whole-file";

    /// A rule of this id and no content, for findings that no pattern makes: the code that finds them fills in the rest.
    pub const fn without_pattern(id: &'static str, title: &'static str, provider: &'static str) -> Rule {
        Rule {
            id,
            title,
            provider,
            status: Status::Stable,
            replaced_by: None,
            severity: Severity::High,
            confidence: Confidence::High,
            since: "0.1.0",
            keywords: &[],
            regex: "",
            detector: None,
            window: 0,
            prefix: "",
            check: None,
            entropy: None,
            judge: Judge::Token,
            general: false,
            paths: &[],
            allow: &[],
            requires: None,
            why: "",
            fix: "",
            references: &[],
            matches: &[],
            rejects: &[],
            digest: 0,
            filters: Filters::ANY,
            builtin: None,
        }
    }
}

impl Rule {
    /// Makes a user's rule live as long as the built-in ones: it is read once and used until the process ends.
    fn leak(spec: Spec) -> &'static Rule {
        let (digest, filters) = (spec.digest(), Filters::leaked(&spec.regex));
        Box::leak(Box::new(Rule {
            id: text(spec.id),
            title: text(spec.title),
            provider: text(spec.provider),
            status: spec.status,
            replaced_by: spec.replaced_by.map(text),
            severity: spec.severity,
            confidence: spec.confidence,
            since: text(spec.since),
            keywords: texts(spec.keywords),
            regex: text(spec.regex),
            detector: spec.detector.map(text),
            window: spec.window,
            prefix: text(spec.prefix),
            check: spec.check.map(text),
            entropy: spec.entropy,
            judge: spec.judge,
            general: spec.general,
            paths: texts(spec.paths),
            allow: texts(spec.allow),
            requires: spec.requires.map(|(rule, lines)| Requires { rule: text(rule), lines }),
            why: text(spec.why),
            fix: text(spec.fix),
            references: texts(spec.references),
            matches: texts(spec.matches),
            rejects: texts(spec.rejects),
            digest,
            filters,
            builtin: None,
        }))
    }
}

fn text(s: String) -> &'static str {
    s.leak()
}

fn texts(all: Vec<String>) -> &'static [&'static str] {
    all.into_iter().map(text).collect::<Vec<_>>().leak()
}
