//! git-secrets: `.gitallowed`, one regex a line, matched against `path:line:text`.

use super::{Carried, ListedSecret, is_regex};

/// Each pattern allows the secrets on the lines that it matches now.
pub fn read(name: &str, text: &str) -> Carried {
    let mut carried = Carried::default();
    for pattern in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        if !is_regex(pattern) {
            carried.lost.push(format!("{name}: a regex that does not compile here: `{pattern}`"));
            continue;
        }
        carried.places.push(ListedSecret {
            path: None,
            line: None,
            commit: None,
            pattern: Some(pattern.to_owned()),
            reason: format!("carried over from {name}"),
            known: false,
        });
    }
    carried
}
