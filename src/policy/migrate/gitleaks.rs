//! gitleaks and betterleaks: configuration (TOML), ignore file, and reports (JSON) that serve as a baseline.

use serde::Deserialize;

use super::own_rule::ForeignRule;
use super::pattern::SecretPart;
use super::{Carried, ListedSecret, is_regex, paths, published};
use crate::policy::edit::NewAllowance;

/// Reads whichever of the three it is.
pub fn read(name: &str, text: &str) -> Result<Carried, String> {
    let start = text.trim_start();
    if start.starts_with("[{") || start.starts_with("[\n") && start.contains("\"RuleID\"") || start.trim() == "[]" {
        return report(text);
    }
    if name.ends_with("ignore") {
        return Ok(ignore(name, text));
    }
    if start.starts_with('[') && start.contains("\"RuleID\"") { report(text) } else { config(name, text) }
}

#[derive(Deserialize)]
struct GitleaksConfig {
    #[serde(default)]
    allowlist: Option<GitleaksAllowlist>,
    #[serde(default)]
    allowlists: Vec<GitleaksAllowlist>,
    #[serde(default)]
    rules: Vec<GitleaksRule>,
    #[serde(default)]
    extend: GitleaksExtend,
}

#[derive(Default, Deserialize)]
struct GitleaksExtend {
    #[serde(default, rename = "disabledRules")]
    disabled: Vec<String>,
    #[serde(default)]
    path: String,
}

#[derive(Deserialize)]
struct GitleaksRule {
    id: String,
    #[serde(default)]
    description: String,
    regex: Option<String>,
    path: Option<String>,
    #[serde(default)]
    keywords: Vec<String>,
    entropy: Option<f64>,
    #[serde(default, rename = "secretGroup")]
    secret_group: u32,
    #[serde(default)]
    required: Vec<Required>,
    /// Only half of a composite rule.
    #[serde(default, rename = "skipReport")]
    skip_report: bool,
    allowlist: Option<GitleaksAllowlist>,
    #[serde(default)]
    allowlists: Vec<GitleaksAllowlist>,
}

/// Another rule that must match near a match.
#[derive(Deserialize)]
struct Required {
    id: String,
    #[serde(rename = "withinLines")]
    lines: Option<usize>,
    #[serde(rename = "withinColumns")]
    columns: Option<usize>,
}

#[derive(Clone, Deserialize)]
struct GitleaksAllowlist {
    #[serde(default)]
    description: String,
    #[serde(default)]
    condition: String,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    regexes: Vec<String>,
    #[serde(default, rename = "regexTarget")]
    target: String,
    #[serde(default)]
    stopwords: Vec<String>,
    #[serde(default)]
    commits: Vec<String>,
    #[serde(default, rename = "targetRules")]
    rules: Vec<String>,
}

fn config(name: &str, text: &str) -> Result<Carried, String> {
    let config: GitleaksConfig = toml::from_str(text).map_err(|e| e.message().to_owned())?;
    let mut carried = Carried { disable: config.extend.disabled, ..Carried::default() };
    if !config.extend.path.is_empty() {
        carried.extends.push(config.extend.path);
    }
    for list in config.allowlist.into_iter().chain(config.allowlists) {
        let rules = list.rules.clone();
        self::list(name, &list.without_published(), &rules, &mut carried);
    }
    for rule in config.rules {
        let (regex, path) = (rule.regex.as_deref().unwrap_or_default(), rule.path.as_deref().unwrap_or_default());
        if published::is_rule(&rule.id, regex, path) {
            carried.published += 1;
            continue;
        }
        let lists = rule.allowlist.iter().chain(&rule.allowlists);
        lists
            .for_each(|list| self::list(name, &list.without_published(), std::slice::from_ref(&rule.id), &mut carried));
        // Without a pattern of its own it only adds to a rule of the default.
        if rule.regex.is_some() || rule.path.is_some() {
            carried.add(rule.into_foreign());
        }
    }
    Ok(carried)
}

impl GitleaksRule {
    fn into_foreign(self) -> ForeignRule {
        let mut ignored = Vec::new();
        let requires = match self.required.as_slice() {
            [one] if one.columns.is_none() => Some((one.id.clone(), one.lines.unwrap_or(MAX_LINES).min(MAX_LINES))),
            [] => None,
            _ => {
                ignored.push("required".to_owned());
                None
            }
        };
        if self.skip_report {
            ignored.push("skipReport".to_owned());
        }
        let secret = if self.secret_group > 0 { SecretPart::Group(self.secret_group) } else { SecretPart::FirstGroup };
        ForeignRule {
            id: self.id,
            title: self.description.trim().to_owned(),
            regex: self.regex,
            secret,
            keywords: self.keywords,
            entropy: self.entropy,
            path: self.path,
            requires,
            warns: false,
            ignored,
        }
    }
}

/// The greatest distance of a second rule, in lines.
const MAX_LINES: usize = 1000;

