//! gitleaks and betterleaks: configuration (TOML), ignore file, and reports (JSON) that serve as a baseline.

use serde::Deserialize;

use super::{Carried, ListedSecret, is_regex, paths};
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
    extend: Extend,
}

#[derive(Default, Deserialize)]
struct Extend {
    #[serde(default, rename = "disabledRules")]
    disabled: Vec<String>,
}

#[derive(Deserialize)]
struct GitleaksRule {
    id: String,
    regex: Option<String>,
    path: Option<String>,
    allowlist: Option<GitleaksAllowlist>,
    #[serde(default)]
    allowlists: Vec<GitleaksAllowlist>,
}

#[derive(Deserialize)]
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
    for list in config.allowlist.into_iter().chain(config.allowlists) {
        let rules = list.rules.clone();
        self::list(name, &list, &rules, &mut carried);
    }
    for rule in config.rules {
        for list in rule.allowlist.into_iter().chain(rule.allowlists) {
            self::list(name, &list, std::slice::from_ref(&rule.id), &mut carried);
        }
        if rule.regex.is_some() || rule.path.is_some() {
            carried.lost.push(format!(
                "{name}: the rule {}: built-in rules may cover it; if none does, `shield-hook rules new {}` starts one",
                rule.id, rule.id
            ));
        }
    }
    Ok(carried)
}

/// One allowlist of the tool: its conditions hold one by one, or (AND) all together.
fn list(name: &str, list: &GitleaksAllowlist, rules: &[String], carried: &mut Carried) {
    let reason = match list.description.trim() {
        "" => format!("carried over from {name}"),
        text => format!("{text} (carried over from {name})"),
    };
    let all = list.condition.eq_ignore_ascii_case("and") || list.condition == "&&";
    let values: Vec<String> = values(name, list, &mut carried.lost);
    let lost = carried.lost.len();
    let by_path = paths(name, &list.paths, &reason, &mut carried.lost);
    let base = NewAllowance { rule: rules.to_vec(), reason, ..NewAllowance::default() };
    if all {
        // With one condition lost, the others would let more pass than before.
        let complete = lost == carried.lost.len()
            && values.len() == list.regexes.len() + list.stopwords.len()
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
    let words = list.stopwords.iter().map(|word| format!("(?i){}", regex_syntax::escape(word)));
    values.extend(words);
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
