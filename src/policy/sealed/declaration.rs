//! The readers of declarations: one pattern each, and the tool that it names.

use std::collections::HashMap;

use globset::GlobMatcher;
use regex::Regex;
use serde_json::Value;

use super::super::files::glob;
use super::super::yaml;
use super::Tool;
use crate::rule::Confidence;

/// A pattern, and the tool for the files that it matches; no tool where it takes them out again.
#[derive(Clone, Debug)]
pub(super) struct Declaration {
    pattern: Pattern,
    pub tool: Option<(Tool, Confidence)>,
}

#[derive(Clone, Debug)]
enum Pattern {
    Glob(GlobMatcher),
    Regex(Regex),
    Path(String),
}

impl Declaration {
    pub(super) fn matches(&self, path: &str) -> bool {
        match &self.pattern {
            Pattern::Glob(glob) => glob.is_match(path),
            // SOPS encrypts no template and no documentation.
            Pattern::Regex(regex) => regex.is_match(path) && !is_template(path),
            Pattern::Path(own) => own == path,
        }
    }
}

/// The lines of `.gitattributes` that set or unset a filter.
pub(super) fn of_attributes(text: &str) -> Vec<Declaration> {
    let mut macros: HashMap<&str, &str> = HashMap::new();
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else { continue };
        let filter = words.filter_map(|word| macros.get(word).copied().or_else(|| filter_of(word))).next_back();
        match (first.strip_prefix("[attr]"), filter) {
            (Some(name), Some(filter)) => drop(macros.insert(name, filter)),
            (None, Some(filter)) => found.extend(attribute(first, filter)),
            _ => {}
        }
    }
    found
}

/// The filter that an attribute sets: its name, or nothing where it unsets it.
fn filter_of(word: &str) -> Option<&str> {
    match word {
        "-filter" | "!filter" => Some(""),
        _ => word.strip_prefix("filter="),
    }
}

fn attribute(pattern: &str, filter: &str) -> Option<Declaration> {
    let tool = match filter {
        "crypt" => Some(Tool::Transcrypt),
        // `git-crypt-NAME` for a key of its own, `crypt-NAME` for a context.
        name if name.starts_with("git-crypt") => Some(Tool::GitCrypt),
        name if name.starts_with("crypt-") => Some(Tool::Transcrypt),
        _ => None,
    };
    let glob = glob(pattern.trim_matches('"')).ok()?.compile_matcher();
    Some(Declaration { pattern: Pattern::Glob(glob), tool: tool.map(|tool| (tool, Confidence::High)) })
}

/// The creation rules of SOPS with a pattern for paths. A rule without one is for whatever somebody encrypts.
pub(super) fn of_sops(text: &str) -> Vec<Declaration> {
    let rules = yaml::parse(text).ok().and_then(|mut document| document.get_mut("creation_rules").map(Value::take));
    let rules = rules.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let patterns = rules.iter().filter_map(|rule| rule.get("path_regex").and_then(Value::as_str));
    let declare = |pattern: &str| {
        let confidence = speaks(pattern)?;
        let regex = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build().ok()?;
        Some(Declaration { pattern: Pattern::Regex(regex), tool: Some((Tool::Sops, confidence)) })
    };
    // The first rule that matches counts.
    patterns.rev().filter_map(declare).collect()
}

/// The confidence in a pattern of SOPS: its file names say that they are encrypted, or its directories that they hold
/// secrets; a pattern for all YAML is for whatever somebody encrypts.
fn speaks(pattern: &str) -> Option<Confidence> {
    let lower = pattern.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    if ["sops", "enc", "secret"].iter().any(|word| name.contains(word)) {
        return Some(Confidence::Medium);
    }
    ["secret", "sops", "vault", "credential"].iter().any(|word| lower.contains(word)).then_some(Confidence::Low)
}

fn is_template(path: &str) -> bool {
    const ENDS: [&str; 9] =
        [".j2", ".tmpl", ".tpl", ".example", ".sample", ".template", ".md", "kustomization.yaml", "/.sops.yaml"];
    path == ".sops.yaml" || ENDS.iter().any(|end| path.ends_with(end))
}

/// Lists of files that a tool keeps encrypted copies of, a path a line, with a hash behind a colon for git-secret.
pub(super) fn of_list(text: &str, tool: Tool) -> Vec<Declaration> {
    let paths = text.lines().map(|line| line.split(':').next().unwrap_or_default().trim());
    let declare =
        |path: &str| Declaration { pattern: Pattern::Path(path.into()), tool: Some((tool, Confidence::High)) };
    paths.filter(|path| !path.is_empty()).map(declare).collect()
}

/// `group_vars/all/vault.yml`, `host_vars/web/vault_db.yaml`: the names that Ansible's own guide gives to vaults.
pub(super) fn is_vault(path: &str) -> bool {
    let Some((directory, name)) = path.rsplit_once('/') else { return false };
    let Some(stem) = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml")) else { return false };
    let of_hosts = directory.split('/').any(|part| matches!(part, "group_vars" | "host_vars"));
    of_hosts && stem.split(['_', '-', '.']).any(|word| word == "vault")
}
