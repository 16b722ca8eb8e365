//! The indicators as data: `rules/indicators/indicators.tsv`.
//!
//! Values stand there defanged, as is the custom among those who share indicators: `[.]` for a dot and `[]` for
//! nothing. So no scanner, this one included, takes the list for the attack.

use crate::rule::Status;
use std::collections::HashMap;

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
pub struct Indicator {
    /// What it is matched against.
    pub kind: Kind,
    /// The value, as it looks in the wild.
    pub value: String,
    /// A match is a finding; otherwise it only counts beside another.
    pub strong: bool,
    /// Where it is in its life.
    pub status: Status,
    /// Which attack it is of.
    pub what: &'static str,
    /// Who reported it.
    pub source: &'static str,
}

static DATA: &str = include_str!("../../../rules/indicators/indicators.tsv");

/// Reads the data in the binary.
pub(super) fn load() -> Vec<Indicator> {
    DATA.lines().skip(1).filter_map(|line| parse(line).ok()).collect()
}

fn parse(line: &'static str) -> Result<Indicator, String> {
    let fields: Vec<&'static str> = line.split('\t').collect();
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
        for (number, line) in DATA.lines().enumerate().skip(1) {
            if let Err(error) = parse(line) {
                panic!("rules/indicators/indicators.tsv:{}: {error}", number + 1);
            }
        }
        assert_eq!(load().len(), DATA.lines().count() - 1);
    }

    #[test]
    fn values_are_well_formed_and_stand_once() {
        let mut seen = std::collections::HashSet::new();
        for indicator in load() {
            assert!(seen.insert((indicator.kind, indicator.value.to_lowercase())), "twice: {}", indicator.value);
            match indicator.kind {
                Kind::Sha256 => {
                    assert!(indicator.value.len() == 64 && indicator.value.bytes().all(|b| b.is_ascii_hexdigit()));
                }
                Kind::Text => assert!(indicator.value.len() >= 7, "too short to mean anything: {}", indicator.value),
                _ => assert!(!indicator.value.is_empty()),
            }
        }
    }

    #[test]
    fn text_stands_defanged() {
        for line in DATA.lines().filter(|line| line.starts_with("string\t")) {
            let value = line.split('\t').nth(1).unwrap();
            assert_ne!(refang(value), value, "put `[.]` for the dots of it, or `[]` in the middle: {value}");
        }
    }
}
