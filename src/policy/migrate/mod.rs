//! The allowances and baselines of other scanners: one file a tool, each from its documented formats.
//!
//! Nothing is carried over that would let more pass than before: a pattern that has no exact counterpart here is named
//! and left out. Entries that name a position (file and line) become fingerprints, once the caller has scanned that
//! line.

mod detect_secrets;
mod git_secrets;
mod gitleaks;
mod kingfisher;
mod paths;
mod talisman;
mod trufflehog;

use super::allowlist::matches_anything;
use super::edit::NewAllowance;
use crate::error::{Error, Result};

/// The scanners whose files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Tool {
    /// `.gitleaks.toml`, `.gitleaksignore`, JSON reports used as a baseline
    Gitleaks,
    /// `.betterleaks.toml`, `.betterleaksignore`, JSON reports used as a baseline
    Betterleaks,
    /// `.secrets.baseline`
    DetectSecrets,
    /// Files for `--exclude-paths`
    Trufflehog,
    /// `.talismanrc`
    Talisman,
    /// `.gitallowed`
    GitSecrets,
    /// Baseline files
    Kingfisher,
}

/// The content of one file of a tool.
#[derive(Debug, Default)]
pub struct Carried {
    /// Allowances as they will be written.
    pub allow: Vec<NewAllowance>,
    /// Ids of rules that were switched off.
    pub disable: Vec<String>,
    /// Places that were let pass.
    pub places: Vec<ListedSecret>,
    /// Entries without a counterpart here, and the reasons.
    pub lost: Vec<String>,
}

/// An allowed line: it means whatever secret is on it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSecret {
    /// The file, relative to the root; none: every file whose lines match [`ListedSecret::pattern`].
    pub path: Option<String>,
    /// The line; none: the whole file.
    pub line: Option<usize>,
    /// The commit in which it is there; none: the work tree.
    pub commit: Option<String>,
    /// A regex on `path:line:text`, as git-secrets knows it.
    pub pattern: Option<String>,
    /// Why.
    pub reason: String,
    /// Whether it is merely known (the baseline) or allowed on purpose (the configuration).
    pub known: bool,
}

impl Tool {
    /// The tool's name, as people type it.
    pub fn name(self) -> &'static str {
        match self {
            Tool::Gitleaks => "gitleaks",
            Tool::Betterleaks => "betterleaks",
            Tool::DetectSecrets => "detect-secrets",
            Tool::Trufflehog => "trufflehog",
            Tool::Talisman => "talisman",
            Tool::GitSecrets => "git-secrets",
            Tool::Kingfisher => "kingfisher",
        }
    }

    /// Every tool.
    pub fn all() -> &'static [Tool] {
        <Tool as clap::ValueEnum>::value_variants()
    }

    /// The files that it looks for by itself, at the repository's root.
    pub fn files(self) -> &'static [&'static str] {
        match self {
            Tool::Gitleaks => &[".gitleaks.toml", "gitleaks.toml", ".gitleaksignore"],
            Tool::Betterleaks => &[".betterleaks.toml", "betterleaks.toml", ".betterleaksignore"],
            Tool::DetectSecrets => &[".secrets.baseline"],
            Tool::Trufflehog => &[".trufflehog-exclude", "trufflehog-exclude.txt"],
            Tool::Talisman => &[".talismanrc"],
            Tool::GitSecrets => &[".gitallowed"],
            Tool::Kingfisher => &[".kingfisher-baseline.yaml", "kingfisher-baseline.yaml", "baseline-file.yaml"],
        }
    }

    /// Reads a file of this tool that messages call `name`.
    ///
    /// # Errors
    /// Exit 3, when the file is not in the tool's format.
    pub fn read(self, name: &str, bytes: &[u8]) -> Result<Carried> {
        let text = super::config::text(name, bytes)?;
        let mut read = match self {
            Tool::Gitleaks | Tool::Betterleaks => gitleaks::read(name, text),
            Tool::DetectSecrets => detect_secrets::read(text),
            Tool::Trufflehog => Ok(trufflehog::read(name, text)),
            Tool::Talisman => talisman::read(text),
            Tool::GitSecrets => Ok(git_secrets::read(name, text)),
            Tool::Kingfisher => kingfisher::read(text),
        };
        for allowance in read.iter_mut().flat_map(|carried| &mut carried.allow) {
            let any = |value: &String| matches_anything(value) == Ok(true);
            allowance.broad |= allowance.rule.is_empty() && allowance.value.as_ref().is_some_and(any);
        }
        read.map_err(|why| Error::usage(format!("{name}: not a file of {}: {why}", self.name())))
    }
}

/// Whether a regex compiles here; the languages differ in corners.
fn is_regex(pattern: &str) -> bool {
    regex::bytes::Regex::new(pattern).is_ok()
}

/// An allowance for whole paths, from regexes on paths; those without a counterpart go to `lost`.
fn paths(name: &str, patterns: &[String], reason: &str, lost: &mut Vec<String>) -> Option<NewAllowance> {
    let mut globs = Vec::new();
    for pattern in patterns {
        match paths::globs(pattern) {
            Some(some) => globs.extend(some),
            None => lost.push(format!("{name}: the path pattern `{pattern}` has no exact counterpart as a glob")),
        }
    }
    (!globs.is_empty()).then(|| NewAllowance {
        path: globs,
        broad: true,
        reason: reason.to_owned(),
        ..NewAllowance::default()
    })
}

#[cfg(test)]
mod tests;
