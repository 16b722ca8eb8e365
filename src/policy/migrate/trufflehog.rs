//! trufflehog: files for `--exclude-paths`, one regex a line.

use super::{Carried, paths};

/// Every line is a pattern of its own.
pub fn read(name: &str, text: &str) -> Carried {
    let patterns: Vec<String> =
        text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned).collect();
    let mut carried = Carried::default();
    carried.allow.extend(paths(name, &patterns, &format!("excluded in {name}"), &mut carried.lost));
    carried
}
