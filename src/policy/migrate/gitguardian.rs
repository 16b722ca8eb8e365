//! ggshield: `.gitguardian.yaml`, of version 2 (below `secret`) and version 1.

use serde_json::Value;

use super::Carried;
use crate::policy::edit::NewAllowance;
use crate::policy::yaml;

/// Ignored paths are globs there as well; an ignored match is a secret in clear or the SHA-256 of one.
pub fn read(name: &str, text: &str) -> Result<Carried, String> {
    let root = yaml::parse(text)?;
    if !root.is_object() && !root.is_null() {
        return Err("it is no mapping".into());
    }
    let list = |old: &str, new: &str| {
        let of = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        let secret = root.get("secret").unwrap_or(&Value::Null);
        [of(root.get(old)), of(secret.get(new).or_else(|| secret.get(new.replace('_', "-").as_str())))].concat()
    };
    let mut carried = Carried::default();
    let reason = format!("carried over from {name}");
    let paths = list("paths-ignore", "ignored_paths");
    let globs: Vec<String> = paths.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let (fit, unfit): (Vec<_>, Vec<_>) = globs.into_iter().partition(|g| crate::policy::files::glob(g).is_ok());
    carried.lost.extend(unfit.iter().map(|glob| format!("{name}: the path `{glob}` is no glob here")));
    if !fit.is_empty() {
        let reason = reason.clone();
        carried.allow.push(NewAllowance { path: fit, broad: true, reason, ..NewAllowance::default() });
    }
    for one in list("matches-ignore", "ignored_matches") {
        let text = one.get("match").and_then(Value::as_str).or_else(|| one.as_str());
        let named = one.get("name").and_then(Value::as_str).unwrap_or_default().trim();
        // Its digest is over the secret alone, and may be over several secrets of one finding: ours names rule and secret.
        let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        match text {
            Some(secret) if !is_digest(secret) && !secret.is_empty() => carried.allow.push(NewAllowance {
                value: Some(format!("^{}$", regex_syntax::escape(secret))),
                reason: if named.is_empty() { reason.clone() } else { format!("{named} ({reason})") },
                ..NewAllowance::default()
            }),
            _ => carried.lost.push(format!("{name}: an ignored match by its digest: allow it by our fingerprint")),
        }
    }
    for detector in list("banlisted-detectors", "ignored_detectors").iter().filter_map(Value::as_str) {
        carried.lost.push(format!("{name}: the detector `{detector}` was switched off; rules here have other names"));
    }
    Ok(carried)
}
