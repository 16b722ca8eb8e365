//! Tables that people contribute, held to what a review asks: advisories, incidents and indicators.

use std::borrow::Cow;
use std::collections::HashMap;

use super::advisory::{Advisories, Verdict};
use super::ecosystem::Ecosystem;
use super::index::{self, Index};
use super::row::{self, HEADER, Kind, Row};
use super::{indicator, popular};

/// A name among so many first ones is not a malicious package's: a `*` would stop everybody's work.
const POPULAR: u64 = 1000;

/// What a table holds, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// `advisories`, `incidents` or `indicators`.
    pub what: &'static str,
    /// How many rows.
    pub rows: usize,
    /// Each with its line.
    pub complaints: Vec<String>,
}

/// Tries a table, which its first line tells from the others.
///
/// # Errors
/// When it is none of the known ones.
pub fn test(text: &str) -> Result<Trial, String> {
    match text.lines().next().unwrap_or_default() {
        HEADER => Ok(advisories(text)),
        "incident\tdate\ttitle" => Ok(incidents(text)),
        indicator::HEADER => Ok(indicator::test(text)),
        _ => Err("no table that is known here: the first line names the columns, tab-separated, as in \
                  rules/advisories/compromised.tsv, incidents.tsv or rules/indicators/indicators.tsv"
            .to_owned()),
    }
}

fn advisories(text: &str) -> Trial {
    let mut trial = Trial { what: "advisories", ..Trial::default() };
    let mut rows: Vec<(usize, Row)> = Vec::new();
    let mut seen: HashMap<(Ecosystem, String, String), usize> = HashMap::new();
    for (n, line) in text.lines().enumerate().skip(1).filter(|(_, l)| !l.is_empty() && !l.starts_with('#')) {
        let at = n + 1;
        let mut say = |what: String| trial.complaints.push(format!("line {at}: {what}"));
        let row = match Row::parse(line) {
            Ok(row) => row,
            Err(error) => {
                say(error);
                continue;
            }
        };
        if row.source.is_empty() {
            say("no source: who reported it, in public?".to_owned());
        }
        // As written: sources that spell a version in two ways may both be quoted.
        let key = (row.ecosystem, row.ecosystem.normalise(&row.name), row.version.clone());
        if let Some(first) = seen.insert(key, at) {
            say(format!("{} {} stands on line {first} already", row.name, row.version));
        }
        let rank = popular::rank(row.ecosystem, &row.name);
        if let (Kind::Malicious, "*", Some(rank @ ..=POPULAR)) = (row.kind, row.version.as_str(), rank) {
            say(format!("{} is number {rank} in popularity: name the bad versions, as `hijack`", row.name));
        }
        rows.push((at, row));
    }
    trial.rows = rows.len();
    let all: Vec<Row> = rows.iter().map(|(_, row)| row.clone()).collect();
    match index::write("2000-01-01", &all, &[]).and_then(|blob| Index::open(Cow::Owned(blob))) {
        Ok(index) => trial.complaints.extend(not_found(&rows, &Advisories::only(index))),
        Err(error) => trial.complaints.push(error),
    }
    trial
}

/// Every row must come out as what it says.
fn not_found(rows: &[(usize, Row)], advisories: &Advisories) -> Vec<String> {
    let mut complaints = Vec::new();
    let says = |row: &Row| row.kind != Kind::Withdrawn && !row.is_range();
    let taken_back = |row: &Row| rows.iter().any(|(_, other)| other.kind == Kind::Withdrawn && other.withdraws(row));
    for (at, row) in rows.iter().filter(|(_, row)| says(row)) {
        let version = if row.version == "*" { "9.8.7" } else { &row.version };
        let verdict = advisories.lookup(row.ecosystem, &row.name, Some(version));
        let blocks = match row.kind {
            Kind::Hijack => row.version != "*",
            Kind::Malicious => true,
            Kind::NameOnly | Kind::Poc | Kind::Withdrawn => false,
        };
        // A graver row may speak for the same version.
        if (verdict == Verdict::Unknown || blocks && verdict.as_str() != "block") && !taken_back(row) {
            complaints.push(format!("line {at}: {} {} is not found again", row.name, row.version));
        }
    }
    complaints
}

fn incidents(text: &str) -> Trial {
    let mut trial = Trial { what: "incidents", ..Trial::default() };
    match row::parse_incidents(text) {
        Ok(rows) => trial.rows = rows.len(),
        Err(error) => trial.complaints.push(error),
    }
    trial
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_binary_holds() {
        for text in [
            include_str!("../../rules/advisories/compromised.tsv"),
            include_str!("../../rules/advisories/incidents.tsv"),
            include_str!("../../rules/indicators/indicators.tsv"),
        ] {
            let trial = test(text).unwrap();
            assert!(trial.rows > 10 && trial.complaints.is_empty(), "{}: {:#?}", trial.what, &trial.complaints);
        }
    }

    #[test]
    fn what_a_review_would_send_back() {
        for (row, why) in [
            ("npm\tx\t1.0.0\tsome-attack\tme", "line 2: 5 columns"),
            ("cobol\tx\t1.0.0\tsome-attack\tme\thijack", "unknown ecosystem"),
            ("npm\tx\t1.0.0\tsome-attack\t\thijack", "no source"),
            ("npm\tx\t1.0.0\tsome-attack\tme\tevil", "unknown kind"),
            ("npm\tchalk\t*\tsome-attack\tme\tmalicious", "chalk is number 1 in popularity"),
            ("npm\tx\t=1.0.0\tsome-attack\tme\thijack", "a range starts with"),
            ("npm\tx\t1.0.0\ta\tme\thijack\nnpm\tx\t1.0.0\tb\tme\thijack", "line 3: x 1.0.0 stands on line 2"),
            ("pypi\tA_b\t1.0\ta\tme\thijack\npypi\ta-B\t1.0\tb\tme\thijack", "stands on line 2"),
        ] {
            let trial = test(&format!("{HEADER}\n{row}\n")).unwrap();
            assert!(trial.complaints.iter().any(|c| c.contains(why)), "{row}: {:?}", trial.complaints);
        }
        assert!(test(&format!("{HEADER}\nnpm\tx\t1.0.0\tsome-attack\tme\thijack\n")).unwrap().complaints.is_empty());
        for (line, why) in [
            ("path\tx\tstrong\tstable\twhat", "5 columns"),
            ("sha256\t00ff\tstrong\tstable\twhat\tme", "64 hex digits"),
            ("string\thost.example\tstrong\tstable\twhat\tme", "defanged"),
            ("string\ta[]b\tstrong\tstable\twhat\tme", "too short"),
            ("path\tsrc/notes.rs\tstrong\tstable\twhat\tme", "src/path/special.rs"),
            ("script\tnode x.js\tstrong\tnew\twhat\tme", "unknown status"),
            ("script\tnode x.js\tstrong\tstable\twhat\t", "no source"),
            ("script\tnode x.js\tstrong\tstable\ta\tme\nscript\tnode x.js\tcontext\tstable\tb\tme", "twice"),
        ] {
            let trial = test(&format!("{}\n{line}\n", indicator::HEADER)).unwrap();
            assert!(trial.complaints.iter().any(|c| c.contains(why)), "{line}: {:?}", trial.complaints);
        }
        assert!(test("a\tb\n").is_err());
    }
}
