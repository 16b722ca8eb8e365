//! Tables that people contribute, checked as a review would: advisories, incidents and indicators.

use std::borrow::Cow;
use std::collections::HashMap;

use super::advisory::{Advisories, PackageVerdict};
use super::ecosystem::Ecosystem;
use super::feed::{FEEDS, Feed};
use super::index::{self, Index};
use super::row::{self, AdvisoryKind, AdvisoryRow, HEADER};
use super::table_check::TableCheck;
use super::{indicator, popular};

/// The names of this rank or above are no malicious packages: a `*` would stop everybody's work.
const POPULAR: u64 = 1000;

/// Checks a table of the kind that its first line names.
///
/// # Errors
/// When the first line is no known header.
pub fn check(text: &str) -> Result<TableCheck, String> {
    match text.lines().next().unwrap_or_default() {
        HEADER => Ok(advisories(text)),
        "incident\tdate\ttitle" => Ok(incidents(text)),
        indicator::HEADER => Ok(indicator::check(text)),
        FEEDS => Ok(feeds(text)),
        _ => Err("unknown table: the first line must name the columns, tab-separated, as in \
                  rules/advisories/compromised.tsv, incidents.tsv, feeds.tsv or rules/indicators/indicators.tsv"
            .to_owned()),
    }
}

fn feeds(text: &str) -> TableCheck {
    let mut check = TableCheck::of("feeds");
    let mut seen: HashMap<(String, Ecosystem), usize> = HashMap::new();
    for (n, line) in text.lines().enumerate().skip(1).filter(|(_, l)| !l.is_empty() && !l.starts_with('#')) {
        check.rows += 1;
        match Feed::parse(line) {
            Ok(feed) => {
                let row = format!("{} {}", feed.source, feed.ecosystem.as_str());
                if let Some(first) = seen.insert((feed.source, feed.ecosystem), n + 1) {
                    check.complain(n + 1, &format!("{row} is on line {first} already"));
                }
            }
            Err(error) => check.complain(n + 1, &error),
        }
    }
    check
}

fn advisories(text: &str) -> TableCheck {
    let mut check = TableCheck::of("advisories");
    let mut rows: Vec<(usize, AdvisoryRow)> = Vec::new();
    let mut seen: HashMap<(Ecosystem, String, String), usize> = HashMap::new();
    for (n, line) in text.lines().enumerate().skip(1).filter(|(_, l)| !l.is_empty() && !l.starts_with('#')) {
        let at = n + 1;
        let row = match AdvisoryRow::parse(line) {
            Ok(row) => row,
            Err(error) => {
                check.complain(at, &error);
                continue;
            }
        };
        if row.source.is_empty() {
            check.complain(at, "no source: who reported it, in public?");
        }
        // Sources may spell one version in two ways, and each may be quoted.
        let key = (row.ecosystem, row.ecosystem.normalise(&row.name), row.version.clone());
        if let Some(first) = seen.insert(key, at) {
            check.complain(at, &format!("{} {} is on line {first} already", row.name, row.version));
        }
        let rank = popular::rank(row.ecosystem, &row.name);
        if let (AdvisoryKind::Malicious, "*", Some(rank @ ..=POPULAR)) = (row.kind, row.version.as_str(), rank) {
            let name = &row.name;
            check.complain(at, &format!("{name} is number {rank} in popularity: name the bad versions, as `hijack`"));
        }
        rows.push((at, row));
    }
    check.rows = rows.len();
    let all: Vec<AdvisoryRow> = rows.iter().map(|(_, row)| row.clone()).collect();
    match index::write("2000-01-01", &all, &[]).and_then(|blob| Index::open(Cow::Owned(blob))) {
        Ok(index) => not_found(&rows, &Advisories::only(index), &mut check),
        Err(error) => check.complaints.push(error),
    }
    check
}

