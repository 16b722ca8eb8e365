//! The scales by which a rule is rated.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The damage that an attacker can do.
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

/// The certainty that a match is a live credential.
///
/// ```
/// use shield_hook::rule::Confidence;
///
/// assert!(Confidence::Low < Confidence::Medium && Confidence::Medium < Confidence::High);
/// assert_eq!(Confidence::High.to_string(), "high");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It looks like one.
    Low,
    /// It probably is one.
    Medium,
    /// Its form or a proof leaves little doubt.
    High,
}

/// The stage of a rule's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Warns, never blocks.
    Experimental,
    /// Blocks according to its confidence.
    Stable,
    /// Still runs; `replaced_by` names its successor.
    Deprecated,
}

/// The judgement that a match of the rule has to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judge {
    /// The format is distinctive: only placeholders are dismissed.
    Token,
    /// The format is common: entropy, likeness to words and the path policy apply as well.
    Context,
}

/// The environment in which a credential opens something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The service of its issuer, wherever the credential stands.
    Service,
    /// A sandbox with made-up data.
    Sandbox,
    /// One installation of the program: a framework's key, which every developer's machine has as well.
    Installation,
}

/// A scale whose steps have names in rule files.
pub trait Scale: Copy + Sized + 'static {
    /// Every step with its name.
    const STEPS: &'static [(&'static str, Self)];
    /// The step of a rule that does not state one.
    const DEFAULT: Self;
}

impl Scale for Severity {
    const STEPS: &'static [(&'static str, Self)] =
        &[("critical", Self::Critical), ("high", Self::High), ("medium", Self::Medium), ("low", Self::Low)];
    const DEFAULT: Self = Self::High;
}

impl Scale for Confidence {
    const STEPS: &'static [(&'static str, Self)] =
        &[("high", Self::High), ("medium", Self::Medium), ("low", Self::Low)];
    const DEFAULT: Self = Self::High;
}

impl Scale for Status {
    const STEPS: &'static [(&'static str, Self)] =
        &[("experimental", Self::Experimental), ("stable", Self::Stable), ("deprecated", Self::Deprecated)];
    const DEFAULT: Self = Self::Stable;
}

impl Scale for Judge {
    const STEPS: &'static [(&'static str, Self)] = &[("token", Self::Token), ("context", Self::Context)];
    const DEFAULT: Self = Self::Token;
}

impl Scale for Scope {
    const STEPS: &'static [(&'static str, Self)] =
        &[("service", Self::Service), ("sandbox", Self::Sandbox), ("installation", Self::Installation)];
    const DEFAULT: Self = Self::Service;
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        })
    }
}
