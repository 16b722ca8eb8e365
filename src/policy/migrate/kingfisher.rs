//! kingfisher: baseline files (`--baseline-file`) and rule files (`--rules-path`), both YAML.

use serde_json::Value;

use super::own_rule::ForeignRule;
use super::pattern::SecretPart;
use super::{Carried, ListedSecret};
use crate::policy::yaml;

/// `ExactFindings: matches: [{filepath, fingerprint, linenum}]` is a baseline, whose fingerprints hold offsets and mean
/// nothing here; `rules: [{name, id, pattern, ...}]` is a rule file.
pub fn read(name: &str, text: &str) -> Result<Carried, String> {
    let root = yaml::parse(text)?;
    if let Some(rules) = root.get("rules").and_then(Value::as_array) {
        return rules.iter().try_fold(Carried::default(), |mut carried, one| {
            carried.add(rule(one)?);
            Ok(carried)
        });
    }
    let exact = root.get("ExactFindings").or_else(|| root.get("exact_findings"));
    let Some(matches) = exact.and_then(|e| e.get("matches")).and_then(Value::as_array) else {
        return Err("there are neither `rules` nor `ExactFindings` with `matches`".into());
    };
    let mut carried = Carried::default();
    for one in matches {
        let path = one.get("filepath").and_then(Value::as_str);
        let line = one.get("linenum").and_then(whole_number);
        let Some((path, line)) = path.zip(line) else {
            return Err("a match without filepath and linenum".into());
        };
        carried.places.push(ListedSecret {
            path: Some(path.trim_start_matches("./").to_owned()),
            line: Some(line),
            commit: None,
            pattern: None,
            reason: format!("carried over from {name}"),
            known: true,
        });
    }
    Ok(carried)
}

fn rule(one: &Value) -> Result<ForeignRule, String> {
    let text = |key: &str| one.get(key).and_then(Value::as_str).map(str::to_owned);
    let (Some(id), Some(pattern)) = (text("id"), text("pattern")) else {
        return Err("a rule without id and pattern".into());
    };
    let number = |key: &str| one.get(key).and_then(|n| n.as_f64().or_else(|| n.as_str()?.parse().ok()));
    let ignored =
        ["pattern_requirements", "depends_on_rule", "visible"].into_iter().filter(|key| one.get(key).is_some());
    Ok(ForeignRule {
        id,
        title: text("name").unwrap_or_default(),
        regex: Some(pattern.trim().to_owned()),
        secret: SecretPart::FirstGroup,
        entropy: number("min_entropy"),
        warns: text("confidence").as_deref() == Some("low"),
        ignored: ignored.map(str::to_owned).collect(),
        ..ForeignRule::default()
    })
}

fn whole_number(value: &Value) -> Option<usize> {
    value.as_str().and_then(|n| n.parse().ok()).or_else(|| value.as_u64().and_then(|n| usize::try_from(n).ok()))
}