/// Complains about every row that a look-up in an index of the table does not find.
fn not_found(rows: &[(usize, AdvisoryRow)], advisories: &Advisories, check: &mut TableCheck) {
    let is_exact = |row: &AdvisoryRow| row.kind != AdvisoryKind::Withdrawn && !row.is_range();
    let is_withdrawn =
        |row: &AdvisoryRow| rows.iter().any(|(_, other)| other.kind == AdvisoryKind::Withdrawn && other.withdraws(row));
    for (at, row) in rows.iter().filter(|(_, row)| is_exact(row)) {
        let version = if row.version == "*" { "9.8.7" } else { &row.version };
        let verdict = advisories.lookup(row.ecosystem, &row.name, Some(version));
        let blocks = match row.kind {
            AdvisoryKind::Hijack => row.version != "*",
            AdvisoryKind::Malicious => true,
            AdvisoryKind::NameOnly | AdvisoryKind::Poc | AdvisoryKind::Withdrawn => false,
        };
        // A row with a graver kind may answer for the same version.
        let is_missed = verdict == PackageVerdict::Unknown || blocks && verdict.as_str() != "block";
        if is_missed && !is_withdrawn(row) {
            check.complain(*at, &format!("{} {} is not found again", row.name, row.version));
        }
    }
}

fn incidents(text: &str) -> TableCheck {
    let mut check = TableCheck::of("incidents");
    match row::parse_incidents(text) {
        Ok(rows) => check.rows = rows.len(),
        Err(error) => check.complaints.push(error),
    }
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_in_the_binary_pass() {
        for text in [
            include_str!("../../rules/advisories/compromised.tsv"),
            include_str!("../../rules/advisories/incidents.tsv"),
            include_str!("../../rules/advisories/feeds.tsv"),
            include_str!("../../rules/indicators/indicators.tsv"),
        ] {
            let result = check(text).unwrap();
            assert!(result.rows > 10 && result.complaints.is_empty(), "{}: {:#?}", result.what, &result.complaints);
        }
    }

    #[test]
    fn a_feed_is_named_once_and_has_a_day() {
        let table = |rows: &str| check(&format!("{FEEDS}\n{rows}\n")).unwrap().complaints;
        let row = "ossf\tnpm\t2030-01-02\tcomplete";
        assert!(table(row).is_empty());
        assert!(table(&format!("{row}\n{row}"))[0].contains("on line 2 already"));
        assert!(table("ossf\tnpm\tJanuary\tcomplete")[0].contains("line 2"));
    }

    #[test]
    fn every_mistake_has_its_complaint() {
        for (row, why) in [
            ("npm\tx\t1.0.0\tsome-attack\tme", "line 2: 5 columns"),
            ("cobol\tx\t1.0.0\tsome-attack\tme\thijack", "unknown ecosystem"),
            ("npm\tx\t1.0.0\tsome-attack\t\thijack", "no source"),
            ("npm\tx\t1.0.0\tsome-attack\tme\tevil", "unknown kind"),
            ("npm\tchalk\t*\tsome-attack\tme\tmalicious", "chalk is number 1 in popularity"),
            ("npm\tx\t=1.0.0\tsome-attack\tme\thijack", "a range starts with"),
            ("npm\tx\t1.0.0\ta\tme\thijack\nnpm\tx\t1.0.0\tb\tme\thijack", "line 3: x 1.0.0 is on line 2"),
            ("pypi\tA_b\t1.0\ta\tme\thijack\npypi\ta-B\t1.0\tb\tme\thijack", "is on line 2"),
        ] {
            let result = check(&format!("{HEADER}\n{row}\n")).unwrap();
            assert!(result.complaints.iter().any(|c| c.contains(why)), "{row}: {:?}", result.complaints);
        }
        assert!(check(&format!("{HEADER}\nnpm\tx\t1.0.0\tsome-attack\tme\thijack\n")).unwrap().complaints.is_empty());
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
            let result = check(&format!("{}\n{line}\n", indicator::HEADER)).unwrap();
            assert!(result.complaints.iter().any(|c| c.contains(why)), "{line}: {:?}", result.complaints);
        }
        assert!(check("a\tb\n").is_err());
    }
}
