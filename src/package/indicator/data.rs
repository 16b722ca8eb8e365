//! The indicators as data: `rules/indicators/indicators.tsv`.
//!
//! Values stand there defanged, as is the custom among those who share indicators: `[.]` for a dot and `[]` for
//! nothing. So no scanner, this one included, takes the list for the attack.

use super::super::table::Trial;
use crate::path::special::is_special;
use crate::rule::Status;
use std::collections::{HashMap, HashSet};

/// What an indicator is matched against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A path, with `*` for any run of characters.
    Path,
    /// The last part of a path, with `*` likewise.
    Name,
    /// A lifecycle script: `event: command`, or a part of any command.
    Script,
    /// The SHA-256 of the whole file, in hex.
    Sha256,
    /// Text in a place that an attack writes to, in whatever case.
    Text,
}

/// One indicator.
#[derive(Clone, Debug)]
pub struct Indicator<'t> {
    /// What it is matched against.
    pub kind: Kind,
    /// The value, as it looks in the wild.
    pub value: String,
    /// A match is a finding; otherwise it only counts beside another.
    pub strong: bool,
    /// Where it is in its life.
    pub status: Status,
    /// Which attack it is of.
    pub what: &'t str,
    /// Who reported it.
    pub source: &'t str,
}

static DATA: &str = include_str!("../../../rules/indicators/indicators.tsv");

/// Reads the data in the binary.
pub(super) fn load() -> Vec<Indicator<'static>> {
    DATA.lines().skip(1).filter_map(|line| parse(line).ok()).collect()
}

/// The first line of the table.
pub const HEADER: &str = "kind\tvalue\tstrength\tstatus\twhat\tsource";

/// Holds a table to what is asked of contributions.
pub fn test(text: &str) -> Trial {
    let mut trial = Trial { what: "indicators", ..Trial::default() };
    let mut seen = HashSet::new();
    for (n, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.is_empty()) {
        trial.rows += 1;
        let mut say = |what: &str| trial.complaints.push(format!("line {}: {what}", n + 1));
        let indicator = match parse(line) {
            Ok(indicator) => indicator,
            Err(error) => {
                say(&error);
                continue;
            }
        };
        let value = indicator.value.as_str();
        if !seen.insert((indicator.kind, value.to_lowercase())) {
            say("it stands there twice");
        }
        if indicator.source.is_empty() {
            say("no source: who reported it, in public?");
        }
        match indicator.kind {
            Kind::Sha256 if value.len() != 64 || !value.bytes().all(|b| b.is_ascii_hexdigit()) => {
                say("a SHA-256 has 64 hex digits");
            }
            Kind::Text if value.len() < 7 => say("too short to mean anything"),
            Kind::Text if line.split('\t').nth(1) == Some(value) => {
                say("it must stand defanged: `[.]` for its dots, or `[]` in the middle");
            }
            Kind::Path | Kind::Name if !is_special(value.replace('*', "1").as_bytes()) => {
                say("no file of that name is looked at: it is missing in src/path/special.rs");
            }
            _ if value.is_empty() => say("no value"),
            _ => {}
        }
    }
    trial
}

fn parse(line: &str) -> Result<Indicator<'_>, String> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [kind, value, strength, status, what, source] = fields[..] else {
        return Err(format!("{} columns where 6 belong", fields.len()));
    };
    let kinds = HashMap::from([
        ("path", Kind::Path),
        ("name", Kind::Name),
        ("script", Kind::Script),
        ("sha256", Kind::Sha256),
        ("string", Kind::Text),
    ]);
    Ok(Indicator {
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
    })
}

fn refang(value: &str) -> String {
    value.replace("[.]", ".").replace("[]", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        assert_eq!(load().len(), DATA.lines().count() - 1);
        assert_eq!(DATA.lines().next(), Some(HEADER));
    }
}
