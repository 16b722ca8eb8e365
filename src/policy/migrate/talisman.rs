//! talisman: `.talismanrc`.

use serde_json::Value;

use super::{Carried, ListedSecret, is_regex};
use crate::policy::edit::NewAllowance;
use crate::policy::yaml;

/// A file that is ignored with its checksum becomes the fingerprints of its present findings.
pub fn read(text: &str) -> Result<Carried, String> {
    let root = yaml::parse(text)?;
    if !root.is_object() && !root.is_null() {
        return Err("it is no mapping".into());
    }
    let mut carried = Carried::default();
    let name = ".talismanrc";
    let list = |key: &str| root.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    for file in list("fileignoreconfig") {
        let Some(path) = file.get("filename").and_then(Value::as_str) else {
            return Err("an entry of fileignoreconfig without a filename".into());
        };
        if path.contains(['*', '?', '[']) {
            carried.lost.push(format!("{name}: the pattern `{path}`, which allows whole files"));
            continue;
        }
        carried.places.push(ListedSecret {
            path: Some(path.to_owned()),
            line: None,
            commit: None,
            pattern: None,
            reason: format!("carried over from {name}"),
            known: false,
        });
    }
    for pattern in list("allowed_patterns") {
        match pattern.as_str() {
            Some(p) if is_regex(p) => carried.allow.push(NewAllowance {
                value: Some(p.to_owned()),
                reason: format!("carried over from {name}"),
                ..NewAllowance::default()
            }),
            _ => carried.lost.push(format!("{name}: an allowed pattern that does not compile here")),
        }
    }
    for key in ["scopeconfig", "custom_patterns", "custom_severities", "threshold"] {
        if root.get(key).is_some_and(|v| !v.is_null()) {
            carried.lost.push(format!("{name}: `{key}` has no counterpart here"));
        }
    }
    Ok(carried)
}
