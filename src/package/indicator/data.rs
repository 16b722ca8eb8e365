//! The indicators as data: `rules/indicators/indicators.tsv`.
//!
//! The values are defanged, as is the custom among those who share indicators: `[.]` for a dot and `[]` for nothing. So
//! no scanner, this one included, takes the list for the attack.

use std::collections::{HashMap, HashSet};

use super::super::table_check::TableCheck;
use crate::path::special::is_special;
use crate::rule::Status;

/// The shortest text that is distinctive, in bytes.
const SHORTEST_TEXT: usize = 7;

/// The part of a file that an indicator is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IndicatorKind {
    /// The path, with `*` for any characters in one folder or file name.
    Path,
    /// The last part of the path, with `*` likewise.
    Name,
    /// A lifecycle script: `event: command`, or a part of any command.
    Script,
    /// The SHA-256 of the file, in hex.
    Sha256,
    /// Text in a file that an attack writes to, in any case.
    Text,
}

/// One indicator.
#[derive(Clone, Debug)]
pub struct Indicator<'t> {
    /// The part of a file that it is compared with.
    pub kind: IndicatorKind,
    /// The value, refanged.
    pub value: String,
    /// True if a match is a finding by itself; if not, it needs another.
    pub strong: bool,
    /// The stage of its lifecycle.
    pub status: Status,
    /// The attack it belongs to.
    pub what: &'t str,
    /// The public source that reported it.
    pub source: &'t str,
}

impl Indicator<'_> {
    /// The value of a [`IndicatorKind::Sha256`] as bytes; none if it is no SHA-256 in hex.
    pub(super) fn digest(&self) -> Option<[u8; 32]> {
        data_encoding::HEXLOWER_PERMISSIVE.decode(self.value.as_bytes()).ok()?.try_into().ok()
    }
}

static DATA: &str = include_str!("../../../rules/indicators/indicators.tsv");

/// The indicators in the binary.
#[expect(clippy::expect_used, reason = "a test parses every line of the table")]
pub(super) fn load() -> Vec<Indicator<'static>> {
    DATA.lines().skip(1).map(|line| parse(line).expect("a test checks every line")).collect()
}

/// The first line of the table.
pub const HEADER: &str = "kind\tvalue\tstrength\tstatus\twhat\tsource";

/// Checks a table against the requirements for contributions.
pub fn check(text: &str) -> TableCheck {
    let mut check = TableCheck::of("indicators");
    let mut seen = HashSet::new();
    for (n, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.is_empty()) {
        check.rows += 1;
        let indicator = match parse(line) {
            Ok(indicator) => indicator,
            Err(error) => {
                check.complain(n + 1, &error);
                continue;
            }
        };
        if !seen.insert((indicator.kind, indicator.value.to_lowercase())) {
            check.complain(n + 1, "the table holds it twice");
        }
        if indicator.source.is_empty() {
            check.complain(n + 1, "no source: who reported it, in public?");
        }
        if let Some(complaint) = complaint(&indicator, line) {
            check.complain(n + 1, complaint);
        }
    }
    check
}

/// The mistake in the value of an indicator.
fn complaint(indicator: &Indicator<'_>, line: &str) -> Option<&'static str> {
    let value = indicator.value.as_str();
    let is_defanged = line.split('\t').nth(1) != Some(value);
    match indicator.kind {
        _ if value.is_empty() => Some("no value"),
        IndicatorKind::Text if value.len() < SHORTEST_TEXT => Some("too short to mean anything"),
        IndicatorKind::Text if !is_defanged => {
            Some("the value must be defanged: `[.]` for its dots, or `[]` in the middle")
        }
        IndicatorKind::Path | IndicatorKind::Name if !is_special(value.replace('*', "1").as_bytes()) => {
            Some("no file of that name is inspected: it is missing in src/path/special.rs")
        }
        _ => None,
    }
}

/// Reads one line of the table.
pub(super) fn parse(line: &str) -> Result<Indicator<'_>, String> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [kind, value, strength, status, what, source] = fields[..] else {
        return Err(format!("{} columns where 6 belong", fields.len()));
    };
    let kinds = HashMap::from([
        ("path", IndicatorKind::Path),
        ("name", IndicatorKind::Name),
        ("script", IndicatorKind::Script),
        ("sha256", IndicatorKind::Sha256),
        ("string", IndicatorKind::Text),
    ]);
    let indicator = Indicator {
        kind: *kinds.get(kind).ok_or_else(|| format!("unknown kind `{kind}`"))?,
        value: refang(value),
        strong: match strength {
            "strong" => true,
            "context" => false,
            other => return Err(format!("unknown strength `{other}`")),
        },
        status: match status {
            "stable" => Status::Stable,
            "experimental" => Status::Experimental,
            "deprecated" => Status::Deprecated,
            other => return Err(format!("unknown status `{other}`")),
        },
        what,
        source,
    };
    if indicator.kind == IndicatorKind::Sha256 && indicator.digest().is_none() {
        return Err("a SHA-256 has 64 hex digits".to_owned());
    }
    Ok(indicator)
}

fn refang(value: &str) -> String {
    value.replace("[.]", ".").replace("[]", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        for line in DATA.lines().skip(1) {
            assert!(parse(line).is_ok(), "{line}");
        }
        assert_eq!(load().len(), DATA.lines().count() - 1);
        assert_eq!(DATA.lines().next(), Some(HEADER));
    }
}
