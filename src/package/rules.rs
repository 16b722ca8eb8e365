//! What the package gate can say, as rules: so that reports, allowances and baselines treat it like every other finding.
//!
//! These rules have no pattern; the gate itself finds.

use crate::rule::{Confidence, Judge, Rule, Severity, Status};

/// The provider of every rule here.
pub const PROVIDER: &str = "supply chain";

const BASE: Rule = Rule {
    id: "",
    title: "",
    provider: PROVIDER,
    status: Status::Stable,
    replaced_by: None,
    severity: Severity::Critical,
    confidence: Confidence::High,
    since: "0.1.0",
    keywords: &[],
    regex: "",
    detector: Some("package"),
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
};

/// A known-bad version.
pub static HIJACKED: Rule = Rule {
    id: "hijacked-package",
    title: "known-bad package version",
    why: "Its code runs as soon as it is installed or imported, with everything that the machine may reach.",
    fix: "Pin another version; where this one was installed, treat every credential of that machine as stolen. \
          `shield-hook audit` finds it on disk.",
    ..BASE
};

/// A name that the data warns about.
pub static SUSPICIOUS: Rule = Rule {
    id: "suspicious-package",
    title: "package named in an attack",
    severity: Severity::Medium,
    confidence: Confidence::Low,
    why: "The name is known from an attack; which of its versions are bad is not.",
    fix: "Look at the package's page and its publisher before it is installed.",
    ..BASE
};

/// A hash that changed while the version did not.
pub static INTEGRITY: Rule = Rule {
    id: "package-integrity-changed",
    title: "the package's hash changed, its version did not",
    severity: Severity::High,
    why: "A published version never changes: what would be installed is not what was reviewed.",
    fix: "Bring the old lockfile back, or find out who changed the hash and why (a registry that repacks does).",
    ..BASE
};

/// A source that deserves a look.
pub static SOURCE: Rule = Rule {
    id: "package-source",
    title: "package from a new place",
    severity: Severity::Medium,
    confidence: Confidence::Low,
    why: "What comes from elsewhere than the usual registry passes by its checks.",
    fix: "Make sure that the place is meant, is yours or is trusted, and is fetched over https.",
    ..BASE
};

/// Code that runs at installation.
pub static INSTALL_SCRIPT: Rule = Rule {
    id: "install-script",
    title: "something new runs at installation",
    severity: Severity::Medium,
    confidence: Confidence::Low,
    why: "Install scripts are how nearly every attack on npm runs its code.",
    fix: "Read the script; install with scripts off (`ignore-scripts`) and allow the few that need theirs.",
    ..BASE
};

/// An older version than before.
pub static DOWNGRADE: Rule = Rule {
    id: "package-downgrade",
    title: "an older version than before",
    severity: Severity::Low,
    confidence: Confidence::Low,
    why: "An older version may bring back a hole that was closed.",
    fix: "Make sure that it is meant.",
    ..BASE
};

/// A name nearly that of a popular package.
pub static LOOKALIKE: Rule = Rule {
    id: "lookalike-package",
    title: "the name is nearly that of a popular package",
    severity: Severity::High,
    confidence: Confidence::Low,
    why: "Attackers publish under names that differ by a letter.",
    fix: "Compare the spelling with the package you mean.",
    ..BASE
};

/// A version younger than `[packages] cooldown` wants.
pub static TOO_NEW: Rule = Rule {
    id: "package-too-new",
    title: "the version has not been out for long enough",
    severity: Severity::High,
    why: "Hijacked versions are found within days: whoever waits that long never installs them.",
    fix: "Take the version before, or wait; `[packages] cooldown` says how long.",
    ..BASE
};

/// A trace of an attack.
pub static INDICATOR: Rule = Rule {
    id: "attack-indicator",
    title: "trace of a supply-chain attack",
    why: "This file, script or text is known from an attack.",
    fix: "Do not commit, install or run it. Find out how it came here, and treat this machine's credentials as stolen.",
    ..BASE
};

/// Something that runs by itself, or hides.
pub static HIDDEN: Rule = Rule {
    id: "hidden-behaviour",
    title: "something runs or hides without being asked for",
    severity: Severity::Medium,
    confidence: Confidence::Low,
    why: "Attacks stay by way of what editors, assistants and interpreters run on their own.",
    fix: "Read what runs, and make sure that it is meant.",
    ..BASE
};

/// Every rule of the gate.
pub static ALL: [&Rule; 10] = [
    &HIJACKED,
    &SUSPICIOUS,
    &INTEGRITY,
    &SOURCE,
    &INSTALL_SCRIPT,
    &DOWNGRADE,
    &LOOKALIKE,
    &TOO_NEW,
    &INDICATOR,
    &HIDDEN,
];
