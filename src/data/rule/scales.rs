//! The scales a rule is placed on.

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

/// A scale whose steps have names in rule files.
pub trait Scale: Copy + Sized + 'static {
    /// Every step with its name.
    const STEPS: &'static [(&'static str, Self)];
}

impl Scale for Severity {
    const STEPS: &'static [(&'static str, Self)] =
        &[("critical", Self::Critical), ("high", Self::High), ("medium", Self::Medium), ("low", Self::Low)];
}

impl Scale for Confidence {
    const STEPS: &'static [(&'static str, Self)] =
        &[("high", Self::High), ("medium", Self::Medium), ("low", Self::Low)];
}

impl Scale for Status {
    const STEPS: &'static [(&'static str, Self)] =
        &[("experimental", Self::Experimental), ("stable", Self::Stable), ("deprecated", Self::Deprecated)];
}

impl Scale for Judge {
    const STEPS: &'static [(&'static str, Self)] = &[("token", Self::Token), ("context", Self::Context)];
}
