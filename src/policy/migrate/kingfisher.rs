//! kingfisher: baseline files (`--baseline-file`).

use serde_json::Value;

use super::{Carried, ListedSecret};
use crate::policy::yaml;

/// `ExactFindings: matches: [{filepath, fingerprint, linenum}]`; its fingerprints hold offsets and mean nothing here.
pub fn read(text: &str) -> Result<Carried, String> {
    let root = yaml::parse(text)?;
    let exact = root.get("ExactFindings").or_else(|| root.get("exact_findings"));
    let Some(matches) = exact.and_then(|e| e.get("matches")).and_then(Value::as_array) else {
        return Err("there is no ExactFindings with matches".into());
    };
    let mut carried = Carried::default();
    for one in matches {
        let path = one.get("filepath").and_then(Value::as_str);
        let line = one.get("linenum").and_then(Value::as_str).and_then(|n| n.parse().ok());
        let Some((path, line)) = path.zip(line) else {
            return Err("a match without filepath and linenum".into());
        };
        carried.places.push(ListedSecret {
            path: Some(path.to_owned()),
            line: Some(line),
            commit: None,
            pattern: None,
            reason: "carried over from kingfisher".into(),
            known: true,
        });
    }
    Ok(carried)
}