impl GitleaksAllowlist {
    /// The list without the entries of a published default; with a condition that joins entries, all or nothing.
    fn without_published(&self) -> Self {
        let own = |all: &[String]| -> Vec<String> {
            all.iter().filter(|entry| !published::is_allowance(entry)).cloned().collect()
        };
        let (paths, regexes, stopwords) = (own(&self.paths), own(&self.regexes), own(&self.stopwords));
        if self.joins() && !(paths.is_empty() && regexes.is_empty() && stopwords.is_empty()) {
            return self.clone();
        }
        Self { paths, regexes, stopwords, ..self.clone() }
    }

    fn joins(&self) -> bool {
        self.condition.eq_ignore_ascii_case("and") || self.condition == "&&"
    }
}

/// One allowlist of the tool: its conditions hold one by one, or (AND) all together.
fn list(name: &str, list: &GitleaksAllowlist, rules: &[String], carried: &mut Carried) {
    let reason = match list.description.trim() {
        "" => format!("carried over from {name}"),
        text => format!("{text} (carried over from {name})"),
    };
    let all = list.joins();
    let values: Vec<String> = values(name, list, &mut carried.lost);
    let lost = carried.lost.len();
    let by_path = paths(name, &list.paths, &reason, &mut carried.lost);
    let base = NewAllowance { rule: rules.to_vec(), reason, ..NewAllowance::default() };
    if all {
        // With one condition lost, the others would let more pass than before.
        let complete = lost == carried.lost.len()
            && values.len() == list.regexes.len() + usize::from(!list.stopwords.is_empty())
            && list.commits.len() <= 1;
        let value = (!values.is_empty()).then(|| format!("(?:{})", values.join("|")));
        if !complete || !list.regexes.is_empty() && !list.stopwords.is_empty() {
            carried.lost.push(format!("{name}: an allowlist whose conditions must all hold, of which one is lost"));
            return;
        }
        let path = by_path.map(|p| p.path).unwrap_or_default();
        let broad = value.is_none() && rules.is_empty();
        carried.allow.push(NewAllowance { path, value, commit: list.commits.first().cloned(), broad, ..base });
        return;
    }
    carried.allow.extend(by_path.map(|p| NewAllowance { broad: rules.is_empty(), rule: rules.to_vec(), ..p }));
    carried.allow.extend(values.into_iter().map(|value| NewAllowance { value: Some(value), ..base.clone() }));
    for commit in &list.commits {
        let broad = rules.is_empty();
        carried.allow.push(NewAllowance { commit: Some(commit.clone()), broad, ..base.clone() });
    }
}

/// Regexes and stopwords as regexes on the secret.
fn values(name: &str, list: &GitleaksAllowlist, lost: &mut Vec<String>) -> Vec<String> {
    let mut values = Vec::new();
    for regex in &list.regexes {
        match list.target.as_str() {
            "" | "secret" if is_regex(regex) => values.push(regex.clone()),
            "" | "secret" => lost.push(format!("{name}: a regex that does not compile here: `{regex}`")),
            other => lost.push(format!("{name}: a regex on the {other} instead of the secret: `{regex}`")),
        }
    }
    // One allowance for all words of a list: a reader sees them side by side.
    let words: Vec<String> = list.stopwords.iter().map(|word| regex_syntax::escape(word)).collect();
    if !words.is_empty() {
        values.push(format!("(?i){}", words.join("|")));
    }
    values
}

/// `commit:file:rule:line` or `file:rule:line`, one a line.
fn ignore(name: &str, text: &str) -> Carried {
    let mut carried = Carried::default();
    for line in text.lines() {
        let entry = line.split_once(" #").map_or(line, |(entry, _)| entry).trim();
        if entry.is_empty() || entry.starts_with('#') {
            continue;
        }
        let mut parts = entry.rsplitn(3, ':');
        let (at, _rule, rest) = (parts.next(), parts.next(), parts.next());
        let Some((at, rest)) = at.and_then(|n| n.parse().ok()).zip(rest) else {
            carried.lost.push(format!("{name}: not an entry of the form file:rule:line: `{entry}`"));
            continue;
        };
        let (commit, path) = match rest.split_once(':') {
            Some((id, path)) if id.len() >= 7 && id.bytes().all(|b| b.is_ascii_hexdigit()) => (Some(id), path),
            _ => (None, rest),
        };
        carried.places.push(ListedSecret {
            path: Some(path.to_owned()),
            line: Some(at),
            commit: commit.map(str::to_owned),
            pattern: None,
            reason: format!("carried over from {name}"),
            known: false,
        });
    }
    carried
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GitleaksFinding {
    file: String,
    start_line: usize,
    #[serde(default)]
    commit: String,
}

fn report(text: &str) -> Result<Carried, String> {
    // The display of a JSON error does not repeat the text.
    let findings: Vec<GitleaksFinding> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let places = findings.into_iter().map(|f| ListedSecret {
        path: Some(f.file),
        line: Some(f.start_line),
        commit: Some(f.commit).filter(|c| !c.is_empty()),
        pattern: None,
        reason: "carried over from a report".into(),
        known: true,
    });
    Ok(Carried { places: places.collect(), ..Carried::default() })
}
