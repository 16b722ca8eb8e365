//! The rules, allowances and baselines of other scanners: one file a tool, each from its documented formats.
//!
//! Nothing is carried over that would let more pass than before: a pattern that has no exact counterpart here is named
//! and left out. Entries that name a position (file and line) become fingerprints, once the caller has scanned that
//! line.

mod detect_secrets;
mod git_secrets;
mod gitguardian;
mod gitleaks;
mod kingfisher;
mod own_rule;
mod paths;
mod pattern;
mod published;
mod secretlint;
mod talisman;
mod trufflehog;

use super::allowlist::matches_anything;
pub use super::edit::NewAllowance;
use crate::error::{Error, Result};
use crate::rule::RuleSet;
pub use own_rule::{ForeignRule, OwnRule};
pub use pattern::SecretPart;

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
    /// Rule files and baseline files
    Kingfisher,
    /// `.gitguardian.yaml`
    Gitguardian,
    /// `.secretlintrc`, `.secretlintignore`
    Secretlint,
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
    /// Rules of the team's own.
    pub rules: Vec<ForeignRule>,
    /// How many rules of a published default stand in the file: built-in ones take their place.
    pub published: usize,
    /// Files that this one builds on, as it names them.
    pub extends: Vec<String>,
    /// Entries without a counterpart here, and the reasons.
    pub lost: Vec<String>,
}

impl Carried {
    /// Adds a rule of the team's own.
    fn add(&mut self, rule: ForeignRule) {
        self.rules.push(rule);
    }

    /// Adds everything of another file.
    pub fn extend(&mut self, other: Self) {
        self.allow.extend(other.allow);
        self.disable.extend(other.disable);
        self.places.extend(other.places);
        self.rules.extend(other.rules);
        self.published += other.published;
        self.extends.extend(other.extends);
        self.lost.extend(other.lost);
    }
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
            Self::Gitleaks => "gitleaks",
            Self::Betterleaks => "betterleaks",
            Self::DetectSecrets => "detect-secrets",
            Self::Trufflehog => "trufflehog",
            Self::Talisman => "talisman",
            Self::GitSecrets => "git-secrets",
            Self::Kingfisher => "kingfisher",
            Self::Gitguardian => "gitguardian",
            Self::Secretlint => "secretlint",
        }
    }

    /// Every tool.
    pub fn all() -> &'static [Self] {
        <Self as clap::ValueEnum>::value_variants()
    }

    /// The files that it looks for by itself, at the repository's root.
    pub fn files(self) -> &'static [&'static str] {
        match self {
            Self::Gitleaks => &[".gitleaks.toml", "gitleaks.toml", ".gitleaksignore"],
            Self::Betterleaks => &[".betterleaks.toml", "betterleaks.toml", ".betterleaksignore"],
            Self::DetectSecrets => &[".secrets.baseline"],
            Self::Trufflehog => &[".trufflehog-exclude", "trufflehog-exclude.txt"],
            Self::Talisman => &[".talismanrc"],
            Self::GitSecrets => &[".gitallowed"],
            Self::Kingfisher => &[".kingfisher-baseline.yaml", "kingfisher-baseline.yaml", "baseline-file.yaml"],
            Self::Gitguardian => &[".gitguardian.yaml", ".gitguardian.yml"],
            Self::Secretlint => {
                &[".secretlintrc.json", ".secretlintrc", ".secretlintrc.yaml", ".secretlintrc.yml", ".secretlintignore"]
            }
        }
    }

    /// Reads a file of this tool that messages call `name`.
    ///
    /// # Errors
    /// Exit 3, when the file is not in the tool's format.
    pub fn read(self, name: &str, bytes: &[u8]) -> Result<Carried> {
        let text = super::config::text(name, bytes)?;
        let mut read = match self {
            Self::Gitleaks | Self::Betterleaks => gitleaks::read(name, text),
            Self::DetectSecrets => detect_secrets::read(text),
            Self::Trufflehog => Ok(trufflehog::read(name, text)),
            Self::Talisman => talisman::read(text),
            Self::GitSecrets => Ok(git_secrets::read(name, text)),
            Self::Kingfisher => kingfisher::read(name, text),
            Self::Gitguardian => gitguardian::read(name, text),
            Self::Secretlint => secretlint::read(name, text),
        };
        for allowance in read.iter_mut().flat_map(|carried| &mut carried.allow) {
            let any = |value: &String| matches_anything(value) == Ok(true);
            allowance.broad |= allowance.rule.is_empty() && allowance.value.as_ref().is_some_and(any);
        }
        read.map_err(|why| Error::usage(format!("{name}: not a file of {}: {why}", self.name())))
    }
}

impl Tool {
    /// The team's own rules in a file of this tool, as the text of a rule file of ours.
    ///
    /// # Errors
    /// Exit 3, when the file is not in the tool's format or has a rule of the team's own that would not run here.
    pub fn rule_file(self, name: &str, bytes: &[u8]) -> Result<String> {
        let carried = self.read(name, bytes)?;
        let builtin = RuleSet::builtin();
        let mut own: Vec<OwnRule> = Vec::new();
        for rule in &carried.rules {
            let is_taken = |id: &str| builtin.get(id).is_some() || own.iter().any(|rule| rule.id == id);
            let converted = rule.convert(self.name(), is_taken).map_err(|why| {
                Error::usage(format!("{name}: the rule {} would not run: {why}", rule.id))
                    .help("`shield-hook migrate --accept-partial` carries over the others into a rule file")
            })?;
            own.push(converted);
        }
        if own.is_empty() {
            return Err(Error::usage(format!("{name}: there is no rule of your own in it"))
                .help("a rule that does not run would pass unnoticed: correct the path or remove it"));
        }
        Ok(OwnRule::file(self.name(), &own))
    }
}

/// Splits `gitleaks:PATH` into the tool and the path; most entries are paths of our own rule files.
pub fn split_tool(entry: &str) -> (Option<Tool>, &str) {
    let named = entry.split_once(':').and_then(|(name, path)| {
        let tool = Tool::all().iter().find(|tool| tool.name() == name)?;
        Some((*tool, path))
    });
    named.map_or((None, entry), |(tool, path)| (Some(tool), path))
}

/// The tool whose file it is, by the name that the tool gives such files, else by what is in it.
pub fn tool_of(file_name: &str, bytes: &[u8]) -> Option<Tool> {
    let by_name = Tool::all().iter().find(|tool| {
        let usual = tool.files().iter().any(|usual| usual.trim_start_matches('.') == file_name.trim_start_matches('.'));
        usual || file_name.to_ascii_lowercase().contains(tool.name())
    });
    let has = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    by_name.copied().or_else(|| {
        let signs = [
            (Tool::Gitleaks, "[[rules]]"),
            (Tool::Gitleaks, "[allowlist]"),
            (Tool::Gitleaks, "\"RuleID\""),
            (Tool::DetectSecrets, "\"plugins_used\""),
            (Tool::Talisman, "fileignoreconfig:"),
            (Tool::Kingfisher, "ExactFindings:"),
            (Tool::Kingfisher, "min_entropy:"),
            (Tool::Secretlint, "@secretlint/"),
            (Tool::Gitguardian, "ignored_matches:"),
        ];
        signs.into_iter().find(|(_, sign)| has(sign)).map(|(tool, _)| tool)
    })
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
