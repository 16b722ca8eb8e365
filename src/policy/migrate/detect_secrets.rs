//! detect-secrets: `.secrets.baseline`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Carried, ListedSecret, is_regex, paths};
use crate::policy::edit::NewAllowance;

#[derive(Deserialize)]
struct SecretsBaseline {
    results: BTreeMap<String, Vec<BaselineSecret>>,
    #[serde(default)]
    filters_used: Vec<ScanFilter>,
    /// How older versions wrote it.
    #[serde(default)]
    exclude: Exclude,
}

#[derive(Deserialize)]
struct BaselineSecret {
    line_number: usize,
    is_secret: Option<bool>,
}

#[derive(Deserialize)]
struct ScanFilter {
    path: String,
    #[serde(default)]
    pattern: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Exclude {
    files: Option<String>,
}

/// Results go to the baseline, exclusions to the configuration.
pub fn read(text: &str) -> Result<Carried, String> {
    let baseline: SecretsBaseline = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let mut carried = Carried::default();
    for (path, found) in baseline.results {
        for one in found {
            let reason = match one.is_secret {
                Some(true) => "audited with detect-secrets: a real secret",
                Some(false) => "audited with detect-secrets: not a secret",
                None => "carried over from detect-secrets",
            };
            carried.places.push(ListedSecret {
                // Written on Windows, it has that system's separators.
                path: Some(path.replace('\\', "/")),
                line: Some(one.line_number),
                commit: None,
                pattern: None,
                reason: reason.into(),
                known: true,
            });
        }
    }
    let name = ".secrets.baseline";
    let old = ScanFilter { path: "should_exclude_file".into(), pattern: baseline.exclude.files.into_iter().collect() };
    for filter in baseline.filters_used.into_iter().chain([old]) {
        match filter.path.rsplit('.').next().unwrap_or_default() {
            "should_exclude_file" => {
                carried.allow.extend(paths(name, &filter.pattern, "excluded in detect-secrets", &mut carried.lost));
            }
            "should_exclude_secret" => {
                for value in filter.pattern {
                    if is_regex(&value) {
                        let reason = "excluded in detect-secrets".into();
                        carried.allow.push(NewAllowance { value: Some(value), reason, ..NewAllowance::default() });
                    } else {
                        carried.lost.push(format!("{name}: a regex that does not compile here: `{value}`"));
                    }
                }
            }
            "should_exclude_line" => carried.lost.extend(
                filter.pattern.iter().map(|p| format!("{name}: a regex on the line instead of the secret: `{p}`")),
            ),
            _ => {}
        }
    }
    Ok(carried)
}
