//! Values that are known to be public, sealed, or the names of things: a table with a source for each row.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use super::candidate::{Candidate, line_start};
use super::features;

/// The reach of a row's condition `before`, in bytes.
const BEFORE: usize = 96;

/// One row as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    what: String,
    /// For people who read the table, and for the test.
    #[cfg_attr(not(test), allow(dead_code))]
    source: String,
    value: Option<String>,
    name: Option<String>,
    before: Option<String>,
    near: Option<String>,
    path: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    known: Vec<Written>,
}

/// One row, its conditions compiled. The table is read when the first candidate has survived everything else.
struct Row {
    what: String,
    value: Option<Regex>,
    name: Option<Regex>,
    before: Option<Regex>,
    near: Option<Regex>,
    path: Option<Regex>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let document = toml::from_str(include_str!("known.toml")).unwrap_or(Document { known: Vec::new() });
    document.known.into_iter().filter_map(|row| compiled(row).ok()).collect()
});

fn compiled(row: Written) -> Result<Row, regex::Error> {
    let regex = |begin: &str, pattern: Option<String>, end: &str| {
        let pattern = pattern.map(|p| format!("{begin}(?:{p}){end}"));
        pattern.map(|p| RegexBuilder::new(&p).unicode(false).build()).transpose()
    };
    Ok(Row {
        what: row.what,
        value: regex(r"\A", row.value, r"\z")?,
        name: regex("", row.name, "")?,
        before: regex("", row.before, r"\z")?,
        near: regex("", row.near, "")?,
        path: regex(r"\A", row.path, r"\z")?,
    })
}

/// The name of the thing that the candidate is known to be.
pub(super) fn known(text: &[u8], path: &[u8], c: &Candidate) -> Option<&'static str> {
    let value = &text[c.value.clone()];
    let name = c.name.clone().map_or(&b""[..], |name| &text[name]);
    let start = line_start(text, c.value.start).max(c.value.start.saturating_sub(BEFORE));
    let before = &text[start..c.value.start];
    let near = &text[features::sight(text, c)];
    let holds = |condition: &Option<Regex>, text: &[u8]| condition.as_ref().is_none_or(|regex| regex.is_match(text));
    let row = ROWS.iter().find(|row| {
        holds(&row.value, value)
            && holds(&row.name, name)
            && holds(&row.before, before)
            && holds(&row.near, near)
            && holds(&row.path, path)
    })?;
    Some(&row.what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_has_a_source_and_a_condition() {
        let document: Document = toml::from_str(include_str!("known.toml")).expect("a table");
        assert_eq!(document.known.len(), ROWS.len());
        for row in document.known {
            let conditions = [&row.value, &row.before, &row.path];
            assert!(row.source.starts_with("https://") && conditions.iter().any(|c| c.is_some()), "{}", row.what);
        }
    }
}
